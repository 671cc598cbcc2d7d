/**
 * What the CRT controller makes of its registers: how many characters and lines it shows, where in the maps each line
 * begins, and how its counter becomes an address (byte, word, doubleword; CGA's and Hercules' banks by row scan).
 *
 * A picture line stands for `lineRepeat` equal scan lines: mode 13h is 320×200 here, not 320×400. Registers are read
 * as they are when the picture is drawn; changes within a frame, for effects that race the beam, are not seen.
 * Left out: skews, interlace, the border around the picture.
 * References: [VGA] "CRT Controller Registers".
 */
import * as R from "./register-names.ts";

export interface ScanSource {
  readonly seq: Uint8Array;
  readonly crtc: Uint8Array;
}

export class ScanGeometry {
  /** Characters shown in a line. */
  columns = 1;
  /** Lines of the picture. */
  heightPx = 1;
  /** Scan lines in a row of characters. */
  rowHeight = 1;
  /** The line at which the lower half of a split screen begins; `heightPx` where there is none. */
  splitLine = 1;
  /** Address counter at the left of each line. */
  lineStart = new Int32Array(0);
  /** Row scan counter in each line. */
  lineRowScan = new Uint8Array(0);

  private shift = 0;
  private lowBitFrom = 0;
  private cgaBanks = false;
  private herculesBanks = false;
  private countShift = 0;

  /** `text`: each line of a character row differs. */
  constructor(source: ScanSource, text: boolean) {
    const { crtc } = source;
    const overflow = crtc[R.CRTC_OVERFLOW]!;
    const maxScan = crtc[R.CRTC_MAXIMUM_SCAN_LINE]!;
    const underline = crtc[R.CRTC_UNDERLINE_LOCATION]!;
    const control = crtc[R.CRTC_MODE_CONTROL]!;

    this.columns = crtc[R.CRTC_HORIZONTAL_DISPLAY_END]! + 1;
    this.rowHeight = (maxScan & 0x1f) + 1;
    this.cgaBanks = (control & R.MODE_CONTROL_NOT_CGA_BANKS) === 0;
    this.herculesBanks = (control & R.MODE_CONTROL_NOT_HERCULES_BANKS) === 0;
    this.countShift =
      (underline & R.UNDERLINE_COUNT_BY_4) !== 0 ? 2 : (control & R.MODE_CONTROL_COUNT_BY_2) !== 0 ? 1 : 0;
    if ((underline & R.UNDERLINE_DOUBLEWORD) !== 0) this.shift = 2;
    else if ((control & R.MODE_CONTROL_BYTE_MODE) === 0) {
      this.shift = 1;
      this.lowBitFrom = (control & R.MODE_CONTROL_ADDRESS_WRAP_15) !== 0 ? 15 : 13;
    }

    const verticalFactor = (control & R.MODE_CONTROL_VERTICAL_DOUBLED) !== 0 ? 2 : 1;
    const displayEnd = crtc[R.CRTC_VERTICAL_DISPLAY_END]! | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3);
    const lineCompare =
      crtc[R.CRTC_LINE_COMPARE]! | ((overflow & 0x10) << 4) | ((maxScan & R.MAX_SCAN_LINE_COMPARE_9) << 3);
    const doubled = (maxScan & R.MAX_SCAN_DOUBLE) !== 0 ? 2 : 1;
    const bankedRows = this.cgaBanks || this.herculesBanks;
    const lineRepeat = text || bankedRows ? doubled : doubled * this.rowHeight;
    const scanLines = (displayEnd + 1) * verticalFactor;
    this.heightPx = Math.ceil(scanLines / lineRepeat);
    this.lineStart = new Int32Array(this.heightPx);
    this.lineRowScan = new Uint8Array(this.heightPx);
    this.splitLine = this.heightPx;
    this.count(crtc, scanLines, lineRepeat, doubled, (lineCompare + 1) * verticalFactor);
  }

  /** Runs the counters down the screen. */
  private count(crtc: Uint8Array, scanLines: number, lineRepeat: number, doubled: number, splitAt: number): void {
    const rowStep = crtc[R.CRTC_OFFSET]! * 2;
    const bytePanning = (crtc[R.CRTC_PRESET_ROW_SCAN]! >> 5) & 3;
    let rowStart = ((crtc[R.CRTC_START_ADDRESS_HIGH]! << 8) | crtc[R.CRTC_START_ADDRESS_LOW]!) + bytePanning;
    let rowScan = crtc[R.CRTC_PRESET_ROW_SCAN]! & 0x1f;
    let repeated = 0;
    for (let line = 0; line < scanLines; line++) {
      if (line === splitAt) {
        rowStart = rowScan = repeated = 0;
        this.splitLine = Math.ceil(line / lineRepeat);
      }
      if (line % lineRepeat === 0) {
        this.lineStart[line / lineRepeat] = rowStart;
        this.lineRowScan[line / lineRepeat] = rowScan;
      }
      if (++repeated < doubled) continue;
      repeated = 0;
      if (rowScan === this.rowHeight - 1) {
        rowScan = 0;
        rowStart = (rowStart + rowStep) & 0xffff;
      } else rowScan = (rowScan + 1) & 0x1f;
    }
  }

  /** The address in the maps that is shown in character `column` of `line`. */
  address(line: number, column: number): number {
    const counter = (this.lineStart[line]! + (column >> this.countShift)) & 0xffff;
    let address = counter;
    if (this.shift === 2) address = (counter << 2) | (counter >> 14);
    else if (this.shift === 1) address = (counter << 1) | ((counter >> this.lowBitFrom) & 1);
    const rowScan = this.lineRowScan[line]!;
    if (this.cgaBanks) address = (address & ~0x2000) | ((rowScan & 1) << 13);
    if (this.herculesBanks) address = (address & ~0x4000) | ((rowScan & 2) << 13);
    return address & 0xffff;
  }
}
