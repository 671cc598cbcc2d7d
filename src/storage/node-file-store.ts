/** A BlockStore over a file, for Node alone: the browser bundle must not import this module. */
import { open, type FileHandle } from "node:fs/promises";
import { assert } from "../shared/assert.ts";
import { StorageError, type BlockStore } from "./block-store.ts";
import { assertRange } from "./memory-store.ts";

export class NodeFileStore implements BlockStore {
  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    readonly sizeBytes: number,
    readonly readOnly: boolean,
  ) {}

  /** @throws StorageError that says in words why the file cannot be opened. */
  static async open(path: string, options: { readOnly: boolean }): Promise<NodeFileStore> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, options.readOnly ? "r" : "r+");
      const facts = await handle.stat();
      if (!facts.isDirectory()) return new NodeFileStore(handle, path, facts.size, options.readOnly);
    } catch (error) {
      throw new StorageError(explain(path, error, options.readOnly));
    }
    await handle.close();
    throw new StorageError(`${path} is a folder, not a file.`);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.guarded("read", () =>
        this.handle.read(bytes, done, length - done, offset + done),
      );
      if (bytesRead === 0) throw new StorageError(`${this.path} has become shorter since it was opened.`);
      done += bytesRead;
    }
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    assert(!this.readOnly, "write to a read-only store");
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.guarded("write", () =>
        this.handle.write(bytes, done, bytes.length - done, offset + done),
      );
      done += bytesWritten;
    }
  }

  async flush(): Promise<void> {
    if (!this.readOnly) await this.guarded("write", () => this.handle.datasync());
  }

  async close(): Promise<void> {
    await this.guarded("read", () => this.handle.close());
  }

  private async guarded<T>(what: "read" | "write", action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw new StorageError(`Could not ${what} ${this.path}: ${(error as Error).message}`);
    }
  }
}

function explain(path: string, error: unknown, readOnly: boolean): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return `There is no file ${path}.`;
    case "EACCES":
    case "EPERM":
      return `${path} may not be ${readOnly ? "read" : "written"} by this user.`;
    case "EISDIR":
      return `${path} is a folder, not a file.`;
    case "EROFS":
      return `${path} is on a file system that is read-only.`;
    default:
      return `${path} could not be opened: ${(error as Error).message}`;
  }
}
