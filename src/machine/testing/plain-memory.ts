/** Guest memory on a plain array, for tests of DMA engines and loaders. */
import type { GuestMemory } from "../guest-memory.ts";

export class PlainMemory implements GuestMemory {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(readonly ramBytes: number) {
    this.bytes = new Uint8Array(ramBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  read(physAddr: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.readU8(physAddr + i));
  }
  readInto(physAddr: number, target: Uint8Array): void {
    target.set(this.read(physAddr, target.length));
  }
  write(physAddr: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => this.writeU8(physAddr + i, byte));
  }
  readU8(physAddr: number): number {
    return this.bytes[physAddr] ?? 0xff;
  }
  readU16(physAddr: number): number {
    return this.readU8(physAddr) | (this.readU8(physAddr + 1) << 8);
  }
  readU32(physAddr: number): number {
    return (this.readU16(physAddr) | (this.readU16(physAddr + 2) << 16)) >>> 0;
  }
  writeU8(physAddr: number, value: number): void {
    if (physAddr < this.ramBytes) this.view.setUint8(physAddr, value);
  }
  writeU16(physAddr: number, value: number): void {
    this.writeU8(physAddr, value);
    this.writeU8(physAddr + 1, value >>> 8);
  }
  writeU32(physAddr: number, value: number): void {
    this.writeU16(physAddr, value);
    this.writeU16(physAddr + 2, value >>> 16);
  }
}
