/**
 * Finds the 8×16 character set in a VGA BIOS image. A ROM has no directory of its fonts, but the block characters give
 * the table away: the full block, the lower, left, right and upper half block follow each other from code DB on, and
 * in the 8×16 set each is 16 bytes.
 *
 * References: [VGA] "Character Set" (codes DB–DF).
 */

const GLYPH_BYTES = 16;
const FONT_BYTES = 256 * GLYPH_BYTES;
const CODE_FULL_BLOCK = 0xdb;
const CODE_SPACE = 0x20;

/** The 256 × 16 bytes of the font; null when the ROM has none. */
export function findRomFont(rom: Uint8Array): Uint8Array | null {
  for (let start = 0; start + FONT_BYTES <= rom.length; start++) {
    if (rom[start + CODE_FULL_BLOCK * GLYPH_BYTES] === 0xff && isFont(rom, start))
      return rom.slice(start, start + FONT_BYTES);
  }
  return null;
}

function isFont(rom: Uint8Array, start: number): boolean {
  const glyph = (code: number) => rom.subarray(start + code * GLYPH_BYTES, start + (code + 1) * GLYPH_BYTES);
  const all = (code: number, value: number) => glyph(code).every((line) => line === value);
  const halves = (code: number, top: number, bottom: number) => {
    const lines = glyph(code);
    return lines.subarray(0, 7).every((line) => line === top) && lines.subarray(9).every((line) => line === bottom);
  };
  return (
    all(CODE_FULL_BLOCK, 0xff) &&
    halves(CODE_FULL_BLOCK + 1, 0x00, 0xff) &&
    all(CODE_FULL_BLOCK + 2, 0xf0) &&
    all(CODE_FULL_BLOCK + 3, 0x0f) &&
    halves(CODE_FULL_BLOCK + 4, 0xff, 0x00) &&
    all(CODE_SPACE, 0) &&
    all(0, 0)
  );
}
