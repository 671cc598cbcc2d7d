/**
 * Draws lines of the VGA's graphics modes: 16 colors from four maps, CGA's interleaved 2-bit pixels, 256 colors; and
 * 4-bit linear modes, which are planar too. A line is drawn into a buffer wide enough to pan, then shown from there.
 *
 * Left out: blinking in graphics modes. Pixels of 256-color modes do not pass through the attribute palette, which
 * every such mode sets up to change nothing.
 * References: [VGA] "Graphics Mode Register", "Attribute Mode Control Register", "Horizontal PEL Panning Register".
 */

export type GraphicsKind = "planar" | "interleaved" | "packed256" | "nibbles256";

/** The bits of a byte spread to one per nibble, leftmost pixel in the highest. */
const SPREAD = Uint32Array.from({ length: 256 }, (_, byte) => {
  let nibbles = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) nibbles |= 1 << (4 * bit);
  return nibbles >>> 0;
});

/** Pixels that one character clock shows. */
export function pixelsPerCharacter(kind: GraphicsKind): 4 | 8 {
  return kind === "packed256" ? 4 : 8;
}

export class GraphicsLines {
  private buffer = new Uint32Array(0);
  private readonly words: Uint32Array;

  constructor(memory: Uint8Array) {
    this.words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  }

  /** Room for `columns` characters, one more than is shown, so that a line can be panned. */
  prepare(columns: number): void {
    if (this.buffer.length < columns * 8) this.buffer = new Uint32Array(columns * 8);
  }

  /** Draws the word at `address` of the maps as character `column`. `palette`: 16 colors, or 256 for packed256. */
  character(kind: GraphicsKind, column: number, address: number, palette: Uint32Array): void {
    const word = this.words[address]!;
    const out = this.buffer;
    switch (kind) {
      case "planar": {
        const nibbles =
          SPREAD[word & 0xff]! |
          (SPREAD[(word >>> 8) & 0xff]! << 1) |
          (SPREAD[(word >>> 16) & 0xff]! << 2) |
          (SPREAD[word >>> 24]! << 3);
        const at = column << 3;
        for (let i = 0; i < 8; i++) out[at + i] = palette[(nibbles >>> (28 - 4 * i)) & 15]!;
        return;
      }
      case "interleaved": {
        // Maps 0 and 2 hold the left four pixels, maps 1 and 3 the right four; the even map the low two bits.
        const at = column << 3;
        for (let i = 0; i < 8; i++) {
          const from = (i < 4 ? word : word >>> 8) >>> (6 - 2 * (i & 3));
          out[at + i] = palette[(from & 3) | ((from >>> 14) & 12)]!;
        }
        return;
      }
      case "packed256": {
        const at = column << 2;
        out[at] = palette[word & 0xff]!;
        out[at + 1] = palette[(word >>> 8) & 0xff]!;
        out[at + 2] = palette[(word >>> 16) & 0xff]!;
        out[at + 3] = palette[word >>> 24]!;
        return;
      }
      case "nibbles256": {
        // 256-color shifting without 8-bit color: each dot is a nibble, high one first.
        const at = column << 3;
        for (let i = 0; i < 8; i++) out[at + i] = palette[(word >>> (8 * (i >> 1) + ((i & 1) === 0 ? 4 : 0))) & 15]!;
      }
    }
  }

  /** Copies `widthPx` pixels from `pan` into the picture. */
  show(pixels: Uint32Array, at: number, widthPx: number, pan: number): void {
    pixels.set(this.buffer.subarray(pan, pan + widthPx), at);
  }
}
