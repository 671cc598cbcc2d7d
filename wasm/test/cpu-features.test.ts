/**
 * CPUID, MSR, TSC, RDRAND and TLB instructions as the guest runs them: registers, privilege, features that a model lacks.
 * [SDM2] CPUID, RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC, RDRAND, RDSEED, INVLPG, INVPCID
 */
import { describe, expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";
import { SystemCore, bytes, le32 } from "./system-image.ts";

const UD = 6;
const GP = 13;
const PF = 14;

function started(mode: 32 | 64, ring: 0 | 3 = 0, nowNs = (): number => 0): SystemCore {
  const core = new SystemCore({ nowNs });
  if (mode === 32) core.start32(ring);
  else core.start64(ring);
  return core;
}

describe("privilege", () => {
  const forbidden: [string, string][] = [
    ["RDMSR", "0f 32"],
    ["WRMSR", "0f 30"],
    ["INVLPG", "0f 01 38"],
    ["INVPCID", "66 0f 38 82 00"],
    ["RDPMC", "0f 33"],
  ];
  it.each(forbidden)("%s at level 3 is #GP(0)", (_name, code) => {
    expect(started(64, 3).vectorOf(`b9 1b 00 00 00 ${code} f4`)).toBe(GP);
  });

  it("RDTSC and RDTSCP at level 3 obey CR4.TSD", () => {
    for (const code of ["0f 31", "0f 01 f9"]) {
      for (const isForbidden of [false, true]) {
        const core = started(64, 3);
        const [cr0, cr3, cr4, efer] = [0, 3, 4, 5].map((n): bigint => core.ex.getControl(core.cpu, n)) as [
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        if (isForbidden) core.ex.setControl(core.cpu, cr0, cr3, cr4 | 4n, efer);
        // UD2 behind it: reached unless the instruction faulted
        expect(core.vectorOf(`${code} 0f 0b`)).toBe(isForbidden ? GP : UD);
      }
    }
  });
});

describe("registers", () => {
  it("CPUID, RDMSR, RDTSC and RDTSCP clear the upper halves", () => {
    let nowNs = 0;
    const core = started(64);
    for (const name of ["rax", "rbx", "rcx", "rdx"] as const) core.setReg(name, 0xffff_ffff_0000_0000n);
    expect(core.vectorOf("0f a2 f4")).toBe(-1);
    expect(core.reg("rax")).toBe(0xdn);
    expect(core.reg("rbx")).toBe(0x6874_7541n);
    for (const [name, code] of [
      ["RDMSR", "b9 77 02 00 00 0f 32"],
      ["RDTSC", "0f 31"],
      ["RDTSCP", "0f 01 f9"],
    ] as const) {
      const other = started(64, 0, () => (nowNs += 0x1_0000_1000));
      for (const reg of ["rax", "rdx"] as const) other.setReg(reg, 0xffff_ffff_0000_0000n);
      expect(other.vectorOf(`${code} f4`), name).toBe(-1);
      expect([other.reg("rax") >> 32n, other.reg("rdx") >> 32n], name).toEqual([0n, 0n]);
      expect(other.reg("rdx"), name).toBeGreaterThan(0n);
    }
  });

  it("WRMSR takes EDX:EAX and ignores the upper halves", () => {
    const core = started(64);
    core.setReg("rax", 0x1111_1111_0706_0100n);
    core.setReg("rdx", 0x2222_2222_0000_0406n);
    core.setReg("rcx", 0x3333_3333_0000_0277n);
    expect(core.vectorOf("0f 30 31 c0 31 d2 0f 32 f4")).toBe(-1);
    expect([core.reg("rax"), core.reg("rdx")]).toEqual([0x0706_0100n, 0x406n]);
  });

  it("RDTSCP gives TSC_AUX in ECX", () => {
    const core = started(64);
    expect(core.vectorOf(`b9 03 01 00 c0 b8 ${le32(0x1234)} 31 d2 0f 30 0f 01 f9 f4`)).toBe(-1);
    expect(core.reg("rcx")).toBe(0x1234n);
  });

  it("RDRAND and RDSEED in every size: CF set, the other flags clear, upper bits as for any write", () => {
    for (const group of ["f0", "f8"]) {
      const core = started(64);
      core.flags = 0x8d7;
      core.setReg("rax", 0xaaaa_aaaa_aaaa_aaaan);
      expect(core.vectorOf(`66 0f c7 ${group} f4`)).toBe(-1);
      expect(core.reg("rax") >> 16n).toBe(0xaaaa_aaaa_aaaan);
      expect(core.flags & 0x8d5).toBe(1);
      const wide = started(64);
      expect(wide.vectorOf(`48 0f c7 ${group} 0f c7 ${group.replace("0", "1").replace("8", "9")} f4`)).toBe(-1);
      expect(wide.reg("rcx")).toBeLessThan(1n << 32n);
      expect(wide.reg("rax")).not.toBe(wide.reg("rcx"));
    }
  });
});

describe("faults", () => {
  it("unknown MSRs, reserved bits", () => {
    expect(started(64).vectorOf("b9 ff ff 00 00 0f 32 f4")).toBe(GP);
    expect(started(64).vectorOf("b9 80 00 00 c0 31 d2 b8 00 00 00 40 0f 30 f4")).toBe(GP);
  });

  it("LOCK, and the register form of INVLPG, are #UD", () => {
    expect(started(64).vectorOf("f0 0f a2 f4")).toBe(UD);
    expect(started(64).vectorOf("0f 01 ff f4")).toBe(UD);
  });

  it("INVPCID: type, reserved bits, PCIDs that are off, canonical address", () => {
    const run = (type: number, low: bigint, high: bigint): number => {
      const core = started(64);
      core.view.setBigUint64(0x9000, low, true);
      core.view.setBigUint64(0x9008, high, true);
      return core.vectorOf(`b8 ${le32(type)} b9 00 90 00 00 66 0f 38 82 01 f4`);
    };
    for (const type of [0, 1, 2, 3]) expect(run(type, 0n, 0x1000n), `type ${type}`).toBe(-1);
    expect(run(4, 0n, 0n)).toBe(GP);
    expect(run(2, 0x1000n, 0n)).toBe(GP);
    expect(run(1, 1n, 0n)).toBe(GP);
    expect(run(0, 0n, 0x8000_0000_0000n)).toBe(GP);
    expect(run(3, 5n, 0x8000_0000_0000n)).toBe(-1);
  });
});

describe("translations", () => {
  // Page table for the first 2 MiB at 0x72_0000, put in place of the large page of `enterLong`.
  function withTable(): SystemCore {
    const core = started(64);
    for (let page = 0; page < 512; page++)
      core.view.setBigUint64(0x72_0000 + page * 8, BigInt(page * 0x1000) | 7n, true);
    core.view.setBigUint64(0x70_2000, 0x72_0007n, true);
    core.ex.stateSet(core.cpu);
    return core;
  }

  it("serve until INVLPG", () => {
    const core = withTable();
    core.ram[0x2_0000] = 0x11;
    core.ram[0x3_0000] = 0x22;
    // mov al,[0x20000]; mov qword [0x720100], 0x30007; mov bl,[0x20000]; invlpg [0x20000]; mov cl,[0x20000]; hlt
    const code =
      "8a 04 25 00 00 02 00 48 c7 04 25 00 01 72 00 07 00 03 00 8a 1c 25 00 00 02 00 0f 01 3c 25 00 00 02 00 8a 0c 25 00 00 02 00 f4";
    expect(core.vectorOf(code)).toBe(-1);
    expect([core.reg("rax") & 0xffn, core.reg("rbx") & 0xffn, core.reg("rcx") & 0xffn]).toEqual([0x11n, 0x11n, 0x22n]);
  });

  it("that cross a page fault in the second one, and the instruction can be restarted", () => {
    const core = withTable();
    core.view.setBigUint64(0x72_0000 + 0x21 * 8, 0n, true);
    core.ex.stateSet(core.cpu);
    core.setReg("rax", 0x8877_6655_4433_2211n);
    // add [0x20ffc], rax
    expect(core.vectorOf("48 01 04 25 fc 0f 02 00 f4")).toBe(PF);
    expect(core.ex.getControl(core.cpu, 2)).toBe(0x2_1000n);
    expect(core.frame64(0)).toBe(2);
    expect(core.frame64(1)).toBe(0x8000);
    expect(core.view.getUint32(0x2_0ffc, true)).toBe(0);
  });

  it("code that is mapped elsewhere by INVLPG is fetched from there", () => {
    const core = withTable();
    core.put(0x2_0000, bytes("b0 01 c3")); // mov al,1; ret
    core.put(0x3_0000, bytes("b0 02 c3"));
    // call 0x20000; mov bl,al; mov qword [0x720100],0x30007; invlpg [0x20000]; call 0x20000; hlt
    const call = (at: number): string => `e8 ${le32(0x2_0000 - (at + 5))}`;
    const code = `${call(0x8000)} 88 c3 48 c7 04 25 00 01 72 00 07 00 03 00 0f 01 3c 25 00 00 02 00 ${call(0x801b)} f4`;
    expect(core.vectorOf(code)).toBe(-1);
    expect([core.reg("rbx") & 0xffn, core.reg("rax") & 0xffn]).toEqual([1n, 2n]);
  });
});

describe("models", () => {
  /** Runs hex code at 0x8000 in flat 32-bit mode; without an IDT a fault is a triple fault. */
  function runs(model: number, code: string): boolean {
    const core = new TestCore(16 << 20, {}, model);
    core.enterProtected();
    core.put(0x8000, bytes(code));
    core.setReg("rsp", 0x9000n);
    core.rip = 0x8000n;
    return core.run(100) === EXIT.halted;
  }
  const PUSHF_TOGGLE_ID = "9c 58 89 c1 35 00 00 20 00 50 9d 9c 58 31 c8 a9 00 00 20 00 75 02 0f 0b f4"; // UD2 if ID did not change

  it.each([
    ["486", 4, [false, false, false, false, false]],
    ["pentium", 3, [true, true, true, false, false]],
    ["pentium3", 2, [true, true, true, true, false]],
    ["default", 0, [true, true, true, true, true]],
  ] as const)("%s: EFLAGS.ID, CPUID, RDTSC, CMOV, RDTSCP", (_name, model, wanted) => {
    expect(["0f a2 f4", "0f 31 f4", "0f 44 c0 f4", "0f 01 f9 f4"].map((code) => runs(model, code))).toEqual([
      wanted[1],
      wanted[2],
      wanted[3],
      wanted[4],
    ]);
    expect(runs(model, PUSHF_TOGGLE_ID)).toBe(wanted[0]);
  });
});
