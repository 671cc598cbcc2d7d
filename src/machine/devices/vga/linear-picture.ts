/**
 * Draws lines of linear modes of 8, 15, 16, 24 and 32 bits a pixel, little-endian, blue lowest.
 * References: [DISPI] Bochs VBE display API, "data formats".
 */

const OPAQUE = 0xff000000;

/** The color of every 16-bit pixel of `greenBits` (5 or 6) green bits; all ones stay all ones when widened to eight. */
function colorTable(greenBits: number): Uint32Array {
  const widen = (value: number, bits: number) => (value << (8 - bits)) | (value >> (2 * bits - 8));
  return Uint32Array.from({ length: 0x10000 }, (_, pixel) => {
    const red = (pixel >> (5 + greenBits)) & 31;
    const green = (pixel >> 5) & ((1 << greenBits) - 1);
    return OPAQUE | (widen(pixel & 31, 5) << 16) | (widen(green, greenBits) << 8) | widen(red, 5);
  });
}

export class LinearLines {
  private readonly halves: Uint16Array;
  private readonly words: Uint32Array;
  private colors15: Uint32Array | null = null;
  private colors16: Uint32Array | null = null;

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
        this.drawHalves((this.colors15 ??= colorTable(5)), from, widthPx, pixels, to);
        return;
      case 16:
        this.drawHalves((this.colors16 ??= colorTable(6)), from, widthPx, pixels, to);
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

  private drawHalves(colors: Uint32Array, from: number, widthPx: number, pixels: Uint32Array, to: number): void {
    const { halves } = this;
    for (let x = 0, at = from >> 1; x < widthPx; x++) pixels[to + x] = colors[halves[at + x]!]!;
  }
}
