/**
 * #TS and its like: what a task switch and a switch to an inner stack refuse, with which error code and in which task.
 * #TS, #NP, #SS and #GP go to a task of their own, so that they can be delivered whatever stack there is; its back link tells
 * in which task they were raised. [SDM3] 6.15 (#TS), 7.3 with table 7-1, 6.12.1, 6.14.2 – [APM2] 8.2.11, 12.3
 */
import { describe, expect, it } from "vitest";
import { ATTR, EXIT } from "./harness.ts";
import {
  CODE,
  GDT,
  IST_STACK,
  RING0_STACK,
  SEL,
  SystemCore,
  TSS,
  TSS2,
  bytes,
  descriptor,
  gate,
} from "./system-image.ts";

const TSS3 = 0x6800;
const LDT = 0x7000;
/** The task of the handlers. */
const HANDLER_TASK = SEL.tss16;
const HANDLER_CODE = CODE + 0x200;
const NEW_CODE = CODE + 0x100;
const BEYOND = 0x1f8;
const VECTORS = { TS: 10, NP: 11, SS: 12, GP: 13 } as const;
type Fault = keyof typeof VECTORS;
/** Free places of the GDT. */
const SPARE = 0xa0;
const LINK_NT = 0x4000;

const OFFSET = { eip: 0x20, flags: 0x24, esp: 0x38, es: 0x48, cs: 0x4c, ss: 0x50, ds: 0x54, fs: 0x58, gs: 0x5c, ldt: 0x60 } as const; // prettier-ignore
type Field = keyof typeof OFFSET;

function writeTss(core: SystemCore, at: number, entry: number, esp: number): void {
  core.ram.fill(0, at, at + 0x68);
  const fields: Partial<Record<Field, number>> = { eip: entry, flags: 2, esp, es: SEL.data32, cs: SEL.code32, ss: SEL.data32, ds: SEL.data32 }; // prettier-ignore
  for (const [name, value] of Object.entries(fields)) core.view.setUint32(at + OFFSET[name as Field], value, true);
}

/** A task to switch to at TSS2, and one for the handlers at TSS3. */
function makeCore(level: 0 | 3 = 0): SystemCore {
  const core = new SystemCore({ picAcknowledge: () => 0x50 });
  core.start32(level);
  core.ex.setTables(core.cpu, BigInt(GDT), 0xff, 0x2000n, 0x7ff);
  core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
  core.setDescriptor(HANDLER_TASK, descriptor(TSS3, 0x67, 0x89));
  writeTss(core, TSS2, NEW_CODE, 0x9800);
  writeTss(core, TSS3, HANDLER_CODE, 0x9c00);
  core.put(NEW_CODE, [0xf4]);
  core.put(HANDLER_CODE, [0xf4]);
  return core;
}

/** What the handler's task was entered with: error code, the task that was interrupted, and where. */
interface Met {
  error: number;
  task: number;
  eip: number;
}

/** Runs `code` until the handler of `fault` halts; null where it does not come to that. */
function meet(core: SystemCore, fault: Fault, code: string): Met | null {
  core.setGate(VECTORS[fault], gate(HANDLER_TASK, 0, 0x85));
  core.put(CODE, bytes(code));
  if (core.run(200) !== EXIT.halted || Number(core.rip) !== HANDLER_CODE + 1) return null;
  const task = core.view.getUint16(TSS3, true);
  return { error: core.frame32(0), task, eip: core.view.getUint32((task === SEL.tss ? TSS : TSS2) + OFFSET.eip, true) };
}

const JUMP = "ea 00 00 00 00 70 00";

