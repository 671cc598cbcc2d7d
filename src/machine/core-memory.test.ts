import { describe, expect, it } from "vitest";
import { CoreMemory } from "./core-memory.ts";

function memory() {
  const noted: [number, number][] = [];
  const brought: [number, number][] = [];
  const ram = new Uint8Array(new ArrayBuffer(256), 128, 64);
  const core = {
    ram,
    bringPages: (at: number, length: number) => brought.push([at, length]),
    notifyWrite: (at: number, length: number) => noted.push([at, length]),
  };
  return { ram, noted, brought, memory: new CoreMemory(core) };
}

describe("CoreMemory", () => {
  it("reads and writes little-endian inside the RAM view and tells the core of each write", () => {
    const { memory: mem, ram, noted } = memory();
    mem.writeU32(4, 0x81020304);
    expect([...ram.subarray(4, 8)]).toEqual([4, 3, 2, 0x81]);
    expect([mem.readU32(4), mem.readU16(5), mem.readU8(7)]).toEqual([0x81020304, 0x0203, 0x81]);
    mem.write(10, Uint8Array.of(1, 2, 3));
    expect(noted).toEqual([
      [4, 4],
      [10, 3],
    ]);
  });

  it("has pages brought before it looks or writes, inside RAM only", () => {
    const { memory: mem, brought } = memory();
    mem.readU8(3);
    mem.readU16(4);
    mem.readU32(8);
    mem.read(60, 10);
    mem.write(62, Uint8Array.of(1, 2, 3));
    mem.readU8(64);
    mem.write(64, Uint8Array.of(1));
    expect(brought).toEqual([
      [3, 1],
      [4, 2],
      [8, 4],
      [60, 4],
      [62, 2],
    ]);
  });

  it("reads ones and ignores writes where there is no memory", () => {
    const { memory: mem, ram, noted } = memory();
    ram[63] = 0x12;
    expect([mem.readU8(64), mem.readU16(63), mem.readU32(63), mem.readU32(1e9)]).toEqual([
      0xff, 0xff12, 0xffffff12, 0xffffffff,
    ]);
    expect([...mem.read(62, 4)]).toEqual([0, 0x12, 0xff, 0xff]);
    expect([...mem.read(1000, 2)]).toEqual([0xff, 0xff]);
    mem.write(62, Uint8Array.of(7, 8, 9));
    mem.write(64, Uint8Array.of(7));
    expect([ram[62], ram[63]]).toEqual([7, 8]);
    expect(noted).toEqual([[62, 2]]);
  });

  it("hands out copies", () => {
    const { memory: mem, ram } = memory();
    mem.read(0, 4).fill(9);
    expect(ram[0]).toBe(0);
  });
});
