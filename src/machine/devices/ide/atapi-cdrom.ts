/**
 * An ATAPI CD/DVD-ROM drive: the PACKET protocol by PIO and DMA, tray, lock, and media that come and go. What each
 * packet command returns is in packet-commands.ts.
 *
 * Left out: audio playback (image files carry no audio), overlapped commands, a power-on UNIT ATTENTION.
 * References: [ATA-6] 8.27 (PACKET), 9.8 (its protocol), 9.12 (signature); [MMC-3]; [SFF-8020i] 5 (byte counts).
 */
import { logger } from "../../../shared/log.ts";
import type { BlockStore } from "../../../storage/block-store.ts";
import type { DeviceState } from "../../device.ts";
import { IDENTIFY_BYTES, identifyPacketDevice } from "./ata-identify.ts";
import * as ata from "./ata-registers.ts";
import { CD_BLOCK_BYTES, sectorFieldBytes, selectSectorFields, type SectorFields } from "./cd-sector.ts";
import { IdeDrive, type DrivePhase, type ResetKind, type Work } from "./ide-drive.ts";
import * as mmc from "./mmc.ts";
import type { CdMediumShape } from "./mmc-responses.ts";
import { ModePages } from "./mode-pages.ts";
import { executePacket, selectModePages, type PacketDrive } from "./packet-commands.ts";
import { applySetFeatures, defaultDriveSettings, restoreDriveSettings, type DriveSettings } from "./set-features.ts";

const PACKET_BYTES = 12;
const MAX_BYTE_COUNT = 0xfffe;
const DMA_CHUNK_BLOCKS = 64;
const PIO_CHUNK_BLOCKS = 32;
/** More than an 80-minute CD holds: the image is a DVD. */
const LARGEST_CD_BLOCKS = 80 * 60 * 75;
const FEATURE_DMA = 1 << 0;
const FEATURE_OVERLAP = 1 << 1;
/** Status of a packet device after reset: not even DRDY. [ATA-6] 9.12 */
const STATUS_AFTER_RESET = 0;

const log = logger("cdrom");

export interface AtapiCdromOptions {
  store: BlockStore | null;
  vendor?: string;
  product?: string;
  serial?: string;
  revision?: string;
  /** The guest opened (true) or closed the tray. */
  onTray?: (open: boolean) => void;
}

/** What the bytes of the present command are. */
type Stage = "none" | "identify" | "packet" | "response" | "blocks" | "parameters";

/** Blocks that a read still has to deliver. */
interface BlockRead {
  lba: number;
  blocksLeft: number;
  chunkBlocks: number;
  /** null: user data alone. */
  fields: SectorFields | null;
}

export class AtapiCdrom extends IdeDrive implements PacketDrive {
  override readonly isPacketDevice = true;
  readonly modePages = new ModePages();
  private medium: BlockStore | null;
  private settings: DriveSettings = defaultDriveSettings();
  private stage: Stage = "none";
  private packet: Uint8Array = new Uint8Array(PACKET_BYTES);
  private dma = false;
  private byteLimit = MAX_BYTE_COUNT;
  private blockRead: BlockRead | null = null;
  private sense: mmc.Sense = mmc.NO_SENSE;
  private unitAttention: mmc.Sense | null = null;
  private pendingEvent = mmc.EVENT_NONE;
  private trayIsOpen = false;
  private trayIsLocked = false;
  private standby = false;
  private sleeping = false;
  /** Where the pickup stands. */
  private pickupLba = 0;

  constructor(private readonly options: AtapiCdromOptions) {
    super(options.product ?? "Posada CD-ROM");
    this.medium = options.store;
  }

  // ---- for the machine's owner ----------------------------------------------------------------------------------

  /** Changes the medium; null takes it out. The guest is told by UNIT ATTENTION, whether it locked the tray or not. */
  insert(store: BlockStore | null): void {
    const had = this.medium !== null;
    this.medium = store;
    this.trayIsOpen = false;
    this.pickupLba = 0;
    if (!had && !store) return;
    this.unitAttention = mmc.MEDIUM_MAY_HAVE_CHANGED;
    this.pendingEvent = store ? mmc.EVENT_NEW_MEDIA : mmc.EVENT_MEDIA_REMOVAL;
    if (this.stage !== "blocks") return;
    this.dropWork();
    this.check(this.takeUnitAttention()!);
  }

  /** Like the button on the drive: opens the tray, or asks the guest to where it has locked it. @returns whether open */
  pressEject(): boolean {
    if (this.trayIsLocked) {
      this.pendingEvent = mmc.EVENT_EJECT_REQUEST;
      return false;
    }
    this.openTray();
    return true;
  }

