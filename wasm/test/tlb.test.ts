/**
 * Memory accesses through the TLB: random accesses against a model that has no TLB, page crossings, flushes, pages with
 * code, dirty pages, devices, ROM and the windows below 1 MiB, alignment checks and data breakpoints.
 * [SDM3] 4.10 (TLBs), 6.15 (#AC), 18.2 (data breakpoints) – [440FX] 3.2.20
 */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CPU_TABLES_BASE, CPU_TABLES_SIZE } from "../../src/core/generated/layout.ts";
import { linearMemoryBytes } from "../../src/core/load.ts";
import { type Entry, compileEntry, instantiateEntry } from "./compile-entry.ts";

const RAM_BYTES = 16 << 20;
const VRAM_BYTES = 1 << 20;
const CR0 = 0x8001_0001n; // PG WP PE
const PF = 14 << 16;
const GP = 13 << 16;
const AC = 17 << 16;
const TABLES = 0x10_0000;
const P = 1,
  RW = 2,
  US = 4,
  A = 0x20,
  D = 0x40,
  G = 0x100;

let module: WebAssembly.Module;
let entry: Entry;
let ex: Entry["ex"];
let view: DataView;
let ram: Uint8Array;
let ramBase: number;
let mmio: string[];

beforeAll(() => {
  module = compileEntry("mmu");
}, 120_000);

beforeEach(() => {
  mmio = [];
  entry = instantiateEntry(module, linearMemoryBytes(RAM_BYTES, VRAM_BYTES), {
    mmioRead: (at, size) => {
      mmio.push(`r${size} ${(at >>> 0).toString(16)}`);
      return 0x8877_6655 >>> 0;
    },
    mmioWrite: (at, size, value) => void mmio.push(`w${size} ${(at >>> 0).toString(16)} ${(value >>> 0).toString(16)}`),
  });
  ex = entry.ex;
  ex.init(RAM_BYTES, VRAM_BYTES, 0);
  ramBase = ex.ramBase();
  view = new DataView(entry.memory.buffer, ramBase, RAM_BYTES);
  ram = new Uint8Array(entry.memory.buffer, ramBase, RAM_BYTES);
});

/** 32-bit paging: one page table at TABLES + 4K for linear 0–4 MiB, all of it mapped by `pte`. */
function page32(pte: (page: number) => number, cr4 = 0n): void {
  view.setUint32(TABLES, (TABLES + 0x1000) | P | RW | US, true);
  for (let page = 0; page < 1024; page++) view.setUint32(TABLES + 0x1000 + page * 4, pte(page), true);
  ex.setControl(CR0, BigInt(TABLES), cr4, 0n);
}
const setPte = (page: number, value: number): void => view.setUint32(TABLES + 0x1000 + page * 4, value, true);
const getPte = (page: number): number => view.getUint32(TABLES + 0x1000 + page * 4, true);

