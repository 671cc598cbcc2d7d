/**
 * Whole-state images (FXSAVE, XSAVE family), the checks before MMX and SSE instructions, faults of memory operands, and the
 * approximations. [SDM1] 10.5, 13.4 – 13.9; [SDM2] FXSAVE, XRSTOR, MASKMOVDQU, RCPPS; [SDM3] 2.5, 13.1
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileEntry, instantiate } from "./native/compile.ts";

const NAMES = {
  "sse-state": ["FXSAVE", "FXRSTOR", "XSAVE", "XSAVEOPT", "XRSTOR"],
  "sse-move": ["MOV128_VW", "MOV128_WV", "MOVU128_VW", "MOVU128_WV", "MASKMOVDQU"],
  "sse-float": ["RCPSS", "RSQRTSS"],
} as const;
const CHECKS = ["checkFpu", "checkFpuNoWait", "checkMmx", "checkSse"];
const FIELDS = [
  "tlbRead", "tlbWrite", "fault", "faultVector", "faultCode", "mode", "cr0", "cr4", "xcr0", "efer", "cpl", "mxcsr", "fpuControl", "fpuStatus", "fpuTag",
  "fpuOpcode", "fpuIp", "fpuDp", "fpuCs", "fpuDs", "rax", "rdx", "rdi", "events",
] as const; // prettier-ignore

const SOURCE = `
import { Cpu } from "../../wasm/cpu/state";
import { Rec } from "../../wasm/decode/record";
import { ${CHECKS.join(", ")} } from "../../wasm/cpu/fpu-checks";
${Object.entries(NAMES)
  .map(([file, names]) => `import { ${names.join(", ")} } from "../../wasm/semantics/${file}";`)
  .join("\n")}
${Object.values(NAMES)
  .flat()
  .map((n) => `export function run_${n}(cpu: Cpu, rec: Rec): void { ${n}(cpu, rec); }`)
  .join("\n")}
${CHECKS.map((n) => `export function run_${n}(cpu: Cpu): bool { return ${n}(cpu); }`).join("\n")}
const offsets: StaticArray<u32> = [${FIELDS.map((f) => `offsetof<Cpu>("${f}")`).join(", ")}];
export function offset(i: u32): u32 { return offsets[i]; }
`;

const CPU = 0x1000;
const REC = 0x4_0000;
const TLB = 0x20_0000;
const IMAGE = 0x30_0000; // one mapped page; its neighbours are not mapped
const OFF_FPR = 512;
const OFF_XMM = 672;
const REX_W = 0x800;
const GP = 13,
  UD = 6,
  NM = 7,
  PF = 14,
  MF = 16;

const memory = new WebAssembly.Memory({ initial: 1024 });
const bytes = new Uint8Array(memory.buffer);
const view = new DataView(memory.buffer);
let exports: Record<string, (...args: number[]) => number>;
let at: Record<(typeof FIELDS)[number], number>;

beforeAll(async () => {
  exports = instantiate(await compileEntry(SOURCE), memory);
  at = Object.fromEntries(FIELDS.map((name, i) => [name, CPU + exports["offset"]!(i)])) as typeof at;
}, 60_000);

beforeEach(() => {
  bytes.fill(0, CPU, CPU + 0x1000);
  bytes.fill(0xcc, IMAGE - 0x1000, IMAGE + 0x2000);
  for (let i = 0; i < 2048; i++) view.setBigUint64(TLB + i * 16, 1n, true);
  view.setBigUint64(TLB + (((IMAGE >> 12) & 2047) << 4), BigInt(IMAGE), true);
  view.setUint32(at.tlbRead, TLB, true);
  view.setUint32(at.tlbWrite, TLB, true);
  view.setUint32(at.mode, 2, true);
  view.setBigUint64(at.cr0, 1n, true);
  view.setBigUint64(at.cr4, 0x4_0600n, true);
  view.setBigUint64(at.xcr0, 3n, true);
  view.setUint32(at.mxcsr, 0x1fa0, true);
  view.setUint16(at.fpuControl, 0x27f, true);
  view.setUint16(at.fpuStatus, 5 << 11, true); // TOP = 5
  view.setUint8(at.fpuTag, 0xe0);
  view.setUint16(at.fpuOpcode, 0x5d9, true);
  view.setBigUint64(at.fpuIp, 0x1122_3344_5566_7788n, true);
  view.setBigUint64(at.fpuDp, 0x99aa_bbcc_ddee_ff00n, true);
  view.setUint16(at.fpuCs, 0x1234, true);
  view.setUint16(at.fpuDs, 0x5678, true);
  for (let i = 0; i < 8; i++) for (let j = 0; j < 10; j++) bytes[CPU + OFF_FPR + i * 16 + j] = i * 16 + j;
  for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) bytes[CPU + OFF_XMM + i * 16 + j] = 0x80 + i + j;
  setBits(3, 0);
});

function setBits(low: number, high: number): void {
  view.setBigUint64(at.rax, BigInt(low), true);
  view.setBigUint64(at.rdx, BigInt(high), true);
}

/** Runs a handler on memory at `address`; returns the vector it raised, or -1. */
function run(name: string, address: number, flags = 0, g = 1, e = 2): number {
  view.setBigUint64(at.rdi, BigInt(address), true);
  bytes.fill(0, REC, REC + 32);
  bytes.set([0, 0, 4, 0, g, e, 56, 128, 0, 3], REC);
  const operand = flags & 1 ? 0 : 1;
  view.setUint16(REC + 10, operand | (2 << 4) | (3 << 6) | (flags & ~1), true);
  view.setUint32(at.fault, 0, true);
  exports[`run_${name}`]!(CPU, REC);
  return view.getUint32(at.fault, true) ? view.getUint32(at.faultVector, true) : -1;
}

