/**
 * The interpreter's main switch: runs records until something outside a trace is wanted. wasm/isa/generate.mjs puts the
 * operations in and writes wasm/generated/run.ts; ids stand in for names.
 *
 * Leaving: `cpu.rip` says where to go on (at the instruction itself after a fault), `cpu.budget` what is left.
 * The budget is taken per trace, when it is left: records know their index. A trace is entered directly only if the
 * budget covers all of it, so a run stops at exactly the instruction it was asked to stop at.
 */
import { condB, condBE, condL, condLE, condO, condP, condS, condZ } from "../cpu/conditions";
import { ACCESS_READ, isCanonical, linear, ripOf } from "../cpu/address";
import { getZF } from "../cpu/flags";
import { Cpu, MODE_64, MODE_SIZE_MASK, SEG_CS, STOP_REPEAT, segment } from "../cpu/state";
import { raiseGP } from "../cpu/fault";
import { COLD_BASE, ENDS_BASE } from "./handlers";
import { REC_EA_32, REC_EA_64_SEG, REC_EA_INDEX, REC_MEM, REC_SIZE, Rec } from "../decode/record";
import { heatOf, jumpKey, jumpSlot, noteComputedJump, setHeat } from "../decode/code-index";
import { linkInPage, traceCount } from "../decode/trace-cache";
import { HANDLER_TABLE, PAGE_MASK, PAGE_SIZE } from "../layout";
import { memRead, memWrite } from "../mmu/access";
import { hits, hostPointer, tlbSlot } from "../mmu/tlb-entry";
import { refuseCall } from "../semantics/near";
import { raiseTooLong, raiseUndefined } from "../semantics/invalid";
import { Interp } from "../interp/backend";
import { Hit } from "../interp/hit-backend";
/* @IMPORTS@ */

/**
 * Counts an entry of the trace; true when it is hot: the run loop sees to it. All entries count, also by branches forward: a region
 * takes in what is come to often.
 */
@inline function isHot(trace: usize): bool {
  const heat = heatOf(trace);
  if (heat <= 1) return true;
  setHeat(trace, heat - 1);
  return false;
}

/** Offset from codeBase of what follows the instruction. */
@inline function nextOffset(rec: usize): u64 {
  return changetype<Rec>(rec).pageOffset + changetype<Rec>(rec).length;
}

/** After the instruction at `rec`, which asked to leave (`cpu.stop`): done, faulted, or to be visited again. */
function leave(cpu: Cpu, rec: usize, budget: i32): void {
  const stays = cpu.fault != 0 || (cpu.stop & STOP_REPEAT) != 0;
  cpu.stop &= ~STOP_REPEAT;
  cpu.rip = ripOf(cpu, cpu.codeBase + (stays ? <u64>changetype<Rec>(rec).pageOffset : nextOffset(rec)));
  cpu.budget = budget - 1 - changetype<Rec>(rec).index;
}

/** After the instruction at `rec`, a direct transfer that is done: on to its target, by way of the run loop. */
function leaveToTarget(cpu: Cpu, rec: usize, budget: i32): void {
  cpu.rip = ripOf(cpu, inCodeSpace(cpu, cpu.codeBase + <u64>changetype<Rec>(rec).imm));
  cpu.budget = budget - 1 - changetype<Rec>(rec).index;
}

/** Linear addresses outside 64-bit code have 32 bits. */
@inline function inCodeSpace(cpu: Cpu, linearAddr: u64): u64 {
  return (cpu.mode & MODE_SIZE_MASK) == MODE_64 ? linearAddr : linearAddr & 0xffff_ffff;
}

/** Linear address of the memory operand; the decoder gives records of general addresses to handlers. */
@inline function plainAddress(cpu: Cpu, r: Rec): u64 {
  const flags: u32 = r.flags;
  let sum = load<u64>(changetype<usize>(cpu) + r.base) + <u64>(<i64>r.disp);
  if (flags & REC_EA_INDEX) sum += load<u64>(changetype<usize>(cpu) + r.indexReg) << r.scale;
  if (flags & REC_EA_32) return sum & 0xffff_ffff;
  return flags & REC_EA_64_SEG ? sum + segment(cpu, r.seg).base : sum;
}

/** The same operation with all that can happen on the way: general addresses, TLB misses, devices, faults. */
function slow(cpu: Cpu, rec: usize, handler: u32): void {
  cpu.rec = <u32>rec;
  call_indirect<void>(load<u32>(HANDLER_TABLE + (handler << 2)), cpu, rec);
}