describe("segments of a new task", () => {
  const spare = (attr: number, limit = 0xffffffff) => [SPARE, descriptor(0, limit, attr)] as const;
  // What stands in the TSS, what is expected, and a descriptor where another one is needed.
  const cases: [string, Field, number, Fault, number, (readonly [number, bigint])?][] = [
    ["an LDT by a selector of the LDT", "ldt", SPARE | 4, "TS", SPARE | 4],
    ["an LDT beyond the GDT", "ldt", BEYOND, "TS", BEYOND],
    ["an LDT that is a data segment", "ldt", SEL.data32, "TS", SEL.data32],
    ["an LDT that is not present", "ldt", SPARE, "TS", SPARE, [SPARE, descriptor(LDT, 0xff, 0x02)]],
    ["a null CS", "cs", 0, "TS", 0],
    ["a null CS with an RPL", "cs", 3, "TS", 0],
    ["CS beyond the GDT", "cs", BEYOND, "TS", BEYOND],
    ["CS in an LDT that is not there", "cs", SPARE | 4, "TS", SPARE | 4],
    ["CS that is data", "cs", SEL.data32, "TS", SEL.data32],
    ["CS that is a TSS", "cs", SEL.tss, "TS", SEL.tss],
    ["CS of an outer level by its RPL", "cs", SEL.userCode32 & ~3, "TS", SEL.userCode32 & ~3],
    ["CS of an inner level by its RPL", "cs", SEL.code32 | 3, "TS", SEL.code32],
    ["conforming CS of an outer level", "cs", SPARE, "TS", SPARE, spare(ATTR.code32 | 4 | 0x60)],
    ["CS that is not present", "cs", SPARE, "NP", SPARE, spare(ATTR.code32 & ~0x80)],
    ["a null SS", "ss", 0, "TS", 0],
    ["SS beyond the GDT", "ss", BEYOND, "TS", BEYOND],
    ["SS that is code", "ss", SEL.code32, "TS", SEL.code32],
    ["SS that is read-only", "ss", SEL.readOnly, "TS", SEL.readOnly],
    ["SS with another RPL", "ss", SEL.data32 | 1, "TS", SEL.data32],
    ["SS of another level", "ss", SEL.userData32 & ~3, "TS", SEL.userData32 & ~3],
    ["SS that is not present", "ss", SEL.absent, "SS", SEL.absent],
    ...(["es", "ds", "fs", "gs"] as const).flatMap(
      (field): [string, Field, number, Fault, number, (readonly [number, bigint])?][] => [
        [`${field} beyond the GDT`, field, BEYOND, "TS", BEYOND],
        [`${field} that is a TSS`, field, SEL.tss2, "TS", SEL.tss2],
        [`${field} that can only be executed`, field, SPARE, "TS", SPARE, spare(ATTR.code32 & ~2)],
        [`${field} with an RPL that may not`, field, SEL.data32 | 3, "TS", SEL.data32],
        [`${field} that is not present`, field, SEL.absent, "NP", SEL.absent],
      ],
    ),
  ];

  it.each(cases)("%s", (_name, field, selector, fault, error, entry) => {
    const core = makeCore();
    if (entry) core.setDescriptor(...entry);
    core.view.setUint32(TSS2 + OFFSET[field], selector, true);
    // The switch is complete: the fault is the new task's, before its first instruction.
    expect(meet(core, fault, JUMP)).toEqual({ error, task: SEL.tss2, eip: NEW_CODE });
  });

  it("of level 3 may be conforming code and data of level 3 alone", () => {
    const core = makeCore();
    core.setDescriptor(SPARE, descriptor(0, 0xffffffff, ATTR.code32 | 4));
    core.view.setUint32(TSS2 + OFFSET.cs, SPARE | 3, true);
    core.view.setUint32(TSS2 + OFFSET.ss, SEL.userData32, true);
    core.view.setUint32(TSS2 + OFFSET.ds, SEL.data32 | 3, true);
    core.view.setUint32(TSS2 + OFFSET.es, 0, true);
    expect(meet(core, "TS", JUMP)).toEqual({ error: SEL.data32, task: SEL.tss2, eip: NEW_CODE });
  });

  it("carry EXT where an exception or an interrupt switched the task, not where INT n did", () => {
    for (const [name, cause, code, vector] of [
      ["INT n", 0, "cd 40", 0x40],
      ["exception", 1, "0f 0b", 6],
    ] as const) {
      const core = makeCore();
      core.setGate(vector, gate(SEL.tss2, 0, 0x85));
      core.view.setUint32(TSS2 + OFFSET.ds, BEYOND, true);
      expect(meet(core, "TS", code), name).toEqual({ error: BEYOND | cause, task: SEL.tss2, eip: NEW_CODE });
    }
    const core = makeCore();
    core.setGate(0x50, gate(SEL.tss2, 0, 0x85));
    core.view.setUint32(TSS2 + OFFSET.ds, BEYOND, true);
    core.flags = 0x202;
    core.ex.setIntr(core.cpu, 1);
    expect(meet(core, "TS", "90 90")).toEqual({ error: BEYOND | 1, task: SEL.tss2, eip: NEW_CODE });
  });

  it("and its EIP must lie in its code segment: #GP(0)", () => {
    const core = makeCore();
    core.setDescriptor(SPARE, descriptor(0, 0xfff, ATTR.code32 & ~0x800));
    core.view.setUint32(TSS2 + OFFSET.cs, SPARE, true);
    expect(meet(core, "GP", JUMP)).toEqual({ error: 0, task: SEL.tss2, eip: NEW_CODE });
  });
});

