import { describe, expect, it } from "vitest";
import { DirtyPages } from "./dirty-pages.ts";
import { MemoryWindow } from "./memory-window.ts";
import { MODE_03, MODE_12, MODE_13, MODE_X, VgaBench } from "./vga-test-bench.ts";

const MEMORY_BYTES = 0x40000;

/** The same random numbers in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Registers {
  seq: Uint8Array;
  gc: Uint8Array;
  misc: number;
  enabled: boolean;
}

/** Video memory map by map and bit by bit, in the words of [VGA] "Graphics Controller Registers". */
class PlainModel {
  readonly maps = [0, 1, 2, 3].map(() => new Uint8Array(0x10000));
  readonly latches = [0, 0, 0, 0];

  constructor(private readonly r: Registers) {}

  private place(offset: number): number | null {
    const [start, size] = [
      [0x00000, 0x20000],
      [0x00000, 0x10000],
      [0x10000, 0x08000],
      [0x18000, 0x08000],
    ][(this.r.gc[6]! >> 2) & 3]!;
    return offset >= start! && offset < start! + size! ? offset - start! : null;
  }

  private address(at: number): number {
    const wide = (this.r.gc[6]! & 0x0c) === 0;
    if (this.r.seq[4]! & 8) return ((at & 0xfffc) | (wide ? at >> 16 : 0)) & 0xffff;
    if (this.r.gc[6]! & 2) return (at & 0xfffe) | (wide ? at >> 16 : this.r.misc & 0x20 ? 0 : 1);
    return at & 0xffff;
  }

  write(offset: number, value: number): void {
    const at = this.place(offset);
    if (at === null) return;
    const { gc, seq } = this.r;
    for (let map = 0; map < 4; map++) {
      if (!(seq[2]! & (1 << map))) continue;
      if (seq[4]! & 8) {
        if (map !== (at & 3)) continue;
      } else if (!(seq[4]! & 4) && (map & 1) !== (at & 1)) continue;
      let result = 0;
      for (let bit = 0; bit < 8; bit++) {
        const rotatedBit = (value >> ((bit + (gc[3]! & 7)) % 8)) & 1;
        const latchBit = (this.latches[map]! >> bit) & 1;
        const setReset = (gc[0]! >> map) & 1;
        const mode = gc[5]! & 3;
        let data = rotatedBit;
        let masked = ((gc[8]! >> bit) & 1) === 1;
        if (mode === 0 && (gc[1]! >> map) & 1) data = setReset;
        if (mode === 2) data = (value >> map) & 1;
        if (mode === 3) {
          data = setReset;
          masked = masked && rotatedBit === 1;
        }
        const operation = (gc[3]! >> 3) & 3;
        if (operation === 1) data &= latchBit;
        if (operation === 2) data |= latchBit;
        if (operation === 3) data ^= latchBit;
        result |= (mode === 1 || !masked ? latchBit : data) << bit;
      }
      this.maps[map]![this.address(at)] = result;
    }
  }

  read(offset: number): number {
    const at = this.place(offset);
    if (at === null) return 0xff;
    const { gc, seq } = this.r;
    for (let map = 0; map < 4; map++) this.latches[map] = this.maps[map]![this.address(at)]!;
    if (gc[5]! & 8) {
      let result = 0;
      for (let bit = 0; bit < 8; bit++) {
        const same = [0, 1, 2, 3].every(
          (map) => !((gc[7]! >> map) & 1) || ((this.latches[map]! >> bit) & 1) === ((gc[2]! >> map) & 1),
        );
        if (same) result |= 1 << bit;
      }
      return result;
    }
    let map = gc[4]! & 3;
    if (seq[4]! & 8) map = at & 3;
    else if (gc[5]! & 0x10) map = (map & 2) | (at & 1);
    return this.latches[map]!;
  }
}

function emptyRegisters(): Registers {
  return { seq: new Uint8Array(5), gc: new Uint8Array(9), misc: 0x23, enabled: true };
}

