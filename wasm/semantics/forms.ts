/**
 * Operand forms: where an operation's operands come from and where its result goes. With the operations (classes with
 * one `apply`) they make up every ordinary two-operand instruction, for both backends:
 *
 *   B  backend       V  its value type       S  operand size       F  REG or MEM: where E is       OP  the operation
 *
 * Order: nothing is written before the last access that can fault. A read-modify-write asks for write access first, so
 * that its page fault says "write" and its store cannot fail. [SDM3] 4.7
 */
import { Rec } from "../decode/record";

/** Static tags of where the E operand is. */
export type REG = u8;
export type MEM = u16;

/** E ← OP(E, G) */
@inline export function rmwEG<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    rmwEGat<B, V, S, OP>(b, rec, address);
  } else b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.reg<S>(rec.g)));
}

/** G ← OP(G, E), E in memory (the register form is decoded as rmwEG). */
@inline export function rmwGE<B, V, S, F, OP>(b: B, rec: Rec): void {
  const address: V = b.addressRead<S>(rec);
  if (b.faulted()) return;
  rmwGEat<B, V, S, OP>(b, rec, address);
}

/** E ← OP(E, imm) */
@inline export function rmwEI<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    rmwEIat<B, V, S, OP>(b, rec, address);
  } else b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.imm<S>(rec)));
}

/** E ← OP(E, CL) */
@inline export function rmwECL<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    const x: V = b.loadForWrite<S>(address);
    if (b.faulted()) return;
    b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, x, b.reg<u8>(8)));
  } else b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.reg<u8>(8)));
}

/** E ← OP(E) */
@inline export function rmwE<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    rmwEat<B, V, S, OP>(b, rec, address);
  } else {
    const x: V = b.reg<S>(rec.e);
    b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, x, x));
  }
}

/** OP(E, G), flags only */
@inline export function readEG<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRead<S>(rec);
    if (b.faulted()) return;
    readEGat<B, V, S, OP>(b, rec, address);
  } else changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.reg<S>(rec.g));
}

/** OP(G, E), flags only, E in memory */
@inline export function readGE<B, V, S, F, OP>(b: B, rec: Rec): void {
  const address: V = b.addressRead<S>(rec);
  if (b.faulted()) return;
  readGEat<B, V, S, OP>(b, rec, address);
}

/** OP(E, imm), flags only */
@inline export function readEI<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRead<S>(rec);
    if (b.faulted()) return;
    readEIat<B, V, S, OP>(b, rec, address);
  } else changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.imm<S>(rec));
}

/** E ← OP(G), E is not read */
@inline export function writeEG<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressWrite<S>(rec);
    if (b.faulted()) return;
    writeEGat<B, V, S, OP>(b, rec, address);
  } else {
    const y: V = b.reg<S>(rec.g);
    b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, y, y));
  }
}

/** G ← OP(E), G is not read, E in memory */
@inline export function writeGE<B, V, S, F, OP>(b: B, rec: Rec): void {
  const address: V = b.addressRead<S>(rec);
  if (b.faulted()) return;
  writeGEat<B, V, S, OP>(b, rec, address);
}

/** E ← OP(imm), E is not read */
@inline export function writeEI<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressWrite<S>(rec);
    if (b.faulted()) return;
    writeEIat<B, V, S, OP>(b, rec, address);
  } else {
    const y: V = b.imm<S>(rec);
    b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, y, y));
  }
}

/** G of size S ← OP(E of size FROM) */
@inline export function extendGE<B, V, FROM, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRead<FROM>(rec);
    if (b.faulted()) return;
    extendGEat<B, V, FROM, S, OP>(b, rec, address);
  } else {
    const y: V = b.reg<FROM>(rec.e);
    b.setReg<S>(rec.g, b.trunc<S>(changetype<OP>(0).apply<B, V, FROM>(b, y, y)));
  }
}

/** E where it is only read. May fault. */
@inline function sourceE<B, V, S, F>(b: B, rec: Rec): V {
  if (!b.inMemory<F>(rec)) return b.reg<S>(rec.e);
  const address: V = b.addressRead<S>(rec);
  if (b.faulted()) return b.const(0);
  return b.load<S>(address);
}

/** G ← OP(E, imm) */
@inline export function calcGEI<B, V, S, F, OP>(b: B, rec: Rec): void {
  const x: V = sourceE<B, V, S, F>(b, rec);
  if (b.faulted()) return;
  b.setReg<S>(rec.g, changetype<OP>(0).apply<B, V, S>(b, x, b.imm<S>(rec)));
}

/** E ↔ G */
@inline export function exchange<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    const x: V = b.loadForWrite<S>(address);
    if (b.faulted()) return;
    b.store<S>(address, b.reg<S>(rec.g));
    b.setReg<S>(rec.g, x);
  } else {
    const x: V = b.copy(b.reg<S>(rec.e));
    b.setReg<S>(rec.e, b.reg<S>(rec.g));
    b.setReg<S>(rec.g, x);
  }
}

