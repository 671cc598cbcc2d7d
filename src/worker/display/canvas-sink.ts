/**
 * Draws the picture on a canvas of the guest's own resolution; the page scales it to the aspect ratio that the mode
 * asks for. Only the changed rectangle is copied.
 */
import { VmError } from "../../protocol/vm-api.ts";
import type { DisplaySink, ScreenMode } from "./display-sink.ts";

export class CanvasSink implements DisplaySink {
  private readonly context: OffscreenCanvasRenderingContext2D;
  /** A view of the picture's bytes; made anew when the picture gets another buffer. */
  private image: ImageData | null = null;

  /** @throws VmError `unsupportedHost` when the canvas cannot be drawn on. */
  constructor(private readonly canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context)
      throw new VmError(
        "unsupportedHost",
        "This browser cannot draw the machine's screen: the canvas has no 2D context.",
      );
    this.context = context;
  }

  setMode(mode: ScreenMode): void {
    // Setting a size clears the canvas, even to the size that it has.
    if (this.canvas.width !== mode.widthPx) this.canvas.width = mode.widthPx;
    if (this.canvas.height !== mode.heightPx) this.canvas.height = mode.heightPx;
    this.image = null;
  }

  blit(x: number, y: number, w: number, h: number, rgba: Uint8ClampedArray<ArrayBuffer>, strideBytes: number): void {
    if (this.image?.data.buffer !== rgba.buffer) this.image = new ImageData(rgba, strideBytes / 4);
    this.context.putImageData(this.image, 0, 0, x, y, w, h);
  }
}