describe("write and read modes against a bit-by-bit model [VGA] Graphics Controller", () => {
  function compare(r: Registers, random: (below: number) => number, accesses: number): void {
    const memory = new Uint8Array(MEMORY_BYTES);
    const window = new MemoryWindow(memory, new DirtyPages(MEMORY_BYTES));
    window.update(r, null, null);
    const model = new PlainModel(r);
    for (let i = 0; i < MEMORY_BYTES; i += 97) {
      memory[i] = random(256);
      model.maps[i & 3]![i >> 2] = memory[i]!;
    }
    const bases = [0, 0x10000, 0x18000, 0x17ff0, 0x1fff0, 0xfff0];
    for (let i = 0; i < accesses; i++) {
      const size = ([1, 1, 2, 4] as const)[random(4)]!;
      const offset = Math.min(bases[random(bases.length)]! + random(64), 0x20000 - size);
      if (random(3) === 0) {
        let expected = 0;
        for (let byte = 0; byte < size; byte++) expected += model.read(offset + byte) * 2 ** (8 * byte);
        expect(window.mmioRead(offset, size)).toBe(expected);
      } else {
        const value = random(2 ** 32);
        const used = size === 4 ? value : value % 2 ** (8 * size);
        for (let byte = 0; byte < size; byte++) model.write(offset + byte, Math.floor(used / 2 ** (8 * byte)) % 256);
        window.mmioWrite(offset, size, used);
      }
      // The latch shows what reads loaded; in the end all memory must be the same.
      expect(window.latch >>> 0).toBe(model.latches.reduce((word, latch, map) => word + latch * 2 ** (8 * map), 0));
    }
    const expected = new Uint8Array(MEMORY_BYTES);
    for (let map = 0; map < 4; map++)
      for (let address = 0; address < 0x10000; address++) expected[address * 4 + map] = model.maps[map]![address]!;
    expect(Buffer.compare(memory, expected)).toBe(0);
  }

  it("agrees for random register values", () => {
    const random = randomNumbers(1);
    for (let round = 0; round < 60; round++) {
      const r = emptyRegisters();
      for (let i = 0; i < 5; i++) r.seq[i] = random(256);
      for (let i = 0; i < 9; i++) r.gc[i] = random(256);
      r.seq[2]! &= 0x0f;
      r.gc[3]! &= 0x1f;
      if (random(2) === 0) r.misc = 0x03;
      compare(r, random, 60);
    }
  });

  it("agrees for every combination of write mode, operation, map selection and addressing with simple values", () => {
    const random = randomNumbers(2);
    for (let writeMode = 0; writeMode < 4; writeMode++)
      for (let operation = 0; operation < 4; operation++)
        for (const memoryMode of [0x02, 0x06, 0x0e]) {
          const r = emptyRegisters();
          const oddEven = memoryMode === 0x02;
          r.seq.set([3, 1, 1 + random(15), 0, memoryMode]);
          r.gc.set([random(16), random(16), random(16), (operation << 3) | random(8), random(4)]);
          r.gc.set(
            [
              writeMode | (oddEven ? 0x10 : 0) | (random(2) << 3),
              (oddEven ? 2 : 0) | (random(4) << 2),
              random(16),
              random(256),
            ],
            5,
          );
          compare(r, random, 40);
        }
  });

  it("agrees in the modes that have ways of their own: text, chain-4, planar", () => {
    const random = randomNumbers(3);
    for (const mode of [MODE_03, MODE_13, MODE_X, MODE_12]) {
      const r = emptyRegisters();
      r.seq.set(mode.seq);
      r.gc.set(mode.gc);
      r.misc = mode.misc;
      for (let round = 0; round < 5; round++) compare(r, random, 200);
      r.seq[2] = 0x05;
      compare(r, random, 200);
    }
  });
});