function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("random accesses agree with a model without a TLB", () => {
  const random = randomSource(99);
  const physPage = Array.from({ length: 64 }, (_, i) => 0x20_0000 + ((i * 37) % 64) * 0x1000);
  const flags = Array.from({ length: 64 }, () => P | RW | US);
  page32((page) => (page < 64 ? physPage[page]! | flags[page]! : 0));
  const mirror = new Uint8Array(ram);
  let cpl = 0;
  const counts = { fault: 0, done: 0 };
  for (let n = 0; n < 60_000; n++) {
    const what = random(100);
    if (what < 2) {
      // Rights or frames change, and the page is invalidated.
      const page = random(64);
      flags[page] = random(8);
      physPage[page] = 0x20_0000 + random(64) * 0x1000;
      setPte(page, physPage[page]! | flags[page]!);
      ex.invlpg(BigInt(page * 0x1000 + random(0x1000)));
      continue;
    }
    if (what < 6) {
      cpl = cpl ? 0 : 3;
      ex.setPrivilege(cpl, 0);
      continue;
    }
    const size = 1 << random(4);
    const at = random(8) ? random(64 * 0x1000 - 8) : random(63) * 0x1000 + 0x1000 - 1 - random(8);
    const kind = random(3);
    const isWrite = kind > 0;
    // The model: each page of the access, lowest first.
    let wanted = -1;
    for (let byte = 0; byte < size && wanted < 0; byte++) {
      const f = flags[(at + byte) >> 12]!;
      const code = (isWrite ? 2 : 0) | (cpl ? 4 : 0);
      if (!(f & P)) wanted = PF | code;
      else if ((cpl && !(f & US)) || (isWrite && !(f & RW))) wanted = PF | code | 1;
    }
    const place = (byte: number): number => physPage[(at + byte) >> 12]! + ((at + byte) & 0xfff);
    const expected = (): bigint => {
      let value = 0n;
      for (let byte = 0; byte < size; byte++) value |= BigInt(mirror[place(byte)]!) << BigInt(byte * 8);
      return value;
    };
    const value = BigInt(random(2 ** 31)) * 0x1_0000_0001n;
    if (kind === 1) ex.write(BigInt(at), size, value);
    else {
      const got = BigInt.asUintN(size * 8, kind === 2 ? ex.readForWrite(BigInt(at), size) : ex.read(BigInt(at), size));
      if (wanted < 0 && got !== expected()) expect.fail(`step ${n}: read ${got.toString(16)}`);
    }
    const fault: number = ex.takeFault();
    if (fault !== wanted)
      expect.fail(`step ${n}: fault ${fault.toString(16)}, wanted ${wanted.toString(16)} at ${at.toString(16)}`);
    if (wanted >= 0) {
      counts.fault++;
      continue;
    }
    counts.done++;
    if (kind === 1)
      for (let byte = 0; byte < size; byte++) mirror[place(byte)] = Number((value >> BigInt(byte * 8)) & 0xffn);
  }
  expect(Buffer.compare(ram.subarray(0x20_0000, 0x24_0000), mirror.subarray(0x20_0000, 0x24_0000))).toBe(0);
  expect(counts.fault).toBeGreaterThan(5000);
  expect(counts.done).toBeGreaterThan(5000);
});

describe("page crossings", () => {
  test("nothing is written when the second page faults; CR2 names it", () => {
    page32((page) => (page === 5 ? 0 : (page * 0x1000) | P | RW | US));
    ram.fill(0x11, 0x4ff0, 0x5010);
    ex.write(0x4ffen, 4, 0xaabb_ccddn);
    expect(ex.takeFault()).toBe(PF | 2);
    expect(ex.cr2()).toBe(0x5000n);
    expect([...ram.subarray(0x4ffe, 0x5002)]).toEqual([0x11, 0x11, 0x11, 0x11]);
    for (const offset of [0x4ff1n, 0x4ff8n, 0x4fffn]) {
      ex.write128(offset, 0x4000);
      expect(ex.takeFault()).toBe(PF | 2);
      expect(ex.cr2()).toBe(0x5000n);
    }
    ex.read128(0x4ff1n, 0x4000);
    expect(ex.takeFault()).toBe(PF);
    expect([...ram.subarray(0x4ff0, 0x5000)]).toEqual(new Array(16).fill(0x11));
  });

  test("16 bytes at every offset around a page end", () => {
    page32((page) => ((page ^ 1) * 0x1000) | P | RW | US); // pages swapped in pairs
    const scratch = new Uint8Array(entry.memory.buffer, 0x4_0000, 16);
    for (let offset = 0x1fe0; offset <= 0x2010; offset++) {
      for (let i = 0; i < 16; i++) scratch[i] = offset + i * 7;
      const bytes = [...scratch];
      ex.write128(BigInt(offset), 0x4_0000);
      scratch.fill(0);
      ex.read128(BigInt(offset), 0x4_0000);
      expect([...scratch]).toEqual(bytes);
      const phys = Array.from({ length: 16 }, (_, i) => ram[(offset + i) ^ 0x1000]!);
      expect(phys).toEqual(bytes);
    }
  });

  test("32-bit addresses wrap at 4 GiB", () => {
    page32((page) => (page * 0x1000) | P | RW | US);
    view.setUint32(TABLES + 1023 * 4, (TABLES + 0x1000) | P | RW | US, true); // linear 4 GiB − 4 KiB: page 1023 of the same table
    ex.flush();
    view.setUint16(0x3f_fffe, 0x2211, true);
    view.setUint16(0, 0x4433, true);
    expect(BigInt.asUintN(32, ex.read(0xffff_fffen, 4))).toBe(0x4433_2211n);
    expect(ex.takeFault()).toBe(-1);
  });
});

