/**
 * An ATA hard disk with 48-bit addresses, multiple mode, DMA, power management and TRIM, over a BlockStore.
 *
 * Left out: SMART, security and host protected area (not announced; their commands abort), read look-ahead (the setting
 * is kept), long and format commands of ATA-1. Reads and writes are cut into chunks, so that memory stays bounded.
 * References: [ATA-6] 8 (commands), 6.2 (addressing), 6.13 (power management); [ACS-2] 7.10 (DATA SET MANAGEMENT).
 */
import { logger } from "../../../shared/log.ts";
import type { BlockStore } from "../../../storage/block-store.ts";
import type { DeviceState } from "../../device.ts";
import { identifyDisk } from "./ata-identify.ts";
import * as ata from "./ata-registers.ts";
import { applySetFeatures, defaultDriveSettings, restoreDriveSettings, type DriveSettings } from "./set-features.ts";
import { IdeDrive, type ResetKind, type Work } from "./ide-drive.ts";
import type { ChsGeometry } from "./task-file.ts";

export const SECTOR_BYTES = 512;
const CHUNK_SECTORS = 512;
const MAX_MULTIPLE = 16;
const MAX_TRIM_BLOCKS = 8;
const DSM_TRIM = 1;
const POWER_MODE_ACTIVE = 0xff;
const POWER_MODE_STANDBY = 0x00;
const POWER_MODE_IDLE = 0x80;

const log = logger("ide");

export interface AtaDiskOptions {
  store: BlockStore;
  model?: string;
  serial?: string;
  firmware?: string;
}

type PowerMode = "active" | "idle" | "standby" | "sleep";

/** A read, write or verify under way. */
interface Transfer {
  kind: "read" | "write" | "verify" | "trim" | "writeBuffer";
  dma: boolean;
  ext: boolean;
  /** Write through to the medium before reporting. */
  fua: boolean;
  /** First sector of the present chunk, and of what comes after it. */
  lba: number;
  chunkSectors: number;
  sectorsAfterChunk: number;
  /** Sectors that each DRQ block carries. */
  blockSectors: number;
}

export class AtaDisk extends IdeDrive {
  readonly totalSectors: number;
  readonly geometry: ChsGeometry;
  private readonly identity: { model: string; serial: string; firmware: string };
  private translation: ChsGeometry;
  private multiple = 0;
  private powerMode: PowerMode = "active";
  private settings: DriveSettings = defaultDriveSettings();
  private transfer: Transfer | null = null;
  /** What READ BUFFER gives back. */
  private sectorBuffer: Uint8Array = new Uint8Array(SECTOR_BYTES);

  constructor(private readonly options: AtaDiskOptions) {
    super(options.model ?? "Posada disk");
    this.totalSectors = Math.floor(options.store.sizeBytes / SECTOR_BYTES);
    this.geometry = defaultGeometry(this.totalSectors);
    this.translation = this.geometry;
    this.identity = {
      model: options.model ?? "POSADA HARDDISK",
      serial: options.serial ?? "PD00001",
      firmware: options.firmware ?? "1.0",
    };
  }

  protected override get store(): BlockStore {
    return this.options.store;
  }

  protected override deafTo(): boolean {
    return this.powerMode === "sleep";
  }

  protected override setSignature(): void {
    this.taskFile.setSignature(0, 0);
  }

  protected override resetCommandState(kind: ResetKind): void {
    this.transfer = null;
    this.powerMode = "active";
    if (kind === "hard") this.translation = this.geometry;
    if (kind === "diagnostic" || (kind === "soft" && this.settings.keepAtSoftReset)) return;
    this.multiple = 0;
    this.settings = defaultDriveSettings();
  }

  // ---- commands -----------------------------------------------------------------------------------------------------

