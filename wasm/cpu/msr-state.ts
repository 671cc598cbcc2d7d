/**
 * MSRs and other state that few instructions touch: a block in the Cpu struct behind the page-directory-pointer registers.
 */
import { Cpu, OFF_MSR_MISC, ptr } from "./state";

/** Machine-check banks. */
export const MC_BANKS: u32 = 4;

@unmanaged @final
export class MsrMisc {
  // The page-directory-pointer registers: see mmu/page-walk.ts.
  pdpte0: u64; pdpte1: u64; pdpte2: u64; pdpte3: u64;
  // 32
  tscAdjust: u64;
  hwcr: u64;
  syscfg: u64;
  topMem: u64;
  topMem2: u64;
  nbCfg: u64;
  intPending: u64;
  lsCfg: u64;
  icCfg: u64;
  dcCfg: u64;
  deCfg: u64;
  buCfg2: u64;
  patchLevel: u64;
  mcgStatus: u64;
  mcgCtl: u64;
  eblCr: u64;
  // 160: CTL, STATUS, ADDR, MISC of each bank
  bank0: u64; bank1: u64; bank2: u64; bank3: u64; bank4: u64; bank5: u64; bank6: u64; bank7: u64;
  bank8: u64; bank9: u64; bank10: u64; bank11: u64; bank12: u64; bank13: u64; bank14: u64; bank15: u64;
  // 288: generator behind RDRAND (cpu/random.ts)
  randomKey0: u64; randomKey1: u64; randomKey2: u64; randomKey3: u64;
  randomCount: u64;
  clockVersion: u32;
}

/** Offset of the machine-check banks in MsrMisc. */
export const OFF_BANKS: u32 = 160;
export const OFF_RANDOM_KEY: u32 = 288;

@inline export function miscOf(cpu: Cpu): MsrMisc {
  return changetype<MsrMisc>(ptr(cpu) + OFF_MSR_MISC);
}
