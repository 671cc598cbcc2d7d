import { decode } from "fast-png";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MODE_13, VgaBench } from "../../machine/devices/vga/vga-test-bench.ts";
import { CanvasSink } from "./canvas-sink.ts";
import { HeadlessSink } from "./headless-sink.ts";
import { Presenter } from "./presenter.ts";
import { encodeScreenshot } from "./screenshot.ts";
import type { ScreenMode } from "./display-sink.ts";

afterEach(() => vi.unstubAllGlobals());

function shown() {
  const bench = new VgaBench();
  bench.vga.setTextMode3();
  const sink = new HeadlessSink();
  const modes: ScreenMode[] = [];
  const presenter = new Presenter(bench.vga, sink, (mode) => modes.push(mode));
  return { bench, sink, modes, presenter };
}

describe("Presenter", () => {
  it("tells the mode first and hands over the whole picture, then only changes", () => {
    const { bench, sink, modes, presenter } = shown();
    expect(presenter.tick()).toBe(true);
    expect(modes).toEqual([{ widthPx: 720, heightPx: 400, aspect: 4 / 3, text: true }]);
    expect(Buffer.compare(Buffer.from(sink.rgba.buffer), Buffer.from(bench.vga.frame.rgba.buffer))).toBe(0);
    expect(presenter.tick()).toBe(false);
    const blit = vi.spyOn(sink, "blit");
    bench.poke(0xb8000 + 160, 0x1fdb, 2);
    expect(presenter.tick()).toBe(true);
    expect(blit).toHaveBeenCalledTimes(1);
    expect(blit.mock.calls[0]!.slice(0, 4)).toEqual([0, 16, 9, 16]);
    expect(Buffer.compare(Buffer.from(sink.rgba.buffer), Buffer.from(bench.vga.frame.rgba.buffer))).toBe(0);
    bench.setMode(MODE_13);
    presenter.tick();
    expect(modes.at(-1)).toEqual({ widthPx: 320, heightPx: 200, aspect: 4 / 3, text: false });
    expect(sink.rgba).toHaveLength(320 * 200 * 4);
  });

  it("gives a sink that is attached later the whole picture", () => {
    const { bench, modes, presenter } = shown();
    presenter.tick();
    const later = new HeadlessSink();
    presenter.attach(later);
    expect(presenter.tick()).toBe(true);
    expect(modes).toHaveLength(2);
    expect(later.mode).toEqual(modes[0]);
    expect(Buffer.compare(Buffer.from(later.rgba.buffer), Buffer.from(bench.vga.frame.rgba.buffer))).toBe(0);
  });
});

describe("CanvasSink", () => {
  it("sizes the canvas to the mode and puts only the rectangle", () => {
    class FakeImageData {
      readonly height: number;
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
      ) {
        this.height = data.length / 4 / width;
      }
    }
    vi.stubGlobal("ImageData", FakeImageData);
    const putImageData = vi.fn();
    const canvas = { width: 300, height: 150, getContext: () => ({ putImageData }) };
    const sink = new CanvasSink(canvas as unknown as OffscreenCanvas);
    sink.setMode({ widthPx: 8, heightPx: 4, aspect: 4 / 3, text: false });
    expect([canvas.width, canvas.height]).toEqual([8, 4]);
    const rgba = new Uint8ClampedArray(8 * 4 * 4);
    sink.blit(2, 1, 3, 2, rgba, 32);
    sink.blit(0, 0, 1, 1, rgba, 32);
    expect(putImageData).toHaveBeenNthCalledWith(
      1,
      expect.objectContaining({ width: 8, height: 4, data: rgba }),
      0,
      0,
      2,
      1,
      3,
      2,
    );
    expect(putImageData.mock.calls[1]![0]).toBe(putImageData.mock.calls[0]![0]);
  });

  it("says in words that a canvas cannot be drawn on", () => {
    expect(() => new CanvasSink({ getContext: () => null } as unknown as OffscreenCanvas)).toThrow(/cannot draw/);
  });
});

describe("encodeScreenshot", () => {
  it("makes a PNG of the picture's size and colors", () => {
    const { bench, sink, presenter } = shown();
    bench.poke(0xb8000, 0x4edb, 2);
    presenter.tick();
    const png = encodeScreenshot({ widthPx: sink.mode!.widthPx, heightPx: sink.mode!.heightPx, rgba: sink.rgba });
    expect([...png.subarray(1, 4)]).toEqual([...Buffer.from("PNG")]);
    const image = decode(png);
    expect([image.width, image.height, image.channels]).toEqual([720, 400, 3]);
    expect([...image.data.subarray(0, 3)]).toEqual([255, 255, 85]);
  });
});
