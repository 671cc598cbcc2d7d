/** Draws a machine's picture in this thread, where the browser cannot hand a canvas to a Worker. */
import type { PicturePiece } from "../protocol/vm-api.ts";
import { VmError } from "../protocol/vm-api.ts";

/** Of a canvas, what is needed. */
export type Drawable = Pick<HTMLCanvasElement, "width" | "height" | "getContext">;

/** @throws VmError `unsupportedHost` when the canvas cannot be drawn on */
export function drawerFor(canvas: Drawable): (piece: PicturePiece) => void {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context)
    throw new VmError(
      "unsupportedHost",
      "This browser cannot draw the machine's screen: the canvas has no 2D context.",
    );
  return ({ widthPx, heightPx, x, y, w, h, rgba }) => {
    // Setting a size clears the canvas, even to the size that it has.
    if (canvas.width !== widthPx) canvas.width = widthPx;
    if (canvas.height !== heightPx) canvas.height = heightPx;
    context.putImageData(new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, w, h), x, y);
  };
}
