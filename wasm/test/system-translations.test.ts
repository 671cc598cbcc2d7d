/**
 * Which translations stay, and which go: MOV to CR3 with and without bit 63, PCIDs, global pages, INVLPG, INVPCID, and writes of CR0
 * and CR4. A translation that may stay may as well be dropped; one that must go must not be used. The core keeps those of the
 * current PCID and global ones.
 * [SDM3] 4.10.1, 4.10.4.1 – [SDM2] MOV CR, INVPCID – [APM2] 5.5
 */
import { describe, expect, it } from "vitest";
import { SystemCore, bytes, le32 } from "./system-image.ts";

const GP = 13;
const PML4 = 0x70_0000;
const LARGE_ENTRY = 0x70_2000;
/** The page table of the first 2 MiB of the address space whose CR3 is PML4, and of another one. */
const TABLE = 0x72_0000;
const PML4_2 = 0x74_0000;
const TABLE_2 = 0x74_3000;
const PAGE_P_W_U = 7;
const PAGE_G = 0x100;
/** Two pages that tests move: LOCAL, and GLOBAL, which has G. */
const LOCAL = 0x10_0000;
const GLOBAL = 0x10_1000;
const CR4_BASE = 0x6a0; // PAE PGE OSFXSR OSXMMEXCPT
const CR4_PCIDE = 0x2_0000;
const HANDLED = 0x80;

/** Long mode with 4-KiB pages, PGE, PCIDs if asked for. Memory at LOCAL and GLOBAL is 1, where they are moved to 2. */
function makeCore(hasPcids: boolean): SystemCore {
  const core = new SystemCore();
  core.start64();
  const fill = (table: number): void => {
    for (let page = 0; page < 512; page++)
      core.view.setBigUint64(
        table + page * 8,
        BigInt(page * 0x1000 + PAGE_P_W_U + (page * 0x1000 === GLOBAL ? PAGE_G : 0)),
        true,
      );
  };
  fill(TABLE);
  fill(TABLE_2);
  core.view.setBigUint64(LARGE_ENTRY, BigInt(TABLE + PAGE_P_W_U), true);
  core.view.setBigUint64(PML4_2, BigInt(PML4_2 + 0x1000 + PAGE_P_W_U), true);
  core.view.setBigUint64(PML4_2 + 0x1000, BigInt(PML4_2 + 0x2000 + PAGE_P_W_U), true);
  core.view.setBigUint64(PML4_2 + 0x2000, BigInt(TABLE_2 + PAGE_P_W_U), true);
  for (const page of [LOCAL, GLOBAL]) {
    core.ram[page] = 1;
    core.ram[page + 0x8000] = 2;
  }
  core.ex.setControl!(core.cpu, 0x8005_0033n, BigInt(PML4), BigInt(CR4_BASE | (hasPcids ? CR4_PCIDE : 0)), 0xd01n);
  core.ex.stateSet!(core.cpu);
  return core;
}

const READ_BOTH = `8a 1c 25 ${le32(LOCAL)} 8a 3c 25 ${le32(GLOBAL)}`; // mov bl,[LOCAL]; mov bh,[GLOBAL]
const READ_AGAIN = `8a 0c 25 ${le32(LOCAL)} 8a 2c 25 ${le32(GLOBAL)}`; // mov cl,[LOCAL]; mov ch,[GLOBAL]
/** The entry of `page` leads 8000h further. */
const MOVE = (table: number, page: number): string => `81 04 25 ${le32(table + (page >> 12) * 8)} 00 80 00 00`;
const MOVE_BOTH = `${MOVE(TABLE, LOCAL)} ${MOVE(TABLE, GLOBAL)}`;
const le64 = (value: bigint): string => `${le32(Number(value & 0xffff_ffffn))} ${le32(Number(value >> 32n))}`;
const SET_CR3 = (value: bigint): string => `48 b8 ${le64(value)} 0f 22 d8`;
/** MOV RAX, value; MOV CR4, RAX. */
const SET_CR4 = (value: number): string => `b8 ${le32(value)} 0f 22 e0`;
const KEEP = 1n << 63n;

/** Both pages are read, moved, then `code` runs, then they are read again: [LOCAL, GLOBAL] as they were and are. */
function readAround(core: SystemCore, code: string): number[] {
  expect(core.vectorOf(`${READ_BOTH} ${MOVE_BOTH} ${code} ${READ_AGAIN} cd 80`)).toBe(HANDLED);
  return [core.reg("rbx"), core.reg("rcx")].flatMap((value) => [Number(value) & 0xff, (Number(value) >> 8) & 0xff]);
}

const [OLD, NEW] = [1, 2];

