/** Hands the picture out piece by piece, for a page whose browser draws on canvases in its own thread only. */
import type { PicturePiece } from "../../protocol/vm-api.ts";
import type { DisplaySink, ScreenMode } from "./display-sink.ts";

export class PieceSink implements DisplaySink {
  private size = { widthPx: 0, heightPx: 0 };

  constructor(private readonly show: (piece: PicturePiece) => void) {}

  setMode({ widthPx, heightPx }: ScreenMode): void {
    this.size = { widthPx, heightPx };
  }

  blit(x: number, y: number, w: number, h: number, rgba: Uint8ClampedArray<ArrayBuffer>, strideBytes: number): void {
    if (w <= 0 || h <= 0) return;
    const piece = new Uint8ClampedArray(w * h * 4);
    for (let line = 0; line < h; line++) {
      const at = (y + line) * strideBytes + x * 4;
      piece.set(rgba.subarray(at, at + w * 4), line * w * 4);
    }
    this.show({ ...this.size, x, y, w, h, rgba: piece });
  }
}
