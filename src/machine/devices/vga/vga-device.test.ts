import { describe, expect, it } from "vitest";
import { StateError } from "../../device.ts";
import { drawnFont } from "./drawn-font.ts";
import { monitorEdid } from "./edid.ts";
import { findRomFont } from "./rom-font.ts";
import { MODE_03, MODE_13, VgaBench } from "./vga-test-bench.ts";

const FRAME_BUFFER = 0xe0000000;
const REGISTERS = 0xfebf0000;
const ROM = 0xfec00000;

function placed(vgaBios?: Uint8Array): VgaBench {
  const bench = new VgaBench(vgaBios);
  bench.vga.configWrite(0x10, 4, FRAME_BUFFER);
  bench.vga.configWrite(0x18, 4, REGISTERS);
  bench.vga.configWrite(0x30, 4, ROM | 1);
  bench.vga.configWrite(0x04, 2, 0x0003);
  return bench;
}

/** A ROM image with a font whose glyph lines tell their code, but for the blocks and blanks that give it away. */
function romWithFont(at: number): Uint8Array {
  const rom = new Uint8Array(0x9c00).fill(0xee);
  rom.set([0x55, 0xaa, rom.length / 512]);
  const font = drawnFont();
  const lines = (code: number) =>
    Array.from({ length: 16 }, (_, line) => (code === 0x41 ? 0x40 + line : font[code * 16 + line]!));
  for (let code = 0; code < 256; code++) rom.set(lines(code), at + code * 16);
  return rom;
}

describe("on PCI [PCI 2.3], [QEMU-VGA]", () => {
  it("is 1234:1111, a VGA-compatible controller, with 16 MiB of prefetchable frame buffer", () => {
    const bench = new VgaBench();
    expect(bench.vga.configRead(0x00, 4)).toBe(0x11111234);
    expect(bench.vga.configRead(0x08, 4)).toBe(0x03000002);
    bench.vga.configWrite(0x10, 4, 0xffffffff);
    bench.vga.configWrite(0x18, 4, 0xffffffff);
    expect(bench.vga.configRead(0x10, 4)).toBe(0xff000008);
    expect(bench.vga.configRead(0x18, 4)).toBe(0xfffff000);
  });

  it("maps the video memory where BAR 0 says, and takes it away again", () => {
    const bench = placed();
    expect(bench.mapped).toEqual({ physAddr: FRAME_BUFFER, lengthBytes: 0x1000000 });
    bench.vga.configWrite(0x04, 2, 0);
    expect(bench.mapped).toEqual({ physAddr: null, lengthBytes: 0x1000000 });
  });

  it("shows the VGA BIOS in the expansion ROM", () => {
    const rom = romWithFont(0x5000);
    const bench = placed(rom);
    expect(bench.peek(ROM, 2)).toBe(0xaa55);
    expect(bench.peek(ROM + 2)).toBe(0x9c00 / 512);
    expect(bench.peek(ROM + 0x9c00, 4)).toBe(0xffffffff);
    bench.poke(ROM, 0);
    expect(bench.peek(ROM, 4)).toBe(0xee4eaa55);
    bench.vga.configWrite(0x30, 4, 0xfffffffe);
    expect(bench.vga.configRead(0x30, 4)).toBe(0xffff0000);
  });

  it("BAR 2 holds EDID, VGA ports, dispi registers, and the extension", () => {
    const bench = placed();
    expect(bench.peek(REGISTERS, 4)).toBe(0xffffff00);
    bench.poke(REGISTERS + 0x402, 0x67);
    expect(bench.in(0x3cc)).toBe(0x67);
    bench.poke(REGISTERS + 0x40e, 0x5508, 2);
    expect(bench.in(0x3cf)).toBe(0x55);
    expect(bench.peek(REGISTERS + 0x40f)).toBe(0x55);
    expect(bench.peek(REGISTERS + 0x500, 2)).toBe(0xb0c5);
    bench.poke(REGISTERS + 0x502, 800, 2);
    expect(bench.dispiRead(1)).toBe(800);
    bench.poke(REGISTERS + 0x504, (24 << 16) | 600, 4);
    expect(bench.peek(REGISTERS + 0x504, 4)).toBe((24 << 16) | 600);
    expect(bench.peek(REGISTERS + 0x600, 4)).toBe(8);
    expect(bench.peek(REGISTERS + 0x604, 4)).toBe(0x1e1e1e1e);
    expect(bench.peek(REGISTERS + 0xffc, 4)).toBe(0);
  });
});

describe("EDID [EDID]", () => {
  it("is a valid block whose preferred timing is 1024×768", () => {
    const edid = monitorEdid();
    expect(edid).toHaveLength(128);
    expect(edid.reduce((sum, byte) => sum + byte, 0) & 0xff).toBe(0);
    expect([edid[18], edid[19]]).toEqual([1, 4]);
    expect(edid[56]! | ((edid[58]! & 0xf0) << 4)).toBe(1024);
    expect(edid[59]! | ((edid[61]! & 0xf0) << 4)).toBe(768);
    const clockHz = (edid[54]! | (edid[55]! << 8)) * 10_000;
    const total = (1024 + edid[57]! + ((edid[58]! & 0x0f) << 8)) * (768 + edid[60]! + ((edid[61]! & 0x0f) << 8));
    expect(clockHz / total).toBeCloseTo(60, 1);
    expect(new TextDecoder().decode(edid.subarray(77, 90))).toBe("Posada\n      ");
  });
});

