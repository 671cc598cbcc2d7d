/**
 * A ByteSink over a new file, for Node alone. The file has its name only when it is complete: before, it is beside it under
 * another name, and is removed when writing fails or is given up.
 */
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { StorageError } from "../block-store.ts";
import type { ByteSink } from "./byte-sink.ts";

export class NodeFileSink implements ByteSink {
  private position = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly partialPath: string,
    private readonly path: string,
  ) {}

  /** @throws StorageError that says why the file cannot be made */
  static async create(path: string): Promise<NodeFileSink> {
    const partialPath = `${path}.${process.pid}.part`;
    try {
      return new NodeFileSink(await open(partialPath, "wx"), partialPath, path);
    } catch (error) {
      throw new StorageError(`${path} could not be written: ${(error as Error).message}`);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.guarded(() =>
        this.handle.write(bytes, done, bytes.length - done, this.position + done),
      );
      done += bytesWritten;
    }
    this.position += bytes.length;
  }

  async skip(lengthBytes: number): Promise<void> {
    this.position += lengthBytes;
  }

  /** The file is complete and durable. */
  async finish(): Promise<void> {
    await this.guarded(async () => {
      await this.handle.truncate(this.position);
      await this.handle.datasync();
      await this.handle.close();
      await rename(this.partialPath, this.path);
    });
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.guarded(async () => {
      await this.handle.close();
      await rm(this.partialPath, { force: true });
    });
  }

  private async guarded<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw new StorageError(`Could not write ${this.path}: ${(error as Error).message}`);
    }
  }
}