/** Runs from the first record of a trace. */
export function execute(cpu: Cpu, trace: usize): void {
  const b = changetype<Interp>(cpu);
  let rec = trace;
  let budget = cpu.budget;
  while (true) {
    let target: u64 = 0;
    let direct = true;
    const id: u32 = load<u16>(rec);
    switch (id) {
      case ID_FALLTHROUGH: {
        // Not an instruction: it takes no budget of its own.
        budget++;
        break;
      }
      case ID_BUDGET_END: {
        cpu.rip = ripOf(cpu, cpu.codeBase + changetype<Rec>(rec).pageOffset);
        cpu.budget = budget - changetype<Rec>(rec).index;
        return;
      }
      case ID_UNDEFINED: {
        raiseUndefined(cpu);
        leave(cpu, rec, budget);
        return;
      }
      case ID_TOO_LONG: {
        raiseTooLong(cpu);
        leave(cpu, rec, budget);
        return;
      }
      case ID_NOP_FAST: {
        rec += REC_SIZE;
        continue;
      }
      case ID_LEA_FAST32: {
        const r = changetype<Rec>(rec);
        store<u64>(changetype<usize>(cpu) + r.g, (load<u64>(changetype<usize>(cpu) + r.base) + (load<u64>(changetype<usize>(cpu) + r.indexReg) << r.scale) + <u64>(<i64>r.disp)) & 0xffff_ffff);
        rec += REC_SIZE;
        continue;
      }
      case ID_LEA_FAST64: {
        const r = changetype<Rec>(rec);
        store<u64>(changetype<usize>(cpu) + r.g, load<u64>(changetype<usize>(cpu) + r.base) + (load<u64>(changetype<usize>(cpu) + r.indexReg) << r.scale) + <u64>(<i64>r.disp));
        rec += REC_SIZE;
        continue;
      }
      case ID_JMP_FAST: {
        break;
      }
      case ID_CALL_FAST32: {
        cpu.rec = <u32>rec;
        const stack = (cpu.rsp - 4) & 0xffff_ffff;
        memWrite<u32>(cpu, stack, <u32>ripOf(cpu, cpu.codeBase + nextOffset(rec)));
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        if (cpu.stop) { leaveToTarget(cpu, rec, budget); return; }
        break;
      }
      case ID_CALL_FAST64: {
        cpu.rec = <u32>rec;
        const stack = cpu.rsp - 8;
        memWrite<u64>(cpu, stack, cpu.codeBase + nextOffset(rec));
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        if (cpu.stop) { leaveToTarget(cpu, rec, budget); return; }
        break;
      }
      case ID_RET_FAST32: {
        direct = false;
        cpu.rec = <u32>rec;
        target = memRead<u32>(cpu, cpu.rsp & 0xffff_ffff);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        cpu.rsp = (cpu.rsp + 4) & 0xffff_ffff;
        break;
      }
      case ID_RET_FAST64: {
        direct = false;
        cpu.rec = <u32>rec;
        target = memRead<u64>(cpu, cpu.rsp);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        if (!isCanonical(target)) { raiseGP(cpu, 0); leave(cpu, rec, budget); return; }
        cpu.rsp += 8;
        break;
      }
      case ID_JMP_E_FAST32: {
        direct = false;
        target = targetOperand<u32>(cpu, rec);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        noteComputedJump(cpu, target);
        break;
      }
      case ID_JMP_E_FAST64: {
        direct = false;
        target = targetOperand<u64>(cpu, rec);
        if (!cpu.fault && !isCanonical(target)) raiseGP(cpu, 0);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        noteComputedJump(cpu, target);
        break;
      }
      case ID_CALL_E_FAST32: {
        direct = false;
        cpu.rec = <u32>rec;
        target = targetOperand<u32>(cpu, rec);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        const stack = (cpu.rsp - 4) & 0xffff_ffff;
        memWrite<u32>(cpu, stack, <u32>ripOf(cpu, cpu.codeBase + nextOffset(rec)));
        if (cpu.fault) { refuseCall(cpu, stack, 4); leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        break;
      }
      case ID_CALL_E_FAST64: {
        direct = false;
        cpu.rec = <u32>rec;
        target = targetOperand<u64>(cpu, rec);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        const stack = cpu.rsp - 8;
        const isReachable = isCanonical(target);
        if (isReachable) memWrite<u64>(cpu, stack, cpu.codeBase + nextOffset(rec));
        if (!isReachable || cpu.fault) { refuseCall(cpu, stack, 8); leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        break;
      }
      case ID_PUSH_FAST32: {
        cpu.rec = <u32>rec;
        const stack = (cpu.rsp - 4) & 0xffff_ffff;
        memWrite<u32>(cpu, stack, load<u32>(changetype<usize>(cpu) + changetype<Rec>(rec).g));
        if (cpu.stop) { if (!cpu.fault) cpu.rsp = stack; leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        rec += REC_SIZE;
        continue;
      }
      case ID_PUSH_FAST64: {
        cpu.rec = <u32>rec;
        const stack = cpu.rsp - 8;
        memWrite<u64>(cpu, stack, load<u64>(changetype<usize>(cpu) + changetype<Rec>(rec).g));
        if (cpu.stop) { if (!cpu.fault) cpu.rsp = stack; leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        rec += REC_SIZE;
        continue;
      }
      case ID_PUSH_I_FAST32: {
        cpu.rec = <u32>rec;
        const stack = (cpu.rsp - 4) & 0xffff_ffff;
        memWrite<u32>(cpu, stack, <u32>changetype<Rec>(rec).imm);
        if (cpu.stop) { if (!cpu.fault) cpu.rsp = stack; leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        rec += REC_SIZE;
        continue;
      }
      case ID_PUSH_I_FAST64: {
        cpu.rec = <u32>rec;
        const stack = cpu.rsp - 8;
        memWrite<u64>(cpu, stack, <u64>changetype<Rec>(rec).imm);
        if (cpu.stop) { if (!cpu.fault) cpu.rsp = stack; leave(cpu, rec, budget); return; }
        cpu.rsp = stack;
        rec += REC_SIZE;
        continue;
      }
      case ID_POP_FAST32: {
        cpu.rec = <u32>rec;
        const value = memRead<u32>(cpu, cpu.rsp & 0xffff_ffff);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        cpu.rsp = (cpu.rsp + 4) & 0xffff_ffff;
        store<u64>(changetype<usize>(cpu) + changetype<Rec>(rec).g, <u64>value);
        if (cpu.stop) { leave(cpu, rec, budget); return; }
        rec += REC_SIZE;
        continue;
      }
      case ID_POP_FAST64: {
        cpu.rec = <u32>rec;
        const value = memRead<u64>(cpu, cpu.rsp);
        if (cpu.fault) { leave(cpu, rec, budget); return; }
        cpu.rsp += 8;
        store<u64>(changetype<usize>(cpu) + changetype<Rec>(rec).g, value);
        if (cpu.stop) { leave(cpu, rec, budget); return; }
        rec += REC_SIZE;
        continue;
      }
      /* @CASES@ */
      default: {
        cpu.rec = <u32>rec;
        if (id < ENDS_BASE) {
          call_indirect<void>(load<u32>(HANDLER_TABLE + ((id - COLD_BASE) << 2)), cpu, rec);
          if (cpu.stop) { leave(cpu, rec, budget); return; }
          rec += REC_SIZE;
          continue;
        }
        const fetched = cpu.codeBase;
        const rip = ripOf(cpu, fetched + changetype<Rec>(rec).pageOffset);
        cpu.rip = ripOf(cpu, fetched + nextOffset(rec));
        call_indirect<void>(load<u32>(HANDLER_TABLE + ((id - COLD_BASE) << 2)), cpu, rec);
        if (cpu.fault) cpu.rip = rip;
        cpu.budget = budget - 1 - changetype<Rec>(rec).index;
        return;
      }
    }

    // A near transfer: to the record's own target (direct) or to `target`, an offset in CS. Everything in the instruction is done.
    budget -= <i32>changetype<Rec>(rec).index + 1;
    cpu.budget = budget;
    if (direct) {
      const offset = <u64>changetype<Rec>(rec).imm;
      target = cpu.codeBase + offset;
      if (offset < PAGE_SIZE) {
        // Nothing asks to stop here: what was run since the trace was entered would have left.
        let next: usize = changetype<Rec>(rec).link;
        if (next == 0) next = linkInPage(cpu, rec);
        if (next != 0) {
          if (budget >= traceCount(next)) {
            if (!isHot(next)) {
              rec = next;
              continue;
            }
          }
        }
        cpu.rip = ripOf(cpu, target);
        return;
      }
      target = inCodeSpace(cpu, target);
    } else if ((cpu.mode & MODE_SIZE_MASK) != MODE_64) target = (target + segment(cpu, SEG_CS).base) & 0xffff_ffff;
    const slot = jumpSlot(cpu, target);
    if (load<u64>(slot) == jumpKey(cpu, target)) {
      const next: usize = load<u32>(slot, 8);
      if (budget >= traceCount(next)) {
        if (!cpu.stop) {
          if (!isHot(next)) {
            cpu.codeBase = target & PAGE_MASK;
            rec = next;
            continue;
          }
        }
      }
    }
    cpu.rip = ripOf(cpu, target);
    return;
  }
}

/** The target of an indirect near transfer. May fault. */
@inline function targetOperand<T>(cpu: Cpu, rec: usize): u64 {
  const r = changetype<Rec>(rec);
  let target: u64;
  if (!(r.flags & REC_MEM)) target = <u64>load<T>(changetype<usize>(cpu) + r.e);
  else {
    cpu.rec = <u32>rec;
    const linearAddr = linear(cpu, r, sizeof<T>(), ACCESS_READ);
    if (cpu.fault) return 0;
    target = <u64>memRead<T>(cpu, linearAddr);
    if (cpu.fault) return 0;
  }
  return target;
}
