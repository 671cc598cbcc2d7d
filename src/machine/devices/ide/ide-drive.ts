/**
 * What disks and CD-ROM drives on an IDE channel have in common: task file, status and interrupt, the data phases in
 * which the host moves a buffer by PIO or bus master, and one piece of host storage work at a time.
 *
 * A command is a chain of phases. In `busy` the drive waits for its BlockStore through `clock.defer`; the other phases
 * wait for the host. All of it is plain state, so that a drive saved in the middle of a command goes on after restore:
 * the storage work is started again with its old deadline. References: [ATA-6] 9 (protocols).
 */
import { StorageError, type BlockStore } from "../../../storage/block-store.ts";
import { logger } from "../../../shared/log.ts";
import type { Clock } from "../../clock.ts";
import { expectVersion, type DeviceState } from "../../device.ts";
import {
  DIAGNOSTIC_PASSED,
  ERROR_ABRT,
  STATUS_BSY,
  STATUS_DRDY,
  STATUS_DRQ,
  STATUS_DSC,
  STATUS_ERR,
} from "./ata-registers.ts";
import { TaskFile } from "./task-file.ts";

/**
 * Who moves next: nobody (idle), the storage (busy), the host by PIO, or the bus master. "In" is towards the host.
 */
export type DrivePhase = "idle" | "busy" | "pioIn" | "pioOut" | "dmaIn" | "dmaOut";

/** Power-on or RESET#; SRST or DEVICE RESET; EXECUTE DEVICE DIAGNOSTIC. */
export type ResetKind = "hard" | "soft" | "diagnostic";

/** What a drive tells its channel. */
export interface DriveHost {
  intrqChanged(): void;
  /** The drive entered a DMA phase. */
  dmaRequested(): void;
}

/** Storage work under way. The bytes of a write are the first `length` bytes of the drive's buffer. */
export interface Work {
  kind: "read" | "write" | "flush" | "discard";
  /** In bytes. */
  offset: number;
  length: number;
  deadlineNs: number;
}

/** How long work takes on instruction time: a fixed part, and the transfer at about 200 MB/s. */
const WORK_OVERHEAD_NS = 20_000;
const WORK_NS_PER_BYTE = 5;

const log = logger("ide");

export abstract class IdeDrive {
  readonly taskFile = new TaskFile();
  status = STATUS_DRDY | STATUS_DSC;
  error = DIAGNOSTIC_PASSED;
  phase: DrivePhase = "idle";
  /** The drive asks for attention; the channel decides whether INTRQ follows. */
  intrqPending = false;
  /** Bytes moved from and to the medium since power-on, for the status lights. */
  readonly activity = { bytesRead: 0, bytesWritten: 0 };

  /** The drive runs packet commands. */
  readonly isPacketDevice: boolean = false;

  /** Data phase: the host moves buffer[position, end). */
  buffer: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;

  protected clock!: Clock;
  private host!: DriveHost;
  private work: Work | null = null;
  /** Rises whenever work is started or dropped: late results of dropped work are not for us. */
  private workEpoch = 0;
  /** The last write handed to the store; later work waits for it, also across a reset. */
  private lastWrite: Promise<void> = Promise.resolve();

  constructor(
    /** Appears in logs. */
    readonly name: string,
  ) {}

  /** Called once by the channel, before anything else. */
  connect(clock: Clock, host: DriveHost): void {
    this.clock = clock;
    this.host = host;
  }

  // ---- what a kind of drive is ----------------------------------------------------------------------------------

  protected abstract readonly store: BlockStore | null;
  /** Runs a command; BSY and the previous interrupt are already clear. */
  protected abstract execute(command: number): void;
  /** The host has moved the whole of buffer[…, end) in `phase`. */
  protected abstract dataPhaseDone(phase: DrivePhase): void;
  /** `bytes` is what was read. */
  protected abstract workDone(work: Work, bytes: Uint8Array | undefined): void;
  protected abstract workFailed(work: Work, error: Error): void;
  protected abstract setSignature(): void;
  protected abstract resetCommandState(kind: ResetKind): void;
  protected abstract saveKind(): DeviceState;
  protected abstract restoreKind(state: DeviceState): void;
  /** Byte ranges that a discard in progress names. */
  protected discardRanges(): { offset: number; length: number }[] {
    return [];
  }

