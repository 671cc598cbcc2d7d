/**
 * XGETBV, XSAVEOPT and CLFLUSH as the guest runs them, and opcodes beside RDSEED that this processor does not have.
 * [SDM1] 13.2, 13.9 – [SDM2] XGETBV, XSAVEOPT, CLFLUSH, RDPID
 */
import { describe, expect, it } from "vitest";
import { SystemCore, le32 } from "./system-image.ts";

const NOTHING = -1;
const UD = 6;
const GP = 13;
const PF = 14;

const HLT = "f4";
/** MOV RAX, CR4; OR EAX, OSXSAVE; MOV CR4, RAX. */
const ENABLE = "0f 20 e0 0d 00 00 04 00 0f 22 e0";
/** XCR0 = x87 and SSE. */
const SET_XCR0 = "31 c9 31 d2 b8 03 00 00 00 0f 01 d1";
const XGETBV = "0f 01 d0";
const IMAGE = 0x9000;
const MOV_EDI_IMAGE = `bf ${le32(IMAGE)}`;
/** XSAVEOPT [RDI] of x87 and SSE. */
const XSAVEOPT = "b8 03 00 00 00 31 d2 0f ae 37";

function started(): SystemCore {
  const core = new SystemCore();
  core.start64();
  return core;
}

describe("XGETBV", () => {
  it("reads XCR0, clearing the upper halves; only number 0 is there", () => {
    const core = started();
    for (const name of ["rax", "rdx"] as const) core.setReg(name, 0xffff_ffff_ffff_ffffn);
    expect(core.vectorOf(`${ENABLE} ${SET_XCR0} 48 83 c8 ff 48 83 ca ff ${XGETBV} ${HLT}`)).toBe(NOTHING);
    expect([core.reg("rax"), core.reg("rdx")]).toEqual([3n, 0n]);
    expect(started().vectorOf(`${ENABLE} b9 02 00 00 00 ${XGETBV} ${HLT}`)).toBe(GP);
  });

  it("is undefined without CR4.OSXSAVE", () => {
    expect(started().vectorOf(`31 c9 ${XGETBV} ${HLT}`)).toBe(UD);
  });
});

describe("XSAVEOPT", () => {
  it("saves what is not in its initial configuration, and says so", () => {
    const core = started();
    core.put(IMAGE, new Array<number>(576).fill(0x5a));
    core.put(IMAGE + 512, new Array<number>(64).fill(0));
    // FNINIT; PCMPEQD XMM0, XMM0
    expect(core.vectorOf(`db e3 66 0f 76 c0 ${ENABLE} ${SET_XCR0} ${MOV_EDI_IMAGE} ${XSAVEOPT} ${HLT}`)).toBe(NOTHING);
    expect(core.view.getBigUint64(IMAGE + 512, true)).toBe(2n);
    expect(core.view.getUint32(IMAGE + 24, true)).toBe(0x1f80);
    expect(core.view.getBigUint64(IMAGE + 160, true)).toBe(0xffff_ffff_ffff_ffffn);
    expect(core.view.getBigUint64(IMAGE + 176, true)).toBe(0n);
    // The x87's part was not written.
    expect(core.view.getUint16(IMAGE, true)).toBe(0x5a5a);
  });

  it("wants 64-byte alignment and CR4.OSXSAVE", () => {
    const misaligned = `bf ${le32(IMAGE + 32)}`;
    expect(started().vectorOf(`${ENABLE} ${SET_XCR0} ${misaligned} ${XSAVEOPT} ${HLT}`)).toBe(GP);
    expect(started().vectorOf(`${MOV_EDI_IMAGE} ${XSAVEOPT} ${HLT}`)).toBe(UD);
  });
});

describe("CLFLUSH", () => {
  const CLFLUSH = "0f ae 3f";

  it("changes nothing, and faults as a load does", () => {
    const core = started();
    core.put(IMAGE, [1, 2, 3, 4]);
    const before = core.flags;
    expect(core.vectorOf(`${MOV_EDI_IMAGE} ${CLFLUSH} ${HLT}`)).toBe(NOTHING);
    expect(core.view.getUint32(IMAGE, true)).toBe(0x04030201);
    expect(core.flags).toBe(before);

    const absent = started();
    expect(absent.vectorOf(`bf 00 00 00 40 ${CLFLUSH} ${HLT}`)).toBe(PF);
    expect(absent.ex.getControl(absent.cpu, 2)).toBe(0x4000_0000n);
    // Not present, read, by the supervisor.
    expect(absent.frame64(0)).toBe(0);
  });

  it("cannot be locked", () => {
    expect(started().vectorOf(`${MOV_EDI_IMAGE} f0 ${CLFLUSH} ${HLT}`)).toBe(UD);
  });
});

it.each(["f3 0f c7 f8", "f2 0f c7 f8", "f3 0f c7 f0", "f2 0f c7 f0"])("%s is undefined: there is no RDPID", (code) => {
  expect(started().vectorOf(`${code} ${HLT}`)).toBe(UD);
});
