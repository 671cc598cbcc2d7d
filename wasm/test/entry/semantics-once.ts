/** The whole core, and what the test of both backends needs besides: decoding one instruction, emitting records. */
export * from "../../index";
import { Cpu } from "../../cpu/state";
import { decode } from "../../decode/decode";
import { Rec } from "../../decode/record";
import { linearGeneral } from "../../cpu/address";
import { readForWriteSlow, readSlow, writeSlow } from "../../mmu/slow-access";
import { emitModule } from "../../jit/emit-module";

/** Decodes the bytes at `hostPtr` into the record at `rec`; returns the length. */
export function decodeInto(cpu: Cpu, hostPtr: usize, rec: usize): u32 {
  const record = changetype<Rec>(rec);
  record.pageOffset = 0;
  record.index = 0;
  return decode(cpu, hostPtr, 15, record);
}

export function emit(first: usize, count: u32, hostPtr: usize, scratch: usize): u32 {
  return emitModule(first, count, hostPtr, scratch);
}

export function slowLinear(cpu: Cpu, rec: usize, sizeBytes: u32, access: u32): u64 {
  return linearGeneral(cpu, changetype<Rec>(rec), sizeBytes, access);
}
export function slowRead(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 {
  return readSlow(cpu, linearAddr, sizeBytes);
}
export function slowReadForWrite(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 {
  return readForWriteSlow(cpu, linearAddr, sizeBytes);
}
export function slowWrite(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64): void {
  writeSlow(cpu, linearAddr, sizeBytes, value);
}