  /** True where the drive does not even look at the command (it sleeps). */
  protected deafTo(_command: number): boolean {
    return false;
  }

  // ---- for the channel ------------------------------------------------------------------------------------------

  get busy(): boolean {
    return (this.status & STATUS_BSY) !== 0;
  }

  /** The Command register was written. A command in a data phase abandons that phase. */
  writeCommand(command: number): void {
    if (this.deafTo(command)) return;
    this.dropWork();
    this.phase = "idle";
    this.setIntrq(false);
    this.error = 0;
    this.status = STATUS_DRDY | STATUS_DSC;
    this.execute(command);
  }

  /** Reading Status ends the interrupt. [ATA-6] 7.15.6 */
  acknowledgeInterrupt(): void {
    this.setIntrq(false);
  }

  /** SRST is set: everything stops. */
  beginReset(): void {
    this.dropWork();
    this.phase = "idle";
    this.setIntrq(false);
    this.status = STATUS_BSY;
  }

  /** Reset or diagnostics are over. */
  endReset(kind: ResetKind): void {
    this.dropWork();
    this.phase = "idle";
    this.setIntrq(false);
    this.resetCommandState(kind);
    this.error = DIAGNOSTIC_PASSED;
    this.status = STATUS_DRDY | STATUS_DSC;
    this.setSignature();
  }

  /** PIO: the host takes up to `target.length` bytes of the present block. @returns how many. */
  pioRead(target: Uint8Array): number {
    if (this.phase !== "pioIn") return 0;
    const count = Math.min(target.length, this.end - this.position);
    target.set(this.buffer.subarray(this.position, this.position + count));
    this.advance(count);
    return count;
  }

  pioWrite(source: Uint8Array): number {
    if (this.phase !== "pioOut") return 0;
    const count = Math.min(source.length, this.end - this.position);
    this.buffer.set(source.subarray(0, count), this.position);
    this.advance(count);
    return count;
  }

  /** The host or the bus master has moved `count` bytes at `position`. */
  advance(count: number): void {
    this.position += count;
    if (this.position < this.end) return;
    const phase = this.phase;
    this.status &= ~STATUS_DRQ;
    this.phase = "idle";
    this.dataPhaseDone(phase);
  }

  // ---- for kinds of drives --------------------------------------------------------------------------------------

  protected setIntrq(pending: boolean): void {
    this.intrqPending = pending;
    this.host.intrqChanged();
  }

  /** Opens a data phase over buffer[start, end). PIO phases show DRQ; `interrupt` as the protocol wants. */
  protected openPhase(phase: "pioIn" | "pioOut" | "dmaIn" | "dmaOut", start: number, end: number, interrupt: boolean) {
    this.phase = phase;
    this.position = start;
    this.end = end;
    this.status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
    if (interrupt) this.setIntrq(true);
    if (phase === "dmaIn" || phase === "dmaOut") this.host.dmaRequested();
  }

  /** Makes room for `length` bytes, zeroed. */
  protected allocate(length: number): Uint8Array {
    this.buffer = new Uint8Array(length);
    return this.buffer;
  }

  protected succeed(interrupt = true): void {
    this.phase = "idle";
    this.status = STATUS_DRDY | STATUS_DSC;
    if (interrupt) this.setIntrq(true);
  }

  protected fail(errorBits: number): void {
    this.phase = "idle";
    this.error = errorBits;
    this.status = STATUS_DRDY | STATUS_DSC | STATUS_ERR;
    this.setIntrq(true);
  }

  protected abort(): void {
    this.fail(ERROR_ABRT);
  }

