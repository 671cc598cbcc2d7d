/**
 * Page walks against a model that is written down plainly here: all combinations of rights in two levels and of processor modes,
 * random ones in all levels, reserved bits, accessed and dirty flags, error codes. [SDM3] 4.3 – 4.8
 */
import { beforeAll, describe, expect, test } from "vitest";
import { linearMemoryBytes } from "../../src/core/load.ts";
import { type Entry, compileEntry, instantiateEntry } from "./compile-entry.ts";

const RAM_BYTES = 16 << 20;
const CR0_PE_PG = 0x8000_0001n;
const CR0_WP = 0x1_0000n;
const CR4_PSE = 0x10n;
const CR4_PAE = 0x20n;
const CR4_SMEP = 0x10_0000n;
const CR4_SMAP = 0x20_0000n;
const EFER_LONG = 0x500n;
const EFER_NXE = 0x800n;
const FLAG_AC = 0x4_0000;
const WALK = { write: 1, user: 2, fetch: 4, implicit: 8 };
const [P, RW, US, A, D, PS] = [1n, 2n, 4n, 0x20n, 0x40n, 0x80n];
const NX = 1n << 63n;
const PF = 14 << 16;

type Kind = "32" | "pae" | "long";
interface Level {
  bits: number;
  shift: number;
}
const LEVELS: Record<Kind, Level[]> = {
  "32": [
    { bits: 10, shift: 22 },
    { bits: 10, shift: 12 },
  ],
  pae: [
    { bits: 9, shift: 21 },
    { bits: 9, shift: 12 },
  ],
  long: [
    { bits: 9, shift: 39 },
    { bits: 9, shift: 30 },
    { bits: 9, shift: 21 },
    { bits: 9, shift: 12 },
  ],
};
const TABLES = 0x10_0000;
const LINEAR: Record<Kind, bigint> = { "32": 0x8123_4567n, pae: 0x4123_4567n, long: 0xffff_9234_5678_9abcn };

interface State {
  kind: Kind;
  wp: boolean;
  smep: boolean;
  smap: boolean;
  nxe: boolean;
  ac: boolean;
}

let entry: Entry;
let view: DataView;

beforeAll(() => {
  entry = instantiateEntry(compileEntry("mmu"), linearMemoryBytes(RAM_BYTES, 1 << 20));
  entry.ex.init(RAM_BYTES, 1 << 20, 0);
  view = new DataView(entry.memory.buffer, entry.ex.ramBase(), RAM_BYTES);
}, 120_000);

const entryBytes = (kind: Kind): number => (kind === "32" ? 4 : 8);
const load = (kind: Kind, at: number): bigint =>
  kind === "32" ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
const store = (kind: Kind, at: number, value: bigint): void => {
  if (kind === "32") view.setUint32(at, Number(value), true);
  else view.setBigUint64(at, value, true);
};

/** Puts `entries` (flags, top level first) on the path of the linear address; returns where they are. The last one maps `page`. */
function build(kind: Kind, entries: bigint[], page: bigint): number[] {
  return entries.map((flags, i) => {
    const { bits, shift } = LEVELS[kind][i]!;
    const index = Number((LINEAR[kind] >> BigInt(shift)) & BigInt((1 << bits) - 1));
    const at = TABLES + i * 0x1000 + index * entryBytes(kind);
    store(kind, at, flags | (i === entries.length - 1 ? page : BigInt(TABLES + (i + 1) * 0x1000)));
    return at;
  });
}

function enter(state: State): void {
  const { kind } = state;
  if (kind === "pae") view.setBigUint64(TABLES + 0x8008, BigInt(TABLES) | P, true);
  const cr0 = CR0_PE_PG | (state.wp ? CR0_WP : 0n);
  const cr4 = (kind === "32" ? CR4_PSE : CR4_PAE) | (state.smep ? CR4_SMEP : 0n) | (state.smap ? CR4_SMAP : 0n);
  const efer = (kind === "long" ? EFER_LONG : 0n) | (state.nxe ? EFER_NXE : 0n);
  expect(entry.ex.setControl(cr0, BigInt(kind === "pae" ? TABLES + 0x8000 : TABLES), cr4, efer)).toBe(1);
  entry.ex.setPrivilege(0, state.ac ? FLAG_AC : 0);
}

