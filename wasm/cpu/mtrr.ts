/**
 * Memory type range registers: 11 for fixed ranges, 8 variable pairs and the default type. They keep what is written, with the
 * checks of the manual; as there is no cache, memory types change nothing.
 * [SDM3] 11.11
 */
import { physAddrBits } from "./models";
import { Cpu, OFF_MTRR, ptr } from "./state";

const VARIABLE_COUNT: u32 = 8;
const FIXED_COUNT: u32 = 11;
/** Fixed ranges, write combining, and the number of variable pairs. */
export const MTRRCAP: u64 = 0x500 | VARIABLE_COUNT;

const MTRR_PHYSBASE0: u32 = 0x200;
const MTRR_FIX64K: u32 = 0x250;
const MTRR_FIX16K_80000: u32 = 0x258;
const MTRR_FIX16K_A0000: u32 = 0x259;
const MTRR_FIX4K_FIRST: u32 = 0x268;
const MTRR_FIX4K_LAST: u32 = 0x26f;
export const MTRR_DEF_TYPE: u32 = 0x2ff;
/** Fixed and all MTRRs enabled, and the type. */
const DEF_TYPE_WRITABLE: u64 = 0xcff;
const MASK_VALID: u64 = 0x800;

/** Where the register is in the Cpu struct's block, or -1 if it is none of them. */
function slotOf(msr: u32): i32 {
  if (msr >= MTRR_PHYSBASE0 && msr < MTRR_PHYSBASE0 + 2 * VARIABLE_COUNT) return <i32>(FIXED_COUNT + (msr - MTRR_PHYSBASE0)) * 8;
  if (msr == MTRR_FIX64K) return 0;
  if (msr == MTRR_FIX16K_80000) return 8;
  if (msr == MTRR_FIX16K_A0000) return 16;
  if (msr >= MTRR_FIX4K_FIRST && msr <= MTRR_FIX4K_LAST) return 24 + <i32>(msr - MTRR_FIX4K_FIRST) * 8;
  return -1;
}

export function isMtrr(msr: u32): bool {
  return msr == MTRR_DEF_TYPE || slotOf(msr) >= 0;
}

export function readMtrr(cpu: Cpu, msr: u32): u64 {
  return msr == MTRR_DEF_TYPE ? cpu.msrMtrrDefType : load<u64>(ptr(cpu) + OFF_MTRR + slotOf(msr));
}

/** UC, WC, WT, WP, WB. */
@inline function isType(type: u32): bool {
  return type == 0 || type == 1 || (type >= 4 && type <= 6);
}

/** False: reserved bits or types, #GP(0). */
export function writeMtrr(cpu: Cpu, msr: u32, value: u64): bool {
  if (msr == MTRR_DEF_TYPE) {
    if (value & ~DEF_TYPE_WRITABLE || !isType(<u32>value & 0xff)) return false;
    cpu.msrMtrrDefType = value;
    return true;
  }
  const isVariable = msr < MTRR_FIX64K;
  if (isVariable) {
    const address = ((<u64>1 << physAddrBits(cpu)) - 1) & ~(<u64>0xfff);
    const isMask = (msr & 1) != 0;
    if (value & ~(address | (isMask ? MASK_VALID : 0xff))) return false;
    if (!isMask && !isType(<u32>value & 0xff)) return false;
  } else {
    for (let shift: u64 = 0; shift < 64; shift += 8) if (!isType(<u32>(value >> shift) & 0xff)) return false;
  }
  store<u64>(ptr(cpu) + OFF_MTRR + slotOf(msr), value);
  return true;
}

export function resetMtrrs(cpu: Cpu): void {
  cpu.msrMtrrDefType = 0;
  memory.fill(ptr(cpu) + OFF_MTRR, 0, (FIXED_COUNT + 2 * VARIABLE_COUNT) * 8);
}