  protected startWork(kind: Work["kind"], offset: number, length: number): void {
    this.phase = "busy";
    this.status = STATUS_BSY | STATUS_DRDY | STATUS_DSC;
    const moved = kind === "read" || kind === "write" ? length : 0;
    const deadlineNs = this.clock.nowNs() + WORK_OVERHEAD_NS + moved * WORK_NS_PER_BYTE;
    this.work = { kind, offset, length, deadlineNs };
    this.runWork(this.work);
  }

  protected dropWork(): void {
    this.workEpoch++;
    this.work = null;
  }

  private runWork(work: Work): void {
    const epoch = ++this.workEpoch;
    this.clock.defer(
      this.perform(work, () => epoch === this.workEpoch),
      work.deadlineNs,
      (bytes) => {
        if (epoch !== this.workEpoch) return;
        this.work = null;
        if (work.kind === "read") this.activity.bytesRead += work.length;
        else if (work.kind === "write") this.activity.bytesWritten += work.length;
        this.workDone(work, bytes);
      },
      (error) => {
        if (epoch !== this.workEpoch) return;
        this.work = null;
        log.error(`${this.name}: ${work.kind} of ${work.length} bytes at ${work.offset} failed: ${error.message}`);
        this.workFailed(work, error);
      },
    );
  }

  /**
   * Work that a reset has dropped before its turn is not begun: a guest that starts and drops work without end must not
   * fill the host's memory with it. What that loses of a write is what a reset loses of an unfinished one.
   */
  private async perform(work: Work, wanted: () => boolean): Promise<Uint8Array | undefined> {
    const store = this.store;
    if (!store) throw new StorageError("the medium is gone");
    // Each data phase has a buffer of its own: nobody changes this one any more.
    const bytes = work.kind === "write" ? this.buffer.subarray(0, work.length) : undefined;
    const ranges = work.kind === "discard" ? this.discardRanges() : [];
    if (bytes) {
      const write = this.lastWrite.then(() => (wanted() ? store.write(work.offset, bytes) : undefined));
      this.lastWrite = write.catch(() => {});
      await write;
      return undefined;
    }
    await this.lastWrite;
    if (!wanted()) return undefined;
    if (work.kind === "read") {
      const inside = Math.max(0, Math.min(work.length, store.sizeBytes - work.offset));
      const read = await store.read(work.offset, inside);
      if (inside === work.length) return read;
      const padded = new Uint8Array(work.length);
      padded.set(read);
      return padded;
    }
    if (work.kind === "flush") await store.flush();
    for (const range of ranges) await store.discard?.(range.offset, range.length);
    return undefined;
  }

  // ---- saved state ----------------------------------------------------------------------------------------------

  save(): DeviceState {
    const { kind, offset, length, deadlineNs } = this.work ?? { kind: "", offset: 0, length: 0, deadlineNs: 0 };
    return {
      version: 1,
      taskFile: this.taskFile.save(),
      status: this.status,
      error: this.error,
      phase: this.phase,
      intrqPending: this.intrqPending,
      buffer: this.buffer.slice(),
      position: this.position,
      end: this.end,
      work: this.work ? { kind, offset, length, deadlineNs } : null,
      bytesRead: this.activity.bytesRead,
      bytesWritten: this.activity.bytesWritten,
      kind: this.saveKind(),
    };
  }

  restore(state: DeviceState): void {
    expectVersion(`the drive ${this.name}`, state, 1);
    this.dropWork();
    this.taskFile.restore(state.taskFile as DeviceState);
    this.status = Number(state.status);
    this.error = Number(state.error);
    this.phase = state.phase as DrivePhase;
    this.intrqPending = state.intrqPending === true;
    this.buffer = (state.buffer as Uint8Array).slice();
    this.position = Number(state.position);
    this.end = Number(state.end);
    this.activity.bytesRead = Number(state.bytesRead);
    this.activity.bytesWritten = Number(state.bytesWritten);
    this.restoreKind(state.kind as DeviceState);
    const work = state.work as unknown as Work | null;
    if (!work) return;
    this.work = { ...work };
    this.runWork(this.work);
  }
}
