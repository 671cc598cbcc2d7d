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

/** What all cells of one drawing have in common. */
interface CellStyle {
  dots: 8 | 9;
  fontA: number;
  fontB: number;
  blinks: boolean;
  lineGraphics: boolean;
  underlineScan: number;
  /** Colors of the 16 attribute values. */
  palette: Uint32Array;
}

export class TextPicture {
  private keys = new Int32Array(0);
  private laidOut: ScanGeometry | null = null;
  private bands: TextBand[] = [];
  /** Byte of the memory where each cell's word begins, band by band. */
  private places = new Int32Array(0);

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
    this.layOut(geometry);
    const { crtc, attr } = source;
    const mode = attr[R.ATTR_MODE_CONTROL]!;
    const fonts = fontOffsets(source.seq[R.SEQ_CHARACTER_MAP_SELECT]!);
    const style: CellStyle = {
      dots: dotsPerCharacter(source.seq),
      fontA: fonts.a,
      fontB: fonts.b,
      blinks: (mode & R.ATTR_MODE_BLINK) !== 0,
      lineGraphics: (mode & R.ATTR_MODE_LINE_GRAPHICS) !== 0,
      underlineScan: crtc[R.CRTC_UNDERLINE_LOCATION]! & 0x1f,
      palette,
    };
    const { dots } = style;
    const panning = attr[R.ATTR_HORIZONTAL_PANNING]!;
    const topPan = dots === 9 ? (panning >= 8 ? 0 : panning + 1) : panning & 7;
    const panCompatible = (mode & R.ATTR_MODE_PANNING_COMPATIBLE) !== 0;
    const blinkedOff = style.blinks && !blinkShown ? KEY_BLINKED_OFF : 0;

    const cursorStart = crtc[R.CRTC_CURSOR_START]! & 0x1f;
    const cursorEnd = crtc[R.CRTC_CURSOR_END]! & 0x1f;
    const cursorVisible = cursorShown && (crtc[R.CRTC_CURSOR_START]! & R.CURSOR_OFF) === 0 && cursorStart <= cursorEnd;
    const cursorSkew = (crtc[R.CRTC_CURSOR_END]! >> 5) & 3;
    const cursorAt = ((crtc[R.CRTC_CURSOR_LOCATION_HIGH]! << 8) | crtc[R.CRTC_CURSOR_LOCATION_LOW]!) + cursorSkew;
    const cursorKey = KEY_CURSOR | (cursorStart << KEY_CURSOR_START_SHIFT) | (cursorEnd << KEY_CURSOR_END_SHIFT);

    const { keys, places, memory } = this;
    const columns = geometry.columns + 1;
    for (let bandIndex = 0; bandIndex < this.bands.length; bandIndex++) {
      const band = this.bands[bandIndex]!;
      const pan = band.split && panCompatible ? 0 : topPan;
      const shownColumns = pan === 0 ? geometry.columns : columns;
      const cursorColumn = cursorVisible ? (cursorAt - geometry.lineStart[band.y]!) & 0xffff : -1;
      let firstChanged = -1;
      let lastChanged = -1;
      for (let column = 0, cell = bandIndex * columns; column < shownColumns; column++, cell++) {
        const at = places[cell]!;
        const attribute = memory[at + 1]!;
        let key = memory[at]! | (attribute << 8);
        if (attribute >= 0x80) key |= blinkedOff;
        if (column === cursorColumn) key |= cursorKey;
        if (keys[cell] === key) continue;
        keys[cell] = key;
        this.drawCell(frame, style, band, column * dots - pan, key);
        if (firstChanged < 0) firstChanged = column;
        lastChanged = column;
      }
      if (firstChanged < 0) continue;
      const left = Math.max(0, firstChanged * dots - pan);
      const right = Math.min(frame.widthPx, (lastChanged + 1) * dots - pan);
      if (right > left) changed.add(left, band.y, right - left, band.lines);
    }
  }

  private layOut(geometry: ScanGeometry): void {
    if (this.laidOut === geometry) return;
    this.laidOut = geometry;
    this.bands = textBands(geometry);
    const columns = geometry.columns + 1;
    const cells = this.bands.length * columns;
    if (this.keys.length !== cells) this.keys = new Int32Array(cells).fill(KEY_UNKNOWN);
    if (this.places.length !== cells) this.places = new Int32Array(cells);
    let cell = 0;
    for (const band of this.bands)
      for (let column = 0; column < columns; column++) this.places[cell++] = geometry.address(band.y, column) << 2;
  }

  private drawCell(frame: Frame, style: CellStyle, band: TextBand, left: number, key: number): void {
    const code = key & 0xff;
    const attribute = (key >> 8) & 0xff;
    const foreground = style.palette[attribute & 0x0f]!;
    const background = style.palette[style.blinks ? (attribute >> 4) & 7 : attribute >> 4]!;
    const font = (attribute & 0x08) !== 0 ? style.fontA : style.fontB;
    const cursorStart = (key & KEY_CURSOR) !== 0 ? (key >> KEY_CURSOR_START_SHIFT) & 0x1f : 0x20;
    const cursorEnd = (key >> KEY_CURSOR_END_SHIFT) & 0x1f;
    const underlineScan = (attribute & 0x77) === 0x01 ? style.underlineScan : -1;
    const ninthFollows = style.lineGraphics && code >= LINE_GRAPHICS_FIRST && code <= LINE_GRAPHICS_LAST;
    const shown = (key & KEY_BLINKED_OFF) === 0;
    const firstDot = left < 0 ? -left : 0;
    const endDot = Math.min(style.dots, frame.widthPx - left);
    const { pixels, widthPx } = frame;
    for (let line = 0; line < band.lines; line++) {
      const scan = band.firstScan + line;
      let bits = 0;
      if (shown) {
        bits = this.memory[((font + code * FONT_BYTES_PER_CHARACTER + scan) << 2) | 2]! << 1;
        if (ninthFollows) bits |= (bits >> 1) & 1;
        if (scan === underlineScan) bits = 0x1ff;
      }
      if (scan >= cursorStart && scan <= cursorEnd) bits = 0x1ff;
      let to = (band.y + line) * widthPx + left + firstDot;
      for (let dot = firstDot; dot < endDot; dot++)
        pixels[to++] = (bits & (0x100 >> dot)) !== 0 ? foreground : background;
    }
  }
}
