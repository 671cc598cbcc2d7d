/**
 * Operand forms of packed operations: where the values come from and where the result goes. `OP` is a class with
 * `apply<B, X>`; here B is the executing backend and X is v128.
 *
 * MMX forms run the same operation on the low half. Operations whose low result lanes come from high source lanes
 * (packs, horizontal adds) run on x and y joined into one vector instead.
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { Lanes, lanes } from "../sse/lanes";
import { enterMmx, fromHalves, fromLow, getMm, getXmm, highHalf, lowHalf, setMm, setXmm } from "../sse/registers";
import { readQ, readQLow32, readW, readWLow } from "./sse-operands";

/** V ← op(V, W). */
@inline export function vw<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), getXmm(cpu, rec.g), y));
}

/** V ← op(W). */
@inline export function vwUnary<OP>(cpu: Cpu, rec: Rec): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), x));
}

/** V ← op(W), where W in memory is only `sizeof<M>()` bytes. */
@inline export function vwUnaryLow<OP, M>(cpu: Cpu, rec: Rec): void {
  const x = <u64>readWLow<M>(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(x)));
}

/** V ← op(V, W, imm8). */
@inline export function vwImm<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), getXmm(cpu, rec.g), y, <u32>rec.imm & 0xff));
}

/** V ← op(W, imm8). */
@inline export function vwUnaryImm<OP>(cpu: Cpu, rec: Rec): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), x, <u32>rec.imm & 0xff));
}

/** P ← op(P, Q). */
@inline export function pq<OP>(cpu: Cpu, rec: Rec): void {
  const y = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(getMm(cpu, rec.g)), fromLow(y))));
}

/** P ← op(P, Q), where memory is only 4 bytes (PUNPCKL). */
@inline export function pqLow32<OP>(cpu: Cpu, rec: Rec): void {
  const y = readQLow32(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(getMm(cpu, rec.g)), fromLow(y))));
}

/** P ← the high half of op(P, Q): PUNPCKH is the upper part of a full interleave. */
@inline export function pqHigh<OP>(cpu: Cpu, rec: Rec): void {
  const y = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, highHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(getMm(cpu, rec.g)), fromLow(y))));
}

/** P ← op(xy, xy) with x and y joined: packs and horizontal operations. */
@inline export function pqJoined<OP>(cpu: Cpu, rec: Rec): void {
  const y = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  const joined = fromHalves(getMm(cpu, rec.g), y);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), joined, joined)));
}

/** P ← op(Q). */
@inline export function pqUnary<OP>(cpu: Cpu, rec: Rec): void {
  const x = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(x))));
}

/** P ← op(Q, imm8). */
@inline export function pqUnaryImm<OP>(cpu: Cpu, rec: Rec): void {
  const x = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(x), <u32>rec.imm & 0xff)));
}

/** V ← shift(V, imm8) of the U operand (groups 12–14). */
@inline export function shiftImm<OP>(cpu: Cpu, rec: Rec): void {
  setXmm(cpu, rec.e, changetype<OP>(0).apply<Lanes, v128>(lanes(), getXmm(cpu, rec.e), <u32>rec.imm & 0xff));
}

/** V ← shift(V, low 64 bits of W). A count past any lane's width is handed on as 255. */
@inline export function shiftVw<OP>(cpu: Cpu, rec: Rec): void {
  const count = lowHalf(readW(cpu, rec));
  if (cpu.fault) return;
  setXmm(cpu, rec.g, changetype<OP>(0).apply<Lanes, v128>(lanes(), getXmm(cpu, rec.g), count > 255 ? 255 : <u32>count));
}

@inline export function shiftImmMmx<OP>(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  setMm(cpu, rec.e, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(getMm(cpu, rec.e)), <u32>rec.imm & 0xff)));
}

@inline export function shiftPq<OP>(cpu: Cpu, rec: Rec): void {
  const count = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(changetype<OP>(0).apply<Lanes, v128>(lanes(), fromLow(getMm(cpu, rec.g)), count > 255 ? 255 : <u32>count)));
}
