/** Where the bytes of an exported image go, one after the other: a file, a download, another writer. */

export interface ByteSink {
  /** The sink may keep `bytes`. @throws StorageError */
  write(bytes: Uint8Array): Promise<void>;
  /** As many zeros; a file may leave a hole. */
  skip(lengthBytes: number): Promise<void>;
}

const ZERO_CHUNK_BYTES = 1 << 20;

/** Over a stream of the web: a download, or a file that the person chose. Its owner closes or aborts it. */
export class StreamSink implements ByteSink {
  constructor(private readonly writer: WritableStreamDefaultWriter<Uint8Array>) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.writer.ready;
    await this.writer.write(bytes);
  }

  async skip(lengthBytes: number): Promise<void> {
    for (let at = 0; at < lengthBytes; at += ZERO_CHUNK_BYTES)
      await this.write(new Uint8Array(Math.min(ZERO_CHUNK_BYTES, lengthBytes - at)));
  }
}

/** In memory, for small images and for parts of larger files. */
export class MemorySink implements ByteSink {
  private readonly parts: Uint8Array[] = [];
  private lengthBytes = 0;

  async write(bytes: Uint8Array): Promise<void> {
    this.parts.push(bytes.slice());
    this.lengthBytes += bytes.length;
  }

  async skip(lengthBytes: number): Promise<void> {
    await this.write(new Uint8Array(lengthBytes));
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.lengthBytes);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Counts what goes through it. */
export class CountingSink implements ByteSink {
  position = 0;

  constructor(private readonly below: ByteSink) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.below.write(bytes);
    this.position += bytes.length;
  }

  async skip(lengthBytes: number): Promise<void> {
    if (lengthBytes === 0) return;
    await this.below.skip(lengthBytes);
    this.position += lengthBytes;
  }

  /** Zeros up to a multiple of `step`. */
  async align(step: number): Promise<void> {
    await this.skip((step - (this.position % step)) % step);
  }

  async skipTo(position: number): Promise<void> {
    await this.skip(position - this.position);
  }
}