describe("flushes", () => {
  test("without INVLPG the old translation serves; global pages outlive MOV to CR3", () => {
    const CR4_PGE = 0x80n;
    page32((page) => (page * 0x1000) | P | RW | US | (page === 7 ? G : 0), CR4_PGE);
    ram[0x7000] = 1;
    ram[0x8000] = 2;
    ram[0x9000] = 3;
    expect([ex.read(0x7000n, 1), ex.read(0x8000n, 1)]).toEqual([1n, 2n]);
    setPte(7, 0x9000 | P | RW | US);
    setPte(8, 0x9000 | P | RW | US);
    expect([ex.read(0x7000n, 1), ex.read(0x8000n, 1)]).toEqual([1n, 2n]);
    ex.flushLocal();
    expect([ex.read(0x7000n, 1), ex.read(0x8000n, 1)]).toEqual([1n, 3n]);
    ex.invlpg(0x7123n);
    expect(ex.read(0x7000n, 1)).toBe(3n);
  });

  test("INVLPG drops every part of a large page", () => {
    view.setUint32(TABLES, 0x40_0000 | P | RW | US | 0x80, true);
    ex.setControl(CR0, BigInt(TABLES), 0x10n, 0n);
    for (let page = 0; page < 8; page++) ram[0x40_0000 + page * 0x1000] = 0x40 + page;
    for (let page = 0; page < 8; page++) expect(ex.read(BigInt(page * 0x1000), 1)).toBe(BigInt(0x40 + page));
    view.setUint32(TABLES, 0x80_0000 | P | RW | US | 0x80, true);
    expect(ex.read(0x3000n, 1)).toBe(0x43n);
    ex.invlpg(0x30_0000n);
    for (let page = 0; page < 8; page++) expect(ex.read(BigInt(page * 0x1000), 1)).toBe(0n);
  });

  test("more fills than the log holds", () => {
    // Two sets of arrays, each of 2048 entries for reading and writing.
    page32Large();
    ex.setPrivilege(0, 0x4_0000);
    for (let page = 0; page < 4096; page++) ex.read(BigInt(page * 0x1000), 1);
    for (let page = 0; page < 4096; page++) ex.write(BigInt(page * 0x1000 + 0x800), 1, 1n);
    ex.setPrivilege(3, 0);
    for (let page = 0; page < 4096; page++) ex.read(BigInt(page * 0x1000), 1);
    expect(ex.takeFault()).toBe(-1);
    expect(ex.tlbLogCount()).toBe(4096);
    view.setUint32(TABLES, 0, true);
    ex.flushLocal(); // page 0–4 MiB is not global, the others are
    ex.read(0x1000n, 1);
    expect(ex.takeFault()).toBe(PF | 4);
    expect(ex.read(0x40_0000n, 1)).toBe(BigInt(ram[0x40_0000]!));
    for (let i = 1; i < 4; i++) view.setUint32(TABLES + i * 4, 0, true);
    ex.flush();
    expect(ex.tlbLogCount()).toBe(0);
    for (let page = 0; page < 4096; page += 17) {
      ex.read(BigInt(page * 0x1000), 1);
      expect(ex.takeFault()).toBe(PF | 4);
    }
  });

  function page32Large(): void {
    for (let i = 0; i < 4; i++)
      view.setUint32(TABLES + i * 4, (i * 0x40_0000) | P | RW | US | 0x80 | (i ? G : 0), true);
    ex.setControl(CR0, BigInt(TABLES), 0x90n, 0n);
  }
});

