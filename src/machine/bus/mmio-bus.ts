/**
 * Guest-physical addresses that belong to devices. RAM, ROM and linear frame buffers never come here: the core reaches
 * them directly. Unclaimed addresses read as all ones.
 */
import { truncate, type AccessSize } from "./port-bus.ts";

export interface MmioDevice {
  /** Under which name its accesses are traced. */
  readonly category?: string;
  mmioRead(offset: number, sizeBytes: AccessSize): number;
  mmioWrite(offset: number, sizeBytes: AccessSize, value: number): void;
}

export interface MmioRegion {
  /** Moves the region (a PCI BAR was written); null takes it off the bus. */
  moveTo(base: number | null): void;
}

interface Entry {
  base: number;
  length: number;
  device: MmioDevice;
}

export class MmioBus {
  private readonly entries: Entry[] = [];
  private last: Entry | undefined;

  /** Later regions win where two overlap. */
  attach(base: number | null, length: number, device: MmioDevice): MmioRegion {
    const entry: Entry = { base: base ?? -1, length, device };
    this.entries.unshift(entry);
    return {
      moveTo: (newBase) => {
        entry.base = newBase ?? -1;
        this.last = undefined;
      },
    };
  }

  deviceAt(physAddr: number): MmioDevice | undefined {
    return this.find(physAddr)?.device;
  }

  read(physAddr: number, sizeBytes: AccessSize): number {
    const entry = this.find(physAddr);
    return truncate(entry ? entry.device.mmioRead(physAddr - entry.base, sizeBytes) : -1, sizeBytes);
  }

  write(physAddr: number, sizeBytes: AccessSize, value: number): void {
    const entry = this.find(physAddr);
    entry?.device.mmioWrite(physAddr - entry.base, sizeBytes, truncate(value, sizeBytes));
  }

  private find(physAddr: number): Entry | undefined {
    const last = this.last;
    if (last && physAddr >= last.base && physAddr < last.base + last.length) return last;
    const found = this.entries.find((e) => e.base >= 0 && physAddr >= e.base && physAddr < e.base + e.length);
    if (found) this.last = found;
    return found;
  }
}