  get trayOpen(): boolean {
    return this.trayIsOpen;
  }

  get locked(): boolean {
    return this.trayIsLocked;
  }

  get inserted(): BlockStore | null {
    return this.medium;
  }

  // ---- for packet-commands.ts -----------------------------------------------------------------------------------

  get identity(): { vendor: string; product: string; revision: string } {
    const { vendor, product, revision } = this.options;
    return { vendor: vendor ?? "POSADA", product: product ?? "CD-ROM", revision: revision ?? "1.0" };
  }

  /** The medium as the guest can reach it: null while the tray is open. */
  get shape(): CdMediumShape | null {
    if (!this.medium || this.trayIsOpen) return null;
    const blocks = Math.ceil(this.medium.sizeBytes / CD_BLOCK_BYTES);
    return { blocks, isDvd: blocks > LARGEST_CD_BLOCKS };
  }

  get pickup(): number {
    return this.pickupLba;
  }

  takeSense(): mmc.Sense {
    const taken = this.unitAttention ?? this.sense;
    this.unitAttention = null;
    this.sense = mmc.NO_SENSE;
    return taken;
  }

  forgetSense(): void {
    this.sense = mmc.NO_SENSE;
  }

  takeUnitAttention(): mmc.Sense | null {
    const taken = this.unitAttention;
    this.unitAttention = null;
    return taken;
  }

  takeEvent(): number {
    const event = this.pendingEvent;
    this.pendingEvent = mmc.EVENT_NONE;
    return event;
  }

  setLocked(locked: boolean): void {
    this.trayIsLocked = locked;
  }

  openTray(): void {
    if (this.trayIsOpen) return;
    this.trayIsOpen = true;
    if (this.medium) this.pendingEvent = mmc.EVENT_MEDIA_REMOVAL;
    this.options.onTray?.(true);
  }

  closeTray(): void {
    if (!this.trayIsOpen) return;
    this.trayIsOpen = false;
    if (this.medium) {
      this.unitAttention = mmc.MEDIUM_MAY_HAVE_CHANGED;
      this.pendingEvent = mmc.EVENT_NEW_MEDIA;
    }
    this.options.onTray?.(false);
  }

  seekTo(lba: number): void {
    this.pickupLba = lba;
  }

  /** GOOD status: the command is over. */
  complete(): void {
    this.stage = "none";
    this.blockRead = null;
    this.taskFile.set(ata.REG_COUNT, ata.REASON_COMMAND | ata.REASON_TO_HOST);
    this.succeed();
  }

  /** CHECK CONDITION: the sense key also shows in the error register. [ATA-6] 8.27.6 */
  check(sense: mmc.Sense): void {
    this.stage = "none";
    this.blockRead = null;
    this.sense = sense;
    this.taskFile.set(ata.REG_COUNT, ata.REASON_COMMAND | ata.REASON_TO_HOST);
    this.fail(sense.key << 4);
  }

  /** Returns `data`, at most as much of it as the packet allows. */
  respond(data: ArrayLike<number>, allocationLength: number): void {
    const length = Math.min(data.length, allocationLength);
    if (length === 0) {
      this.complete();
      return;
    }
    const buffer = this.allocate(length);
    for (let i = 0; i < length; i++) buffer[i] = data[i]!;
    this.stage = "response";
    this.openDataIn(0);
  }

  /** Reads and returns blocks; `fields` null means their user data. */
  readBlocks(lba: number, blocks: number, fields: SectorFields | null): void {
    const shape = this.shape;
    if (!shape) this.check(this.notReady());
    else if (lba < 0 || lba + blocks > shape.blocks) this.check(mmc.ADDRESS_OUT_OF_RANGE);
    else if (blocks === 0) this.complete();
    else {
      this.stage = "blocks";
      this.blockRead = { lba, blocksLeft: blocks, chunkBlocks: 0, fields };
      this.startChunk();
    }
  }

  /** Takes `length` bytes of parameters from the host. */
  takeParameters(length: number): void {
    if (length === 0) {
      this.complete();
      return;
    }
    this.allocate(length);
    this.stage = "parameters";
    if (this.dma) {
      this.openPhase("dmaOut", 0, length, false);
      return;
    }
    this.openParameterBlock(0);
  }

  notReady(): mmc.Sense {
    return this.trayIsOpen ? mmc.MEDIUM_NOT_PRESENT_TRAY_OPEN : mmc.MEDIUM_NOT_PRESENT_TRAY_CLOSED;
  }

  // ---- IdeDrive ---------------------------------------------------------------------------------------------------

  protected override get store(): BlockStore | null {
    return this.medium;
  }

  protected override deafTo(command: number): boolean {
    return this.sleeping && command !== ata.CMD_DEVICE_RESET;
  }

