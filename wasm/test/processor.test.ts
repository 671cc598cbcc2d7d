/**
 * CPUID by model, MSRs with their checks, the TSC, the paravirtual clock, the random generator and the local APIC.
 * [SDM2] CPUID – [SDM3] chapter 10 – [APM2] 3.1.7, 16 – [KVM] msr.rst – [RFC8439] 2.3
 */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { linearMemoryBytes } from "../../src/core/load.ts";
import { type Entry, compileEntry, instantiateEntry } from "./compile-entry.ts";

const RAM_BYTES = 4 << 20;
const OUT = 0x4_0000;
const GP = 13 << 16;
const MODEL = { default: 0, v2: 1, pentium3: 2, pentium: 3, i486: 4 };
const EVENT = { intr: 1, nmi: 2, init: 8, apic: 0x10 };
const STOP_HOST = 8;

let module: WebAssembly.Module;
let entry: Entry;
let ex: Entry["ex"];
let ram: DataView;
let clockNs: number;
let eois: number[];

beforeAll(() => {
  module = compileEntry("mmu");
}, 120_000);

function start(model: number): void {
  clockNs = 0;
  eois = [];
  entry = instantiateEntry(module, linearMemoryBytes(RAM_BYTES, 1 << 20), {
    nowNs: () => clockNs,
    epochMs: () => 1_700_000_000_250 + clockNs / 1e6,
    ioapicEoi: (vector) => void eois.push(vector),
  });
  ex = entry.ex;
  ex.init(RAM_BYTES, 1 << 20, model);
  ram = new DataView(entry.memory.buffer, ex.ramBase(), RAM_BYTES);
}
beforeEach(() => start(MODEL.default));

function cpuid(leaf: number, subleaf = 0): [number, number, number, number] {
  ex.runCpuid(leaf, subleaf, OUT);
  const out = new Uint32Array(entry.memory.buffer, OUT, 4);
  return [out[0]!, out[1]!, out[2]!, out[3]!];
}
const text = (...words: number[]): string =>
  Buffer.from(new Uint32Array(words).buffer).toString("latin1").replace(/\0+$/, "");
const rdmsr = (msr: number): bigint => BigInt.asUintN(64, ex.rdmsr(msr));
/** True if it raised #GP(0), nothing else being allowed. */
function faults(act: () => void): boolean {
  act();
  const fault = ex.takeFault();
  expect([-1, GP]).toContain(fault);
  return fault === GP;
}