/** G ← E where the condition in the opcode holds. E is read, and may fault, in any case; a 32-bit G is zero-extended in any case. */
@inline export function moveIf<B, V, S, F, OP>(b: B, rec: Rec): void {
  const y: V = sourceE<B, V, S, F>(b, rec);
  if (b.faulted()) return;
  b.setReg<S>(rec.g, b.choose(b.conditionValue(<u32>rec.opcode & 15), y, b.reg<S>(rec.g)));
}

/** E (a byte) ← the condition in the opcode */
@inline export function setIf<B, V, S, F, OP>(b: B, rec: Rec): void {
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressWrite<S>(rec);
    if (b.faulted()) return;
    b.store<S>(address, b.conditionValue(<u32>rec.opcode & 15));
  } else b.setReg<S>(rec.e, b.conditionValue(<u32>rec.opcode & 15));
}

/** Offsets of RAX and RDX. */
const RAX: u32 = 0;
const RDX: u32 = 16;

/** rAX ← OP(rAX) */
@inline export function widenA<B, V, S, F, OP>(b: B, _rec: Rec): void {
  b.setReg<S>(RAX, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(RAX)));
}

/** rDX ← OP(rAX) */
@inline export function widenD<B, V, S, F, OP>(b: B, _rec: Rec): void {
  b.setReg<S>(RDX, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(RAX)));
}

/** rDX:rAX ← OP(rAX, E) */
@inline export function multiplyA<B, V, S, F, OP>(b: B, rec: Rec): void {
  const y: V = sourceE<B, V, S, F>(b, rec);
  if (b.faulted()) return;
  const x: V = b.reg<S>(RAX);
  const high: V = b.copy(changetype<OP>(0).high<B, V, S>(b, x, y));
  const low: V = b.copy(b.trunc<S>(b.mul(x, y)));
  changetype<OP>(0).flags<B, V, S>(b, low, high);
  b.setReg<S>(RAX, low);
  b.setReg<S>(RDX, high);
}

/** E ← OP(E, G, imm) */
@inline export function shiftEGI<B, V, S, F, OP>(b: B, rec: Rec): void {
  shiftEG<B, V, S, F, OP>(b, rec, b.imm<u8>(rec));
}

/** E ← OP(E, G, CL) */
@inline export function shiftEGCL<B, V, S, F, OP>(b: B, rec: Rec): void {
  shiftEG<B, V, S, F, OP>(b, rec, b.reg<u8>(8));
}

@inline function shiftEG<B, V, S, F, OP>(b: B, rec: Rec, count: V): void {
  const n: V = b.shiftCount<S>(count);
  if (b.inMemory<F>(rec)) {
    const address: V = b.addressRmw<S>(rec);
    if (b.faulted()) return;
    const x: V = b.loadForWrite<S>(address);
    if (b.faulted()) return;
    b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, x, b.reg<S>(rec.g), n));
  } else b.setReg<S>(rec.e, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.e), b.reg<S>(rec.g), n));
}

// ---- with E at an address that is known. The interpreter also calls these itself, with the backend for addresses that
// have hit in the TLB (wasm/interp/hit-backend.ts), where nothing can fault.

@inline export function rmwEGat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const x: V = b.loadForWrite<S>(address);
  if (b.faulted()) return;
  b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, x, b.reg<S>(rec.g)));
}

@inline export function rmwGEat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.load<S>(address);
  if (b.faulted()) return;
  b.setReg<S>(rec.g, changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.g), y));
}

@inline export function rmwEIat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const x: V = b.loadForWrite<S>(address);
  if (b.faulted()) return;
  b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, x, b.imm<S>(rec)));
}

@inline export function rmwEat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const x: V = b.loadForWrite<S>(address);
  if (b.faulted()) return;
  b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, x, x));
}

@inline export function readEGat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const x: V = b.load<S>(address);
  if (b.faulted()) return;
  changetype<OP>(0).apply<B, V, S>(b, x, b.reg<S>(rec.g));
}

@inline export function readGEat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.load<S>(address);
  if (b.faulted()) return;
  changetype<OP>(0).apply<B, V, S>(b, b.reg<S>(rec.g), y);
}

@inline export function readEIat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const x: V = b.load<S>(address);
  if (b.faulted()) return;
  changetype<OP>(0).apply<B, V, S>(b, x, b.imm<S>(rec));
}

@inline export function writeEGat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.reg<S>(rec.g);
  b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, y, y));
}

@inline export function writeGEat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.load<S>(address);
  if (b.faulted()) return;
  b.setReg<S>(rec.g, changetype<OP>(0).apply<B, V, S>(b, y, y));
}

@inline export function writeEIat<B, V, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.imm<S>(rec);
  b.store<S>(address, changetype<OP>(0).apply<B, V, S>(b, y, y));
}

@inline export function extendGEat<B, V, FROM, S, OP>(b: B, rec: Rec, address: V): void {
  const y: V = b.load<FROM>(address);
  if (b.faulted()) return;
  b.setReg<S>(rec.g, b.trunc<S>(changetype<OP>(0).apply<B, V, FROM>(b, y, y)));
}
