/** A floppy drive: head position, medium, disk change line. Sectors are read and written in the medium's format. */
import type { BlockStore } from "../../../storage/block-store.ts";
import { type FloppyDriveType, type FloppyFormat, formatForSize, SECTOR_BYTES } from "./floppy-formats.ts";

/** Steps that the head can make before it meets the stop. */
const LAST_CYLINDER = 84;

export class FloppyDrive {
  store: BlockStore | null = null;
  format: FloppyFormat | null = null;
  cylinder = 0;
  /** The door was opened since the head last moved. */
  changed = true;
  /** The sector that comes under the head next, for READ ID. */
  rotation = 0;

  /** @param type null where there is no drive. */
  constructor(readonly type: FloppyDriveType | null) {}

  /** Puts a medium in, or takes it out with null. @returns false when the image is larger than any floppy. */
  insert(store: BlockStore | null): boolean {
    const format = store ? formatForSize(store.sizeBytes) : undefined;
    this.store = format ? store : null;
    this.format = format ?? null;
    this.changed = true;
    return store === null || format !== undefined;
  }

  get present(): boolean {
    return this.type !== null;
  }

  get writeProtected(): boolean {
    return this.store?.readOnly ?? false;
  }

  /** Moves the head. @returns how many cylinders it went. A step with a medium in resets the change line. */
  seek(cylinder: number): number {
    const target = Math.min(LAST_CYLINDER, Math.max(0, cylinder));
    const steps = Math.abs(target - this.cylinder);
    this.cylinder = target;
    if (this.store) this.changed = false;
    return steps;
  }

  /** The medium's cylinder under the head: 40-track media are stepped doubly in an 80-track drive. */
  get mediumCylinder(): number {
    const doubleStep = this.type === "1.2M" && this.format?.cylinders === 40;
    return doubleStep ? this.cylinder >> 1 : this.cylinder;
  }

  /** Formatted track under the head at this data rate? */
  readable(rate: number, head: number): boolean {
    const { format } = this;
    return (
      this.present &&
      format !== null &&
      format.rates.includes(rate) &&
      this.mediumCylinder < format.cylinders &&
      head < format.heads
    );
  }

  nextSectorId(): number {
    const sectors = this.format?.sectors ?? 1;
    this.rotation = (this.rotation % sectors) + 1;
    return this.rotation;
  }

  /** Byte offset of sector `sector` (from 1) under the head. */
  offsetOf(head: number, sector: number): number {
    const { format } = this;
    if (!format) return 0;
    return ((this.mediumCylinder * format.heads + head) * format.sectors + sector - 1) * SECTOR_BYTES;
  }

  /** Reads whole sectors; what lies past the end of a cut image reads as zeros. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const { store } = this;
    const bytes = new Uint8Array(length);
    const inside = store ? Math.max(0, Math.min(length, store.sizeBytes - offset)) : 0;
    if (store && inside > 0) bytes.set(await store.read(offset, inside));
    return bytes;
  }

  /** Writes whole sectors; what lies past the end of a cut image is lost, as beyond the end of a track. */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { store } = this;
    const inside = store ? Math.max(0, Math.min(bytes.length, store.sizeBytes - offset)) : 0;
    if (store && inside > 0) await store.write(offset, bytes.subarray(0, inside));
  }
}