describe("flags in entries and dirty pages", () => {
  test("a read sets A, a write D as well, also when the read came first", () => {
    page32((page) => (page * 0x1000) | P | RW | US);
    ex.read(0x6000n, 4);
    expect(getPte(6) & (A | D)).toBe(A);
    ex.write(0x6000n, 4, 1n);
    expect(getPte(6) & (A | D)).toBe(A | D);
  });

  test("dirty pages are told once, and again after the next write", () => {
    const out = new Uint8Array(entry.memory.buffer, 0x4_0000, 8);
    ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000);
    ex.write(0x3008n, 4, 1n);
    ex.write(0x5000n, 1, 1n);
    expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(2);
    expect(out[0]).toBe(0x28);
    expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(0);
    ex.write(0x3008n, 4, 2n); // the write entry was taken away
    expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(1);
    expect(ex.takeDirtyPages(ramBase, 16, 2, 0x4_0000)).toBe(2); // another consumer saw nothing yet
    ex.notifyWrite(0x7ffe, 4);
    expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(2);
    expect([out[0], out[1]]).toEqual([0x80, 1]);
  });

  test("writes to a page with code are seen, and drop it", () => {
    ex.write(0x3000n, 4, 1n); // a write entry is there
    ex.markCodePage(ramBase + 0x3000);
    ex.write(0x3004n, 4, 2n);
    expect(ex.codeMask(ramBase + 0x3000)).toBe(0n);
    expect(view.getUint32(0x3004, true)).toBe(2);
    for (const act of [
      () => ex.notifyWrite(0x3010, 4),
      () => ex.busMasterWrite(0x3010, 2, 7),
      () => ex.write(0x2ffen, 4, 1n),
      () => ex.write128(0x2ff8n, 0),
    ]) {
      ex.markCodePage(ramBase + 0x3000);
      act();
      expect(ex.codeMask(ramBase + 0x3000)).toBe(0n);
    }
  });
});

test("a restored TLB: entries serve on, their writes are seen by code and dirty pages", () => {
  page32((page) => (page * 0x1000) | P | RW | US);
  ex.write(0x3000n, 4, 1n);
  ex.read(0x4000n, 4);
  const saved = new Uint8Array(entry.memory.buffer, 0x1000, 0x1000).slice();
  const tables = new Uint8Array(entry.memory.buffer, CPU_TABLES_BASE, CPU_TABLES_SIZE).slice();
  const ramBefore = ram.slice();
  const old = entry;
  entry = instantiateEntry(module, old.memory.buffer.byteLength);
  ex = entry.ex;
  ex.init(RAM_BYTES, VRAM_BYTES, 0);
  new Uint8Array(entry.memory.buffer, 0x1000, 0x1000).set(saved);
  new Uint8Array(entry.memory.buffer, CPU_TABLES_BASE, CPU_TABLES_SIZE).set(tables);
  const memory = new Uint8Array(entry.memory.buffer, ramBase, RAM_BYTES);
  memory.set(ramBefore);
  ex.restored();
  new DataView(memory.buffer, ramBase).setUint32(TABLES + 0x1000 + 4 * 4, 0, true); // no INVLPG: the entry is still there
  ex.read(0x4000n, 4);
  expect(ex.takeFault()).toBe(-1);
  expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(1);
  expect(ex.takeDirtyPages(ramBase + RAM_BYTES, VRAM_BYTES / 0x1000, 1, 0x4_0000)).toBe(VRAM_BYTES / 0x1000);
  ex.write(0x3000n, 4, 2n);
  expect(ex.takeDirtyPages(ramBase, 16, 1, 0x4_0000)).toBe(1);
  ex.write(0x3000n, 4, 3n);
  ex.markCodePage(ramBase + 0x3000);
  ex.write(0x3000n, 4, 4n);
  expect(ex.codeMask(ramBase + 0x3000)).toBe(0n);
});

