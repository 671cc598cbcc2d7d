/**
 * Collects bytes and hands them over together: at the end of the running slice (a microtask) or when many have gathered.
 */
const BATCH_BYTES = 4096;

export class OutputBatch {
  private readonly buffer = new Uint8Array(BATCH_BYTES);
  private used = 0;
  private scheduled = false;

  constructor(private readonly sink: (bytes: Uint8Array) => void) {}

  push(byte: number): void {
    this.buffer[this.used++] = byte;
    if (this.used === BATCH_BYTES) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.used === 0) return;
    const bytes = this.buffer.slice(0, this.used);
    this.used = 0;
    this.sink(bytes);
  }
}