describe("the TSS of a new task", () => {
  const cases: [string, string, Fault, number, (core: SystemCore) => void][] = [
    ["is too short", JUMP, "TS", SEL.tss2, (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x66, 0x89))],
    [
      "is too short for 16 bits",
      JUMP,
      "TS",
      SEL.tss2,
      (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x2a, 0x81)),
    ],
    ["is busy", JUMP, "GP", SEL.tss2, (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x67, 0x8b))],
    ["is not present", JUMP, "NP", SEL.tss2, (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x67, 0x09))],
    ["is for level 0", "ea 00 00 00 00 73 00", "GP", SEL.tss2, () => {}],
    ["is named by a gate through the LDT", "ea 00 00 00 00 a0 00", "GP", SEL.tss2 | 4, (core) => core.setDescriptor(SPARE, gate(SEL.tss2 | 4, 0, 0x85))], // prettier-ignore
    ["is named by a gate with a null selector", "ea 00 00 00 00 a0 00", "GP", 0, (core) => core.setDescriptor(SPARE, gate(0, 0, 0x85))], // prettier-ignore
    ["is not a TSS for its gate", "ea 00 00 00 00 a0 00", "GP", SEL.data32, (core) => core.setDescriptor(SPARE, gate(SEL.data32, 0, 0x85))], // prettier-ignore
    ["has a gate that is not present", "ea 00 00 00 00 a0 00", "NP", SPARE, (core) => core.setDescriptor(SPARE, gate(SEL.tss2, 0, 0x05))], // prettier-ignore
  ];
  it.each(cases)("%s: a fault of the old task", (_name, code, fault, error, prepare) => {
    const core = makeCore();
    prepare(core);
    expect(meet(core, fault, code)).toEqual({ error, task: SEL.tss, eip: CODE });
    expect(core.getDescriptor(SEL.tss) & (2n << 40n)).toBe(2n << 40n);
  });
});

describe("the back link that IRET follows with NT", () => {
  // pushfd; or dword [esp],NT; popfd; iretd
  const RETURN = "9c 81 0c 24 00 40 00 00 9d cf";
  const cases: [string, number, Fault, number, ((core: SystemCore) => void)?][] = [
    ["is null", 0, "TS", 0],
    ["names the LDT", SEL.tss2 | 4, "TS", SEL.tss2 | 4],
    ["lies beyond the GDT", BEYOND, "TS", BEYOND],
    ["names a task that is not busy", SEL.tss2, "TS", SEL.tss2],
    ["names a data segment", SEL.data32, "TS", SEL.data32],
    ["names a TSS that is not present", SEL.tss2, "NP", SEL.tss2, (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x67, 0x0b))], // prettier-ignore
    ["names a TSS that is too short", SEL.tss2, "TS", SEL.tss2, (core) => core.setDescriptor(SEL.tss2, descriptor(TSS2, 0x66, 0x8b))], // prettier-ignore
  ];
  it.each(cases)("%s", (_name, link, fault, error, prepare) => {
    const core = makeCore();
    core.view.setUint16(TSS, link, true);
    prepare?.(core);
    expect(meet(core, fault, RETURN)).toEqual({ error, task: SEL.tss, eip: CODE + 9 });
    expect(core.view.getUint32(TSS + OFFSET.flags, true) & LINK_NT).toBe(LINK_NT);
  });
});

