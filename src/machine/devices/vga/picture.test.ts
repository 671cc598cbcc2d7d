import { describe, expect, it } from "vitest";
import {
  MODE_03,
  MODE_04,
  MODE_06,
  MODE_0D,
  MODE_12,
  MODE_13,
  MODE_X,
  VgaBench,
  type ModeValues,
} from "./vga-test-bench.ts";

function started(mode: ModeValues): VgaBench {
  const bench = new VgaBench();
  bench.setMode(mode);
  bench.setRamp();
  bench.vga.render();
  return bench;
}

/** Row `y` of the picture from `x` on, as color numbers of the ramp. */
function row(bench: VgaBench, x: number, y: number, count: number): number[] {
  const numbers = new Map([...Array(256).keys()].map((i) => [bench.ramp(i), i]));
  return [...Array(count).keys()].map((i) => numbers.get(bench.pixel(x + i, y)) ?? -1);
}

const pixelsOf = (byte: number) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1);

describe("text modes", () => {
  /** Puts glyph lines into map 2 at `fontOffset`. */
  function setGlyph(bench: VgaBench, code: number, lines: number[], fontOffset = 0): void {
    bench.indexed(0x3c4, 2, 4);
    bench.indexed(0x3c4, 4, 6);
    bench.indexed(0x3ce, 5, 0);
    bench.indexed(0x3ce, 6, 4);
    lines.forEach((line, i) => bench.poke(0xa0000 + fontOffset + code * 32 + i, line));
    bench.indexed(0x3c4, 2, 3);
    bench.indexed(0x3c4, 4, 2);
    bench.indexed(0x3ce, 5, 0x10);
    bench.indexed(0x3ce, 6, 0x0e);
  }
  const noCursor = (bench: VgaBench) => bench.indexed(0x3d4, 0x0a, 0x20);

  it("draw 9-dot characters; the ninth dot follows the eighth in C0-DF only [VGA] Mode Control bit 2", () => {
    const bench = started(MODE_03);
    expect(bench.vga.frame).toMatchObject({ widthPx: 720, heightPx: 400, text: true, aspect: 4 / 3 });
    noCursor(bench);
    setGlyph(bench, 0x41, [0x81, 0xff]);
    setGlyph(bench, 0xc4, [0x81, 0xff]);
    bench.poke(0xb8000, 0x1e41, 2);
    bench.poke(0xb8002, 0x1ec4, 2);
    bench.vga.render();
    expect(row(bench, 0, 0, 18)).toEqual([14, 1, 1, 1, 1, 1, 1, 14, 1, 14, 1, 1, 1, 1, 1, 1, 14, 14]);
    expect(row(bench, 0, 1, 18)).toEqual([14, 14, 14, 14, 14, 14, 14, 14, 1, ...Array<number>(9).fill(14)]);
    expect(row(bench, 0, 2, 1)).toEqual([1]);
  });

  it("in 8-dot characters there is no ninth [VGA] Clocking Mode bit 0; 40 columns halve the width", () => {
    const bench = started(MODE_03);
    bench.indexed(0x3c4, 1, 0x09);
    bench.indexed(0x3d4, 0x01, 39);
    bench.vga.render();
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 400 });
  });

  it("attribute bit 7 is background intensity or blinking [VGA] Mode Control bit 3", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    setGlyph(bench, 0x41, Array<number>(16).fill(0xf0));
    bench.poke(0xb8000, 0x9a41, 2);
    bench.vga.render();
    expect(row(bench, 0, 5, 8)).toEqual([10, 10, 10, 10, 1, 1, 1, 1]);
    // Blinking characters are off for the second 16 frames of 32; frames take 1/70 s.
    bench.clock.ns = (17 * 1e9) / 70;
    expect(bench.vga.render().changed).toEqual([{ x: 0, y: 0, w: 9, h: 16 }]);
    expect(row(bench, 0, 5, 8)).toEqual(Array(8).fill(1));
    bench.attribute(0x10, 0x04);
    bench.vga.render();
    expect(row(bench, 0, 5, 8)).toEqual([10, 10, 10, 10, 9, 9, 9, 9]);
  });

  it("the cursor covers its lines, blinks, and moves without drawing more than two cells", () => {
    const bench = started(MODE_03);
    bench.poke(0xb8000, 0x0700, 2);
    bench.poke(0xb8002, 0x0700, 2);
    bench.indexed(0x3d4, 0x0a, 13);
    bench.indexed(0x3d4, 0x0b, 14);
    bench.vga.render();
    expect([12, 13, 14, 15].map((y) => row(bench, 0, y, 1)[0])).toEqual([0, 7, 7, 0]);
    bench.indexed(0x3d4, 0x0f, 1);
    expect(bench.vga.render().changed).toEqual([{ x: 0, y: 0, w: 18, h: 16 }]);
    expect(row(bench, 8, 13, 2)).toEqual([0, 7]);
    bench.clock.ns = (9 * 1e9) / 70;
    expect(bench.vga.render().changed).toEqual([{ x: 9, y: 0, w: 9, h: 16 }]);
    expect(row(bench, 9, 13, 1)).toEqual([0]);
    bench.clock.ns = (17 * 1e9) / 70;
    bench.vga.render();
    expect(row(bench, 9, 13, 1)).toEqual([7]);
    // A start below the end shows no cursor; neither does bit 5 of the start. [VGA] Cursor Start Register
    bench.indexed(0x3d4, 0x0a, 15);
    bench.vga.render();
    expect(row(bench, 9, 14, 1)).toEqual([0]);
  });

  it("attribute bit 3 chooses between two fonts [VGA] Character Map Select Register", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    setGlyph(bench, 0x41, [0x80], 0);
    setGlyph(bench, 0x41, [0x01], 0x2000);
    // Map A (bit 3 set) is value 4: the block at 8 KiB; map B is value 0.
    bench.indexed(0x3c4, 3, 0x20);
    bench.poke(0xb8000, 0x0741, 2);
    bench.poke(0xb8002, 0x0f41, 2);
    bench.vga.render();
    expect(row(bench, 0, 0, 18)).toEqual([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 0]);
  });

  it("underlines where the foreground is 1 on 0 [VGA] Underline Location Register", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    bench.indexed(0x3d4, 0x14, 0x0d);
    bench.poke(0xb8000, 0x0120, 2);
    bench.poke(0xb8002, 0x0720, 2);
    bench.vga.render();
    expect(row(bench, 0, 13, 18)).toEqual([...Array<number>(9).fill(1), ...Array<number>(9).fill(0)]);
  });

  it("scroll smoothly: preset row scan, panning, start address [VGA]", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    setGlyph(bench, 0x42, [0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    for (let i = 0; i < 80 * 30; i++) bench.poke(0xb8000 + 2 * i, 0x0700, 2);
    bench.poke(0xb8000 + 2 * 81, 0x0742, 2);
    bench.indexed(0x3d4, 0x0d, 80);
    bench.indexed(0x3d4, 0x08, 0x03);
    bench.vga.render();
    expect(row(bench, 8, 0, 3)).toEqual([0, 7, 7]);
    // Nine dots: 8 is no shift, 0 is one dot to the left. [VGA] Horizontal PEL Panning Register
    bench.attribute(0x13, 0);
    bench.vga.render();
    expect(row(bench, 7, 0, 3)).toEqual([0, 7, 7]);
    // Byte panning moves by whole characters.
    bench.indexed(0x3d4, 0x08, 0x23);
    bench.attribute(0x13, 8);
    bench.vga.render();
    expect(row(bench, 0, 0, 2)).toEqual([7, 7]);
    expect(row(bench, 0, 12, 2)).toEqual([7, 0]);
  });

  it("split the screen: below line compare address 0 is shown, unpanned if so chosen [VGA] Line Compare Register", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    setGlyph(bench, 0x43, Array<number>(16).fill(0x80));
    for (let i = 0; i < 80 * 60; i++) bench.poke(0xb8000 + 2 * i, 0x0700, 2);
    bench.poke(0xb8000, 0x0743, 2);
    bench.indexed(0x3d4, 0x0c, 0x04);
    bench.indexed(0x3d4, 0x18, 99);
    bench.indexed(0x3d4, 0x07, 0x0f);
    bench.indexed(0x3d4, 0x09, 0x0f);
    bench.attribute(0x10, 0x2c);
    bench.attribute(0x13, 2);
    bench.vga.render();
    expect(row(bench, 0, 99, 1)).toEqual([0]);
    expect(row(bench, 0, 100, 2)).toEqual([7, 0]);
    expect(row(bench, 0, 115, 1)).toEqual([7]);
    expect(row(bench, 0, 116, 1)).toEqual([0]);
  });

  it("draw only cells that differ, and nothing when nothing was written", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    bench.vga.render();
    expect(bench.vga.render()).toEqual({ modeChanged: false, changed: [] });
    bench.poke(0xb8000 + 2 * (80 * 3 + 10), 0x0741, 2);
    bench.poke(0xb8000 + 2 * (80 * 3 + 12), 0x0741, 2);
    expect(bench.vga.render().changed).toEqual([{ x: 90, y: 48, w: 27, h: 16 }]);
    bench.poke(0xb8000 + 2 * (80 * 3 + 10), 0x0741, 2);
    expect(bench.vga.render().changed).toEqual([]);
    // A register set and set back draws nothing either.
    bench.indexed(0x3c4, 1, 0x20);
    bench.indexed(0x3c4, 1, 0x00);
    expect(bench.vga.render()).toEqual({ modeChanged: false, changed: [] });
  });

  it("new glyphs and colors appear at once", () => {
    const bench = started(MODE_03);
    noCursor(bench);
    bench.poke(0xb8000, 0x0741, 2);
    bench.vga.render();
    setGlyph(bench, 0x41, [0x80]);
    bench.vga.render();
    expect(row(bench, 0, 0, 2)).toEqual([7, 0]);
    bench.attribute(7, 0x2a);
    bench.vga.render();
    expect(row(bench, 0, 0, 2)).toEqual([0x2a, 0]);
  });

  it("read as Unicode lines, also with other fonts; null in graphics modes", () => {
    const bench = started(MODE_03);
    for (let i = 0; i < 80 * 25; i++) bench.poke(0xb8000 + 2 * i, 0x0720, 2);
    [...Buffer.from("\xc9\xcd\xbb Hola \xa4", "latin1")].forEach((code, i) => bench.poke(0xb8000 + 2 * (80 + i), code));
    const lines = bench.vga.screenText()!;
    expect(lines).toHaveLength(25);
    expect(lines.slice(0, 3)).toEqual(["", "╔═╗ Hola ñ", ""]);
    bench.in(0x3da);
    bench.out(0x3c0, 0x00);
    expect(bench.vga.screenText()).toEqual(lines);
    bench.setMode(MODE_13);
    expect(bench.vga.screenText()).toBeNull();
  });
});

