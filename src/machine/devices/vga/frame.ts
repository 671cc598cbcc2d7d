/** The picture as drawn: RGBA words, and which rectangles of it have changed. */

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export class Frame {
  widthPx = 720;
  heightPx = 400;
  /** Width to height of the picture on the monitor: pixels need not be square. */
  aspect = 4 / 3;
  /** A text mode. */
  text = true;
  pixels = new Uint32Array(720 * 400).fill(0xff000000);
  /** The same pixels as bytes R, G, B, A. */
  rgba = new Uint8ClampedArray(this.pixels.buffer);

  /** @returns true when anything about the mode is new; the picture is black where the size is. */
  setMode(widthPx: number, heightPx: number, aspect: number, text: boolean): boolean {
    const sameSize = widthPx === this.widthPx && heightPx === this.heightPx;
    if (sameSize && aspect === this.aspect && text === this.text) return false;
    this.aspect = aspect;
    this.text = text;
    if (!sameSize) {
      this.widthPx = widthPx;
      this.heightPx = heightPx;
      this.pixels = new Uint32Array(widthPx * heightPx).fill(0xff000000);
      this.rgba = new Uint8ClampedArray(this.pixels.buffer);
    }
    return true;
  }
}

/** Collects changed areas; runs of lines of the same width become one rectangle. */
export class ChangedRects {
  readonly list: Rect[] = [];

  add(x: number, y: number, w: number, h: number): void {
    const last = this.list.at(-1);
    if (last && last.x === x && last.w === w && last.y + last.h === y) last.h += h;
    else this.list.push({ x, y, w, h });
  }
}
