/**
 * Draws text modes: characters from the maps' codes and attributes, fonts from map 2, cursor, blinking, underline,
 * panning and split screens. Remembers what each cell shows and draws only those that differ.
 *
 * Left out: cursor skew beyond moving it right, and the character clock's 9th column for codes other than C0–DF.
 * References: [VGA] "Alphanumeric Modes", "Character Map Select Register", "Attribute Controller Registers".
 */
import type { ChangedRects, Frame } from "./frame.ts";
import * as R from "./register-names.ts";
import type { ScanGeometry } from "./scan-geometry.ts";

/** Bytes of map 2 that a character takes, whatever its height. */
const FONT_BYTES_PER_CHARACTER = 32;
const LINE_GRAPHICS_FIRST = 0xc0;
const LINE_GRAPHICS_LAST = 0xdf;

/** Bits of a cell's key above its code and attribute. */
const KEY_BLINKED_OFF = 1 << 16;
const KEY_CURSOR = 1 << 17;
const KEY_CURSOR_START_SHIFT = 18;
const KEY_CURSOR_END_SHIFT = 23;
const KEY_UNKNOWN = -1;

export interface TextSource {
  readonly seq: Uint8Array;
  readonly crtc: Uint8Array;
  readonly attr: Uint8Array;
}

/** One row of characters as far as it is on the screen. */
export interface TextBand {
  /** First picture line, which line of the character that is, and how many follow in all. */
  y: number;
  firstScan: number;
  lines: number;
  split: boolean;
}

/** The character rows that `geometry` shows, top to bottom. */
export function textBands(geometry: ScanGeometry): TextBand[] {
  const bands: TextBand[] = [];
  let band: TextBand | undefined;
  for (let y = 0; y < geometry.heightPx; y++) {
    const scan = geometry.lineRowScan[y]!;
    const goesOn =
      band &&
      y !== geometry.splitLine &&
      scan === band.firstScan + band.lines &&
      geometry.lineStart[y] === geometry.lineStart[y - 1];
    if (band && goesOn) band.lines++;
    else bands.push((band = { y, firstScan: scan, lines: 1, split: y >= geometry.splitLine }));
  }
  return bands;
}

/** Where the fonts of a character map select value begin in map 2. [VGA] "Character Map Select Register" */
export function fontOffsets(characterMapSelect: number): { a: number; b: number } {
  const offset = (low: number, high: number) => (low << 14) | (high << 13);
  return {
    a: offset((characterMapSelect >> 2) & 3, (characterMapSelect >> 5) & 1),
    b: offset(characterMapSelect & 3, (characterMapSelect >> 4) & 1),
  };
}

export function dotsPerCharacter(seq: Uint8Array): 8 | 9 {
  return (seq[R.SEQ_CLOCKING_MODE]! & R.CLOCKING_8_DOTS) !== 0 ? 8 : 9;
}

export class TextPicture {
  private keys = new Int32Array(0);

  constructor(private readonly memory: Uint8Array) {}

  /** Everything is drawn anew next time. */
  forget(): void {
    this.keys.fill(KEY_UNKNOWN);
  }