describe("graphics modes", () => {
  it("mode 12h: sixteen colors from four maps through palette and color select [VGA] Color Select Register", () => {
    const bench = started(MODE_12);
    expect(bench.vga.frame).toMatchObject({ widthPx: 640, heightPx: 480, text: false });
    for (const [map, byte] of [0b10101010, 0b11001100, 0b11110000, 0b11111111].entries()) {
      bench.indexed(0x3c4, 2, 1 << map);
      bench.poke(0xa0000 + 80 * 100 + 3, byte);
    }
    // The written page is 4 KiB of all four maps: 1024 addresses.
    expect(bench.vga.render().changed).toEqual([{ x: 0, y: 89, w: 640, h: 14 }]);
    expect(row(bench, 24, 100, 8)).toEqual([15, 14, 13, 12, 11, 10, 9, 8]);
    bench.attribute(0x14, 0x0c);
    bench.vga.render();
    expect(row(bench, 24, 100, 2)).toEqual([0xcf, 0xce]);
    bench.attribute(0x10, 0x81);
    bench.attribute(0x14, 0x03);
    bench.vga.render();
    expect(row(bench, 24, 100, 2)).toEqual([0x3f, 0x3e]);
    bench.attribute(0x12, 0x07);
    bench.vga.render();
    expect(row(bench, 24, 100, 2)).toEqual([0x37, 0x36]);
  });

  it("mode 0Dh: doubled scan lines are one line of the picture", () => {
    const bench = started(MODE_0D);
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 200, aspect: 4 / 3 });
    bench.indexed(0x3c4, 2, 0x04);
    bench.poke(0xa0000 + 40 * 7, 0x5a);
    bench.vga.render();
    expect(row(bench, 0, 7, 8)).toEqual(pixelsOf(0x5a).map((bit) => bit * 4));
    expect(row(bench, 0, 6, 8)).toEqual(Array(8).fill(0));
  });

  it("mode 13h: byte = pixel, 320×200", () => {
    const bench = started(MODE_13);
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 200, aspect: 4 / 3 });
    for (let i = 0; i < 64000; i += 4) bench.poke(0xa0000 + i, ((i >> 2) & 0xff) * 0x01010101, 4);
    bench.poke(0xa0000 + 320 * 199 + 319, 0xc3);
    bench.vga.render();
    expect(row(bench, 0, 0, 9)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2]);
    expect(row(bench, 0, 1, 4)).toEqual([80, 80, 80, 80]);
    expect(row(bench, 318, 199, 2)).toEqual([15999 & 0xff, 0xc3]);
    bench.poke(0xa0000 + 320 * 50, 1);
    const { changed } = bench.vga.render();
    expect(changed).toHaveLength(1);
    expect(changed[0]!.h).toBeLessThanOrEqual(5);
    expect(changed[0]!.y).toBeLessThanOrEqual(50);
  });

  it("mode X: four pixels an address, pages by start address, panning by pixel", () => {
    const bench = started(MODE_X);
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 240 });
    const plot = (x: number, y: number, color: number, page = 0) => {
      bench.indexed(0x3c4, 2, 1 << (x & 3));
      bench.poke(0xa0000 + page + y * 80 + (x >> 2), color);
    };
    plot(5, 0, 77);
    plot(319, 239, 88);
    plot(6, 1, 99, 0x4b00);
    bench.vga.render();
    expect(row(bench, 4, 0, 3)).toEqual([0, 77, 0]);
    expect(row(bench, 319, 239, 1)).toEqual([88]);
    bench.attribute(0x13, 2);
    bench.vga.render();
    expect(row(bench, 3, 0, 3)).toEqual([0, 77, 0]);
    bench.attribute(0x13, 0);
    bench.indexed(0x3d4, 0x0c, 0x4b);
    bench.vga.render();
    expect(row(bench, 5, 1, 3)).toEqual([0, 99, 0]);
  });

  it.each([
    ["360×480", { 0x01: 0x59, 0x09: 0x40 }, 360, 480],
    ["320×400", { 0x09: 0x40, 0x12: 0x8f, 0x07: 0x1f }, 320, 400],
    ["400×600", { 0x01: 0x63, 0x09: 0x60, 0x12: 0x57, 0x07: 0xf0 }, 400, 600],
  ] as const)("mode X at %s", (_, registers, widthPx, heightPx) => {
    const bench = started(MODE_X);
    for (const [index, value] of Object.entries(registers)) bench.indexed(0x3d4, Number(index), value);
    bench.vga.render();
    expect(bench.vga.frame).toMatchObject({ widthPx, heightPx });
  });

  it("mode 13h splits: lines below line compare come from address 0", () => {
    const bench = started(MODE_13);
    bench.poke(0xa0000, 5);
    bench.indexed(0x3d4, 0x0c, 0x20);
    bench.indexed(0x3d4, 0x18, 199);
    bench.indexed(0x3d4, 0x07, 0x0f);
    bench.indexed(0x3d4, 0x09, 0x01);
    bench.vga.render();
    expect(row(bench, 0, 99, 1)).toEqual([0]);
    expect(row(bench, 0, 100, 1)).toEqual([5]);
    expect(row(bench, 0, 101, 1)).toEqual([0]);
  });

  it("mode 4: two-bit pixels, odd lines 8 KiB above [VGA] CRT Mode Control bit 0, Graphics Mode bit 5", () => {
    const bench = started(MODE_04);
    expect(bench.vga.frame).toMatchObject({ widthPx: 320, heightPx: 200 });
    bench.poke(0xb8000, 0x1b);
    bench.poke(0xb8001, 0xe4);
    bench.poke(0xba000 + 79, 0xff);
    bench.poke(0xb8000 + 80, 0x40);
    bench.vga.render();
    expect(row(bench, 0, 0, 8)).toEqual([0, 1, 2, 3, 3, 2, 1, 0]);
    expect(row(bench, 312, 1, 8)).toEqual([0, 0, 0, 0, 3, 3, 3, 3]);
    expect(row(bench, 0, 2, 2)).toEqual([1, 0]);
  });

  it("mode 6: one-bit pixels, 640×200, odd lines 8 KiB above", () => {
    const bench = started(MODE_06);
    expect(bench.vga.frame).toMatchObject({ widthPx: 640, heightPx: 200 });
    bench.poke(0xb8000, 0xa5);
    bench.poke(0xba000 + 79, 0x0f);
    bench.vga.render();
    expect(row(bench, 0, 0, 8)).toEqual(pixelsOf(0xa5));
    expect(row(bench, 632, 1, 8)).toEqual(pixelsOf(0x0f));
  });

  it("the screen is blank without palette source, with the screen-off bit, and without retraces [VGA]", () => {
    const bench = started(MODE_13);
    bench.poke(0xa0000, 9);
    bench.attribute(0x11, 0x21);
    bench.vga.render();
    expect(row(bench, 0, 0, 1)).toEqual([9]);
    bench.in(0x3da);
    bench.out(0x3c0, 0x00);
    bench.vga.render();
    expect(row(bench, 0, 0, 2)).toEqual([0x21, 0x21]);
    bench.in(0x3da);
    bench.out(0x3c0, 0x20);
    bench.indexed(0x3c4, 1, 0x21);
    bench.vga.render();
    expect(bench.pixel(0, 0)).toBe(0xff000000);
    bench.indexed(0x3c4, 1, 0x01);
    bench.vga.render();
    expect(row(bench, 0, 0, 1)).toEqual([9]);
  });
});
