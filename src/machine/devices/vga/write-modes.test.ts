/**
 * The graphics controller by example, a section of [VGA] each: "Graphics Controller Registers" (set/reset, color
 * compare, data rotate, read map select, mode, bit mask), "Sequencer Registers" (map mask, memory mode), latches. The
 * exhaustive comparison with a bit-by-bit model is in memory-window.test.ts.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { MODE_03, MODE_12, MODE_13, MODE_X, VgaBench } from "./vga-test-bench.ts";

const WINDOW = 0xa0000;
const SEQ = 0x3c4;
const GC = 0x3ce;
const CRTC = 0x3d4;
const MAP_MASK = 2;
const SET_RESET = 0;
const ENABLE_SET_RESET = 1;
const COLOR_COMPARE = 2;
const DATA_ROTATE = 3;
const READ_MAP = 4;
const MODE = 5;
const DONT_CARE = 7;
const BIT_MASK = 8;
const AND = 0x08;
const OR = 0x10;
const XOR = 0x18;

let bench: VgaBench;

const gc = (index: number, value: number): void => bench.indexed(GC, index, value);
/** The four maps at `address`. */
const maps = (address: number): number[] => [...bench.memory.subarray(4 * address, 4 * address + 4)];
const setMaps = (address: number, values: number[]): void => bench.memory.set(values, 4 * address);
/** Fills the latches from `address`. */
const latch = (address: number): number => bench.peek(WINDOW + address);

beforeEach(() => {
  bench = new VgaBench();
  bench.setMode(MODE_12);
  gc(DONT_CARE, 0x0f);
});

describe("write mode 0", () => {
  it("writes the processor's byte to the maps of the map mask", () => {
    bench.indexed(SEQ, MAP_MASK, 0x05);
    bench.poke(WINDOW + 3, 0xa5);
    expect(maps(3)).toEqual([0xa5, 0, 0xa5, 0]);
  });

  it("rotates to the right before anything else [Data Rotate bits 2-0]", () => {
    gc(DATA_ROTATE, 3);
    bench.poke(WINDOW, 0b1000_0110);
    expect(maps(0)[0]).toBe(0b1101_0000);
  });

  it("takes set/reset for the maps where it is enabled, without rotation", () => {
    gc(SET_RESET, 0x0a);
    gc(ENABLE_SET_RESET, 0x03);
    gc(DATA_ROTATE, 1);
    bench.poke(WINDOW, 0x02);
    expect(maps(0)).toEqual([0x00, 0xff, 0x01, 0x01]);
  });

  it.each([
    ["AND", AND, 0b0011_0011 & 0b0101_0101],
    ["OR", OR, 0b0011_0011 | 0b0101_0101],
    ["XOR", XOR, 0b0011_0011 ^ 0b0101_0101],
    ["nothing", 0, 0b0011_0011],
  ])("combines with the latches: %s [Data Rotate bits 4-3]", (_name, operation, expected) => {
    setMaps(7, [0b0101_0101, 0b0101_0101, 0b0101_0101, 0b0101_0101]);
    latch(7);
    gc(DATA_ROTATE, operation);
    bench.poke(WINDOW, 0b0011_0011);
    expect(maps(0)).toEqual([expected, expected, expected, expected]);
  });

  it("keeps the latches' bits where the bit mask is 0", () => {
    setMaps(1, [0xff, 0x00, 0xf0, 0x0f]);
    latch(1);
    gc(BIT_MASK, 0x3c);
    bench.poke(WINDOW, 0x55);
    expect(maps(0)).toEqual([0xd7, 0x14, 0xd4, 0x17]);
  });
});

describe("write mode 1", () => {
  it("copies the latches, whatever the other registers say, to the maps of the map mask", () => {
    setMaps(9, [1, 2, 3, 4]);
    gc(MODE, 0x01);
    gc(BIT_MASK, 0x00);
    gc(SET_RESET, 0x0f);
    gc(ENABLE_SET_RESET, 0x0f);
    latch(9);
    bench.poke(WINDOW + 20, 0xee);
    expect(maps(20)).toEqual([1, 2, 3, 4]);
    bench.indexed(SEQ, MAP_MASK, 0x06);
    bench.poke(WINDOW + 21, 0xee);
    expect(maps(21)).toEqual([0, 2, 3, 0]);
  });

  it("moves four maps with each byte of a wider access", () => {
    setMaps(0, [1, 2, 3, 4]);
    setMaps(1, [5, 6, 7, 8]);
    gc(MODE, 0x01);
    bench.peek(WINDOW, 2);
    // The latches hold what the last byte read.
    bench.poke(WINDOW + 30, 0, 2);
    expect([maps(30), maps(31)]).toEqual([
      [5, 6, 7, 8],
      [5, 6, 7, 8],
    ]);
  });
});