describe("the memory map", () => {
  const KIND = { ram: 0, rom: 1, mmio: 2, romReadRamWrite: 3, ramReadOnly: 4 };

  test("devices: sizes, and the halves of 8 bytes", () => {
    expect(BigInt.asUintN(64, ex.read(0xfec0_0000n, 8))).toBe(0x8877_6655_8877_6655n);
    ex.write(0xfec0_0010n, 8, 0x1122_3344_5566_7788n);
    ex.write(0xa_0001n, 1, 0xabn);
    ex.read(0xf000_0000n, 2);
    expect(mmio).toEqual([
      "r4 fec00000",
      "r4 fec00004",
      "w4 fec00010 55667788",
      "w4 fec00014 11223344",
      "w1 a0001 ab",
      "r2 f0000000",
    ]);
  });

  test("kinds of pages below 1 MiB", () => {
    const rom = ex.prepareRom(0xfffe_0000, 0x2_0000);
    new Uint8Array(entry.memory.buffer, rom, 0x2_0000).fill(0x5a);
    ram.fill(0x33, 0xe_0000, 0x10_0000);
    const table: [keyof typeof KIND, bigint, number][] = [
      ["ram", 0x33n, 0x77],
      ["rom", 0x5an, 0x33],
      ["romReadRamWrite", 0x5an, 0x77],
      ["ramReadOnly", 0x33n, 0x33],
    ];
    for (const [kind, reads, written] of table) {
      ram[0xf_0123] = 0x33;
      ex.setLowPage(0xf_0000, KIND[kind]);
      expect(ex.read(0xf_0123n, 1), kind).toBe(reads);
      ex.write(0xf_0123n, 1, 0x77n);
      expect(ram[0xf_0123], kind).toBe(written);
      expect(ex.readForWrite(0xf_0123n, 1), kind).toBe(kind === "ram" ? 0x77n : reads);
    }
    expect(ex.read(0xffff_0123n, 1)).toBe(0x5an);
    ex.write(0xffff_0123n, 1, 0n);
    expect(ex.read(0xffff_0123n, 1)).toBe(0x5an);
    ex.setLowPage(0xf_0000, KIND.mmio);
    ex.read(0xf_0123n, 1);
    expect(mmio).toEqual(["r1 f0123"]);
  });

  test("gate A20", () => {
    ram[0x10] = 1;
    ram[0x10_0010] = 2;
    expect(ex.read(0x10_0010n, 1)).toBe(2n);
    ex.setA20(false);
    expect(ex.read(0x10_0010n, 1)).toBe(1n);
    ex.setA20(true);
    expect(ex.read(0x10_0010n, 1)).toBe(2n);
  });

  test("video memory where it is mapped", () => {
    ex.mapVideoMemory(0xe000_0000, VRAM_BYTES);
    ex.write(0xe000_1004n, 4, 0x1234n);
    const vram = new DataView(entry.memory.buffer, ramBase + RAM_BYTES, VRAM_BYTES);
    expect(vram.getUint32(0x1004, true)).toBe(0x1234);
    expect(ex.takeDirtyPages(ramBase + RAM_BYTES, 256, 1, 0x4_0000)).toBe(1);
    ex.mapVideoMemory(0, 0);
    ex.read(0xe000_1004n, 4);
    expect(mmio).toEqual(["r4 e0001004"]);
  });

  test("above 4 GiB there is nothing", () => {
    view.setBigUint64(TABLES, BigInt(TABLES + 0x1000) | 7n, true);
    view.setBigUint64(TABLES + 0x1000, 0x1_4000_0087n, true);
    ex.setControl(CR0, BigInt(TABLES), 0x20n, 0xd00n);
    expect(BigInt.asUintN(64, ex.read(0x1000n, 8))).toBe(0xffff_ffff_ffff_ffffn);
    ex.write(0x1000n, 8, 1n);
    expect(ex.takeFault()).toBe(-1);
    expect(mmio).toEqual([]);
  });
});