/** What the manual says: an error code, or null for access granted. */
function model(state: State, entries: bigint[], access: number): number | null {
  const isWrite = (access & WALK.write) !== 0;
  const isUser = (access & WALK.user) !== 0;
  const isFetch = (access & WALK.fetch) !== 0;
  const code =
    (isWrite ? 2 : 0) | (isUser ? 4 : 0) | (isFetch && (state.smep || (state.nxe && state.kind !== "32")) ? 0x10 : 0);
  if (entries.some((e) => !(e & P))) {
    // Reserved bits above an entry that is not present are seen first.
    const firstAbsent = entries.findIndex((e) => !(e & P));
    if (!state.nxe && entries.slice(0, firstAbsent).some((e) => e & NX)) return code | 9;
    return code;
  }
  if (!state.nxe && state.kind !== "32" && entries.some((e) => e & NX)) return code | 9;
  const userPage = entries.every((e) => e & US);
  const writable = entries.every((e) => e & RW);
  const noExecute = state.kind !== "32" && entries.some((e) => e & NX);
  let ok: boolean;
  if (isUser) ok = userPage && (!isWrite || writable) && !(isFetch && noExecute);
  else {
    ok = !isWrite || writable || !state.wp;
    if (isFetch) ok = !noExecute && !(state.smep && userPage);
    else if (userPage && state.smap && ((access & WALK.implicit) !== 0 || !state.ac)) ok = false;
  }
  return ok ? null : code | 1;
}

const ACCESSES = [
  0,
  WALK.write,
  WALK.fetch,
  WALK.user,
  WALK.user | WALK.write,
  WALK.user | WALK.fetch,
  WALK.implicit,
  WALK.implicit | WALK.write,
];
const PAGE = 0x60_0000n;

function check(state: State, entries: bigint[]): void {
  const { kind } = state;
  const leafShift = BigInt(LEVELS[kind][entries.length - 1]!.shift);
  const page = leafShift === 30n ? 0n : PAGE & ~((1n << leafShift) - 1n);
  for (const access of ACCESSES) {
    const places = build(kind, entries, page);
    const wanted = model(state, entries, access);
    const phys = BigInt.asUintN(64, entry.ex.walk(LINEAR[kind], access));
    const fault: number = entry.ex.takeFault();
    const leaf = load(kind, places.at(-1)!);
    const what = `${JSON.stringify(state)} ${entries.map((e) => e.toString(16)).join(" ")} access ${access}`;
    if (wanted === null) {
      if (fault !== -1 || phys !== (page | (LINEAR[kind] & ((1n << leafShift) - 1n))))
        expect.fail(`${what}: fault ${fault.toString(16)} phys ${phys.toString(16)}`);
      const flags = A | (access & WALK.write ? D : 0n);
      if ((leaf & (A | D)) !== flags) expect.fail(`${what}: leaf ${leaf.toString(16)}`);
      for (const at of places.slice(0, -1))
        if (!(load(kind, at) & A)) expect.fail(`${what}: accessed flag of an upper entry`);
    } else {
      if (fault !== (PF | wanted))
        expect.fail(`${what}: fault ${fault.toString(16)}, wanted ${(PF | wanted).toString(16)}`);
      if (BigInt.asUintN(64, entry.ex.cr2()) !== LINEAR[kind]) expect.fail(`${what}: CR2`);
      if (leaf & (A | D)) expect.fail(`${what}: a faulting access set flags`);
    }
  }
}

const flagsOf = (n: number, kind: Kind): bigint =>
  (n & 1 ? P : 0n) | (n & 2 ? RW : 0n) | (n & 4 ? US : 0n) | (n & 8 && kind !== "32" ? NX : 0n);

function* states(kind: Kind): Generator<State> {
  for (let n = 0; n < 32; n++)
    yield { kind, wp: !!(n & 1), smep: !!(n & 2), smap: !!(n & 4), nxe: !!(n & 8), ac: !!(n & 16) };
}

describe.each(["32", "pae", "long"] as const)("%s paging", (kind) => {
  test("rights of the last two levels in every mode", { timeout: 60_000 }, () => {
    const upper = kind === "long" ? [P | RW | US, P | RW | US] : [];
    const count = kind === "32" ? 8 : 16;
    for (const state of states(kind)) {
      enter(state);
      for (let a = 0; a < count; a++)
        for (let b = 0; b < count; b++) check(state, [...upper, flagsOf(a, kind), flagsOf(b, kind)]);
    }
  });

  test("rights of large pages", () => {
    for (const state of states(kind)) {
      enter(state);
      const upper = kind === "long" ? [P | RW | US, P | RW | US] : [];
      for (let a = 0; a < (kind === "32" ? 8 : 16); a++) {
        const flags = flagsOf(a, kind) | PS;
        check(state, [...upper, flags]);
        if (kind === "long") check(state, [P | RW | US, flags]);
      }
    }
  });
});