describe("CPUID", () => {
  test("the default model", () => {
    const [max, b, c, d] = cpuid(0);
    expect(max).toBe(0xd);
    expect(text(b, d, c)).toBe("AuthenticAMD");
    expect(text(...cpuid(0x8000_0002), ...cpuid(0x8000_0003), ...cpuid(0x8000_0004))).toBe("Posada virtual CPU");
    const [, , ecx, edx] = cpuid(1);
    // x86-64-v2: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT; CMOV CX8 FPU FXSR MMX SSE SSE2
    for (const bit of [0, 9, 13, 19, 20, 23, 1, 17, 21, 22, 24, 25, 26, 30, 31])
      expect((ecx >>> bit) & 1, `ECX ${bit}`).toBe(1);
    for (const bit of [0, 4, 5, 6, 8, 9, 11, 12, 13, 15, 16, 17, 19, 23, 24, 25, 26])
      expect((edx >>> bit) & 1, `EDX ${bit}`).toBe(1);
    // Not offered: FMA, OSXSAVE before CR4 says so, AVX, F16C.
    for (const bit of [12, 27, 28, 29]) expect((ecx >>> bit) & 1, `ECX ${bit}`).toBe(0);
    const [, , ecxAmd, edxAmd] = cpuid(0x8000_0001);
    for (const bit of [0, 4]) expect((ecxAmd >>> bit) & 1).toBe(1);
    for (const bit of [11, 20, 26, 27, 29]) expect((edxAmd >>> bit) & 1).toBe(1);
    expect(cpuid(0x8000_0007)[3]).toBe(0x100);
    expect(cpuid(0x8000_0008)[0]).toBe(0x3028);
    expect(cpuid(7)[1] & 0x0010_0481).toBe(0x0010_0481); // FSGSBASE SMEP INVPCID SMAP
    expect(cpuid(7, 1)).toEqual([0, 0, 0, 0]);
    expect(cpuid(0xd).slice(0, 2)).toEqual([3, 576]);
  });

  test("OSXSAVE follows CR4, APIC follows IA32_APIC_BASE", () => {
    ex.setControl(1n, 0n, 0x4_0000n, 0n);
    expect((cpuid(1)[2] >>> 27) & 1).toBe(1);
    ex.wrmsr(0x1b, 0xfee0_0000n);
    expect((cpuid(1)[3] >>> 9) & 1).toBe(0);
    expect((cpuid(0x8000_0001)[3] >>> 9) & 1).toBe(0);
  });

  test("hypervisor leaves", () => {
    const [max, b, c, d] = cpuid(0x4000_0000);
    expect(max).toBe(0x4000_0010);
    expect(text(b, c, d)).toBe("KVMKVMKVM");
    expect(cpuid(0x4000_0001)[0]).toBe(0x0100_000b);
    expect(cpuid(0x4000_0010).slice(0, 2)).toEqual([1_000_000, 1_000_000]);
  });

  test("older models hide what they had not", () => {
    start(MODEL.pentium3);
    const [max, b, c, d] = cpuid(0);
    expect([max, text(b, d, c)]).toEqual([2, "GenuineIntel"]);
    expect(cpuid(1)).toEqual([0x686, 0, 0, 0x0383_fbff]);
    expect(cpuid(0x8000_0000)).toEqual(cpuid(2));
    expect(faults(() => ex.rdmsr(0xc000_0080))).toBe(true);
    start(MODEL.pentium);
    expect([cpuid(0)[0], cpuid(1)[3]]).toEqual([1, 0x1bf]);
    expect(faults(() => ex.rdmsr(0x1b))).toBe(true);
    start(MODEL.i486);
    expect(ex.has(48)).toBe(0); // FEAT_CPUID
    start(MODEL.v2);
    expect((cpuid(1)[2] >>> 25) & 1).toBe(0); // AES
  });
});