  /** `palette`: the colors of the 16 attribute values. */
  draw(
    frame: Frame,
    geometry: ScanGeometry,
    source: TextSource,
    palette: Uint32Array,
    cursorShown: boolean,
    blinkShown: boolean,
    changed: ChangedRects,
  ): void {
    const { crtc, attr } = source;
    const bands = textBands(geometry);
    const dots = dotsPerCharacter(source.seq);
    const panning = attr[R.ATTR_HORIZONTAL_PANNING]!;
    const topPan = dots === 9 ? (panning >= 8 ? 0 : panning + 1) : panning & 7;
    const panCompatible = (attr[R.ATTR_MODE_CONTROL]! & R.ATTR_MODE_PANNING_COMPATIBLE) !== 0;
    const blinks = (attr[R.ATTR_MODE_CONTROL]! & R.ATTR_MODE_BLINK) !== 0;
    const columns = geometry.columns + 1;
    if (this.keys.length !== bands.length * columns)
      this.keys = new Int32Array(bands.length * columns).fill(KEY_UNKNOWN);

    const cursorStart = crtc[R.CRTC_CURSOR_START]! & 0x1f;
    const cursorEnd = crtc[R.CRTC_CURSOR_END]! & 0x1f;
    const cursorVisible = cursorShown && (crtc[R.CRTC_CURSOR_START]! & R.CURSOR_OFF) === 0 && cursorStart <= cursorEnd;
    const cursorSkew = (crtc[R.CRTC_CURSOR_END]! >> 5) & 3;
    const cursorAt = ((crtc[R.CRTC_CURSOR_LOCATION_HIGH]! << 8) | crtc[R.CRTC_CURSOR_LOCATION_LOW]!) + cursorSkew;
    const cursorKey = KEY_CURSOR | (cursorStart << KEY_CURSOR_START_SHIFT) | (cursorEnd << KEY_CURSOR_END_SHIFT);

    for (const [bandIndex, band] of bands.entries()) {
      const pan = band.split && panCompatible ? 0 : topPan;
      const lineStart = geometry.lineStart[band.y]!;
      const lastColumn = pan === 0 ? geometry.columns : geometry.columns + 1;
      let firstChanged = -1;
      let lastChanged = -1;
      for (let column = 0; column < lastColumn; column++) {
        const at = geometry.address(band.y, column) << 2;
        const attribute = this.memory[at + 1]!;
        let key = this.memory[at]! | (attribute << 8);
        if (blinks && !blinkShown && attribute >= 0x80) key |= KEY_BLINKED_OFF;
        if (cursorVisible && ((lineStart + column) & 0xffff) === cursorAt) key |= cursorKey;
        if (this.keys[bandIndex * columns + column] === key) continue;
        this.keys[bandIndex * columns + column] = key;
        this.drawCell(frame, source, palette, band, column * dots - pan, dots, key);
        if (firstChanged < 0) firstChanged = column;
        lastChanged = column;
      }
      if (firstChanged < 0) continue;
      const left = Math.max(0, firstChanged * dots - pan);
      const right = Math.min(frame.widthPx, (lastChanged + 1) * dots - pan);
      if (right > left) changed.add(left, band.y, right - left, band.lines);
    }
  }

  private drawCell(
    frame: Frame,
    source: TextSource,
    palette: Uint32Array,
    band: TextBand,
    left: number,
    dots: 8 | 9,
    key: number,
  ): void {
    const code = key & 0xff;
    const attribute = (key >> 8) & 0xff;
    const mode = source.attr[R.ATTR_MODE_CONTROL]!;
    const foreground = palette[attribute & 0x0f]!;
    const background = palette[(mode & R.ATTR_MODE_BLINK) !== 0 ? (attribute >> 4) & 7 : attribute >> 4]!;
    const fonts = fontOffsets(source.seq[R.SEQ_CHARACTER_MAP_SELECT]!);
    const font = (attribute & 0x08) !== 0 ? fonts.a : fonts.b;
    const cursorStart = (key & KEY_CURSOR) !== 0 ? (key >> KEY_CURSOR_START_SHIFT) & 0x1f : 0x20;
    const cursorEnd = (key >> KEY_CURSOR_END_SHIFT) & 0x1f;
    const underlineScan = (attribute & 0x77) === 0x01 ? source.crtc[R.CRTC_UNDERLINE_LOCATION]! & 0x1f : -1;
    const ninthFollows =
      (mode & R.ATTR_MODE_LINE_GRAPHICS) !== 0 && code >= LINE_GRAPHICS_FIRST && code <= LINE_GRAPHICS_LAST;
    const firstDot = Math.max(0, -left);
    const endDot = Math.min(dots, frame.widthPx - left);
    for (let line = 0; line < band.lines; line++) {
      const scan = band.firstScan + line;
      let bits = 0;
      if ((key & KEY_BLINKED_OFF) === 0) {
        bits = this.memory[((font + code * FONT_BYTES_PER_CHARACTER + scan) << 2) | 2]! << 1;
        if (ninthFollows) bits |= (bits >> 1) & 1;
        if (scan === underlineScan) bits = 0x1ff;
      }
      if (scan >= cursorStart && scan <= cursorEnd) bits = 0x1ff;
      const row = (band.y + line) * frame.widthPx + left;
      for (let dot = firstDot; dot < endDot; dot++)
        frame.pixels[row + dot] = (bits & (0x100 >> dot)) !== 0 ? foreground : background;
    }
  }
}
