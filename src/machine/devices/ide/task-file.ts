/**
 * The command block registers of one drive: features, count, LBA low/mid/high and device. Count and LBA are two deep:
 * a write pushes what was there into the "previous" register that 48-bit commands use for their high-order bytes.
 * References: [ATA-6] 6.20 (48-bit address feature set), 7.8 (HOB).
 */
import type { DeviceState } from "../../device.ts";
import {
  DEVICE_ALWAYS_ONE,
  DEVICE_HEAD,
  DEVICE_LBA,
  REG_COUNT,
  REG_DEVICE,
  REG_FEATURES,
  REG_LBA_HIGH,
  REG_LBA_LOW,
  REG_LBA_MID,
} from "./ata-registers.ts";

export interface ChsGeometry {
  cylinders: number;
  heads: number;
  sectorsPerTrack: number;
}

export class TaskFile {
  private readonly current = new Uint8Array(8);
  private readonly previous = new Uint8Array(8);

  write(register: number, value: number): void {
    this.previous[register] = this.current[register]!;
    this.current[register] = register === REG_DEVICE ? value | DEVICE_ALWAYS_ONE : value;
  }

  read(register: number, highOrderByte: boolean): number {
    return (highOrderByte && register !== REG_DEVICE ? this.previous : this.current)[register]!;
  }

  /** The drive itself changes a register: nothing is pushed. */
  set(register: number, value: number): void {
    this.current[register] = value;
  }

  get features(): number {
    return this.current[REG_FEATURES]!;
  }

  get count(): number {
    return this.current[REG_COUNT]!;
  }

  get device(): number {
    return this.current[REG_DEVICE]!;
  }

  get head(): number {
    return this.device & DEVICE_HEAD;
  }

  /** LBA mid and high: the byte count of packet commands. */
  get byteCount(): number {
    return this.current[REG_LBA_MID]! | (this.current[REG_LBA_HIGH]! << 8);
  }

  set byteCount(value: number) {
    this.current[REG_LBA_MID] = value & 0xff;
    this.current[REG_LBA_HIGH] = value >>> 8;
  }

  /** Sectors asked for: 0 means 256, or 65536 for 48-bit commands. */
  sectorCount(ext: boolean): number {
    if (!ext) return this.count || 256;
    return this.count | (this.previous[REG_COUNT]! << 8) || 65536;
  }

  /** Number of the first sector, or undefined for a CHS address outside `geometry`. */
  address(ext: boolean, geometry: ChsGeometry): number | undefined {
    const low24 = this.current[REG_LBA_LOW]! | (this.current[REG_LBA_MID]! << 8) | (this.current[REG_LBA_HIGH]! << 16);
    if (ext) {
      const high24 =
        this.previous[REG_LBA_LOW]! | (this.previous[REG_LBA_MID]! << 8) | (this.previous[REG_LBA_HIGH]! << 16);
      return high24 * 2 ** 24 + low24;
    }
    if ((this.device & DEVICE_LBA) !== 0) return (this.head << 24) | low24;
    const sector = this.current[REG_LBA_LOW]!;
    const cylinder = this.byteCount;
    const { heads, sectorsPerTrack, cylinders } = geometry;
    if (sector === 0 || sector > sectorsPerTrack || this.head >= heads || cylinder >= cylinders) return undefined;
    return (cylinder * heads + this.head) * sectorsPerTrack + sector - 1;
  }

  /** Puts a sector number where the host reads it, in the form that the command used. */
  setAddress(lba: number, ext: boolean, geometry: ChsGeometry): void {
    if (!ext && (this.device & DEVICE_LBA) === 0) {
      const track = Math.floor(lba / geometry.sectorsPerTrack);
      this.current[REG_LBA_LOW] = (lba % geometry.sectorsPerTrack) + 1;
      this.byteCount = Math.floor(track / geometry.heads) & 0xffff;
      this.current[REG_DEVICE] = (this.device & ~DEVICE_HEAD) | (track % geometry.heads);
      return;
    }
    for (let i = 0; i < 3; i++) {
      this.current[REG_LBA_LOW + i] = Math.floor(lba / 2 ** (8 * i)) % 256;
      if (ext) this.previous[REG_LBA_LOW + i] = Math.floor(lba / 2 ** (24 + 8 * i)) % 256;
    }
    if (!ext) this.current[REG_DEVICE] = (this.device & ~DEVICE_HEAD) | (Math.floor(lba / 2 ** 24) & DEVICE_HEAD);
  }

  /** What a drive shows after reset and diagnostics, so that the host can tell ATA from ATAPI. [ATA-6] 9.12 */
  setSignature(lbaMid: number, lbaHigh: number): void {
    this.current.set([1, 1, lbaMid, lbaHigh, DEVICE_ALWAYS_ONE], REG_COUNT);
    this.previous.fill(0);
  }

  save(): DeviceState {
    return { version: 1, current: this.current.slice(), previous: this.previous.slice() };
  }

  restore(state: DeviceState): void {
    this.current.set(state.current as Uint8Array);
    this.previous.set(state.previous as Uint8Array);
  }
}
