/**
 * The execution phase of the 82077AA's data commands: sectors between the medium and DMA or the processor.
 *
 * References: [82077AA] Intel 82077AA datasheet (290166), 5.1.1–5.1.6.
 */
import type { DmaChannel } from "../../bus/dma-channel.ts";
import type { Clock } from "../../clock.ts";
import { type DeviceState, expectVersion } from "../../device.ts";
import { logger } from "../../../shared/log.ts";
import type { FloppyDrive } from "./floppy-drive.ts";
import { SECTOR_BYTES } from "./floppy-formats.ts";
import * as R from "./floppy-registers.ts";
import { advance, restoreTransfer, saveTransfer, type Transfer } from "./floppy-transfer.ts";

const log = logger("floppy");

/** A turn and its sectors take hundreds of milliseconds on a real drive; drivers need only that it is not at once. */
const ACCESS_NS = 200_000;
const SECTOR_NS = 20_000;
/** How long the controller looks for an address mark that is not there: two turns, sped up. */
export const NOT_FOUND_NS = 20_000_000;

/** What the engine needs of the controller around it. */
export interface FloppyDataHost {
  /** Channel 2. */
  readonly dma: DmaChannel;
  /** SPECIFY chose DMA. */
  readonly usesDma: boolean;
  /** Data rate code. */
  readonly rate: number;
  drive(n: number): FloppyDrive;
  interrupt(asserted: boolean): void;
  /** The command is over: its result bytes are shown after `afterNs`, with an interrupt. */
  end(result: number[], afterNs: number): void;
  activity(kind: "read" | "write", bytes: number): void;
}

