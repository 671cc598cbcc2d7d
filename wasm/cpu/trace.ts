/**
 * What the core tells a developer while it runs, where that was asked for: interrupts and exceptions as they are
 * delivered, translations as they enter and leave the TLB. Each note is a call to the host (`debugLog`) and stands in a
 * slow path, so that an untraced machine pays one test there and nothing elsewhere.
 */
import { debugLog } from "../host";
import { Rec } from "../decode/record";
import { Cpu } from "./state";

/** Kinds that can be asked for. In the order of the names in src/core/core-trace.ts. */
export const TRACE_INTERRUPTS: u32 = 1;
export const TRACE_MMU: u32 = 2;

/** What a note is about, and what its two words say. */
/** vector | kind << 8 | error code is pushed << 16 | software << 17 | error code << 32; RIP. Before anything has changed. */
export const NOTE_INTERRUPT: u32 = 1;
/** Linear address | TLB set | write << 4; host page | PAGE_… bits of mmu/page-walk.ts. */
export const NOTE_TLB_FILL: u32 = 2;
/** Linear address; error code. */
export const NOTE_PAGE_FAULT: u32 = 3;
/** 0 everything, 1 all but global pages, 2 one page; its linear address. */
export const NOTE_TLB_FLUSH: u32 = 4;

let traced: u32 = 0;

export function setTraced(kinds: u32): void {
  traced = kinds;
}

/** `isSoftware`: INT n, INT3, INTO, which the trace shows at the instruction itself, as faults are. */
@inline export function traceInterrupt(cpu: Cpu, vector: u32, kind: u32, isSoftware: bool, hasErrorCode: bool, errorCode: u32): void {
  if (traced & TRACE_INTERRUPTS) noteInterrupt(cpu, vector | (kind << 8) | (<u32>isSoftware << 17) | (<u32>hasErrorCode << 16), errorCode, isSoftware);
}

function noteInterrupt(cpu: Cpu, what: u32, errorCode: u32, isSoftware: bool): void {
  const length: u64 = isSoftware ? changetype<Rec>(<usize>cpu.rec).length : 0;
  debugLog(NOTE_INTERRUPT, <u64>what | (<u64>errorCode << 32), cpu.rip - length);
}

@inline export function traceMmu(note: u32, a: u64, b: u64): void {
  if (traced & TRACE_MMU) debugLog(note, a, b);
}