const cpuCopy = () => Buffer.from(bytes.slice(CPU + OFF_FPR, CPU + 928)).toString("hex");
const image = (from: number, to: number) => [...bytes.subarray(IMAGE + from, IMAGE + to)];
const untouched = (from: number, to: number) => expect(image(from, to).every((b) => b === 0xcc)).toBe(true);

describe("FXSAVE and FXRSTOR [SDM1] 10.5.1", () => {
  it("stores the 64-bit form with ST0 first", () => {
    expect(run("FXSAVE", IMAGE, REX_W)).toBe(-1);
    expect(view.getUint16(IMAGE, true)).toBe(0x27f);
    expect(view.getUint16(IMAGE + 2, true)).toBe(5 << 11);
    expect(view.getUint16(IMAGE + 4, true)).toBe(0xe0);
    expect(view.getUint16(IMAGE + 6, true)).toBe(0x5d9);
    expect(view.getBigUint64(IMAGE + 8, true)).toBe(0x1122_3344_5566_7788n);
    expect(view.getBigUint64(IMAGE + 16, true)).toBe(0x99aa_bbcc_ddee_ff00n);
    expect(view.getUint32(IMAGE + 24, true)).toBe(0x1fa0);
    expect(view.getUint32(IMAGE + 28, true)).toBe(0xffff);
    for (let i = 0; i < 8; i++)
      expect(image(32 + i * 16, 48 + i * 16)).toEqual([
        ...Array.from({ length: 10 }, (_, j) => ((5 + i) % 8) * 16 + j),
        0,
        0,
        0,
        0,
        0,
        0,
      ]);
    for (let i = 0; i < 16; i++)
      expect(image(160 + i * 16, 176 + i * 16)).toEqual(Array.from({ length: 16 }, (_, j) => 0x80 + i + j));
    untouched(416, 520);
  });
  it("stores selectors and 32-bit pointers without REX.W, and eight XMM registers outside 64-bit mode", () => {
    view.setUint32(at.mode, 1 | 8, true);
    view.setBigUint64(CPU + 208 + 3 * 16 + 8, 0n, true);
    expect(run("FXSAVE", IMAGE, 0x200)).toBe(-1);
    expect(view.getUint32(IMAGE + 8, true)).toBe(0x5566_7788);
    expect(view.getUint16(IMAGE + 12, true)).toBe(0x1234);
    expect(view.getUint32(IMAGE + 16, true)).toBe(0xddee_ff00);
    expect(view.getUint16(IMAGE + 20, true)).toBe(0x5678);
    untouched(288, 520);
  });
  it("brings back what it stored", () => {
    const before = cpuCopy();
    run("FXSAVE", IMAGE, REX_W);
    bytes.fill(0, CPU + OFF_FPR, CPU + 928);
    expect(run("FXRSTOR", IMAGE, REX_W)).toBe(-1);
    view.setUint16(at.fpuCs, 0x1234, true); // not part of the 64-bit form
    view.setUint16(at.fpuDs, 0x5678, true);
    expect(cpuCopy()).toBe(before);
  });
  it("derives ES and B from the flags and masks", () => {
    run("FXSAVE", IMAGE);
    view.setUint16(IMAGE, 0, true);
    view.setUint16(IMAGE + 2, 1, true);
    run("FXRSTOR", IMAGE);
    expect(view.getUint16(at.fpuControl, true)).toBe(0x40);
    expect(view.getUint16(at.fpuStatus, true)).toBe(0x8081);
    view.setUint16(IMAGE, 0xffff, true);
    view.setUint16(IMAGE + 2, 0xffff, true);
    run("FXRSTOR", IMAGE);
    expect(view.getUint16(at.fpuControl, true)).toBe(0x1f7f);
    expect(view.getUint16(at.fpuStatus, true)).toBe(0x7f7f);
  });
  it.each([["FXSAVE"], ["FXRSTOR"]])("%s wants 16-byte alignment, EM = 0 and TS = 0", (name) => {
    expect(run(name, IMAGE + 8)).toBe(GP);
    view.setBigUint64(at.cr0, 5n, true);
    expect(run(name, IMAGE)).toBe(NM);
    view.setBigUint64(at.cr0, 9n, true);
    expect(run(name, IMAGE)).toBe(NM);
  });
  it("changes nothing where the image runs into a page that faults", () => {
    expect(run("FXSAVE", IMAGE + 0xf00)).toBe(PF);
    untouched(0xf00, 0x1000);
    bytes.fill(0, IMAGE + 0xf00, IMAGE + 0x1000);
    const before = cpuCopy();
    expect(run("FXRSTOR", IMAGE + 0xf00)).toBe(PF);
    expect(cpuCopy()).toBe(before);
  });
  it("refuses reserved bits of MXCSR and changes nothing", () => {
    run("FXSAVE", IMAGE);
    view.setUint32(IMAGE + 24, 0x1_0000, true);
    bytes[IMAGE + 160] = 1;
    const before = cpuCopy();
    expect(run("FXRSTOR", IMAGE)).toBe(GP);
    expect(cpuCopy()).toBe(before);
  });
  it("leaves the XMM registers out with EFER.FFXSR at CPL 0 [APM2] 3.1.7", () => {
    view.setBigUint64(at.efer, 0x4000n, true);
    run("FXSAVE", IMAGE);
    untouched(160, 416);
    expect(view.getUint32(IMAGE + 24, true)).toBe(0x1fa0);
    view.setUint32(at.cpl, 3, true);
    run("FXSAVE", IMAGE);
    expect(bytes[IMAGE + 160]).toBe(0x80);
  });
});

