/** Keeps a copy of the picture where no canvas is attached. */
import type { DisplaySink, ScreenMode } from "./display-sink.ts";

export class HeadlessSink implements DisplaySink {
  mode: ScreenMode | null = null;
  /** R, G, B, A; `mode.widthPx` × `mode.heightPx`. */
  rgba = new Uint8ClampedArray(0);

  setMode(mode: ScreenMode): void {
    this.mode = mode;
    this.rgba = new Uint8ClampedArray(mode.widthPx * mode.heightPx * 4);
  }

  blit(x: number, y: number, w: number, h: number, rgba: Uint8ClampedArray<ArrayBuffer>, strideBytes: number): void {
    for (let line = y; line < y + h; line++) {
      const at = line * strideBytes + x * 4;
      this.rgba.set(rgba.subarray(at, at + w * 4), at);
    }
  }
}