  protected override setSignature(): void {
    this.taskFile.setSignature(0x14, 0xeb);
    this.status = STATUS_AFTER_RESET;
  }

  protected override resetCommandState(kind: ResetKind): void {
    this.stage = "none";
    this.blockRead = null;
    this.standby = false;
    this.sleeping = false;
    if (kind === "diagnostic" || (kind === "soft" && this.settings.keepAtSoftReset)) return;
    this.settings = defaultDriveSettings();
    if (kind === "soft") return;
    this.modePages.reset();
    this.sense = mmc.NO_SENSE;
    this.unitAttention = null;
    this.pendingEvent = mmc.EVENT_NONE;
    this.trayIsLocked = false;
  }

  protected override execute(command: number): void {
    this.stage = "none";
    this.blockRead = null;
    switch (command) {
      case ata.CMD_PACKET:
        return this.beginPacket();
      case ata.CMD_IDENTIFY_PACKET_DEVICE:
        return this.sendIdentify();
      case ata.CMD_DEVICE_RESET:
        return this.deviceReset();
      case ata.CMD_IDENTIFY_DEVICE:
      case ata.CMD_READ_SECTORS:
        // Aborts, but shows the signature, so that a host that expects a disk learns better. [ATA-6] 8.15.6, 8.34
        this.taskFile.setSignature(0x14, 0xeb);
        return this.abort();
      case ata.CMD_SET_FEATURES:
        return applySetFeatures(this.settings, this.taskFile.features, this.taskFile.count)
          ? this.succeed()
          : this.abort();
      case ata.CMD_STANDBY_IMMEDIATE:
      case ata.CMD_STANDBY:
        return this.setPower(true, false);
      case ata.CMD_IDLE_IMMEDIATE:
      case ata.CMD_IDLE:
        return this.setPower(false, false);
      case ata.CMD_SLEEP:
        return this.setPower(true, true);
      case ata.CMD_CHECK_POWER_MODE:
        this.taskFile.set(ata.REG_COUNT, this.standby ? 0x00 : 0xff);
        return this.succeed();
      default:
        return this.abort();
    }
  }

  protected override dataPhaseDone(phase: DrivePhase): void {
    switch (this.stage) {
      case "packet":
        this.packet = this.buffer.slice(0, PACKET_BYTES);
        this.runPacket();
        return;
      case "response":
      case "blocks":
        if (this.position < this.buffer.length) this.openDataIn(this.position);
        else if (this.blockRead && this.blockRead.blocksLeft > 0) this.startChunk();
        else this.complete();
        return;
      case "parameters":
        if (phase === "pioOut" && this.position < this.buffer.length) this.openParameterBlock(this.position);
        else selectModePages(this, this.packet, this.buffer);
        return;
      default:
        // IDENTIFY PACKET DEVICE: nothing follows the block.
        this.stage = "none";
        this.succeed(false);
    }
  }

  protected override workDone(_work: Work, bytes: Uint8Array | undefined): void {
    const read = this.blockRead!;
    this.buffer = read.fields ? selectSectorFields(read.lba, bytes!, read.fields) : bytes!;
    read.lba += read.chunkBlocks;
    read.blocksLeft -= read.chunkBlocks;
    this.pickupLba = read.lba;
    this.openDataIn(0);
  }