describe("XSAVE, XSAVEOPT, XRSTOR [SDM1] 13.7 – 13.9", () => {
  const clearHeader = () => bytes.fill(0, IMAGE + 512, IMAGE + 576);

  it("stores what is asked for and keeps the other bits of XSTATE_BV", () => {
    clearHeader();
    view.setBigUint64(IMAGE + 512, 4n, true);
    setBits(1, 0);
    expect(run("XSAVE", IMAGE)).toBe(-1);
    expect(view.getBigUint64(IMAGE + 512, true)).toBe(5n);
    untouched(24, 32);
    untouched(160, 416);
    setBits(2, 0);
    run("XSAVE", IMAGE);
    expect(view.getBigUint64(IMAGE + 512, true)).toBe(7n);
    expect(view.getUint32(IMAGE + 24, true)).toBe(0x1fa0);
    expect(bytes[IMAGE + 160]).toBe(0x80);
  });
  it("says that a component is in its initial configuration; XSAVEOPT does not write it", () => {
    clearHeader();
    bytes.fill(0, CPU + OFF_XMM, CPU + OFF_XMM + 256);
    run("XSAVEOPT", IMAGE);
    expect(view.getBigUint64(IMAGE + 512, true)).toBe(1n);
    untouched(160, 416);
    run("XSAVE", IMAGE);
    expect(view.getBigUint64(IMAGE + 512, true)).toBe(1n);
    expect(image(160, 416).every((b) => b === 0)).toBe(true);
  });
  it("brings back what was stored and initializes what was not", () => {
    const before = cpuCopy();
    clearHeader();
    run("XSAVE", IMAGE, REX_W);
    bytes.fill(0x55, CPU + OFF_FPR, CPU + OFF_FPR + 128);
    bytes.fill(0x55, CPU + OFF_XMM, CPU + 928);
    view.setUint32(at.mxcsr, 0x1f80, true);
    expect(run("XRSTOR", IMAGE, REX_W)).toBe(-1);
    view.setUint16(at.fpuCs, 0x1234, true);
    view.setUint16(at.fpuDs, 0x5678, true);
    for (let i = 0; i < 8; i++) bytes.fill(0, CPU + OFF_FPR + i * 16 + 10, CPU + OFF_FPR + i * 16 + 16);
    expect(cpuCopy()).toBe(before);
    clearHeader();
    expect(run("XRSTOR", IMAGE)).toBe(-1);
    expect(view.getUint16(at.fpuControl, true)).toBe(0x37f);
    expect(view.getUint8(at.fpuTag)).toBe(0);
    expect(bytes.subarray(CPU + OFF_XMM, CPU + 928).every((b) => b === 0)).toBe(true);
    expect(bytes.subarray(CPU + OFF_FPR, CPU + OFF_FPR + 128).every((b) => b === 0)).toBe(true);
    expect(view.getUint32(at.mxcsr, true)).toBe(0x1fa0); // from memory even so
  });
  it.each([
    ["a component that XCR0 does not have", 512, 4],
    ["XCOMP_BV", 527, 0x80],
    ["reserved bytes of the header", 530, 1],
    ["reserved bits of MXCSR", 26, 1],
  ])("refuses %s", (_what, offset, value) => {
    clearHeader();
    run("XSAVE", IMAGE);
    bytes[IMAGE + offset] = value;
    const before = cpuCopy();
    expect(run("XRSTOR", IMAGE)).toBe(GP);
    expect(cpuCopy()).toBe(before);
  });
  it("wants CR4.OSXSAVE, TS = 0 and 64-byte alignment", () => {
    expect(run("XSAVE", IMAGE + 16)).toBe(GP);
    view.setBigUint64(at.cr0, 9n, true);
    expect(run("XSAVE", IMAGE)).toBe(NM);
    view.setBigUint64(at.cr4, 0x600n, true);
    expect(run("XSAVE", IMAGE)).toBe(UD);
  });
});