export class FloppyDataEngine {
  private transfer: Transfer | null = null;
  /** For what the transfer waits; null while it works or there is none. */
  private waiting: "dma" | "host" | null = null;
  private hostPosition = 0;
  /** Rises with every reset, so that host work from before it is not taken for new. */
  private epoch = 0;
  /** When the host work under way is due; null where there is none. */
  private dueNs: number | null = null;
  /** What was under way when the state was saved keeps its time. */
  private resumesAtNs: number | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly host: FloppyDataHost,
  ) {
    host.dma.onReady(() => {
      if (this.waiting === "dma") this.continueTransfer();
    });
  }

  /** Stops whatever is under way. */
  abort(): void {
    this.epoch++;
    this.transfer = null;
    this.waiting = null;
    this.dueNs = null;
    this.host.dma.setRequest(false);
  }

  /** In programmed I/O: whether the processor is to read or to write the next byte. */
  get hostTurn(): "read" | "write" | null {
    if (this.waiting !== "host") return null;
    return this.writes ? "write" : "read";
  }

  save(): DeviceState {
    return {
      version: 1,
      transfer: this.transfer ? saveTransfer(this.transfer) : null,
      waiting: this.waiting,
      hostPosition: this.hostPosition,
      dueNs: this.dueNs,
    };
  }

  /** Host work that was under way starts again. */
  restore(state: DeviceState): void {
    expectVersion("the floppy transfer", state, 1);
    this.epoch++;
    this.transfer = state.transfer ? restoreTransfer(state.transfer) : null;
    this.waiting = state.waiting as "dma" | "host" | null;
    this.hostPosition = state.hostPosition as number;
    this.dueNs = null;
    this.resumesAtNs = (state.dueNs as number | null | undefined) ?? null;
    if (this.transfer && this.waiting === null) this.continueTransfer();
    this.resumesAtNs = null;
  }

  /** Starts a data command. @param command its bytes, the opcode first. @param impliedSeek CONFIGURE asked for it. */
  start(name: R.CommandName, command: readonly number[], impliedSeek: boolean): void {
    const param = (index: number): number => command[index] ?? 0;
    const transfer = this.parse(name, param);
    this.transfer = transfer;
    const drive = this.host.drive(transfer.drive);
    if (impliedSeek && name !== "format" && drive.present) drive.seek(transfer.c);
    if (!drive.readable(this.host.rate, transfer.head) || !(param(0) & R.COMMAND_MFM))
      this.fail(R.ST1_MISSING_ADDRESS, 0, NOT_FOUND_NS);
    else if (this.writes && drive.writeProtected) this.fail(R.ST1_NOT_WRITABLE, 0);
    else if (name !== "format" && transfer.c !== drive.mediumCylinder)
      this.fail(R.ST1_NO_DATA, R.ST2_WRONG_CYLINDER, NOT_FOUND_NS);
    else this.continueTransfer();
  }

  private parse(name: R.CommandName, param: (index: number) => number): Transfer {
    const isFormat = name === "format";
    const head = (param(1) >> 2) & 1;
    const verifyCount = name === "verify" && param(1) & 0x80 ? param(8) || 256 : Infinity;
    return {
      command: name,
      drive: param(1) & 3,
      head,
      c: isFormat ? this.host.drive(param(1) & 3).mediumCylinder : param(2),
      h: isFormat ? head : param(3),
      r: isFormat || name === "readTrack" ? 1 : param(4),
      n: isFormat ? param(2) : param(5),
      eot: isFormat ? 0xff : param(6),
      multitrack: !isFormat && name !== "readTrack" && (param(0) & R.COMMAND_MULTITRACK) !== 0,
      skip: (param(0) & R.COMMAND_SKIP) !== 0,
      sectorsLeft: isFormat ? param(3) : verifyCount,
      fill: param(5),
      pending: new Uint8Array(0),
      partialBytes: 0,
      last: false,
    };
  }

  private get writes(): boolean {
    const name = this.transfer?.command;
    return name === "writeData" || name === "writeDeleted" || name === "format";
  }

  /** Result phase of a data command. */
  private resultBytes(st0: number, st1: number, st2: number): number[] {
    const { transfer } = this;
    if (!transfer) return [st0, st1, st2, 0, 0, 0, 0];
    const { drive, head, c, h, r, n } = transfer;
    return [st0 | (head << 2) | drive, st1, st2, c, h, r, n];
  }

  private end(result: number[], afterNs: number): void {
    this.transfer = null;
    this.waiting = null;
    this.host.dma.setRequest(false);
    this.host.end(result, afterNs);
  }

  private fail(st1: number, st2: number, afterNs = ACCESS_NS): void {
    this.end(this.resultBytes(R.ST0_ABNORMAL, st1, st2), afterNs);
  }

  private succeed(st2 = 0): void {
    this.end(this.resultBytes(0, 0, st2), 0);
  }

  /** Takes the transfer as far as it goes without waiting for host, DMA or storage. */
  private continueTransfer(): void {
    const { transfer } = this;
    if (!transfer) return;
    this.waiting = null;
    const drive = this.host.drive(transfer.drive);
    const format = drive.format;
    if (!format) this.fail(R.ST1_MISSING_ADDRESS, 0, NOT_FOUND_NS);
    else if (transfer.pending.length > 0) {
      if (this.writes) this.storePending(transfer, drive);
      else this.deliver(transfer);
    } else if (transfer.command === "format") this.requestFromHost(transfer, Math.min(transfer.sectorsLeft, 255) * 4);
    else if (transfer.n !== 2 || transfer.h !== transfer.head || transfer.r < 1 || transfer.r > format.sectors)
      this.fail(R.ST1_NO_DATA, 0, NOT_FOUND_NS);
    else if (transfer.head >= format.heads) this.fail(R.ST1_MISSING_ADDRESS, 0, NOT_FOUND_NS);
    else {
      const onTrack = Math.max(1, Math.min(transfer.eot, format.sectors) - transfer.r + 1);
      const wanted = Math.min(onTrack, transfer.sectorsLeft);
      if (this.writes) this.requestFromHost(transfer, wanted * SECTOR_BYTES);
      else this.fetch(transfer, drive, wanted);
    }
  }

  private defer<T>(work: Promise<T>, afterNs: number, done: (result: T) => void): void {
    const { epoch } = this;
    const current = (next: () => void): void => {
      if (epoch !== this.epoch) return;
      this.dueNs = null;
      next();
    };
    this.dueNs = this.resumesAtNs ?? this.clock.nowNs() + afterNs;
    this.resumesAtNs = null;
    this.clock.defer(
      work,
      this.dueNs,
      (result) => current(() => done(result)),
      (error) =>
        current(() => {
          log.warn(`the floppy's image could not be read or written: ${error.message}`);
          this.fail(R.ST1_DATA_ERROR, R.ST2_DATA_ERROR);
        }),
    );
  }

  private waitForDma(): void {
    this.waiting = "dma";
    this.host.dma.setRequest(true);
  }

  // Reading

  private fetch(transfer: Transfer, drive: FloppyDrive, sectors: number): void {
    const verifies = transfer.command === "verify";
    if (this.host.usesDma && !verifies) {
      if (!this.host.dma.ready) {
        this.waitForDma();
        return;
      }
      sectors = Math.min(sectors, Math.ceil(this.host.dma.remainingBytes / SECTOR_BYTES));
    }
    if (transfer.command === "readDeleted") {
      // No sector of an image has a deleted mark: SK skips them all, else the first one ends the command.
      if (transfer.skip) {
        this.fail(R.ST1_NO_DATA, 0, NOT_FOUND_NS);
        return;
      }
      sectors = 1;
    }
    const offset = drive.offsetOf(transfer.head, transfer.r);
    const work = drive.read(offset, sectors * SECTOR_BYTES);
    this.defer(work, ACCESS_NS + sectors * SECTOR_NS, (bytes) => {
      this.host.activity("read", bytes.length);
      transfer.pending = bytes;
      this.deliver(transfer);
    });
  }

  /** Hands read bytes to DMA or the processor. */
  private deliver(transfer: Transfer): void {
    if (transfer.command === "verify") {
      this.sectorsDone(
        transfer,
        transfer.pending.length,
        transfer.sectorsLeft * SECTOR_BYTES <= transfer.pending.length,
      );
      return;
    }
    if (!this.host.usesDma) {
      this.hostPosition = 0;
      this.waiting = "host";
      this.host.interrupt(true);
      return;
    }
    const { moved, terminalCount } = this.host.dma.transferToMemory(transfer.pending);
    if (moved === transfer.pending.length || terminalCount) this.sectorsDone(transfer, moved, terminalCount);
    else {
      // Masked in the middle of a transfer: whole sectors are done with, the rest goes on when it is unmasked.
      transfer.pending = transfer.pending.slice(moved);
      transfer.partialBytes += moved;
      this.waitForDma();
    }
  }

  /** The processor reads a byte of the data. */
  readByte(): number {
    const { transfer } = this;
    if (!transfer) return 0;
    const value = transfer.pending[this.hostPosition++] ?? 0;
    this.host.interrupt(false);
    if (this.hostPosition < transfer.pending.length) this.host.interrupt(true);
    else this.sectorsDone(transfer, transfer.pending.length, false);
    return value;
  }

  /** `bytes` of the current run have gone over; a partial sector counts as done. */
  private sectorsDone(transfer: Transfer, bytes: number, terminalCount: boolean): void {
    const sectors = Math.ceil((bytes + transfer.partialBytes) / SECTOR_BYTES);
    transfer.partialBytes = 0;
    this.waiting = null;
    transfer.pending = new Uint8Array(0);
    this.host.dma.setRequest(false);
    const where = advance(transfer, sectors);
    if (transfer.command === "readDeleted") this.succeed(R.ST2_CONTROL_MARK);
    else if (terminalCount || (transfer.command === "readTrack" && where === "end")) this.succeed();
    else if (where === "more") this.continueTransfer();
    else if (transfer.command === "verify" && transfer.sectorsLeft === Infinity) this.succeed();
    // Past EOT without terminal count ([82077AA] ST1.EN); programmed I/O always ends here, since it cannot give one.
    else this.fail(R.ST1_END_OF_CYLINDER, 0);
  }

  // Writing

  private requestFromHost(transfer: Transfer, bytes: number): void {
    if (bytes === 0) {
      this.succeed();
      return;
    }
    if (!this.host.usesDma) {
      transfer.pending = new Uint8Array(bytes);
      this.hostPosition = 0;
      this.waiting = "host";
      this.host.interrupt(true);
      return;
    }
    if (!this.host.dma.ready) {
      this.waitForDma();
      return;
    }
    const { bytes: taken, terminalCount } = this.host.dma.transferFromMemory(bytes);
    transfer.pending = taken;
    transfer.last = terminalCount;
    this.storePending(transfer, this.host.drive(transfer.drive));
  }

  /** The processor writes a byte of the data. */
  writeByte(value: number): void {
    const { transfer } = this;
    if (!transfer) return;
    transfer.pending[this.hostPosition++] = value;
    this.host.interrupt(false);
    if (this.hostPosition < transfer.pending.length) this.host.interrupt(true);
    else {
      this.waiting = null;
      this.storePending(transfer, this.host.drive(transfer.drive));
    }
  }

  private storePending(transfer: Transfer, drive: FloppyDrive): void {
    if (transfer.command === "format") {
      this.formatTrack(transfer, drive);
      return;
    }
    const sectors = Math.ceil(transfer.pending.length / SECTOR_BYTES);
    // A transfer that ends inside a sector fills the rest of it with zeros.
    const bytes = new Uint8Array(sectors * SECTOR_BYTES);
    bytes.set(transfer.pending);
    const work = drive.write(drive.offsetOf(transfer.head, transfer.r), bytes);
    this.defer(work, ACCESS_NS + sectors * SECTOR_NS, () => {
      this.host.activity("write", bytes.length);
      this.sectorsDone(transfer, bytes.length, transfer.last);
    });
  }

  /** Writes the fill byte to each sector that the host's list of C, H, R, N names; the image's geometry is fixed. */
  private formatTrack(transfer: Transfer, drive: FloppyDrive): void {
    const sectors = drive.format?.sectors ?? 0;
    const writes: Promise<void>[] = [];
    let missing = false;
    for (let at = 0; at + 3 < transfer.pending.length; at += 4) {
      const [c, h, r, n] = transfer.pending.subarray(at, at + 4);
      const fits =
        c === drive.mediumCylinder && h === transfer.head && n === 2 && r !== undefined && r >= 1 && r <= sectors;
      if (fits)
        writes.push(drive.write(drive.offsetOf(transfer.head, r), new Uint8Array(SECTOR_BYTES).fill(transfer.fill)));
      else missing = true;
    }
    const count = writes.length;
    this.defer(Promise.all(writes), ACCESS_NS + count * SECTOR_NS, () => {
      this.host.activity("write", count * SECTOR_BYTES);
      if (missing) this.fail(R.ST1_NO_DATA, 0);
      else this.succeed();
    });
  }
}
