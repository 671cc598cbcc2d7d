/**
 * Guest-physical memory as DMA engines and firmware loaders see it. Writes drop code decoded from the bytes and mark
 * pages dirty. Addresses without memory read as 0xFF and ignore writes.
 */
export interface GuestMemory {
  readonly ramBytes: number;
  /** A copy of `length` bytes. */
  read(physAddr: number, length: number): Uint8Array;
  /** Fills `target` from there; for large transfers, which would leave many small copies behind. */
  readInto(physAddr: number, target: Uint8Array): void;
  write(physAddr: number, bytes: Uint8Array): void;
  readU8(physAddr: number): number;
  readU16(physAddr: number): number;
  readU32(physAddr: number): number;
  writeU8(physAddr: number, value: number): void;
  writeU16(physAddr: number, value: number): void;
  writeU32(physAddr: number, value: number): void;
}
