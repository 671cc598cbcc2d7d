/**
 * Segment registers loaded for a region that is under way: what the interpreter and the run loop do for MOV and POP (not of SS,
 * which casts a shadow). [SDM2] MOV, POP
 */
import { loadSegmentAndMode } from "../cpu/segments";
import { Cpu, STOP_FAULT } from "../cpu/state";

/** Faults: nothing has changed, the interpreter does it again. */
export const LOAD_FAULTS: i32 = 0;
export const LOADED: i32 = 1;
/** It is done, but the run loop has to look: the mode is another one, or something wants to stop. */
export const LOADED_AND_LEAVES: i32 = 2;

/** Imported. @returns LOAD_FAULTS, LOADED or LOADED_AND_LEAVES */
export function segmentForRegion(cpu: Cpu, index: u32, selector: u32): i32 {
  const mode = cpu.mode;
  loadSegmentAndMode(cpu, index, selector);
  if (cpu.fault) {
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    return LOAD_FAULTS;
  }
  return cpu.mode == mode && cpu.stop == 0 ? LOADED : LOADED_AND_LEAVES;
}
