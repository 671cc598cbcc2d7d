/**
 * Where code is: translation of instruction addresses with the permission to execute (NX, SMEP, U/S).
 * The read entries of the TLB remember whether their page may be executed, so that most translations need no walk.
 * [SDM3] 4.6.1, 4.7
 */
import { PAGE_SIZE } from "../layout";
import { raiseGP } from "../cpu/fault";
import { TLB_SET_USER, rightsSet } from "../cpu/mode";
import { isCanonical } from "../cpu/address";
import { CR4_SMAP, Cpu, EFER_LMA } from "../cpu/state";
import { PAGE_GLOBAL, PAGE_USER, WALK_FETCH, WALK_USER, lastPageBits, translate } from "./page-walk";
import { readPointer } from "./physical";
import { readByte } from "./slow-access";
import { fillTlb, probeExecute, probedGlobal } from "./tlb";

/** Whether the page that `translateCode` has found last is global. */
export let codeIsGlobal: bool = false;

/**
 * Host pointer of the code byte at `linearAddr`, good up to the end of its page. 0 if a fault was raised (`cpu.fault`: #PF, or #GP(0) for an
 * address that is not canonical), or if the byte is not in memory: then `fetchByte` gets it.
 */
export function translateCode(cpu: Cpu, linearAddr: u64): usize {
  const set = rightsSet(cpu);
  const known = probeExecute(cpu, set, linearAddr);
  if (known) {
    codeIsGlobal = probedGlobal;
    return known;
  }
  const physAddr = walkCode(cpu, linearAddr);
  if (cpu.fault) return 0;
  const hostPtr = readPointer(cpu, physAddr);
  codeIsGlobal = (lastPageBits() & PAGE_GLOBAL) != 0;
  // With SMAP a user page that the supervisor may execute need not be one that it may read.
  if (hostPtr && (set == TLB_SET_USER || !(cpu.cr4 & CR4_SMAP && lastPageBits() & PAGE_USER))) fillTlb(cpu, set, 0, linearAddr, hostPtr & ~(<usize>PAGE_SIZE - 1), lastPageBits());
  return hostPtr;
}

/** The code byte at `linearAddr`, from memory or from a device. May fault. */
export function fetchByte(cpu: Cpu, linearAddr: u64): u32 {
  const physAddr = walkCode(cpu, linearAddr);
  return cpu.fault ? 0 : readByte(cpu, physAddr);
}

function walkCode(cpu: Cpu, linearAddr: u64): u64 {
  if (cpu.efer & EFER_LMA && !isCanonical(linearAddr)) {
    raiseGP(cpu, 0);
    return 0;
  }
  return translate(cpu, linearAddr, cpu.cpl == 3 ? WALK_FETCH | WALK_USER : WALK_FETCH);
}
