/**
 * Where an export is written to: pieces that the browser keeps as a Blob, on its disk where they are many, until it is
 * handed over as a download. Nothing large stands in the page's memory.
 */
import type { LibrarySink } from "../protocol/library.ts";

const PIECE_BYTES = 4 * 2 ** 20;

export class DownloadSink implements LibrarySink {
  private readonly parts: Blob[] = [];
  private pending: Uint8Array<ArrayBuffer>[] = [];
  private pendingBytes = 0;
  private zeros: Blob | null = null;

  async write(bytes: Uint8Array): Promise<void> {
    // A copy: whoever writes may use its buffer again.
    this.pending.push(bytes.slice());
    this.pendingBytes += bytes.length;
    if (this.pendingBytes >= PIECE_BYTES) this.settle();
  }

  /** One Blob of zeros stands for all of them. */
  async skip(lengthBytes: number): Promise<void> {
    this.settle();
    this.zeros ??= new Blob([new Uint8Array(PIECE_BYTES)]);
    for (let left = lengthBytes; left > 0; left -= PIECE_BYTES)
      this.parts.push(left >= PIECE_BYTES ? this.zeros : this.zeros.slice(0, left));
  }

  blob(): Blob {
    this.settle();
    return new Blob(this.parts, { type: "application/octet-stream" });
  }

  private settle(): void {
    if (this.pending.length > 0) this.parts.push(new Blob(this.pending));
    this.pending = [];
    this.pendingBytes = 0;
  }
}
