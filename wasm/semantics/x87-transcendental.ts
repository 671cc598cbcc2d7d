/**
 * x87 transcendental instructions. FSIN, FCOS, FSINCOS and FPTAN set C2 and leave operands from 2^63 on alone.
 * The functions themselves: fpu/exponential.ts, fpu/trigonometric.ts. [SDM1] 8.3.7, 8.3.8; [SDM2]
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { exponential, yLog, yLogPlus1 } from "../fpu/exponential";
import { FSW_C1, FSW_C2, FSW_IE, Float80, indefinite, isSpecial, one, raisedFlags } from "../fpu/float80";
import { getSt, isEmpty, overflow, pop, push, setSt, settle, underflow } from "../fpu/stack";
import { arctangent, cosine, isReducible, sine, tangent } from "../fpu/trigonometric";
import { noteInstruction } from "./x87-pointers";

@inline function setC2(cpu: Cpu, isSet: bool): void {
  cpu.fpuStatus = <u16>(isSet ? (cpu.fpuStatus | FSW_C2) & ~FSW_C1 : cpu.fpuStatus & ~FSW_C2);
}

/** ST(0) ← result, unless an unmasked exception forbids it. */
function replaceTop(cpu: Cpu, result: Float80): void {
  if (settle(cpu)) setSt(cpu, 0, result);
}

export function F2XM1(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (!isEmpty(cpu, 0)) replaceTop(cpu, exponential(cpu.fpuControl, getSt(cpu, 0)));
  else if (underflow(cpu)) setSt(cpu, 0, indefinite());
}

/** Two operands: the result goes to ST(1), then ST(0) is popped. */
function replaceBoth(cpu: Cpu, result: Float80): void {
  if (!settle(cpu)) return;
  setSt(cpu, 1, result);
  pop(cpu);
}

/** Both operands are there; otherwise the response to that has been given. */
function hasBoth(cpu: Cpu, rec: Rec): bool {
  noteInstruction(cpu, rec);
  if (!isEmpty(cpu, 0) && !isEmpty(cpu, 1)) return true;
  if (underflow(cpu)) {
    setSt(cpu, 1, indefinite());
    pop(cpu);
  }
  return false;
}

export function FYL2X(cpu: Cpu, rec: Rec): void {
  if (hasBoth(cpu, rec)) replaceBoth(cpu, yLog(cpu.fpuControl, getSt(cpu, 0), getSt(cpu, 1)));
}

export function FYL2XP1(cpu: Cpu, rec: Rec): void {
  if (hasBoth(cpu, rec)) replaceBoth(cpu, yLogPlus1(cpu.fpuControl, getSt(cpu, 0), getSt(cpu, 1)));
}

export function FPATAN(cpu: Cpu, rec: Rec): void {
  if (hasBoth(cpu, rec)) replaceBoth(cpu, arctangent(cpu.fpuControl, getSt(cpu, 1), getSt(cpu, 0)));
}

/** The operand is there and can be reduced; otherwise the response to that has been given. `pushes`: a second result follows. */
function canReduce(cpu: Cpu, rec: Rec, pushes: bool): bool {
  noteInstruction(cpu, rec);
  const isUnderflow = isEmpty(cpu, 0);
  if (isUnderflow || (pushes && !isEmpty(cpu, 7))) {
    setC2(cpu, false);
    if (isUnderflow ? underflow(cpu) : overflow(cpu)) {
      setSt(cpu, 0, indefinite());
      if (pushes) push(cpu, indefinite());
    }
    return false;
  }
  const isPossible = isReducible(getSt(cpu, 0));
  setC2(cpu, !isPossible);
  return isPossible;
}

export function FSIN(cpu: Cpu, rec: Rec): void {
  if (canReduce(cpu, rec, false)) replaceTop(cpu, sine(cpu.fpuControl, getSt(cpu, 0)));
}

export function FCOS(cpu: Cpu, rec: Rec): void {
  if (canReduce(cpu, rec, false)) replaceTop(cpu, cosine(cpu.fpuControl, getSt(cpu, 0)));
}

/** The sine where the operand was, the cosine above it; C1 is that of the sine. */
export function FSINCOS(cpu: Cpu, rec: Rec): void {
  if (!canReduce(cpu, rec, true)) return;
  const a = getSt(cpu, 0);
  const cos = cosine(cpu.fpuControl, a);
  const sin = sine(cpu.fpuControl, a);
  if (!settle(cpu)) return;
  setSt(cpu, 0, sin);
  push(cpu, cos);
}

/** The tangent, and 1 above it, for the 8087's sake. */
export function FPTAN(cpu: Cpu, rec: Rec): void {
  if (!canReduce(cpu, rec, true)) return;
  const a = getSt(cpu, 0);
  const result = tangent(cpu.fpuControl, a);
  if (!settle(cpu)) return;
  setSt(cpu, 0, result);
  push(cpu, isSpecial(a) || raisedFlags() & FSW_IE ? result : one(0));
}