describe("the stack of an inner level", () => {
  const stacks: [string, number, Fault, number, number?][] = [
    ["is null", 0, "TS", 0],
    ["lies beyond the GDT", BEYOND, "TS", BEYOND],
    ["has another RPL", SEL.data32 | 3, "TS", SEL.data32],
    ["is of another level", SEL.userData32 & ~3, "TS", SEL.userData32 & ~3],
    ["is read-only", SEL.readOnly, "TS", SEL.readOnly],
    ["is code", SEL.code32, "TS", SEL.code32],
    ["is not present", SEL.absent, "SS", SEL.absent],
    ["has no room for the frame", SPARE, "SS", SPARE, 0x100],
  ];
  it.each(stacks)("%s", (_name, ss, fault, error, esp = RING0_STACK) => {
    for (const [way, code, ext] of [
      ["INT n", "cd 80", 0],
      ["call gate", `9a 00 00 00 00 ${(SEL.gate | 3).toString(16)} 00`, 0],
      ["INTR", "90 90", 1],
    ] as const) {
      const core = makeCore(3);
      core.setDescriptor(SPARE, descriptor(0, 7, 0x493));
      core.setDescriptor(SEL.gate, gate(SEL.code32, NEW_CODE, 0xec));
      core.view.setUint32(TSS + 4, esp, true);
      core.view.setUint32(TSS + 8, ss, true);
      if (way === "INTR") {
        core.flags = 0x202;
        core.ex.setIntr(core.cpu, 1);
      }
      expect(meet(core, fault, code), way).toEqual({ error: error | ext, task: SEL.tss, eip: CODE });
      expect(core.view.getUint16(TSS + OFFSET.cs, true), way).toBe(SEL.userCode32);
    }
  });

  it("is beyond the TSS: #TS(TSS)", () => {
    const core = makeCore(3);
    core.setSegment("tr", SEL.tss, 0x8b, 8, TSS);
    expect(meet(core, "TS", "cd 80")?.error).toBe(SEL.tss);
  });

  it("makes a double fault where an exception needs it", () => {
    const core = makeCore(3);
    core.view.setUint32(TSS + 8, 0, true);
    core.setGate(8, gate(HANDLER_TASK, 0, 0x85));
    // #GP of level 3 finds no stack: #TS, and both are contributory.
    core.put(CODE, [0xf4]);
    expect(core.run(100)).toBe(EXIT.halted);
    expect(Number(core.rip)).toBe(HANDLER_CODE + 1);
    expect(core.frame32(0)).toBe(0);
  });

  it("in long mode is beyond the TSS: #TS(TSS) for RSP0 and IST; not canonical: #SS(0)", () => {
    const shortForIst = new SystemCore();
    shortForIst.start64(3);
    shortForIst.setSegment("tr", SEL.tss, 0x8b, 0x2b, TSS);
    shortForIst.view.setUint8(0x2000 + 0x80 * 16 + 4, 2); // IST2 ends at offset 33h
    expect(shortForIst.vectorOf("cd 80")).toBe(10);
    expect(shortForIst.frame64(0)).toBe(SEL.tss);
    const shortForRsp = new SystemCore();
    shortForRsp.start64(3);
    shortForRsp.setSegment("tr", SEL.tss, 0x8b, 10, TSS);
    expect(shortForRsp.vectorOf("cd 80")).toBe(-3); // #TS and #DF have no stack either
    for (const rsp of [0x8000_0000_0000n, 0xffff_7fff_ffff_fff0n]) {
      const core = new SystemCore();
      core.start64(3);
      core.view.setBigUint64(TSS + 4, rsp, true);
      core.view.setUint8(0x2000 + 12 * 16 + 4, 1);
      expect(core.vectorOf("cd 80")).toBe(12);
      expect(core.frame64(0)).toBe(0);
      expect(Number(core.reg("rsp"))).toBe(IST_STACK - 48);
    }
  });
});

describe("page faults of a task switch", () => {
  /** 4-KiB pages one to one by a directory at 40000h. */
  function withPaging(core: SystemCore): void {
    core.view.setUint32(0x40000, 0x41003, true);
    for (let page = 0; page < 1024; page++) core.view.setUint32(0x41000 + page * 4, (page << 12) | 3, true);
    core.ex.setControl(core.cpu, 0x8001_0011n, 0x40000n, 0x600n, 0n);
    core.ex.stateSet(core.cpu);
  }
  const setPage = (core: SystemCore, linear: number, flags: number) =>
    core.view.setUint32(0x41000 + (linear >> 12) * 4, (linear & ~0xfff) | flags, true);

  it.each([
    ["the new TSS is absent", 0, 0],
    ["the new TSS is read-only", 1, 3],
  ])("%s: in the old task, which goes on unchanged", (_name, flags, error) => {
    const at = 0x5000;
    const core = makeCore();
    withPaging(core);
    core.setDescriptor(SEL.tss2, descriptor(at, 0x67, 0x89));
    writeTss(core, at, NEW_CODE, 0x9800);
    setPage(core, at, flags);
    core.setReg("rbx", 0x77);
    expect(core.vectorOf(JUMP)).toBe(14);
    expect([0, 1, 2].map((n) => core.frame32(n))).toEqual([error, CODE, SEL.code32]);
    expect(core.selector("tr")).toBe(SEL.tss);
    expect(core.getDescriptor(SEL.tss2) & (2n << 40n)).toBe(0n);
    expect(Number(core.ex.getControl!(core.cpu, 2)) & ~0xfff).toBe(at);
  });
});