  protected override execute(command: number): void {
    this.transfer = null;
    if ((command & 0xf0) === ata.CMD_RECALIBRATE) {
      this.succeed();
      return;
    }
    switch (command) {
      case ata.CMD_READ_SECTORS:
      case ata.CMD_READ_SECTORS_NO_RETRY:
        return this.begin("read", { blockSectors: 1 });
      case ata.CMD_READ_SECTORS_EXT:
        return this.begin("read", { blockSectors: 1, ext: true });
      case ata.CMD_READ_MULTIPLE:
        return this.begin("read", { blockSectors: this.multiple });
      case ata.CMD_READ_MULTIPLE_EXT:
        return this.begin("read", { blockSectors: this.multiple, ext: true });
      case ata.CMD_READ_DMA:
      case ata.CMD_READ_DMA_NO_RETRY:
        return this.begin("read", { dma: true });
      case ata.CMD_READ_DMA_EXT:
        return this.begin("read", { dma: true, ext: true });
      case ata.CMD_WRITE_SECTORS:
      case ata.CMD_WRITE_SECTORS_NO_RETRY:
      case ata.CMD_WRITE_VERIFY:
        return this.begin("write", { blockSectors: 1 });
      case ata.CMD_WRITE_SECTORS_EXT:
        return this.begin("write", { blockSectors: 1, ext: true });
      case ata.CMD_WRITE_MULTIPLE:
        return this.begin("write", { blockSectors: this.multiple });
      case ata.CMD_WRITE_MULTIPLE_EXT:
        return this.begin("write", { blockSectors: this.multiple, ext: true });
      case ata.CMD_WRITE_MULTIPLE_FUA_EXT:
        return this.begin("write", { blockSectors: this.multiple, ext: true, fua: true });
      case ata.CMD_WRITE_DMA:
      case ata.CMD_WRITE_DMA_NO_RETRY:
        return this.begin("write", { dma: true });
      case ata.CMD_WRITE_DMA_EXT:
        return this.begin("write", { dma: true, ext: true });
      case ata.CMD_WRITE_DMA_FUA_EXT:
        return this.begin("write", { dma: true, ext: true, fua: true });
      case ata.CMD_READ_VERIFY:
      case ata.CMD_READ_VERIFY_NO_RETRY:
        return this.begin("verify", {});
      case ata.CMD_READ_VERIFY_EXT:
        return this.begin("verify", { ext: true });
      case ata.CMD_SEEK:
        return this.inRange(this.taskFile.address(false, this.translation), 1)
          ? this.succeed()
          : this.fail(ata.ERROR_IDNF);
      case ata.CMD_READ_NATIVE_MAX:
        return this.reportLastSector(false);
      case ata.CMD_READ_NATIVE_MAX_EXT:
        return this.reportLastSector(true);
      case ata.CMD_IDENTIFY_DEVICE:
        return this.sendSector(this.identify());
      case ata.CMD_READ_BUFFER:
        return this.sendSector(this.sectorBuffer);
      case ata.CMD_WRITE_BUFFER:
        this.transfer = { ...noTransfer, kind: "writeBuffer" };
        this.allocate(SECTOR_BYTES);
        return this.openPhase("pioOut", 0, SECTOR_BYTES, false);
      case ata.CMD_SET_FEATURES:
        return applySetFeatures(this.settings, this.taskFile.features, this.taskFile.count)
          ? this.succeed()
          : this.abort();
      case ata.CMD_SET_MULTIPLE_MODE:
        return this.setMultiple(this.taskFile.count);
      case ata.CMD_INITIALIZE_DEVICE_PARAMETERS:
        return this.initializeParameters();
      case ata.CMD_FLUSH_CACHE:
      case ata.CMD_FLUSH_CACHE_EXT:
        return this.startWork("flush", 0, 0);
      case ata.CMD_DATA_SET_MANAGEMENT:
        return this.dataSetManagement();
      default:
        return this.executePowerCommand(command);
    }
  }