describe("long mode", () => {
  test("addresses that are not canonical raise #GP(0), also at the last byte", () => {
    view.setBigUint64(TABLES, BigInt(TABLES + 0x1000) | 7n, true);
    view.setBigUint64(TABLES + 0x1000, 0x87n, true);
    ex.setControl(CR0, BigInt(TABLES), 0x20n, 0xd00n);
    for (const [at, size] of [
      [0x8000_0000_0000n, 1],
      [0x7fff_ffff_fffcn, 8],
      [0xffff_7fff_ffff_ffffn, 1],
      [0x1234_0000_0000_0000n, 4],
    ] as const) {
      ex.read(at, size);
      expect(ex.takeFault()).toBe(GP);
      ex.codePointer(at + BigInt(size) - 1n);
      expect(ex.takeFault()).toBe(GP);
    }
    expect(ex.codePointer(0x1234n)).toBe(ramBase + 0x1234);
  });

  test("code: NX and the user bit, through the TLB as well", () => {
    const CR4_SMEP = 0x10_0000n;
    view.setBigUint64(TABLES, BigInt(TABLES + 0x1000) | 7n, true);
    view.setBigUint64(TABLES + 0x1000, BigInt(TABLES + 0x2000) | 7n, true);
    view.setBigUint64(TABLES + 0x2000, BigInt(TABLES + 0x3000) | 7n, true);
    const pte = (page: number, flags: bigint): void =>
      view.setBigUint64(TABLES + 0x3000 + page * 8, BigInt(page * 0x1000) | flags, true);
    pte(1, 3n | (1n << 63n)); // supervisor, no execute
    pte(2, 7n); // user
    pte(3, 3n); // supervisor
    ex.setControl(CR0, BigInt(TABLES), 0x20n | CR4_SMEP, 0xd00n);
    for (let round = 0; round < 2; round++) {
      for (const page of [1n, 2n, 3n]) ex.read(page << 12n, 1); // fills read entries
      ex.codePointer(0x1000n);
      expect(ex.takeFault()).toBe(PF | 0x11);
      ex.codePointer(0x2000n);
      expect(ex.takeFault()).toBe(PF | 0x11);
      expect(ex.codePointer(0x3ffen)).toBe(ramBase + 0x3ffe);
    }
    ex.setPrivilege(3, 0);
    expect(ex.codePointer(0x2001n)).toBe(ramBase + 0x2001);
    ex.codePointer(0x3000n);
    expect(ex.takeFault()).toBe(PF | 0x15);
    ex.codePointer(0x4000n);
    expect(ex.takeFault()).toBe(PF | 0x14);
  });

  test("system accesses have supervisor rights; SMAP holds for them whatever AC is", () => {
    page32((page) => (page * 0x1000) | P | RW | (page & 1 ? US : 0), 0x20_0000n);
    ex.setPrivilege(3, 0x4_0000);
    ex.sysWrite32(0x2000n, 0x55);
    expect(ex.sysRead32(0x2000n)).toBe(0x55);
    expect(ex.takeFault()).toBe(-1);
    ex.read(0x2000n, 4);
    expect(ex.takeFault()).toBe(PF | 5);
    ex.sysRead32(0x3000n);
    expect(ex.takeFault()).toBe(PF | 1);
    ex.setPrivilege(0, 0x4_0000);
    ex.read(0x3000n, 4);
    expect(ex.takeFault()).toBe(-1);
    ex.sysRead32(0x3000n);
    expect(ex.takeFault()).toBe(PF | 1);
    ex.setPrivilege(0, 0);
    ex.read(0x3000n, 4);
    expect(ex.takeFault()).toBe(PF | 1);
  });
});

describe("accesses that are looked at", () => {
  test("#AC at CPL 3 with AM and AC, for misaligned accesses only", () => {
    page32((page) => (page * 0x1000) | P | RW | US);
    ex.setControl(CR0 | 0x4_0000n, BigInt(TABLES), 0n, 0n);
    ex.setPrivilege(3, 0x4_0000);
    for (const [at, size, faults] of [
      [0x1001n, 1, false],
      [0x1001n, 2, true],
      [0x1002n, 4, true],
      [0x1004n, 4, false],
      [0x1004n, 8, true],
      [0x1008n, 8, false],
    ] as const) {
      ex.read(at, size);
      expect(ex.takeFault(), `${at} ${size}`).toBe(faults ? AC : -1);
      ex.write(at, size, 0n);
      expect(ex.takeFault(), `${at} ${size}`).toBe(faults ? AC : -1);
    }
    ex.setPrivilege(0, 0x4_0000);
    ex.read(0x1001n, 4);
    expect(ex.takeFault()).toBe(-1);
  });

  test("data breakpoints see accesses that the TLB would have served", () => {
    ex.write(0x3000n, 4, 1n);
    ex.read(0x3000n, 4);
    ex.setDr(0x3004n, 0x000d_0001n); // DR0: write, 4 bytes
    ex.read(0x3004n, 4);
    ex.write(0x3000n, 4, 1n);
    expect(ex.pendingDebug() & 0xf).toBe(0);
    ex.write(0x3002n, 4, 1n);
    expect(ex.pendingDebug() & 0xf).toBe(1);
    ex.clearPendingDebug();
    ex.setDr(0x3004n, 0x000f_0001n); // read or write
    ex.read(0x3006n, 1);
    expect(ex.pendingDebug() & 0xf).toBe(1);
  });
});