describe("MSRs", () => {
  test("unknown ones raise #GP(0)", () => {
    for (const msr of [0x3a, 0x48, 0x123, 0xc000_0104, 0xc001_0008, 0x9999_0000, 0x4b56_4d02, 0x800])
      expect([faults(() => ex.rdmsr(msr)), faults(() => ex.wrmsr(msr, 0n))], msr.toString(16)).toEqual([true, true]);
  });

  test("those of AMD that systems touch without asking", () => {
    for (const msr of [0x8b, 0xc001_0010, 0xc001_0015, 0xc001_001f, 0xc001_0055, 0xc001_1029, 0xc001_1020, 0xc001_1022])
      expect(
        faults(() => ex.wrmsr(msr, BigInt.asUintN(64, ex.rdmsr(msr)))),
        msr.toString(16),
      ).toBe(false);
  });

  test("performance counters are there and do not count", () => {
    for (let msr = 0xc001_0000; msr < 0xc001_0008; msr++) {
      expect(faults(() => ex.wrmsr(msr, 0x1234n))).toBe(false);
      expect(rdmsr(msr)).toBe(0n);
    }
    start(MODEL.pentium3);
    expect(faults(() => ex.rdmsr(0xc001_0000))).toBe(true);
  });

  test("EFER: reserved bits, LME while paging, LMA is the processor's", () => {
    expect(faults(() => ex.wrmsr(0xc000_0080, 0x901n))).toBe(false);
    expect(rdmsr(0xc000_0080)).toBe(0x901n);
    ex.wrmsr(0xc000_0080, 0x501n);
    expect(rdmsr(0xc000_0080)).toBe(0x101n);
    for (const bit of [1n, 2n, 7n, 9n, 12n, 13n, 16n, 32n, 63n])
      expect(
        faults(() => ex.wrmsr(0xc000_0080, 1n << bit)),
        `bit ${bit}`,
      ).toBe(true);
    ex.setControl(0x8000_0001n, 0n, 0x20n, 0x500n);
    expect(faults(() => ex.wrmsr(0xc000_0080, 0x401n))).toBe(true);
    expect(faults(() => ex.wrmsr(0xc000_0080, 0xd01n))).toBe(false);
  });

  test("addresses must be canonical", () => {
    for (const msr of [0xc000_0082, 0xc000_0083, 0xc000_0100, 0xc000_0101, 0xc000_0102, 0x175, 0x176]) {
      expect(
        faults(() => ex.wrmsr(msr, 0x8000_0000_0000n)),
        msr.toString(16),
      ).toBe(true);
      ex.wrmsr(msr, 0xffff_8000_1234_5678n);
      expect(rdmsr(msr)).toBe(0xffff_8000_1234_5678n);
    }
  });

  test("PAT and MTRR types", () => {
    expect(rdmsr(0x277)).toBe(0x0007_0406_0007_0406n);
    for (const [value, bad] of [
      [0x0706_0504_0100n, false],
      [2n, true],
      [3n << 56n, true],
      [8n, true],
    ] as const) {
      expect(faults(() => ex.wrmsr(0x277, value))).toBe(bad);
      expect(faults(() => ex.wrmsr(0x250, value & 0xffn))).toBe(bad && (value & 0xffn) !== 0n);
    }
    expect(rdmsr(0xfe)).toBe(0x508n);
    ex.wrmsr(0x200, 0xc000_0006n);
    ex.wrmsr(0x201, 0xff_c000_0800n);
    expect([rdmsr(0x200), rdmsr(0x201)]).toEqual([0xc000_0006n, 0xff_c000_0800n]);
    expect(faults(() => ex.wrmsr(0x201, 1n << 40n))).toBe(true);
    expect(faults(() => ex.wrmsr(0x2ff, 0xc06n))).toBe(false);
    expect(faults(() => ex.wrmsr(0xfe, 0n))).toBe(true);
  });

  test("IA32_APIC_BASE: off, xAPIC, x2APIC and back only by way of off ([SDM3] 10.12.5)", () => {
    const base = 0xfee0_0000n;
    expect(rdmsr(0x1b)).toBe(base | 0x900n);
    const step = (mode: bigint): boolean => faults(() => ex.wrmsr(0x1b, base | mode));
    expect(step(0x400n)).toBe(true);
    expect(step(0xc00n)).toBe(false);
    expect(rdmsr(0x1b)).toBe(base | 0xd00n); // BSP stays
    expect(step(0x800n)).toBe(true);
    expect(step(0n)).toBe(false);
    expect(step(0xc00n)).toBe(true);
    expect(step(0x800n)).toBe(false);
    expect(faults(() => ex.wrmsr(0x1b, base | 0x801n))).toBe(true);
  });
});

