/**
 * GuestMemory over the core's RAM: pages that are still to come are brought first, and what DMA engines write drops decoded
 * code and marks pages dirty. DMA sees RAM alone; ROM, video memory and devices read as nothing there, which is how this
 * board's DMA engines are wired.
 */
import type { CoreInterface } from "../core/core.ts";
import type { GuestMemory } from "./guest-memory.ts";

const NOTHING = 0xff;

export class CoreMemory implements GuestMemory {
  private readonly view: DataView;

  constructor(private readonly core: Pick<CoreInterface, "ram" | "bringPages" | "notifyWrite">) {
    const { buffer, byteOffset, byteLength } = core.ram;
    this.view = new DataView(buffer, byteOffset, byteLength);
  }

  get ramBytes(): number {
    return this.core.ram.length;
  }

  read(physAddr: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(physAddr, bytes);
    return bytes;
  }

  readInto(physAddr: number, target: Uint8Array): void {
    const inside = Math.max(0, Math.min(target.length, this.ramBytes - physAddr));
    this.core.bringPages(physAddr, inside);
    target.set(this.core.ram.subarray(physAddr, physAddr + inside));
    target.fill(NOTHING, inside);
  }

  write(physAddr: number, bytes: Uint8Array): void {
    const length = Math.min(bytes.length, this.ramBytes - physAddr);
    if (length <= 0) return;
    this.core.bringPages(physAddr, length);
    this.core.ram.set(length === bytes.length ? bytes : bytes.subarray(0, length), physAddr);
    this.core.notifyWrite(physAddr, length);
  }

  readU8(physAddr: number): number {
    if (physAddr >= this.ramBytes) return NOTHING;
    this.core.bringPages(physAddr, 1);
    return this.view.getUint8(physAddr);
  }

  readU16(physAddr: number): number {
    if (physAddr + 2 <= this.ramBytes) {
      this.core.bringPages(physAddr, 2);
      return this.view.getUint16(physAddr, true);
    }
    return this.readU8(physAddr) | (this.readU8(physAddr + 1) << 8);
  }

  readU32(physAddr: number): number {
    if (physAddr + 4 <= this.ramBytes) {
      this.core.bringPages(physAddr, 4);
      return this.view.getUint32(physAddr, true);
    }
    return (this.readU16(physAddr) | (this.readU16(physAddr + 2) << 16)) >>> 0;
  }

  writeU8(physAddr: number, value: number): void {
    this.write(physAddr, Uint8Array.of(value));
  }

  writeU16(physAddr: number, value: number): void {
    this.write(physAddr, Uint8Array.of(value, value >>> 8));
  }

  writeU32(physAddr: number, value: number): void {
    this.write(physAddr, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }
}