describe("text mode 3 without firmware", () => {
  it("finds the 8×16 font of a VGA BIOS by its block characters", () => {
    const font = findRomFont(romWithFont(0x5123))!;
    expect([...font.subarray(0x41 * 16, 0x41 * 16 + 3)]).toEqual([0x40, 0x41, 0x42]);
    expect(findRomFont(new Uint8Array(0x9c00))).toBeNull();
    expect(findRomFont(new Uint8Array(0x9c00).fill(0xff))).toBeNull();
  });

  it.each([
    ["the ROM's font", romWithFont(0x6000), [0x40, 0x41, 0x42]],
    ["a drawn font", undefined, [...drawnFont().subarray(0x41 * 16, 0x41 * 16 + 3)]],
  ] as const)("sets registers, colors and %s", (_, rom, letterA) => {
    const bench = new VgaBench(rom);
    bench.vga.setTextMode3();
    bench.out(0x3d4, 0x11);
    expect(bench.in(0x3d5) & 0x80).toBe(0x80);
    expect([0, 1, 2].map((line) => bench.memory[(0x41 * 32 + line) * 4 + 2])).toEqual(letterA);
    expect(bench.vga.screenText()).toEqual(Array(25).fill(""));
    "Posada".split("").forEach((c, i) => bench.poke(0xb8000 + 2 * (80 * 24 + i), 0x4e00 | c.charCodeAt(0), 2));
    expect(bench.vga.render().modeChanged).toBe(false);
    expect(bench.vga.frame).toMatchObject({ widthPx: 720, heightPx: 400 });
    expect(bench.vga.screenText()![24]).toBe("Posada");
    // Light grey on black is (170, 170, 170); red behind the text is (170, 0, 0), yellow (255, 255, 85). [EGA]
    expect(bench.pixel(719, 0)).toBe(0xff000000);
    const colors = new Set(
      [...Array(54).keys()].flatMap((x) => [...Array(16).keys()].map((y) => bench.pixel(x, 384 + y))),
    );
    expect([...colors].map((c) => c.toString(16)).sort()).toEqual(["ff0000aa", "ff55ffff"]);
    expect(bench.pixel(0, 13)).toBe(0xffaaaaaa);
  });

  it("works from any state before it", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_13);
    bench.indexed(0x3d4, 0x11, 0x8e);
    bench.indexed(0x3ce, 8, 0);
    bench.indexed(0x3ce, 1, 0x0f);
    bench.out(0x3c0, 0x10);
    bench.vga.setTextMode3();
    bench.vga.render();
    expect(bench.vga.frame).toMatchObject({ widthPx: 720, heightPx: 400, text: true });
    expect(bench.pixel(0, 13)).toBe(0xffaaaaaa);
  });
});

describe("save and restore", () => {
  it("another board over the same memory goes on with the same picture and half-done accesses", () => {
    const bench = placed();
    bench.setMode(MODE_03);
    bench.setRamp();
    bench.poke(0xb8000, 0x1741, 2);
    bench.peek(0xb8000);
    bench.setDispiMode(640, 480, 8, 0xe1);
    bench.dispi(8, 0);
    bench.memory[0x12345] = 0x77;
    bench.vga.render();
    bench.in(0x3da);
    bench.out(0x3c0, 0x31);
    bench.out(0x3c8, 5);
    bench.out(0x3c9, 0x80);
    const state = structuredClone(bench.vga.save());

    const other = new VgaBench();
    other.memory.set(bench.memory);
    other.vga.restore(state);
    expect(other.vga.save()).toEqual(state);
    expect(other.mapped?.physAddr).toBe(FRAME_BUFFER);
    other.vga.render();
    expect(other.vga.frame).toMatchObject({ widthPx: 640, heightPx: 480 });
    expect(Buffer.compare(Buffer.from(other.vga.frame.rgba.buffer), Buffer.from(bench.vga.frame.rgba.buffer))).toBe(0);
    for (const each of [bench, other]) {
      each.out(0x3c0, 0x2c);
      each.out(0x3c9, 0x81);
      each.out(0x3c9, 0x82);
      each.out(0x3c7, 5);
    }
    for (const each of [bench, other]) expect([0, 1, 2].map(() => each.in(0x3c9))).toEqual([0x80, 0x81, 0x82]);
    expect(other.vga.save()).toEqual(bench.vga.save());
  });

  it("refuses a state of another version in words", () => {
    const bench = new VgaBench();
    expect(() => bench.vga.restore({ ...bench.vga.save(), version: 99 })).toThrow(StateError);
  });

  it("reset blanks the screen, takes the BARs away and ends linear modes", () => {
    const bench = placed();
    bench.setDispiMode(640, 480, 32);
    bench.memory.fill(0xff, 0, 100);
    bench.vga.render();
    bench.vga.reset();
    expect(bench.mapped?.physAddr).toBeNull();
    expect(bench.dispiRead(4)).toBe(0);
    bench.vga.render();
    expect(bench.pixel(0, 0)).toBe(0xff000000);
    expect(bench.vga.screenText()).toBeNull();
  });
});
