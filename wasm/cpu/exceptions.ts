/**
 * From a fault that an instruction raised to its delivery: which vectors carry an error code, what a fault during
 * delivery turns into (serial, double fault, shutdown).
 * [SDM3] 6.3 – 6.5, 6.13, table 6-5 (double-fault conditions) – [APM2] 8.2
 */
import { DR7_GD } from "./debug";
import { VECTOR_AC, VECTOR_DB, VECTOR_DE, VECTOR_DF, VECTOR_GP, VECTOR_PF, VECTOR_TS, raiseCode } from "./fault";
import { KIND_EXCEPTION, interrupt } from "./interrupts";
import { updateMode } from "./mode";
import { ACTIVITY_SHUTDOWN, Cpu, EVENT_DEBUG, EVENT_TASK_FAULT, EVENT_TRIPLE_FAULT, STOP_EVENT, STOP_FAULT } from "./state";

/** #CP of processors with control-flow enforcement; has an error code. */
const VECTOR_CP: u32 = 21;
/** Descriptors that a GDT can hold. A longer chain of tasks that fault at once means that busy bits do not stay set. */
const MAX_TASKS: u32 = 8192;

export function hasErrorCode(vector: u32): bool {
  return vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF) || vector == VECTOR_AC || vector == VECTOR_CP;
}

@inline function isContributory(vector: u32): bool {
  return vector == VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP) || vector == VECTOR_CP;
}

/** Whether `second`, raised while `first` was delivered, makes a double fault. */
export function isDoubleFault(first: u32, second: u32): bool {
  if (first == VECTOR_PF) return second == VECTOR_PF || isContributory(second);
  return isContributory(first) && isContributory(second);
}

/**
 * Delivers the fault in `cpu.fault`, `faultVector`, `faultCode` at `cpu.rip` (the faulting instruction). Afterwards no fault is
 * pending: `cpu.rip` is the handler's, or the processor has shut down.
 */
export function deliverFault(cpu: Cpu): void {
  // Traps of an instruction that did not complete are void: it will be restarted.
  cpu.pendingDebug = 0;
  cpu.events &= ~EVENT_DEBUG;
  deliverPending(cpu);
}

/** Delivers the fault that a switch to the present task has left (EVENT_TASK_FAULT). */
export function deliverTaskFault(cpu: Cpu): void {
  if (takeTaskFault(cpu)) deliverPending(cpu);
}

/** Whether a task switch has left a fault of its new task; if so, it is in faultVector and faultCode, to be delivered now. */
function takeTaskFault(cpu: Cpu): bool {
  if (!(cpu.events & EVENT_TASK_FAULT)) return false;
  cpu.pendingDebug = 0;
  cpu.events &= ~(EVENT_TASK_FAULT | EVENT_DEBUG);
  return true;
}

/** Delivers an exception that is a trap or that is raised between instructions. */
export function deliverException(cpu: Cpu, vector: u32, errorCode: u32): void {
  raiseCode(cpu, vector, errorCode);
  deliverPending(cpu);
}

/** Delivers an external interrupt or NMI, and whatever exceptions that leads to. */
export function deliverEvent(cpu: Cpu, vector: u32, kind: u32): void {
  interrupt(cpu, vector, kind, false, 0);
  if (cpu.fault || takeTaskFault(cpu)) deliverPending(cpu);
}

function deliverPending(cpu: Cpu): void {
  let vector = cpu.faultVector;
  let errorCode = cpu.faultCode;
  let tasks: u32 = 0;
  while (true) {
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    if (vector == VECTOR_DB) cpu.dr7 &= ~(<u64>DR7_GD);
    interrupt(cpu, vector, KIND_EXCEPTION, hasErrorCode(vector), errorCode);
    if (!cpu.fault) {
      if (!takeTaskFault(cpu)) break;
      // An exception of its own, not part of the delivery that switched the task.
      if (++tasks > MAX_TASKS) {
        shutdown(cpu);
        break;
      }
      vector = cpu.faultVector;
      errorCode = cpu.faultCode;
      continue;
    }
    if (vector == VECTOR_DF) {
      shutdown(cpu);
      break;
    }
    if (isDoubleFault(vector, cpu.faultVector)) {
      vector = VECTOR_DF;
      errorCode = 0;
    } else {
      vector = cpu.faultVector;
      errorCode = cpu.faultCode;
    }
  }
}

/** Triple fault: nothing but INIT, NMI and RESET brings the processor back. */
function shutdown(cpu: Cpu): void {
  cpu.fault = 0;
  cpu.stop = (cpu.stop & ~STOP_FAULT) | STOP_EVENT;
  cpu.activity = ACTIVITY_SHUTDOWN;
  cpu.events |= EVENT_TRIPLE_FAULT;
  updateMode(cpu);
}
