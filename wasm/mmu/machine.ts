/**
 * Settings of the machine that all its processors share: one struct in linear memory, not globals, so that every instance
 * that runs a processor of the machine sees them, and a snapshot holds them.
 */
import { CPU_BASE, CPU_SIZE, MACHINE_BASE } from "../layout";
import { Cpu } from "../cpu/state";

@unmanaged @final
export class Machine {
  ramBytes: u32;
  vramBytes: u32;
  /** Host pointers. */
  vramBase: u32;
  descBase: u32;
  dirtyBase: u32;
  /** Pages from ROM_BASE to the end of video memory. */
  pageCount: u32;
  cpuCount: u32;
  /** Bytes of system ROM, in whole pages. */
  romBytes: u32;
  // 32
  /** All ones, or all but bit 20. */
  a20Mask: u64;
  /** Where the video memory is mapped, and how much of it (0: nowhere). */
  vramPhys: u32;
  vramMappedBytes: u32;
  // 48
  /** Flash chips, which are part of the system ROM: first physical address, bytes (0: no such chip), and whether it answers commands instead of showing its cells. */
  flash0Phys: u32;
  flash0Bytes: u32;
  flash0Busy: u32;
  flash1Phys: u32;
  flash1Bytes: u32;
  flash1Busy: u32;
  // 72
  /** Whether there may be pages of RAM that the host has still to bring. */
  ramAwaited: u32;
}

@inline export function machine(): Machine {
  return changetype<Machine>(MACHINE_BASE);
}

@inline export function cpuAt(index: u32): Cpu {
  return changetype<Cpu>(CPU_BASE + <usize>index * CPU_SIZE);
}
