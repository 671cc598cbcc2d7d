import { describe, expect, it } from "vitest";
import { MODE_12, MODE_13, VgaBench } from "./vga-test-bench.ts";

describe("the dispi interface [DISPI]", () => {
  it("identifies itself, keeps IDs down to B0C0, tells its memory and capabilities", () => {
    const bench = new VgaBench();
    expect(bench.dispiRead(0)).toBe(0xb0c5);
    bench.dispi(0, 0xb0c2);
    expect(bench.dispiRead(0)).toBe(0xb0c2);
    bench.dispi(0, 0x1234);
    expect(bench.dispiRead(0)).toBe(0xb0c2);
    expect(bench.dispiRead(10)).toBe(0x100);
    bench.dispi(4, 0x02);
    expect([bench.dispiRead(1), bench.dispiRead(2), bench.dispiRead(3)]).toEqual([2560, 1600, 32]);
    bench.dispi(4, 0x00);
    expect(bench.dispiRead(1)).toBe(0);
  });

  it.each([
    [8, [0x2a], 0x2a],
    [15, [0x34, 0x52], -1],
    [16, [0xe0, 0x07], -1],
    [24, [0x10, 0x20, 0x30], -1],
    [32, [0x10, 0x20, 0x30, 0x99], -1],
  ])("draws %i bits a pixel", (bpp, pixel, rampColor) => {
    const bench = new VgaBench();
    bench.setDispiMode(1920, 1200, bpp);
    bench.setRamp();
    const at = (1199 * 1920 + 1919) * pixel.length;
    bench.memory.set(pixel, at);
    expect(bench.vga.render().modeChanged).toBe(true);
    expect(bench.vga.frame).toMatchObject({ widthPx: 1920, heightPx: 1200, text: false, aspect: 1.6 });
    const expected =
      bpp === 8
        ? bench.ramp(rampColor)
        : { 15: 0xffa58ca5, 16: 0xff00ff00, 24: 0xff102030, 32: 0xff102030 }[bpp as 15 | 16 | 24 | 32];
    expect(bench.pixel(1919, 1199).toString(16)).toBe(expected.toString(16));
  });

  it("draws 4 bits a pixel from the maps, moved by single pixels", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_12);
    bench.setDispiMode(800, 600, 4);
    bench.setRamp();
    bench.indexed(0x3c4, 2, 0x09);
    bench.poke(0xa0000 + 100 * 4 + 1, 0x01);
    bench.vga.render();
    expect(bench.pixel(15, 4)).toBe(bench.ramp(9));
    bench.dispi(6, 1600);
    bench.dispi(8, 3);
    bench.vga.render();
    expect(bench.pixel(12, 4)).not.toBe(bench.ramp(9));
    expect(bench.dispiRead(6)).toBe(1600);
    // Line 2 of the wider screen begins 400 addresses in.
    expect(bench.pixel(12, 2)).toBe(bench.ramp(9));
    bench.dispi(8, 0);
    bench.vga.render();
    expect(bench.pixel(15, 2)).toBe(bench.ramp(9));
  });

  it("draws only lines on pages that the core reports written", () => {
    const bench = new VgaBench();
    bench.setDispiMode(1024, 768, 32);
    bench.vga.render();
    expect(bench.vga.render().changed).toEqual([]);
    bench.memory.fill(0xff, 4096 * 10, 4096 * 12);
    bench.coreDirty[1] = 0b0000_1100;
    expect(bench.vga.render().changed).toEqual([{ x: 0, y: 10, w: 1024, h: 2 }]);
    expect(bench.pixel(5, 11)).toBe(0xffffffff);
    expect(bench.pixel(5, 12)).toBe(0xff000000);
  });

  it("shows a part of a larger virtual screen and keeps offsets inside", () => {
    const bench = new VgaBench();
    bench.setDispiMode(640, 480, 8);
    bench.setRamp();
    bench.dispi(6, 1024);
    expect(bench.dispiRead(7)).toBe(0x1000000 / 1024);
    bench.memory[1024 * 100 + 50] = 7;
    bench.dispi(8, 50);
    bench.dispi(9, 100);
    bench.vga.render();
    expect(bench.pixel(0, 0)).toBe(bench.ramp(7));
    bench.dispi(8, 0xffff);
    bench.dispi(9, 0xffff);
    expect(bench.dispiRead(8)).toBe(1024 - 640);
    expect(bench.dispiRead(9)).toBe(0x1000000 / 1024 - 480);
    bench.vga.render();
  });

  it("clears what a new mode shows unless told not to [DISPI] VBE_DISPI_NOCLEARMEM", () => {
    const bench = new VgaBench();
    bench.memory.fill(0x55);
    bench.setDispiMode(320, 200, 8, 0xc1);
    expect(bench.memory[0]).toBe(0x55);
    bench.setDispiMode(320, 200, 8);
    expect(bench.memory[63999]).toBe(0);
    expect(bench.memory[64000]).toBe(0x55);
    // Enabled again without a change from 0 to 1: nothing is cleared.
    bench.memory[0] = 0x66;
    bench.dispi(4, 0x61);
    expect(bench.memory[0]).toBe(0x66);
  });

  it.each([
    [0, 0, 0],
    [0xffff, 0xffff, 32],
    [2560, 1600, 32],
    [1366, 768, 99],
    [3, 70000 & 0xffff, 24],
  ])("any resolution gives a picture that fits the memory: %i×%i at %i", (widthPx, heightPx, bpp) => {
    const bench = new VgaBench(undefined, 0x400000);
    bench.setDispiMode(widthPx, heightPx, bpp);
    bench.dispi(6, 0xffff);
    bench.dispi(9, 0xffff);
    bench.vga.render();
    const { frame } = bench.vga;
    expect(frame.widthPx % 8).toBe(0);
    expect(frame.widthPx).toBeLessThanOrEqual(2560);
    expect(frame.heightPx).toBeGreaterThan(0);
    expect(frame.heightPx).toBeLessThanOrEqual(1600);
    expect(
      bench.dispiRead(6) * ((bpp === 32 ? 4 : bpp === 24 ? 3 : 1) * (bench.dispiRead(9) + frame.heightPx)),
    ).toBeLessThanOrEqual(0x400000);
  });

  it("gives the screen back to the VGA when disabled", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_13);
    bench.setDispiMode(800, 600, 16);
    bench.vga.render();
    bench.dispi(4, 0);
    expect(bench.vga.render().modeChanged).toBe(true);
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 200 });
  });
});