describe("fast ways against the general way", () => {
  it("leave the same memory, latch, dirty pages and results for random registers that allow them", () => {
    const random = randomNumbers(4);
    let fastRounds = 0;
    for (let round = 0; round < 200; round++) {
      const r = emptyRegisters();
      const mode = [MODE_03, MODE_13, MODE_X][random(3)]!;
      r.seq.set(mode.seq);
      r.gc.set(mode.gc);
      r.misc = mode.misc;
      // Each round spoils at most one register, so that the limits of the fast ways are crossed both ways.
      const spoiled = random(10);
      if (spoiled < 9) r.gc[spoiled] = random(2) === 0 ? r.gc[spoiled]! : random(256) & (spoiled === 3 ? 0x1f : 0xff);
      if (random(3) === 0) r.seq[2] = random(16);
      const planarBank = random(4) === 0 ? 0x4000 : null;
      const [fast, general] = [0, 1].map(() => {
        const memory = new Uint8Array(MEMORY_BYTES);
        const dirty = new DirtyPages(MEMORY_BYTES);
        return { memory, dirty, window: new MemoryWindow(memory, dirty) };
      }) as [
        { memory: Uint8Array; dirty: DirtyPages; window: MemoryWindow },
        { memory: Uint8Array; dirty: DirtyPages; window: MemoryWindow },
      ];
      general.window.useGeneralPathOnly();
      fast.window.update(r, null, planarBank);
      general.window.update(r, null, planarBank);
      for (let i = 0; i < 100; i++) {
        const size = ([1, 2, 4] as const)[random(3)]!;
        const offset = [0, 0x18000, 0x8000, 0x1fff8][random(4)]! + random(12);
        if (offset + size > 0x20000) continue;
        if (random(3) === 0) expect(fast.window.mmioRead(offset, size)).toBe(general.window.mmioRead(offset, size));
        else {
          const value = random(2 ** (8 * size));
          fast.window.mmioWrite(offset, size, value);
          general.window.mmioWrite(offset, size, value);
        }
      }
      expect(fast.window.latch).toBe(general.window.latch);
      expect(Buffer.compare(fast.memory, general.memory)).toBe(0);
      for (let at = 0; at < MEMORY_BYTES; at += 0x1000)
        expect(fast.dirty.touches(at, at), `page ${at >> 12}`).toBe(general.dirty.touches(at, at));
      if (fast.dirty.any) fastRounds++;
    }
    expect(fastRounds).toBeGreaterThan(100);
  }, 30_000);
});

describe("the window", () => {
  it("keeps text as code and attribute in maps 0 and 1 of even addresses", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_03);
    bench.poke(0xb8002, 0x1f41, 2);
    expect([...bench.memory.subarray(8, 12)]).toEqual([0x41, 0x1f, 0, 0]);
    bench.poke(0xb8004, 0x2e432d42, 4);
    expect(bench.peek(0xb8004, 4)).toBe(0x2e432d42);
    expect(bench.peek(0xb8005)).toBe(0x2d);
    expect(bench.peek(0xa0000)).toBe(0xff);
  });

  it("answers only while RAM is enabled [VGA] Miscellaneous Output bit 1", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_03);
    bench.out(0x3c2, 0x65);
    bench.poke(0xb8000, 0x41);
    expect(bench.memory[0]).toBe(0);
    expect(bench.peek(0xb8000, 4)).toBe(0xffffffff);
  });

  it("shows 64 KiB banks of a linear mode at A0000 [DISPI] bank register", () => {
    const bench = new VgaBench();
    bench.setDispiMode(640, 480, 8);
    bench.out(0x3c2, 0x63);
    bench.dispi(5, 3);
    bench.poke(0xa1234, 0xdeadbeef, 4);
    expect([...bench.memory.subarray(0x31234, 0x31238)]).toEqual([0xef, 0xbe, 0xad, 0xde]);
    expect(bench.peek(0xa1235, 2)).toBe(0xadbe);
    expect(bench.peek(0xb8000)).toBe(0xff);
    bench.dispi(5, 0xffff);
    bench.poke(0xa0000, 0x12345678, 4);
    expect(bench.peek(0xa0000, 4)).toBe(0xffffffff);
  });

  it("banks the maps of a 4-bit linear mode", () => {
    const bench = new VgaBench();
    bench.setMode(MODE_12);
    bench.setDispiMode(1024, 768, 4);
    bench.dispi(5, 1);
    bench.indexed(0x3c4, 2, 0x0a);
    bench.poke(0xa0010, 0xc3);
    expect([...bench.memory.subarray(0x10010 * 4, 0x10010 * 4 + 4)]).toEqual([0, 0xc3, 0, 0xc3]);
  });
});
