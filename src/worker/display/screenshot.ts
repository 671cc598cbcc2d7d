/** PNG of a picture, at the guest's resolution. */
import { encode } from "fast-png";

export interface Screenshot {
  widthPx: number;
  heightPx: number;
  /** R, G, B, A. */
  rgba: Uint8Array | Uint8ClampedArray;
}

/** The bytes of a PNG file with 8 bits a color; the picture is opaque, so alpha is left out. */
export function encodeScreenshot({ widthPx, heightPx, rgba }: Screenshot): Uint8Array {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return encode({ width: widthPx, height: heightPx, data: rgb, depth: 8, channels: 3 });
}