describe("what serves after the entry has changed", () => {
  it.each([
    // without PCIDs
    ["nothing", false, "90", [OLD, OLD]],
    ["MOV to CR3", false, SET_CR3(BigInt(PML4)), [NEW, OLD]],
    ["INVLPG of the one", false, `0f 01 3c 25 ${le32(LOCAL + 0x123)}`, [NEW, OLD]],
    ["INVLPG of the global one", false, `0f 01 3c 25 ${le32(GLOBAL)}`, [OLD, NEW]],
    ["PGE off and on", false, `${SET_CR4(CR4_BASE & ~0x80)} ${SET_CR4(CR4_BASE)}`, [NEW, NEW]],
    ["WP off and on", false, "0f 20 c0 25 ff ff fe ff 0f 22 c0 0d 00 00 01 00 0f 22 c0", [NEW, NEW]],
    ["CR4 with a bit that does not concern paging", false, SET_CR4(CR4_BASE | 4), [OLD, OLD]],
    // with PCIDs
    ["MOV to CR3 of the same PCID", true, SET_CR3(BigInt(PML4)), [NEW, OLD]],
    ["MOV to CR3 of the same PCID with bit 63", true, SET_CR3(BigInt(PML4) | KEEP), [OLD, OLD]],
    ["MOV to CR3 with another PCID and back without bit 63", true, `${SET_CR3(BigInt(PML4) | 5n)} ${SET_CR3(BigInt(PML4))}`, [NEW, OLD]], // prettier-ignore
    ["PCIDE off", true, SET_CR4(CR4_BASE), [NEW, NEW]],
  ])("%s (PCIDs %s)", (_name, hasPcids, code, after) => {
    expect(readAround(makeCore(hasPcids), code)).toEqual([OLD, OLD, ...after]);
  });

  it("a PCID sees its own address space, and global pages of all", () => {
    const core = makeCore(true);
    // The other address space has both pages elsewhere; only the global one may be seen as it was.
    for (const page of [LOCAL, GLOBAL])
      core.view.setBigUint64(TABLE_2 + (page >> 12) * 8, BigInt(page + 0x8000 + PAGE_P_W_U), true);
    expect(core.vectorOf(`${READ_BOTH} ${SET_CR3(BigInt(PML4_2) | 1n | KEEP)} ${READ_AGAIN} cd 80`)).toBe(HANDLED);
    expect(Number(core.reg("rcx")) & 0xff).toBe(NEW);
    expect((Number(core.reg("rcx")) >> 8) & 0xff).toBe(OLD);
  });

  it("an entry that was not present is never remembered", () => {
    const core = makeCore(true);
    core.view.setBigUint64(TABLE + (LOCAL >> 12) * 8, 0n, true);
    expect(core.vectorOf(`8a 1c 25 ${le32(LOCAL)} cd 80`)).toBe(14);
    core.view.setBigUint64(TABLE + (LOCAL >> 12) * 8, BigInt(LOCAL + PAGE_P_W_U), true);
    const again = makeCore(true);
    again.view.setBigUint64(TABLE + (LOCAL >> 12) * 8, 0n, true);
    // #PF: its handler makes the page present and returns.
    again.put(
      0x4000 + 14 * 16,
      bytes(`48 83 c4 08 81 04 25 ${le32(TABLE + (LOCAL >> 12) * 8)} ${le32(LOCAL + PAGE_P_W_U)} 48 cf`),
    );
    expect(again.vectorOf(`8a 1c 25 ${le32(LOCAL)} cd 80`)).toBe(HANDLED);
    expect(Number(again.reg("rbx")) & 0xff).toBe(OLD);
  });
});

describe("INVPCID", () => {
  const DESCRIPTOR = 0x9000;
  const invpcid = (type: number) => `b8 ${le32(type)} 66 0f 38 82 04 25 ${le32(DESCRIPTOR)}`;
  it.each([
    ["address of this PCID", 0, 0n, BigInt(LOCAL), [NEW, OLD]],
    ["address of another PCID", 0, 7n, BigInt(LOCAL), [OLD, OLD]],
    ["this PCID", 1, 0n, 0n, [NEW, OLD]],
    ["another PCID", 1, 7n, 0n, [OLD, OLD]],
    ["all with global ones", 2, 0n, 0n, [NEW, NEW]],
    ["all but global ones", 3, 0n, 0n, [NEW, OLD]],
  ])("%s", (_name, type, pcid, address, after) => {
    const core = makeCore(true);
    core.view.setBigUint64(DESCRIPTOR, pcid, true);
    core.view.setBigUint64(DESCRIPTOR + 8, address, true);
    expect(readAround(core, invpcid(type))).toEqual([OLD, OLD, ...after]);
  });
});

describe("CR3 and CR4.PCIDE", () => {
  it("keep bit 63 out of CR3, and the PCID in it", () => {
    const core = makeCore(true);
    expect(core.vectorOf(`${SET_CR3(BigInt(PML4) | 0x123n | KEEP)} 0f 20 db cd 80`)).toBe(HANDLED);
    expect(core.reg("rbx")).toBe(BigInt(PML4) | 0x123n);
  });

  it.each([
    ["bit 63 without PCIDE", false, SET_CR3(BigInt(PML4) | KEEP)],
    ["a bit above the physical addresses", true, SET_CR3(BigInt(PML4) | (1n << 52n))],
    ["PCIDE with a PCID in CR3", false, `${SET_CR3(BigInt(PML4) | 8n)} ${SET_CR4(CR4_BASE | CR4_PCIDE)}`],
    ["paging off with PCIDE", true, "b8 11 00 00 00 0f 22 c0"],
  ])("%s: #GP(0)", (_name, hasPcids, code) => {
    const core = makeCore(hasPcids);
    expect(core.vectorOf(`${code} cd 80`)).toBe(GP);
    expect(core.frame64(0)).toBe(0);
  });

  it("PCIDE outside long mode: #GP(0)", () => {
    const core = new SystemCore();
    core.start32();
    expect(core.vectorOf(`${SET_CR4(CR4_PCIDE)} cd 80`)).toBe(GP);
  });
});