describe("write mode 2", () => {
  it("spreads bits 3-0 over the maps, through operation and bit mask", () => {
    gc(MODE, 0x02);
    bench.poke(WINDOW, 0xf6);
    expect(maps(0)).toEqual([0x00, 0xff, 0xff, 0x00]);
    setMaps(5, [0xaa, 0xaa, 0xaa, 0xaa]);
    latch(5);
    gc(DATA_ROTATE, XOR);
    gc(BIT_MASK, 0x0f);
    bench.poke(WINDOW + 6, 0x03);
    expect(maps(6)).toEqual([0xa5, 0xa5, 0xaa, 0xaa]);
  });
});

describe("write mode 3", () => {
  it("masks set/reset with the rotated byte and the bit mask", () => {
    gc(MODE, 0x03);
    gc(SET_RESET, 0x05);
    gc(ENABLE_SET_RESET, 0x00);
    gc(DATA_ROTATE, 4);
    gc(BIT_MASK, 0x7e);
    setMaps(2, [0x00, 0xff, 0x00, 0xff]);
    latch(2);
    bench.poke(WINDOW + 3, 0xf3);
    // 0xF3 rotated by 4 is 0x3F; with the bit mask 0x3E.
    expect(maps(3)).toEqual([0x3e, 0xc1, 0x3e, 0xc1]);
  });
});

describe("reads", () => {
  it("mode 0 gives the map of Read Map Select and fills all latches", () => {
    setMaps(4, [0x11, 0x22, 0x33, 0x44]);
    for (let map = 0; map < 4; map++) {
      gc(READ_MAP, map);
      expect(bench.peek(WINDOW + 4)).toBe(0x11 * (map + 1));
      bench.indexed(CRTC, 0x22, 0);
      expect(bench.in(CRTC + 1)).toBe(0x11 * (map + 1));
    }
  });

  it("mode 1 compares colors, and does not look at maps that Color Don't Care leaves out", () => {
    // Pixels from the left: colors 5, 5, 4, 1, 0, 13, 7, 5.
    setMaps(0, [0b1101_0111, 0b0000_0010, 0b1110_0111, 0b0000_0100]);
    gc(MODE, 0x08);
    gc(COLOR_COMPARE, 5);
    expect(bench.peek(WINDOW)).toBe(0b1100_0001);
    gc(DONT_CARE, 0x07);
    expect(bench.peek(WINDOW)).toBe(0b1100_0101);
    gc(DONT_CARE, 0x01);
    expect(bench.peek(WINDOW)).toBe(0b1101_0111);
    gc(DONT_CARE, 0x00);
    expect(bench.peek(WINDOW)).toBe(0xff);
  });
});

describe("addressing [Sequencer Memory Mode, Graphics Miscellaneous]", () => {
  it("odd/even: even addresses go to maps 0 and 2, odd ones to 1 and 3", () => {
    bench.setMode(MODE_03);
    bench.indexed(SEQ, MAP_MASK, 0x0f);
    bench.poke(0xb8000, 0x41);
    bench.poke(0xb8001, 0x1f);
    expect(maps(0)).toEqual([0x41, 0x1f, 0x41, 0x1f]);
    expect(bench.peek(0xb8000, 2)).toBe(0x1f41);
  });

  it("chain-4: the low two bits choose the map", () => {
    bench.setMode(MODE_13);
    [1, 2, 3, 4].forEach((value, i) => bench.poke(WINDOW + 8 + i, value));
    expect(maps(8)).toEqual([1, 2, 3, 4]);
    bench.indexed(SEQ, MAP_MASK, 0x0d);
    bench.poke(WINDOW + 9, 0xff);
    expect(maps(8)).toEqual([1, 2, 3, 4]);
    expect(bench.peek(WINDOW + 8, 4)).toBe(0x04030201);
  });

  it("mode X: all maps at each address, chosen by the map mask", () => {
    bench.setMode(MODE_X);
    bench.indexed(SEQ, MAP_MASK, 0x02);
    bench.poke(WINDOW + 1, 0x77);
    expect([maps(0), maps(1)]).toEqual([
      [0, 0, 0, 0],
      [0, 0x77, 0, 0],
    ]);
  });

  it.each([
    ["128 KiB at A0000", 0x00, [0xa0000, 0xbffff], []],
    ["64 KiB at A0000", 0x04, [0xa0000, 0xaffff], [0xb0000, 0xb8000]],
    ["32 KiB at B0000", 0x08, [0xb0000, 0xb7fff], [0xa0000, 0xb8000]],
    ["32 KiB at B8000", 0x0c, [0xb8000, 0xbffff], [0xa0000, 0xb0000]],
  ])("the window is %s", (_name, select, inside, outside) => {
    gc(6, 0x01 | select);
    for (const at of inside) {
      bench.poke(at, 0x5a);
      expect(bench.peek(at)).toBe(0x5a);
    }
    for (const at of outside) expect(bench.peek(at)).toBe(0xff);
  });
});
