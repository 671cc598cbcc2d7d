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

/** The picture made smaller, each pixel the mean of those that it stands for; as it is where it is no wider. */
export function shrunk(picture: Screenshot, maxWidthPx: number): Screenshot {
  const { widthPx: fromWidth, heightPx: fromHeight, rgba: from } = picture;
  if (fromWidth <= maxWidthPx) return picture;
  const widthPx = maxWidthPx;
  const heightPx = Math.max(1, Math.round((fromHeight * widthPx) / fromWidth));
  const rgba = new Uint8Array(widthPx * heightPx * 4);
  for (let y = 0; y < heightPx; y++) {
    const top = Math.floor((y * fromHeight) / heightPx);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * fromHeight) / heightPx));
    for (let x = 0; x < widthPx; x++) {
      const left = Math.floor((x * fromWidth) / widthPx);
      const right = Math.max(left + 1, Math.floor(((x + 1) * fromWidth) / widthPx));
      const sum = [0, 0, 0];
      for (let fromY = top; fromY < bottom; fromY++)
        for (let fromX = left; fromX < right; fromX++)
          for (let color = 0; color < 3; color++) sum[color]! += from[(fromY * fromWidth + fromX) * 4 + color]!;
      const count = (bottom - top) * (right - left);
      const at = (y * widthPx + x) * 4;
      for (let color = 0; color < 3; color++) rgba[at + color] = Math.round(sum[color]! / count);
      rgba[at + 3] = 255;
    }
  }
  return { widthPx, heightPx, rgba };
}
