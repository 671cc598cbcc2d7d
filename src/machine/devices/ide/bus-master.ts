/**
 * Bus master half of one IDE channel: command, status and descriptor table pointer, and the walk through the physical
 * region descriptors between guest memory and the drive's buffer.
 *
 * Transfers happen at once when drive and engine are both ready. The direction bit is kept, but the drive's command
 * decides which way bytes go. References: [IDE-BM] 2 (registers), 3.1 (status after a transfer), 1.2 (PRD table).
 */
import type { GuestMemory } from "../../guest-memory.ts";
import type { DeviceState } from "../../device.ts";
import type { IdeDrive } from "./ide-drive.ts";

const BMIC = 0;
const BMIS = 2;
const BMIDTP = 4;

const BMIC_START = 1 << 0;
const BMIC_WRITES_MEMORY = 1 << 3;
const BMIS_ACTIVE = 1 << 0;
const BMIS_ERROR = 1 << 1;
const BMIS_INTERRUPT = 1 << 2;
const BMIS_DRIVES_DMA_CAPABLE = 0x60;

const PRD_BYTES = 8;
const PRD_END_OF_TABLE = 0x80000000;
const PRD_WHOLE_64K = 0x10000;

export class IdeBusMaster {
  private command = 0;
  private status = 0;
  private tableAddr = 0;
  /** The descriptor being worked through. */
  private nextPrdAddr = 0;
  private regionAddr = 0;
  private regionLeft = 0;
  private regionIsLast = false;

  constructor(
    private readonly memory: GuestMemory,
    /** True while the PCI command register lets the function master the bus. */
    private readonly mayMaster: () => boolean,
    /** The drive that now waits for DMA, if any. */
    private readonly requester: () => IdeDrive | undefined,
  ) {}

  /** `offset` 0–7 within this channel's half of BAR 4. */
  readByte(offset: number): number {
    switch (offset) {
      case BMIC:
        return this.command;
      case BMIS:
        return this.status;
      default:
        return offset >= BMIDTP ? (this.tableAddr >>> (8 * (offset - BMIDTP))) & 0xff : 0;
    }
  }

  writeByte(offset: number, value: number): void {
    if (offset === BMIC) this.writeCommand(value);
    else if (offset === BMIS) {
      const kept = this.status & ~(value & (BMIS_ERROR | BMIS_INTERRUPT)) & ~BMIS_DRIVES_DMA_CAPABLE;
      this.status = kept | (value & BMIS_DRIVES_DMA_CAPABLE);
    } else if (offset >= BMIDTP) {
      const shift = 8 * (offset - BMIDTP);
      this.tableAddr = ((this.tableAddr & ~(0xff << shift)) | (value << shift)) & ~3;
    }
  }

  /** INTRQ rose. */
  noteInterrupt(): void {
    this.status |= BMIS_INTERRUPT;
  }

  /** Moves bytes for as long as the engine is started, the drive asks and descriptors last. */
  run(): void {
    while ((this.status & BMIS_ACTIVE) !== 0 && this.mayMaster()) {
      const drive = this.requester();
      if (!drive) return;
      if (this.regionLeft === 0 && !this.loadRegion()) return;
      const count = Math.min(this.regionLeft, drive.end - drive.position);
      const part = drive.buffer.subarray(drive.position, drive.position + count);
      if (drive.phase === "dmaIn") this.memory.write(this.regionAddr, part);
      else this.memory.readInto(this.regionAddr, part);
      this.regionAddr += count;
      this.regionLeft -= count;
      // The last byte of the last region ends the engine's work before the drive reports, as on the wire.
      if (this.regionLeft === 0 && this.regionIsLast) this.status &= ~BMIS_ACTIVE;
      drive.advance(count);
    }
  }

  reset(): void {
    this.command = 0;
    this.status = 0;
    this.tableAddr = 0;
    this.nextPrdAddr = 0;
    this.regionAddr = 0;
    this.regionLeft = 0;
    this.regionIsLast = false;
  }

  save(): DeviceState {
    return {
      version: 1,
      command: this.command,
      status: this.status,
      tableAddr: this.tableAddr,
      nextPrdAddr: this.nextPrdAddr,
      regionAddr: this.regionAddr,
      regionLeft: this.regionLeft,
      regionIsLast: this.regionIsLast,
    };
  }

  restore(state: DeviceState): void {
    this.command = Number(state.command);
    this.status = Number(state.status);
    this.tableAddr = Number(state.tableAddr);
    this.nextPrdAddr = Number(state.nextPrdAddr);
    this.regionAddr = Number(state.regionAddr);
    this.regionLeft = Number(state.regionLeft);
    this.regionIsLast = state.regionIsLast === true;
  }

  private writeCommand(value: number): void {
    const started = (this.command & BMIC_START) !== 0;
    this.command = value & (BMIC_START | BMIC_WRITES_MEMORY);
    if ((value & BMIC_START) === 0) {
      this.status &= ~BMIS_ACTIVE;
      return;
    }
    if (started) return;
    this.nextPrdAddr = this.tableAddr >>> 0;
    this.regionLeft = 0;
    this.regionIsLast = false;
    this.status |= BMIS_ACTIVE;
    this.run();
  }

  /** Fetches the next descriptor; a table outside RAM is a master abort: the engine stops with the error bit. */
  private loadRegion(): boolean {
    if (this.nextPrdAddr + PRD_BYTES > this.memory.ramBytes) {
      this.status = (this.status & ~BMIS_ACTIVE) | BMIS_ERROR;
      return false;
    }
    this.regionAddr = (this.memory.readU32(this.nextPrdAddr) & ~1) >>> 0;
    const control = this.memory.readU32(this.nextPrdAddr + 4);
    this.regionLeft = control & 0xfffe || PRD_WHOLE_64K;
    this.regionIsLast = (control & PRD_END_OF_TABLE) !== 0;
    this.nextPrdAddr += PRD_BYTES;
    return true;
  }
}
