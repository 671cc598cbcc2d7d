import { afterEach, expect, test, vi } from "vitest";
import { drawerFor } from "../../services/picture-drawer.ts";
import type { PicturePiece } from "../../protocol/vm-api.ts";
import { PieceSink } from "./piece-sink.ts";

afterEach(() => vi.unstubAllGlobals());

/** A picture of 4 × 3 pixels whose bytes are all different. */
const picture = () => new Uint8ClampedArray(4 * 3 * 4).map((_, i) => i);

test("a rectangle is cut out of the picture, and its bytes are its own", () => {
  const pieces: PicturePiece[] = [];
  const sink = new PieceSink((piece) => pieces.push(piece));
  const rgba = picture();
  sink.setMode({ widthPx: 4, heightPx: 3, aspect: 4 / 3, text: true });
  sink.blit(1, 1, 2, 2, rgba, 16);
  sink.blit(0, 0, 0, 2, rgba, 16);
  rgba.fill(0);
  expect(pieces).toEqual([
    { ...{ widthPx: 4, heightPx: 3, x: 1, y: 1, w: 2, h: 2 }, rgba: Uint8ClampedArray.from([20, 21, 22, 23, 24, 25, 26, 27, 36, 37, 38, 39, 40, 41, 42, 43]) }, // prettier-ignore
  ]);
});

test("pieces are drawn where they belong on a canvas of the picture's size", () => {
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(readonly data: Uint8ClampedArray, readonly width: number, readonly height: number) {} // prettier-ignore
    },
  );
  const drawn: unknown[] = [];
  const context = { putImageData: (image: { width: number; height: number }, x: number, y: number) => drawn.push([image.width, image.height, x, y]) }; // prettier-ignore
  const canvas = { width: 720, height: 400, getContext: () => context };
  const draw = drawerFor(canvas as unknown as HTMLCanvasElement);
  draw({ widthPx: 4, heightPx: 3, x: 1, y: 2, w: 2, h: 1, rgba: new Uint8ClampedArray(8) });
  expect([canvas.width, canvas.height, drawn]).toEqual([4, 3, [[2, 1, 1, 2]]]);
  expect(() => drawerFor({ ...canvas, getContext: () => null })).toThrow(/no 2D context/);
});