  /** What cannot be read is tried again in halves, so that the host gets all up to the bad block and is told its number. */
  protected override workFailed(): void {
    const read = this.blockRead!;
    if (read.chunkBlocks === 1) {
      this.check({ ...mmc.UNRECOVERED_READ_ERROR, information: read.lba });
      return;
    }
    read.chunkBlocks >>= 1;
    this.startWork("read", read.lba * CD_BLOCK_BYTES, read.chunkBlocks * CD_BLOCK_BYTES);
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  private beginPacket(): void {
    if ((this.taskFile.features & FEATURE_OVERLAP) !== 0) {
      this.abort();
      return;
    }
    this.dma = (this.taskFile.features & FEATURE_DMA) !== 0;
    this.byteLimit = usableLimit(this.taskFile.byteCount);
    this.standby = false;
    this.stage = "packet";
    this.allocate(PACKET_BYTES);
    this.taskFile.set(ata.REG_COUNT, ata.REASON_COMMAND);
    this.openPhase("pioOut", 0, PACKET_BYTES, false);
  }

  private runPacket(): void {
    this.stage = "none";
    log.debug(`packet ${[...this.packet].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`);
    executePacket(this, this.packet);
  }

  private sendIdentify(): void {
    const { vendor, product, revision } = this.identity;
    this.stage = "identify";
    this.allocate(IDENTIFY_BYTES).set(
      identifyPacketDevice({
        model: `${vendor} ${product}`,
        serial: this.options.serial ?? "PC00001",
        firmware: revision,
        transferMode: this.settings.transferMode,
      }),
    );
    this.openPhase("pioIn", 0, IDENTIFY_BYTES, true);
  }

  /** No interrupt, and the selection stays. [ATA-6] 8.10 */
  private deviceReset(): void {
    this.endReset("soft");
  }

  private setPower(standby: boolean, sleeping: boolean): void {
    this.standby = standby;
    this.sleeping = sleeping;
    this.succeed();
  }

  /** Opens the rest of the buffer to the host: by DMA as a whole, by PIO in blocks of at most the byte count limit. */
  private openDataIn(start: number): void {
    this.taskFile.set(ata.REG_COUNT, ata.REASON_TO_HOST);
    if (this.dma) {
      this.openPhase("dmaIn", start, this.buffer.length, false);
      return;
    }
    const bytes = Math.min(this.byteLimit, this.buffer.length - start);
    this.taskFile.byteCount = bytes;
    this.openPhase("pioIn", start, start + bytes, true);
  }

  private openParameterBlock(start: number): void {
    const bytes = Math.min(this.byteLimit, this.buffer.length - start);
    this.taskFile.set(ata.REG_COUNT, 0);
    this.taskFile.byteCount = bytes;
    this.openPhase("pioOut", start, start + bytes, true);
  }

  private startChunk(): void {
    const read = this.blockRead!;
    const blockBytes = read.fields ? sectorFieldBytes(read.fields) : CD_BLOCK_BYTES;
    // Whole blocks within the host's limit, so that chunks do not show as odd-sized pieces.
    const fitting = Math.max(1, Math.min(PIO_CHUNK_BLOCKS, Math.floor(this.byteLimit / blockBytes)));
    read.chunkBlocks = Math.min(read.blocksLeft, this.dma ? DMA_CHUNK_BLOCKS : fitting);
    this.startWork("read", read.lba * CD_BLOCK_BYTES, read.chunkBlocks * CD_BLOCK_BYTES);
  }

  // ---- saved state --------------------------------------------------------------------------------------------------

  protected override saveKind(): DeviceState {
    const read = this.blockRead;
    return {
      version: 1,
      modePages: this.modePages.save(),
      settings: { ...this.settings, transferMode: { ...this.settings.transferMode } },
      mediumBytes: this.medium?.sizeBytes ?? null,
      stage: this.stage,
      packet: this.packet.slice(),
      dma: this.dma,
      byteLimit: this.byteLimit,
      blockRead: read ? { ...read, fields: read.fields ? { ...read.fields } : null } : null,
      sense: { ...this.sense },
      unitAttention: this.unitAttention ? { ...this.unitAttention } : null,
      pendingEvent: this.pendingEvent,
      trayIsOpen: this.trayIsOpen,
      trayIsLocked: this.trayIsLocked,
      standby: this.standby,
      sleeping: this.sleeping,
      pickupLba: this.pickupLba,
    };
  }

  /** A medium other than the one that was there when the state was saved counts as changed. */
  protected override restoreKind(state: DeviceState): void {
    this.modePages.restore(state.modePages as DeviceState);
    this.settings = restoreDriveSettings(state.settings);
    this.stage = state.stage as Stage;
    this.packet = (state.packet as Uint8Array).slice();
    this.dma = state.dma === true;
    this.byteLimit = Number(state.byteLimit);
    this.blockRead = state.blockRead ? { ...(state.blockRead as unknown as BlockRead) } : null;
    this.sense = { ...(state.sense as unknown as mmc.Sense) };
    this.unitAttention = state.unitAttention ? { ...(state.unitAttention as unknown as mmc.Sense) } : null;
    this.pendingEvent = Number(state.pendingEvent);
    this.trayIsOpen = state.trayIsOpen === true;
    this.trayIsLocked = state.trayIsLocked === true;
    this.standby = state.standby === true;
    this.sleeping = state.sleeping === true;
    this.pickupLba = Number(state.pickupLba);
    if ((this.medium?.sizeBytes ?? null) === state.mediumBytes) return;
    this.unitAttention = mmc.MEDIUM_MAY_HAVE_CHANGED;
    this.pendingEvent = this.medium ? mmc.EVENT_NEW_MEDIA : mmc.EVENT_MEDIA_REMOVAL;
  }
}

/** 0 stands for the most there is, as drives of [SFF-8020i] take it; a limit below the whole transfer is even. */
function usableLimit(byteCount: number): number {
  return byteCount === 0 || byteCount === 0xffff ? MAX_BYTE_COUNT : Math.max(2, byteCount & ~1);
}
