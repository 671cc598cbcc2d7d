/** Where a machine's picture goes: a canvas, or a kept frame where there is none to draw on. */

export interface ScreenMode {
  widthPx: number;
  heightPx: number;
  /** Width to height on the monitor; pixels need not be square. */
  aspect: number;
  text: boolean;
}

export interface DisplaySink {
  /** The picture has a new size or kind; all of it follows by `blit`. */
  setMode(mode: ScreenMode): void;
  /**
   * Shows a rectangle, in pixels, of the picture `rgba` (R, G, B, A from the picture's top left; `strideBytes` from line
   * to line). The bytes belong to the caller and change after the call.
   */
  blit(x: number, y: number, w: number, h: number, rgba: Uint8ClampedArray<ArrayBuffer>, strideBytes: number): void;
}