describe("memory operands", () => {
  it("must be aligned where the manual says so", () => {
    expect(run("MOV128_VW", IMAGE + 8)).toBe(GP);
    expect(run("MOV128_WV", IMAGE + 1)).toBe(GP);
    untouched(0, 32);
    expect(run("MOVU128_VW", IMAGE + 1)).toBe(-1);
    expect(run("MOVU128_WV", IMAGE + 3)).toBe(-1);
    expect(bytes[IMAGE + 3]).toBe(0xcc);
  });
  it("leave the register alone after a page fault", () => {
    const before = cpuCopy();
    expect(run("MOVU128_VW", IMAGE + 0xff8)).toBe(PF);
    expect(cpuCopy()).toBe(before);
  });
  it("MASKMOVDQU stores selected bytes, and none where one of them faults", () => {
    bytes.fill(0, CPU + OFF_XMM + 32, CPU + OFF_XMM + 48);
    bytes[CPU + OFF_XMM + 32 + 3] = 0x80;
    bytes[CPU + OFF_XMM + 32 + 5] = 0xff;
    expect(run("MASKMOVDQU", IMAGE + 0xff8, 1)).toBe(-1); // bytes 8–15, past the page, are not selected
    expect(image(0xff8, 0x1000)).toEqual([0xcc, 0xcc, 0xcc, 0x84, 0xcc, 0x86, 0xcc, 0xcc]);
    bytes[CPU + OFF_XMM + 32 + 12] = 0x80;
    bytes.fill(0xcc, IMAGE, IMAGE + 0x1000);
    expect(run("MASKMOVDQU", IMAGE + 0xff8, 1)).toBe(PF);
    untouched(0xff8, 0x1000);
  });
});

