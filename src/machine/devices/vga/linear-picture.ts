/**
 * Draws lines of linear modes of 8, 15, 16, 24 and 32 bits a pixel, little-endian, blue lowest.
 * References: [DISPI] Bochs VBE display API, "data formats".
 */

/** Five and six bits widened to eight so that all ones stay all ones. */
const WIDEN5 = Uint8Array.from({ length: 32 }, (_, v) => (v << 3) | (v >> 2));
const WIDEN6 = Uint8Array.from({ length: 64 }, (_, v) => (v << 2) | (v >> 4));

const OPAQUE = 0xff000000;

export class LinearLines {
  private readonly halves: Uint16Array;
  private readonly words: Uint32Array;

  constructor(private readonly memory: Uint8Array) {
    this.halves = new Uint16Array(memory.buffer, memory.byteOffset, memory.length >> 1);
    this.words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  }

  /** Draws `widthPx` pixels from byte `from` of the memory to `pixels[to…]`. */
  draw(
    bpp: 8 | 15 | 16 | 24 | 32,
    from: number,
    widthPx: number,
    pixels: Uint32Array,
    to: number,
    palette: Uint32Array,
  ): void {
    switch (bpp) {
      case 8:
        for (let x = 0; x < widthPx; x++) pixels[to + x] = palette[this.memory[from + x]!]!;
        return;
      case 15:
        for (let x = 0, at = from >> 1; x < widthPx; x++) {
          const v = this.halves[at + x]!;
          pixels[to + x] = OPAQUE | (WIDEN5[v & 31]! << 16) | (WIDEN5[(v >> 5) & 31]! << 8) | WIDEN5[(v >> 10) & 31]!;
        }
        return;
      case 16:
        for (let x = 0, at = from >> 1; x < widthPx; x++) {
          const v = this.halves[at + x]!;
          pixels[to + x] = OPAQUE | (WIDEN5[v & 31]! << 16) | (WIDEN6[(v >> 5) & 63]! << 8) | WIDEN5[v >> 11]!;
        }
        return;
      case 24:
        for (let x = 0, at = from; x < widthPx; x++, at += 3)
          pixels[to + x] = OPAQUE | (this.memory[at]! << 16) | (this.memory[at + 1]! << 8) | this.memory[at + 2]!;
        return;
      case 32:
        for (let x = 0, at = from >> 2; x < widthPx; x++) {
          const v = this.words[at + x]!;
          pixels[to + x] = OPAQUE | ((v & 0xff) << 16) | (v & 0xff00) | ((v >>> 16) & 0xff);
        }
    }
  }
}
