/** The last of what a guest wrote to its serial line, for a console that is opened later. */

const LIMIT_BYTES = 256 * 1024;

export class SerialHistory {
  private chunks: Uint8Array[] = [];
  private sizeBytes = 0;

  add(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.sizeBytes += bytes.length;
    while (this.chunks.length > 1 && this.sizeBytes - this.chunks[0]!.length >= LIMIT_BYTES)
      this.sizeBytes -= this.chunks.shift()!.length;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.chunks = [all];
    return all;
  }

  /** UTF-8 as far as it is that. */
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}