describe("clocks", () => {
  test("the TSC counts nanoseconds and never stands still", () => {
    clockNs = 5000;
    const first = ex.rdtsc();
    expect(ex.rdtsc()).toBe(first + 1n);
    clockNs = 8000;
    expect(ex.rdtsc()).toBe(first + 3000n);
    ex.wrmsr(0x10, 100n);
    expect(rdmsr(0x10)).toBe(100n);
    expect(rdmsr(0x3b)).toBe(BigInt.asUintN(64, 100n - (first + 3000n)));
    ex.wrmsr(0x3b, 0n);
    clockNs = 9000;
    expect(ex.rdtsc()).toBe(first + 4000n);
  });

  test("the paravirtual clock gives machine time from the TSC", () => {
    clockNs = 123_456;
    ex.wrmsr(0x10, 1_000_000n);
    ex.wrmsr(0x4b56_4d01, 0x1000n | 1n);
    const machineTime = (): bigint => {
      expect(ram.getUint32(0x1000, true) & 1).toBe(0);
      const delta = rdmsr(0x10) - ram.getBigUint64(0x1008, true);
      const shifted = delta << BigInt(ram.getInt8(0x101c));
      expect(ram.getUint8(0x101d)).toBe(1);
      return ram.getBigUint64(0x1010, true) + ((shifted * BigInt(ram.getUint32(0x1018, true))) >> 32n);
    };
    clockNs = 200_000;
    expect(machineTime()).toBe(200_000n);
    ex.wrmsr(0x10, 5n); // the record follows the TSC
    clockNs = 300_000;
    expect(machineTime()).toBe(300_000n);
    ex.wrmsr(0x4b56_4d00, 0x2000n);
    expect([ram.getUint32(0x2000, true) & 1, ram.getUint32(0x2004, true)]).toEqual([0, 1_700_000_000]);
    expect(Math.abs(ram.getUint32(0x2008, true) - 250_000_000)).toBeLessThan(1000);
  });

  test("the random generator is ChaCha20 under its key", () => {
    ex.seed(0n, 0n, 0n, 0n);
    // Key 0, nonce 0, blocks 0 and 1: [draft-agl-tls-chacha20poly1305] 7, keystream 76b8e0ad a0f13d90…, 9f07e7be 5551387a…
    expect(BigInt.asUintN(64, ex.random())).toBe(0x903d_f1a0_ade0_b876n);
    expect(BigInt.asUintN(64, ex.random())).toBe(0x7a38_5155_bee7_079fn);
  });
});

