/**
 * A plain 8×16 font for machines that have no VGA BIOS to take one from: ASCII on a grid of 5×7 with doubled lines,
 * line graphics and blocks by rule, accented letters as their base letter, a small box for the rest.
 */
import { CP437_CHARACTERS } from "./cp437.ts";

const GLYPH_BYTES = 16;
const FIRST_ASCII = 0x20;
const FIRST_LINE_GRAPHIC = 0xb3;

/** A word per character from the space on: seven lines, top to bottom, each a digit of base 32, leftmost dot highest. */
const GLYPHS = (
  "0000000 4444404 AAA0000 AAVAVAA 4FKE5U4 OP248J3 CIK8LID 4480000 2488842 8422248 04LEL40 044V440 0000448 000V000 00000CC 01248G0 " +
  "EHJLPHE 4C4444E EH1248V V2421HE 26AIV22 VGU11HE 68GUHHE V124888 EHHEHHE EHHF12C 0CC0CC0 0CC0448 248G842 00V0V00 8421248 EH12404 " +
  "EH1DLLE EHHVHHH UHHUHHU EHGGGHE SIHHHIS VGGUGGV VGGUGGG EHGNHHF HHHVHHH E44444E 72222IC HIKOKIH GGGGGGV HRLLHHH HHPLJHH EHHHHHE " +
  "UHHUGGG EHHHLID UHHUKIH FGGE11U V444444 HHHHHHE HHHHHA4 HHHLLLA HHA4AHH HHHA444 V1248GV E88888E 0G84210 E22222E 4AH0000 000000V " +
  "8420000 00E1FHF GGMPHHU 00EGGHE 11DJHHF 00EHVGE 698S888 0FHHF1E GGMPHHH 40C444E 20622IC GGIKOKI C44444E 00QLLHH 00MPHHH 00EHHHE " +
  "00UHUGG 00DJF11 00MPGGG 00EGE1U 88S8896 00HHHJD 00HHHA4 00HHLLA 00HA4AH 00HHF1E 00V248V 2448442 4444444 8442448 08L2000"
).split(" ");
const UNKNOWN_GLYPH = "0VHHHHV";

/** Arms of the line graphics from B3 to DA: up, right, down, left; none, single or double. */
const ARMS = (
  "1010 1011 1012 2021 0021 0012 2022 2020 0022 2002 2001 1002 0011 1100 1101 0111 1110 0101 1111 1210 " +
  "2120 2200 0220 2202 0222 2220 0202 2222 1202 2101 0212 0121 2100 1200 0210 0120 2121 1212 1001 0110"
).split(" ");

/** Shades and blocks: the pattern of even and odd lines of the upper and the lower half. */
const BLOCKS: Readonly<Record<number, readonly [number, number, number, number]>> = {
  0xb0: [0x22, 0x88, 0x22, 0x88],
  0xb1: [0x55, 0xaa, 0x55, 0xaa],
  0xb2: [0xdd, 0x77, 0xdd, 0x77],
  0xdb: [0xff, 0xff, 0xff, 0xff],
  0xdc: [0x00, 0x00, 0xff, 0xff],
  0xdd: [0xf0, 0xf0, 0xf0, 0xf0],
  0xde: [0x0f, 0x0f, 0x0f, 0x0f],
  0xdf: [0xff, 0xff, 0x00, 0x00],
};

/** Lines (across) and dots (down) where single and double lines run. */
const ROWS_OF = [[], [7], [6, 8]];
const DOTS_OF = [[], [3], [2, 4]];

/** 256 characters of 16 bytes. */
export function drawnFont(): Uint8Array {
  const font = new Uint8Array(256 * GLYPH_BYTES);
  for (let code = 0; code < 256; code++) font.set(glyph(code), code * GLYPH_BYTES);
  return font;
}

function glyph(code: number): Uint8Array {
  const block = BLOCKS[code];
  if (block) return Uint8Array.from({ length: GLYPH_BYTES }, (_, line) => block[(line < 8 ? 0 : 2) | (line & 1)]!);
  const arms = ARMS[code - FIRST_LINE_GRAPHIC];
  return arms === undefined ? gridGlyph(code) : lineGraphic([...arms].map(Number));
}

function gridGlyph(code: number): Uint8Array {
  const base = CP437_CHARACTERS[code]!.normalize("NFD").charCodeAt(0);
  const lines = GLYPHS[base - FIRST_ASCII] ?? UNKNOWN_GLYPH;
  return Uint8Array.from({ length: GLYPH_BYTES }, (_, line) =>
    line < 1 || line > 14 ? 0 : parseInt(lines[(line - 1) >> 1]!, 32) << 2,
  );
}

function lineGraphic([up = 0, right = 0, down = 0, left = 0]: number[]): Uint8Array {
  const lines = new Uint8Array(GLYPH_BYTES);
  // Each arm reaches to the far edge of what it meets, so that corners close.
  const rows = ROWS_OF[Math.max(left, right)]!;
  const dots = DOTS_OF[Math.max(up, down)]!;
  const topRow = rows[0] ?? 7;
  const bottomRow = rows.at(-1) ?? 7;
  const leftDot = dots[0] ?? 3;
  const rightDot = dots.at(-1) ?? 3;
  for (const row of ROWS_OF[left]!) for (let dot = 0; dot <= rightDot; dot++) lines[row]! |= 0x80 >> dot;
  for (const row of ROWS_OF[right]!) for (let dot = leftDot; dot < 8; dot++) lines[row]! |= 0x80 >> dot;
  for (const dot of DOTS_OF[up]!) for (let row = 0; row <= bottomRow; row++) lines[row]! |= 0x80 >> dot;
  for (const dot of DOTS_OF[down]!) for (let row = topRow; row < GLYPH_BYTES; row++) lines[row]! |= 0x80 >> dot;
  return lines;
}