describe("checks before instructions [SDM3] table 2-2", () => {
  const EM = 4,
    TS = 8,
    NE = 0x20,
    OSFXSR = 0x200;
  /** Vector that the check raises, -1 for none. */
  function check(name: string, cr0: number, cr4: number, status: number): number {
    view.setBigUint64(at.cr0, BigInt(1 | cr0), true);
    view.setBigUint64(at.cr4, BigInt(cr4), true);
    view.setUint16(at.fpuStatus, status, true);
    view.setUint32(at.fault, 0, true);
    const goesOn = exports[`run_${name}`]!(CPU);
    expect(goesOn).toBe(view.getUint32(at.fault, true) ? 0 : 1);
    return goesOn ? -1 : view.getUint32(at.faultVector, true);
  }
  it("x87", () => {
    expect(check("checkFpu", NE, 0, 0)).toBe(-1);
    expect(check("checkFpu", NE | EM, 0, 0)).toBe(NM);
    expect(check("checkFpu", NE | TS, 0, 0)).toBe(NM);
    expect(check("checkFpu", NE, 0, 0x80)).toBe(MF);
    expect(check("checkFpuNoWait", NE, 0, 0x80)).toBe(-1);
    expect(check("checkFpuNoWait", NE | TS, 0, 0)).toBe(NM);
  });
  it("x87 with NE = 0 asserts FERR# and goes on", () => {
    expect(check("checkFpu", 0, 0, 0x80)).toBe(-1);
    expect(view.getUint32(at.events, true) & 0x800).toBe(0x800);
  });
  it("MMX", () => {
    expect(check("checkMmx", NE, 0, 0)).toBe(-1);
    expect(check("checkMmx", NE | EM | TS, 0, 0)).toBe(UD);
    expect(check("checkMmx", NE | TS, 0, 0x80)).toBe(NM);
    expect(check("checkMmx", NE, 0, 0x80)).toBe(MF);
  });
  it("SSE", () => {
    expect(check("checkSse", 0, OSFXSR, 0x80)).toBe(-1);
    expect(check("checkSse", TS, 0, 0)).toBe(UD);
    expect(check("checkSse", EM | TS, OSFXSR, 0)).toBe(UD);
    expect(check("checkSse", TS, OSFXSR, 0)).toBe(NM);
  });
});

describe("RCPSS and RSQRTSS [SDM2]", () => {
  const approximate = (name: string, x: number) => {
    view.setUint32(CPU + OFF_XMM + 32, x, true);
    run(name, 0, 1);
    return view.getUint32(CPU + OFF_XMM + 16, true);
  };
  const bits = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0]!;
  const value = (x: number) => new Float32Array(new Uint32Array([x]).buffer)[0]!;
  it("stay within 1.5 · 2^-12", () => {
    for (const x of [1, 2, 3, 0.1, 7.25, 1e-30, 1e30, 123456]) {
      expect(Math.abs(value(approximate("RCPSS", bits(x))) * x - 1)).toBeLessThan(1.5 / 4096);
      expect(Math.abs(value(approximate("RSQRTSS", bits(x))) * Math.sqrt(x) - 1)).toBeLessThan(1.5 / 4096);
    }
  });
  it("treat zeros, denormals, infinities and NaNs as the manual says", () => {
    expect(approximate("RCPSS", 0x8000_0000)).toBe(0xff80_0000);
    expect(approximate("RCPSS", 0x0000_0001)).toBe(0x7f80_0000);
    expect(approximate("RCPSS", 0xff80_0000)).toBe(0x8000_0000);
    expect(approximate("RCPSS", bits(3e38))).toBe(0);
    expect(approximate("RCPSS", 0x7f80_0001)).toBe(0x7fc0_0001);
    expect(approximate("RSQRTSS", bits(-1))).toBe(0xffc0_0000);
    expect(approximate("RSQRTSS", 0x8000_0000)).toBe(0xff80_0000);
    expect(approximate("RSQRTSS", 0x7f80_0000)).toBe(0);
    expect(view.getUint32(at.mxcsr, true)).toBe(0x1fa0);
  });
});