describe("local APIC", () => {
  const R = {
    id: 0x20,
    tpr: 0x80,
    ppr: 0xa0,
    eoi: 0xb0,
    ldr: 0xd0,
    dfr: 0xe0,
    svr: 0xf0,
    isr: 0x100,
    tmr: 0x180,
    irr: 0x200,
    esr: 0x280,
    icr: 0x300,
    icrHigh: 0x310,
    timer: 0x320,
    lint0: 0x350,
    lint1: 0x360,
    error: 0x370,
    initial: 0x380,
    current: 0x390,
    divide: 0x3e0,
  };
  const read = (offset: number): number => ex.apicRead(offset) >>> 0;
  const enable = (): void => void ex.apicWrite(R.svr, 0x1ff);
  const fixed = (vector: number, level = false): void => void ex.deliver(0, false, 0, vector, level);
  const pending = (): boolean => (ex.events() & EVENT.apic) !== 0;

  test("after reset", () => {
    expect([read(R.id), read(0x30), read(R.tpr), read(R.dfr), read(R.svr)]).toEqual([
      0, 0x0005_0014, 0, 0xffff_ffff, 0xff,
    ]);
    expect([read(R.timer), read(R.lint0), read(R.lint1), read(R.error)]).toEqual([0x1_0000, 0x700, 0x1_0000, 0x1_0000]);
    fixed(0x40); // software-disabled: not taken
    expect(read(R.irr + 0x20)).toBe(0);
  });

  test("priorities: TPR, nesting, EOI ([SDM3] 10.8)", () => {
    enable();
    fixed(0x31);
    fixed(0x52);
    expect(ex.acknowledge()).toBe(0x52);
    expect([read(R.ppr), pending()]).toEqual([0x50, false]);
    fixed(0x55); // same class: waits
    expect(pending()).toBe(false);
    fixed(0x61);
    expect([pending(), ex.acknowledge()]).toEqual([true, 0x61]);
    ex.apicWrite(R.eoi, 0);
    ex.apicWrite(R.eoi, 0);
    expect(ex.acknowledge()).toBe(0x55);
    ex.apicWrite(R.eoi, 0);
    ex.tpr(0x30);
    expect(pending()).toBe(false);
    ex.tpr(0x2f);
    expect([pending(), ex.acknowledge()]).toEqual([true, 0x31]);
    expect(ex.acknowledge()).toBe(0xff); // spurious
  });

  test("level-triggered vectors tell the IOAPIC at EOI", () => {
    enable();
    fixed(0x41, true);
    fixed(0x51, false);
    ex.acknowledge();
    ex.apicWrite(R.eoi, 0);
    expect(eois).toEqual([]);
    ex.acknowledge();
    expect(read(R.tmr + 0x20)).toBe(2);
    ex.apicWrite(R.eoi, 0);
    expect(eois).toEqual([0x41]);
  });

  test("logical destinations: flat and cluster", () => {
    enable();
    const reaches = (destination: number): boolean => {
      ex.deliver(destination, true, 0, 0x44, false);
      const hit = pending();
      if (hit) {
        ex.acknowledge();
        ex.apicWrite(R.eoi, 0);
      }
      return hit;
    };
    ex.apicWrite(R.ldr, 0x0400_0000);
    expect([reaches(4), reaches(6), reaches(3), reaches(0xff)]).toEqual([true, true, false, true]);
    ex.apicWrite(R.dfr, 0x0fff_ffff);
    ex.apicWrite(R.ldr, 0x2400_0000);
    expect([reaches(0x24), reaches(0x2f), reaches(0x14), reaches(0x22)]).toEqual([true, true, false, false]);
  });

  test("messages to itself, NMI, and INIT", () => {
    enable();
    ex.apicWrite(R.icr, 0x4_0045);
    expect(ex.acknowledge()).toBe(0x45);
    ex.apicWrite(R.icrHigh, 0);
    ex.apicWrite(R.icr, 0x4_4400 & ~0x4_0000);
    expect(ex.events() & EVENT.nmi).toBe(EVENT.nmi);
    ex.apicWrite(R.icr, 0xc_4500); // INIT to all but itself
    ex.apicWrite(R.icr, 0x8500); // level de-assert
    expect(ex.events() & EVENT.init).toBe(0);
    ex.apicWrite(R.icr, 0x4500);
    expect(ex.events() & EVENT.init).toBe(EVENT.init);
  });

  test("reserved vectors are errors", () => {
    enable();
    ex.apicWrite(R.error, 0x35);
    ex.apicWrite(R.icr, 0x4_0005);
    expect(ex.acknowledge()).toBe(0x35);
    expect(read(R.esr)).toBe(0);
    ex.apicWrite(R.esr, 0);
    expect(read(R.esr)).toBe(0x20);
  });

  test("LINT0 carries the 8259 pair: ExtINT, masked, APIC off", () => {
    const intr = (): boolean => (ex.events() & EVENT.intr) !== 0;
    ex.lint0(true);
    expect(intr()).toBe(true);
    ex.apicWrite(R.lint0, 0x1_0700);
    expect(intr()).toBe(false);
    enable();
    ex.apicWrite(R.lint0, 0x700);
    expect(intr()).toBe(true);
    ex.lint0(false);
    expect(intr()).toBe(false);
    ex.apicWrite(R.lint0, 0x1_0700);
    ex.lint0(true);
    ex.wrmsr(0x1b, 0xfee0_0000n);
    expect(intr()).toBe(true);
  });

  test("timer: one-shot, periodic, divider, masked ([SDM3] 10.5.4)", () => {
    enable();
    ex.apicWrite(R.divide, 0xb); // by 1
    ex.apicWrite(R.timer, 0x40);
    ex.stop();
    ex.apicWrite(R.initial, 1000);
    expect(ex.stop() & STOP_HOST).toBe(STOP_HOST);
    expect(ex.nextTimer()).toBe(1000);
    clockNs = 400;
    expect(read(R.current)).toBe(600);
    ex.timerDue(999);
    expect(pending()).toBe(false);
    clockNs = 1000;
    ex.timerDue(1000);
    expect([ex.acknowledge(), ex.nextTimer(), read(R.current)]).toEqual([0x40, Infinity, 0]);
    ex.apicWrite(R.eoi, 0);

    ex.apicWrite(R.divide, 3); // by 16
    ex.apicWrite(R.timer, 0x2_0041);
    ex.apicWrite(R.initial, 100);
    expect(ex.nextTimer()).toBe(2600);
    clockNs = 1000 + 1600 * 3 + 160;
    expect(read(R.current)).toBe(90);
    ex.timerDue(clockNs); // three periods late: one interrupt, and the phase stays
    expect([ex.acknowledge(), ex.nextTimer(), read(R.current)]).toEqual([0x41, 1000 + 1600 * 4, 90]);
    ex.apicWrite(R.eoi, 0);
    ex.apicWrite(R.timer, 0x3_0041); // masked
    clockNs = 1000 + 1600 * 4;
    ex.timerDue(clockNs);
    expect(pending()).toBe(false);
    ex.apicWrite(R.initial, 0);
    expect(ex.nextTimer()).toBe(Infinity);
  });

  test("timer: TSC deadline", () => {
    enable();
    ex.apicWrite(R.timer, 0x4_0042);
    clockNs = 10_000;
    ex.wrmsr(0x10, 0n);
    ex.wrmsr(0x6e0, 5000n);
    expect([ex.nextTimer(), rdmsr(0x6e0)]).toEqual([15_000, 5000n]);
    ex.wrmsr(0x10, 1000n); // the deadline moves with the TSC
    expect(ex.nextTimer()).toBe(14_000);
    ex.timerDue(14_000);
    expect([ex.acknowledge(), rdmsr(0x6e0), ex.nextTimer()]).toEqual([0x42, 0n, Infinity]);
    ex.apicWrite(R.initial, 500); // ignored in this mode
    expect(ex.nextTimer()).toBe(Infinity);
    ex.wrmsr(0x6e0, 9000n);
    ex.apicWrite(R.timer, 0x42); // another mode disarms
    expect([ex.nextTimer(), rdmsr(0x6e0)]).toEqual([Infinity, 0n]);
  });

  test("x2APIC: the same registers as MSRs", () => {
    enable();
    ex.wrmsr(0x1b, 0xfee0_0c00n);
    expect([rdmsr(0x802), rdmsr(0x80d)]).toEqual([0n, 1n]);
    ex.wrmsr(0x83f, 0x66n); // self IPI
    expect(ex.acknowledge()).toBe(0x66);
    ex.wrmsr(0x80b, 0n);
    ex.wrmsr(0x830, 0x0000_0000_0000_0067n); // physical, destination 0
    expect(ex.acknowledge()).toBe(0x67);
    expect(rdmsr(0x813)).toBe(0x80n);
    for (const [msr, value] of [
      [0x80b, 1n],
      [0x80d, 1n],
      [0x802, 1n],
      [0x808, 0x100n],
      [0x830, 0x1000n],
      [0x80e, 0n],
    ] as const)
      expect(
        faults(() => ex.wrmsr(msr, value)),
        msr.toString(16),
      ).toBe(true);
    expect(faults(() => ex.rdmsr(0x80b))).toBe(true);
  });

  test("software disable masks the local vector table; INIT resets all but the ID", () => {
    enable();
    ex.apicWrite(R.lint1, 0x400);
    ex.apicWrite(R.id, 0x0500_0000);
    ex.apicWrite(R.svr, 0xff);
    expect(read(R.lint1)).toBe(0x1_0400);
    ex.apicWrite(R.lint1, 0x400);
    expect(read(R.lint1)).toBe(0x1_0400);
    ex.initApic();
    expect([read(R.id), read(R.svr), read(R.lint1)]).toEqual([0x0500_0000, 0xff, 0x1_0000]);
  });
});