  private executePowerCommand(command: number): void {
    switch (command) {
      case ata.CMD_STANDBY_IMMEDIATE:
      case ata.CMD_STANDBY_IMMEDIATE_OLD:
      case ata.CMD_STANDBY:
      case ata.CMD_STANDBY_OLD:
        return this.enterPowerMode("standby");
      case ata.CMD_IDLE_IMMEDIATE:
      case ata.CMD_IDLE_IMMEDIATE_OLD:
      case ata.CMD_IDLE:
      case ata.CMD_IDLE_OLD:
        return this.enterPowerMode("idle");
      case ata.CMD_SLEEP:
      case ata.CMD_SLEEP_OLD:
        return this.enterPowerMode("sleep");
      case ata.CMD_CHECK_POWER_MODE:
      case ata.CMD_CHECK_POWER_MODE_OLD: {
        const codes = { active: POWER_MODE_ACTIVE, idle: POWER_MODE_IDLE, standby: POWER_MODE_STANDBY, sleep: 0 };
        this.taskFile.set(ata.REG_COUNT, codes[this.powerMode]);
        return this.succeed();
      }
      default:
        // NOP always aborts ([ATA-6] 8.24); so do feature sets that IDENTIFY DEVICE does not announce.
        return this.abort();
    }
  }

  private enterPowerMode(mode: PowerMode): void {
    this.powerMode = mode;
    this.succeed();
  }

  private identify(): Uint8Array {
    return identifyDisk({
      ...this.identity,
      totalSectors: this.totalSectors,
      geometry: this.geometry,
      translation: this.translation,
      maxMultiple: MAX_MULTIPLE,
      multiple: this.multiple,
      writeCache: this.settings.writeCache,
      lookAhead: this.settings.lookAhead,
      trimBlocks: this.store.discard && !this.store.readOnly ? MAX_TRIM_BLOCKS : 0,
      transferMode: this.settings.transferMode,
    });
  }

  /** Data that is at hand: one PIO block. */
  private sendSector(bytes: Uint8Array): void {
    this.allocate(SECTOR_BYTES).set(bytes);
    this.openPhase("pioIn", 0, SECTOR_BYTES, true);
  }

  private reportLastSector(ext: boolean): void {
    const last = this.totalSectors - 1;
    this.taskFile.setAddress(ext ? last : Math.min(last, 0x0fffffff), ext, this.translation);
    this.succeed();
  }

  /** [ATA-6] 8.50: a count that is not supported switches multiple mode off. */
  private setMultiple(count: number): void {
    const valid = count <= MAX_MULTIPLE && (count & (count - 1)) === 0;
    this.multiple = valid ? count : 0;
    if (valid) this.succeed();
    else this.abort();
  }

  /** [ATA-5] 8.16: sectors in the count register, the highest head in the device register. */
  private initializeParameters(): void {
    const sectorsPerTrack = this.taskFile.count;
    const heads = this.taskFile.head + 1;
    if (sectorsPerTrack === 0) {
      this.abort();
      return;
    }
    const cylinders = Math.min(65535, Math.floor(this.totalSectors / (heads * sectorsPerTrack)));
    this.translation = { cylinders, heads, sectorsPerTrack };
    this.succeed();
  }

  private dataSetManagement(): void {
    const blocks = this.taskFile.sectorCount(true);
    const supported = this.store.discard !== undefined && !this.store.readOnly;
    if (!supported || this.taskFile.features !== DSM_TRIM || blocks > MAX_TRIM_BLOCKS) {
      this.abort();
      return;
    }
    this.transfer = { ...noTransfer, kind: "trim", dma: true };
    this.allocate(blocks * SECTOR_BYTES);
    this.openPhase("dmaOut", 0, blocks * SECTOR_BYTES, false);
  }