test("4-level paging: random rights in all levels", () => {
  let seed = 0x1234_5678;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 16;
  };
  const all = [...states("long")];
  for (let n = 0; n < 20_000; n++) {
    const state = all[random() % all.length]!;
    enter(state);
    // Mostly present, or else nearly every walk would end at the top.
    const one = (): bigint => flagsOf(random() % 16, "long") | (random() % 8 ? P : 0n);
    check(state, [one(), one(), one(), one()]);
  }
}, 60_000);

describe("reserved bits", () => {
  const ok = P | RW | US;
  const reserved = (kind: Kind, entries: bigint[]): number => {
    build(kind, entries, 0n);
    entry.ex.walk(LINEAR[kind], 0);
    return entry.ex.takeFault();
  };
  const base: State = { kind: "long", wp: true, smep: false, smap: false, nxe: true, ac: false };

  test("4-level: physical address bits 40–51 at every level; bits 52–62 are ignored ([SDM3] 4.5.4)", () => {
    enter(base);
    for (let level = 0; level < 4; level++) {
      for (let bit = 40n; bit < 63n; bit++) {
        const entries = [ok, ok, ok, ok];
        entries[level]! |= 1n << bit;
        expect(reserved("long", entries), `level ${level} bit ${bit}`).toBe(bit < 52n ? PF | 9 : -1);
      }
    }
    expect(reserved("long", [ok | PS, ok, ok, ok])).toBe(PF | 9);
  });

  test("large pages: address bits below the page, but not PAT", () => {
    enter(base);
    for (let bit = 12n; bit < 21n; bit++)
      expect(reserved("long", [ok, ok, ok | PS | (1n << bit)]), `2M bit ${bit}`).toBe(bit === 12n ? -1 : PF | 9);
    for (let bit = 12n; bit < 30n; bit++)
      expect(reserved("long", [ok, ok | PS | (1n << bit)]), `1G bit ${bit}`).toBe(bit === 12n ? -1 : PF | 9);
  });

  test("PAE: bits 40–62 ([SDM3] tables 4-9 to 4-11)", () => {
    enter({ ...base, kind: "pae" });
    for (let level = 0; level < 2; level++) {
      for (let bit = 40n; bit < 63n; bit++) {
        const entries = [ok, ok];
        entries[level]! |= 1n << bit;
        expect(reserved("pae", entries), `level ${level} bit ${bit}`).toBe(PF | 9);
      }
    }
  });

  test("PAE: page-directory-pointer registers are loaded at MOV to CR3 and checked ([SDM3] 4.4.1)", () => {
    for (const bit of [1n, 2n, 5n, 6n, 7n, 8n, 40n, 62n, 63n]) {
      view.setBigUint64(TABLES + 0x9000, P | (1n << bit), true);
      expect(entry.ex.setControl(CR0_PE_PG, BigInt(TABLES + 0x9000), CR4_PAE, 0n), `bit ${bit}`).toBe(0);
      view.setBigUint64(TABLES + 0x9000, 1n << bit, true); // not present: nothing is looked at
      expect(entry.ex.setControl(CR0_PE_PG, BigInt(TABLES + 0x9000), CR4_PAE, 0n)).toBe(1);
    }
    enter({ ...base, kind: "pae" });
    view.setBigUint64(TABLES + 0x8008, 0n, true); // memory changes, the register does not
    expect(reserved("pae", [ok, ok])).toBe(-1);
    entry.ex.walk(0xc000_0000n, 0);
    expect(entry.ex.takeFault()).toBe(PF);
  });

  test("PSE-36: bits 13–20 are address bits 32–39, bit 21 is reserved", () => {
    enter({ ...base, kind: "32" });
    build("32", [ok | PS], 0x40_0000n | (3n << 13n));
    expect(entry.ex.walk(LINEAR["32"], 0)).toBe(0x3_0040_0000n | (LINEAR["32"] & 0x3f_ffffn));
    expect(entry.ex.takeFault()).toBe(-1);
    build("32", [ok | PS], 0x40_0000n | (1n << 21n));
    entry.ex.walk(LINEAR["32"], 0);
    expect(entry.ex.takeFault()).toBe(PF | 9);
  });
});

test("paging off: linear addresses are physical", () => {
  expect(entry.ex.setControl(1n, 0n, 0n, 0n)).toBe(1);
  expect(entry.ex.walk(0xffff_fff0n, WALK.write)).toBe(0xffff_fff0n);
  expect(entry.ex.takeFault()).toBe(-1);
});