  /** Each range: 48 bits of sector number, 16 bits of count; a count of 0 names nothing. */
  protected override discardRanges(): { offset: number; length: number }[] {
    const view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length);
    const ranges = [];
    for (let at = 0; at + 8 <= this.buffer.length; at += 8) {
      const lba = view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32;
      const count = view.getUint16(at + 6, true);
      if (count > 0) ranges.push({ offset: lba * SECTOR_BYTES, length: count * SECTOR_BYTES });
    }
    return ranges;
  }

  // ---- transfers ----------------------------------------------------------------------------------------------------

  private inRange(lba: number | undefined, sectors: number): lba is number {
    return lba !== undefined && lba + sectors <= this.totalSectors;
  }

  private begin(
    kind: "read" | "write" | "verify",
    form: { blockSectors?: number; dma?: boolean; ext?: boolean; fua?: boolean },
  ): void {
    const ext = form.ext ?? false;
    const dma = form.dma ?? false;
    const sectors = this.taskFile.sectorCount(ext);
    const lba = this.taskFile.address(ext, this.translation);
    if (form.blockSectors === 0 || (kind === "write" && this.store.readOnly)) {
      if (kind === "write") log.warn(`${this.name}: write refused, ${this.store.readOnly ? "read-only" : "no mode"}`);
      this.abort();
      return;
    }
    if (!this.inRange(lba, sectors)) {
      this.fail(ata.ERROR_IDNF);
      return;
    }
    this.powerMode = "active";
    const chunkSectors = Math.min(sectors, CHUNK_SECTORS);
    const blockSectors = form.blockSectors ?? CHUNK_SECTORS;
    const sectorsAfterChunk = sectors - chunkSectors;
    this.transfer = { kind, dma, ext, fua: form.fua ?? false, lba, chunkSectors, sectorsAfterChunk, blockSectors };
    this.beginChunk(false);
  }

  /** `interrupt`: the first block of a PIO write comes without one. */
  private beginChunk(interrupt: boolean): void {
    const transfer = this.transfer!;
    const length = transfer.chunkSectors * SECTOR_BYTES;
    if (transfer.kind !== "write") {
      this.startWork("read", transfer.lba * SECTOR_BYTES, length);
      return;
    }
    this.allocate(length);
    this.openBlock(0, interrupt);
  }

  /** The next DRQ block of the chunk, or the whole chunk by DMA. */
  private openBlock(start: number, interrupt: boolean): void {
    const { kind, dma, chunkSectors, blockSectors } = this.transfer!;
    const chunkBytes = chunkSectors * SECTOR_BYTES;
    if (dma) this.openPhase(kind === "write" ? "dmaOut" : "dmaIn", start, chunkBytes, false);
    else {
      const end = Math.min(chunkBytes, start + blockSectors * SECTOR_BYTES);
      this.openPhase(kind === "write" ? "pioOut" : "pioIn", start, end, interrupt);
    }
  }

  protected override dataPhaseDone(): void {
    const transfer = this.transfer;
    if (!transfer) {
      // IDENTIFY DEVICE, READ BUFFER: nothing follows the block.
      this.succeed(false);
      return;
    }
    const chunkBytes = transfer.chunkSectors * SECTOR_BYTES;
    switch (transfer.kind) {
      case "writeBuffer":
        this.sectorBuffer = this.buffer.slice(0, SECTOR_BYTES);
        this.transfer = null;
        this.succeed();
        return;
      case "trim":
        this.beginTrim();
        return;
      default:
        if (this.position < chunkBytes) this.openBlock(this.position, true);
        else if (transfer.kind === "write") this.startWork("write", transfer.lba * SECTOR_BYTES, chunkBytes);
        else this.nextChunk();
    }
  }

  private beginTrim(): void {
    const inside = this.discardRanges().every(({ offset, length }) =>
      this.inRange(offset / SECTOR_BYTES, length / SECTOR_BYTES),
    );
    if (inside) this.startWork("discard", 0, 0);
    else this.fail(ata.ERROR_IDNF);
  }

  protected override workDone(work: Work, bytes: Uint8Array | undefined): void {
    const transfer = this.transfer;
    if (!transfer || work.kind === "flush" || work.kind === "discard") {
      if (transfer && transfer.kind === "write") this.finish();
      else {
        this.transfer = null;
        this.succeed();
      }
      return;
    }
    if (transfer.kind === "read") {
      this.buffer = bytes!;
      this.openBlock(0, true);
    } else this.nextChunk();
  }

  /** The chunk is through: the next one, or the end of the command. */
  private nextChunk(): void {
    const transfer = this.transfer!;
    if (transfer.sectorsAfterChunk === 0) {
      if (transfer.kind === "write" && (transfer.fua || !this.settings.writeCache)) this.startWork("flush", 0, 0);
      else this.finish();
      return;
    }
    transfer.lba += transfer.chunkSectors;
    transfer.chunkSectors = Math.min(transfer.sectorsAfterChunk, CHUNK_SECTORS);
    transfer.sectorsAfterChunk -= transfer.chunkSectors;
    this.beginChunk(transfer.kind === "write" && !transfer.dma);
  }

  private finish(): void {
    const { kind, dma, ext, lba, chunkSectors } = this.transfer!;
    this.transfer = null;
    this.taskFile.set(ata.REG_COUNT, 0);
    this.taskFile.setAddress(lba + chunkSectors - 1, ext, this.translation);
    // A PIO read has given its last interrupt with its last block. [ATA-6] 9.5
    this.succeed(kind !== "read" || dma);
  }

  protected override workFailed(work: Work): void {
    const transfer = this.transfer;
    if (transfer && work.kind === "read" && this.retrySmaller(transfer)) return;
    this.transfer = null;
    if (transfer && (work.kind === "read" || work.kind === "write"))
      this.taskFile.setAddress(transfer.lba, transfer.ext, this.translation);
    this.fail(work.kind === "read" ? ata.ERROR_UNC : ata.ERROR_ABRT);
  }

  /**
   * Reads half of a chunk that could not be read, in whole DRQ blocks, so that the host gets what comes before the bad
   * sector and is told which one it is. [ATA-6] 8.34.6: the address of the first unrecoverable error.
   */
  private retrySmaller(transfer: Transfer): boolean {
    const unit = transfer.dma || transfer.kind === "verify" ? 1 : transfer.blockSectors;
    const half = Math.floor(transfer.chunkSectors / 2 / unit) * unit;
    if (half === 0) return false;
    transfer.sectorsAfterChunk += transfer.chunkSectors - half;
    transfer.chunkSectors = half;
    this.startWork("read", transfer.lba * SECTOR_BYTES, half * SECTOR_BYTES);
    return true;
  }

  // ---- saved state --------------------------------------------------------------------------------------------------

  protected override saveKind(): DeviceState {
    return {
      version: 1,
      translation: { ...this.translation },
      multiple: this.multiple,
      powerMode: this.powerMode,
      settings: { ...this.settings, transferMode: { ...this.settings.transferMode } },
      transfer: this.transfer ? { ...this.transfer } : null,
      sectorBuffer: this.sectorBuffer.slice(),
    };
  }

  protected override restoreKind(state: DeviceState): void {
    this.translation = { ...(state.translation as unknown as ChsGeometry) };
    this.multiple = Number(state.multiple);
    this.powerMode = state.powerMode as PowerMode;
    this.settings = restoreDriveSettings(state.settings);
    this.transfer = state.transfer ? { ...(state.transfer as unknown as Transfer) } : null;
    this.sectorBuffer = (state.sectorBuffer as Uint8Array).slice();
  }
}

const noTransfer: Omit<Transfer, "kind"> = {
  dma: false,
  ext: false,
  fua: false,
  lba: 0,
  chunkSectors: 0,
  sectorsAfterChunk: 0,
  blockSectors: 0,
};

/** [ATA-5] 6.2.1: at most 16383 cylinders of 16 heads and 63 sectors. */
function defaultGeometry(totalSectors: number): ChsGeometry {
  const cylinders = Math.max(1, Math.min(16383, Math.floor(totalSectors / (16 * 63))));
  return { cylinders, heads: 16, sectorsPerTrack: 63 };
}
