/**
 * Intel 82077AA floppy disk controller with up to two drives: command, execution and result phases, DMA and
 * programmed I/O, seeks with interrupts, disk change, write protection.
 *
 * Sectors are 512 bytes, as images hold them; other sizes are not found. Times are much shorter than a drive's, but
 * never zero, so that a guest sees busy bits and interrupts in their order. Left out: FM, deleted address marks on the
 * medium, tape mode, and the SCAN commands that nothing uses.
 *
 * References: [82077AA] Intel 82077AA datasheet (290166).
 */
import type { DmaChannel } from "../../bus/dma-channel.ts";
import type { IrqLine } from "../../bus/irq-line.ts";
import type { PortDevice } from "../../bus/port-bus.ts";
import type { Clock, Timer } from "../../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../../device.ts";
import { rearm } from "../../timer-state.ts";
import type { BlockStore } from "../../../storage/block-store.ts";
import { FloppyDrive } from "./floppy-drive.ts";
import type { FloppyDriveType } from "./floppy-formats.ts";
import { FloppyDataEngine, NOT_FOUND_NS } from "./floppy-data-engine.ts";
import * as R from "./floppy-registers.ts";

const SEEK_NS = 500_000;
const STEP_NS = 20_000;
const READ_ID_NS = 1_000_000;
const DRIVES = 4;
const COMMAND_RECALIBRATE = 0x07;
/** As many pulses as RECALIBRATE gives before it gives up. */
const RECALIBRATE_STEPS = 79;

export interface FloppyWiring {
  /** IRQ6. */
  irq: IrqLine;
  dma: DmaChannel;
  /** Types of drives A and B; null where there is none. */
  drives: readonly (FloppyDriveType | null)[];
  /** Bytes moved, for the activity light. */
  onActivity?: (kind: "read" | "write", bytes: number) => void;
}

type Phase = "command" | "execution" | "result";

export class FloppyController implements Device {
  readonly drives: readonly FloppyDrive[];
  private dor = 0;
  private tdr = 0;
  private rate = 2;
  private phase: Phase = "command";
  private command: number[] = [];
  private result: number[] = [];
  private interrupt = false;
  /** Seeks and resets that SENSE INTERRUPT STATUS has to report: ST0 by drive. */
  private seekStatus: (number | null)[] = [null, null, null, null];
  private seeking = [false, false, false, false];
  /** What a seek under way will report. */
  private seekResults = [0, 0, 0, 0];
  private specify = [0, 0];
  private configure = [0, R.CONFIGURE_DEFAULT, 0];
  private perpendicular = 0;
  private locked = false;
  private lastEot = 0;
  private readonly engine: FloppyDataEngine;
  private readonly seekTimers: readonly Timer[];
  private readonly resetTimer: Timer;
  private readonly resultTimer: Timer;

  /** Six ports; the board puts them at 0x3F0 (0x3F6 belongs to IDE). */
  readonly registers: PortDevice = {
    category: "floppy",
    portRead: (offset) => this.readRegister(offset),
    portWrite: (offset, _sizeBytes, value) => this.writeRegister(offset, value),
  };

  /** One port, 0x3F7: disk change in bit 7, data rate when written. */
  readonly changeRegister: PortDevice = {
    category: "floppy",
    portRead: () => this.readDir(),
    portWrite: (_offset, _sizeBytes, value) => {
      this.rate = value & 3;
    },
  };

  constructor(
    private readonly clock: Clock,
    private readonly wiring: FloppyWiring,
  ) {
    this.drives = Array.from({ length: DRIVES }, (_, n) => new FloppyDrive(wiring.drives[n] ?? null));
    this.seekTimers = this.drives.map((_, n) => clock.createTimer(`floppy-seek-${n}`, () => this.seekDone(n)));
    this.resetTimer = clock.createTimer("floppy-reset", () => this.resetDone());
    this.resultTimer = clock.createTimer("floppy-result", () => this.enterResult());
    this.engine = this.createEngine();
  }

  private createEngine(): FloppyDataEngine {
    const usesDma = (): boolean => !((this.specify[1] ?? 0) & R.SPECIFY_NON_DMA);
    const rate = (): number => this.rate;
    return new FloppyDataEngine(this.clock, {
      dma: this.wiring.dma,
      get usesDma() {
        return usesDma();
      },
      get rate() {
        return rate();
      },
      drive: (n) => this.drive(n),
      interrupt: (asserted) => this.setInterrupt(asserted),
      end: (result, afterNs) => (afterNs > 0 ? this.finishLater(result, afterNs) : this.finish(result, true)),
      activity: (kind, bytes) => this.wiring.onActivity?.(kind, bytes),
    });
  }

  /** Puts a medium into drive `n`, or takes it out with null. @returns false when the image fits no floppy format. */
  insert(n: number, store: BlockStore | null): boolean {
    return this.drives[n]?.insert(store) ?? false;
  }

  reset(): void {
    this.dor = 0;
    this.tdr = 0;
    this.rate = 2;
    this.locked = false;
    this.softReset();
    this.resetTimer.cancel();
    this.specify = [0, 0];
    this.perpendicular = 0;
    for (const drive of this.drives) drive.cylinder = 0;
  }

  save(): DeviceState {
    return {
      version: 1,
      dor: this.dor,
      tdr: this.tdr,
      rate: this.rate,
      phase: this.phase,
      command: [...this.command],
      result: [...this.result],
      interrupt: this.interrupt,
      seekStatus: [...this.seekStatus],
      seeking: [...this.seeking],
      seekResults: [...this.seekResults],
      specify: [...this.specify],
      configure: [...this.configure],
      perpendicular: this.perpendicular,
      locked: this.locked,
      lastEot: this.lastEot,
      drives: this.drives.map(({ cylinder, changed, rotation }) => ({ cylinder, changed, rotation })),
      seekNs: this.seekTimers.map((timer) => timer.deadlineNs),
      resetNs: this.resetTimer.deadlineNs,
      resultNs: this.resultTimer.deadlineNs,
      engine: this.engine.save(),
    };
  }

  /** The drives' media must be in place already. Host work that was under way starts again. */
  restore(state: DeviceState): void {
    expectVersion("the floppy controller", state, 1);
    this.dor = state.dor as number;
    this.tdr = state.tdr as number;
    this.rate = state.rate as number;
    this.phase = state.phase as Phase;
    this.command = [...(state.command as number[])];
    this.result = [...(state.result as number[])];
    this.interrupt = state.interrupt as boolean;
    this.seekStatus = [...(state.seekStatus as (number | null)[])];
    this.seeking = [...(state.seeking as boolean[])];
    this.seekResults = [...(state.seekResults as number[])];
    this.specify = [...(state.specify as number[])];
    this.configure = [...(state.configure as number[])];
    this.perpendicular = state.perpendicular as number;
    this.locked = state.locked as boolean;
    this.lastEot = state.lastEot as number;
    (state.drives as { cylinder: number; changed: boolean; rotation?: number }[]).forEach((saved, n) => {
      const drive = this.drives[n];
      if (drive) Object.assign(drive, saved);
    });
    (state.seekNs as number[]).forEach((deadlineNs, n) => {
      const timer = this.seekTimers[n];
      if (timer) rearm(timer, deadlineNs);
    });
    rearm(this.resetTimer, state.resetNs as number);
    rearm(this.resultTimer, state.resultNs as number);
    this.updateIrq();
    this.engine.restore(state.engine as DeviceState);
  }

  // ── Registers ─────────────────────────────────────────────────────────────────────────────────────────────────

  private readRegister(offset: number): number {
    switch (offset) {
      case R.REG_DOR:
        return this.dor;
      case R.REG_TDR:
        return this.tdr;
      case R.REG_MSR_DSR:
        return this.mainStatus();
      case R.REG_FIFO:
        return this.readFifo();
      default: // Status registers A and B are not driven in AT mode.
        return 0xff;
    }
  }

  private writeRegister(offset: number, value: number): void {
    switch (offset) {
      case R.REG_DOR:
        this.writeDor(value);
        break;
      case R.REG_TDR:
        this.tdr = value & 3;
        break;
      case R.REG_MSR_DSR:
        this.rate = value & 3;
        if (value & R.DSR_SW_RESET && this.dor & R.DOR_NOT_RESET) {
          this.softReset();
          this.resetTimer.armAt(this.clock.nowNs() + SEEK_NS);
        }
        break;
      case R.REG_FIFO:
        this.writeFifo(value);
        break;
      default: // SRA and SRB are read-only.
    }
  }

  private writeDor(value: number): void {
    const old = this.dor;
    this.dor = value;
    if (!(value & R.DOR_NOT_RESET)) {
      if (old & R.DOR_NOT_RESET) this.softReset();
      this.resetTimer.cancel();
    } else if (!(old & R.DOR_NOT_RESET)) this.resetTimer.armAt(this.clock.nowNs() + SEEK_NS);
    this.updateIrq();
  }

  private mainStatus(): number {
    if (!(this.dor & R.DOR_NOT_RESET) || this.resetTimer.armed) return 0;
    let status = this.seeking.reduce((bits, busy, n) => bits | (busy ? 1 << n : 0), 0);
    if (this.phase === "command") status |= R.MSR_RQM | (this.command.length > 0 ? R.MSR_CB : 0);
    else if (this.phase === "result") status |= R.MSR_RQM | R.MSR_DIO | R.MSR_CB;
    else {
      status |= R.MSR_CB;
      const turn = this.engine.hostTurn;
      if (turn !== null) status |= R.MSR_RQM | R.MSR_NON_DMA | (turn === "read" ? R.MSR_DIO : 0);
    }
    return status;
  }

  private readDir(): number {
    const selected = this.dor & 3;
    const drive = this.drives[selected];
    const spinning = (this.dor & (0x10 << selected)) !== 0;
    return spinning && drive?.present && drive.changed ? R.DIR_CHANGE : 0;
  }

  private updateIrq(): void {
    this.wiring.irq.set(this.interrupt && (this.dor & R.DOR_DMA_GATE) !== 0);
  }

  private setInterrupt(asserted: boolean): void {
    this.interrupt = asserted;
    this.updateIrq();
  }

  // ── Reset ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private softReset(): void {
    this.engine.abort();
    this.phase = "command";
    this.command = [];
    this.result = [];
    this.resultTimer.cancel();
    for (const timer of this.seekTimers) timer.cancel();
    this.seeking.fill(false);
    this.seekStatus.fill(null);
    // [82077AA] 5.2.6 LOCK: an unlocked reset puts CONFIGURE back to its defaults.
    if (!this.locked) this.configure = [0, R.CONFIGURE_DEFAULT, 0];
    this.perpendicular &= 0x3c;
    this.setInterrupt(false);
  }

  /** With polling on, all four drives report "ready changed" after a reset. */
  private resetDone(): void {
    if ((this.configure[1] ?? 0) & R.CONFIGURE_NO_POLL) return;
    this.seekStatus = [0, 1, 2, 3].map((n) => R.ST0_READY_CHANGED | n);
    this.setInterrupt(true);
  }

  // ── Command and result bytes ──────────────────────────────────────────────────────────────────────────────────

  private writeFifo(value: number): void {
    if (!(this.dor & R.DOR_NOT_RESET)) return;
    if (this.engine.hostTurn === "write") {
      this.engine.writeByte(value);
      return;
    }
    if (this.phase !== "command") return;
    this.command.push(value);
    const row = R.commandFor(this.command[0] ?? 0);
    if (!row) this.finish([R.ST0_INVALID], false);
    else if (this.command.length === row.bytes) this.execute(row.name);
  }

  private readFifo(): number {
    if (this.engine.hostTurn === "read") return this.engine.readByte();
    if (this.phase !== "result") return 0;
    const value = this.result.shift() ?? 0;
    // [82077AA] INT falls with the first result byte; sense interrupts keep theirs until all are told.
    if (!this.seekStatus.some((status) => status !== null)) this.setInterrupt(false);
    if (this.result.length === 0) {
      this.phase = "command";
      this.command = [];
    }
    return value;
  }

  /** Ends the command at once with these result bytes. */
  private finish(result: number[], interrupt: boolean): void {
    this.result = result;
    this.phase = result.length > 0 ? "result" : "command";
    if (this.phase === "command") this.command = [];
    if (interrupt) this.setInterrupt(true);
  }

  private enterResult(): void {
    this.finish(this.result, true);
  }

  private finishLater(result: number[], afterNs: number): void {
    this.phase = "execution";
    this.result = result;
    this.resultTimer.armAt(this.clock.nowNs() + afterNs);
  }

  private param(index: number): number {
    return this.command[index] ?? 0;
  }

  private execute(name: R.CommandName): void {
    const driveNumber = this.param(1) & 3;
    const drive = this.drive(driveNumber);
    switch (name) {
      case "specify":
        this.specify = [this.param(1), this.param(2)];
        this.finish([], false);
        break;
      case "configure":
        this.configure = [this.param(1), this.param(2), this.param(3)];
        this.finish([], false);
        break;
      case "perpendicular":
        this.perpendicular =
          this.param(1) & 0x80 ? this.param(1) & 0x3f : (this.perpendicular & 0x3c) | (this.param(1) & 3);
        this.finish([], false);
        break;
      case "lock":
        this.locked = (this.param(0) & 0x80) !== 0;
        this.finish([this.locked ? 0x10 : 0], false);
        break;
      case "version":
        this.finish([R.VERSION_82077], false);
        break;
      case "dumpRegisters":
        this.finish(this.dump(), false);
        break;
      case "senseDriveStatus":
        this.finish([this.driveStatus(drive)], false);
        break;
      case "senseInterrupt":
        this.senseInterrupt();
        break;
      case "recalibrate":
        // A head beyond cylinder 79 takes two of them.
        this.startSeek(driveNumber, Math.max(0, drive.cylinder - RECALIBRATE_STEPS), !drive.present);
        break;
      case "seek":
        this.startSeek(driveNumber, this.param(2));
        break;
      case "relativeSeek":
        this.relativeSeek(driveNumber, drive);
        break;
      case "readId":
        this.readId(driveNumber, drive);
        break;
      default:
        this.phase = "execution";
        this.lastEot = this.param(name === "format" ? 3 : 6);
        this.engine.start(name, this.command, ((this.configure[1] ?? 0) & R.CONFIGURE_IMPLIED_SEEK) !== 0);
    }
  }

  private drive(n: number): FloppyDrive {
    const drive = this.drives[n & 3];
    if (!drive) throw new RangeError(`a floppy controller has no drive ${n}`);
    return drive;
  }

  private dump(): number[] {
    return [
      ...this.drives.map((drive) => drive.cylinder),
      this.specify[0] ?? 0,
      this.specify[1] ?? 0,
      this.lastEot,
      (this.locked ? 0x80 : 0) | this.perpendicular,
      this.configure[1] ?? 0,
      this.configure[2] ?? 0,
    ];
  }

  private driveStatus(drive: FloppyDrive): number {
    return (
      (this.param(1) & 7) |
      R.ST3_TWO_SIDE |
      R.ST3_READY |
      (drive.present && drive.cylinder === 0 ? R.ST3_TRACK0 : 0) |
      (drive.writeProtected ? R.ST3_WRITE_PROTECT : 0)
    );
  }

  // ── Seeks ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** [82077AA] 5.2.10: DIR chooses the direction; stepping outwards beyond track 0 is an equipment check. */
  private relativeSeek(n: number, drive: FloppyDrive): void {
    const distance = this.param(2);
    const target = drive.cylinder + (this.param(0) & 0x40 ? distance : -distance);
    this.startSeek(n, target, target < 0);
  }

  /** @param unfound track 0 was looked for and is not under the head ([82077AA] 5.2.2 RECALIBRATE, ST0 EC). */
  private startSeek(n: number, cylinder: number, unfound = false): void {
    const drive = this.drive(n);
    const recalibrates = this.param(0) === COMMAND_RECALIBRATE;
    const steps = drive.present ? drive.seek(cylinder) : 0;
    this.seeking[n] = true;
    this.seekTimers[n]?.armAt(this.clock.nowNs() + SEEK_NS + steps * STEP_NS);
    // Other commands may start while the head moves.
    const head = this.param(1) & 4;
    const missed = unfound || (recalibrates && drive.cylinder !== 0);
    const failed = missed ? R.ST0_ABNORMAL | R.ST0_EQUIPMENT_CHECK : 0;
    this.seekResults[n] = R.ST0_SEEK_END | failed | head | n;
    this.finish([], false);
  }

  private seekDone(n: number): void {
    this.seekStatus[n] = this.seekResults[n] ?? 0;
    this.setInterrupt(true);
  }

  private senseInterrupt(): void {
    const n = this.seekStatus.findIndex((status) => status !== null);
    if (n < 0) {
      this.finish([R.ST0_INVALID], false);
      return;
    }
    const status = this.seekStatus[n] ?? 0;
    this.seekStatus[n] = null;
    this.seeking[n] = false;
    if (!this.seekStatus.some((other) => other !== null)) this.setInterrupt(false);
    this.finish([status, this.drive(n).cylinder], false);
  }

  private readId(n: number, drive: FloppyDrive): void {
    const head = (this.param(1) >> 2) & 1;
    const st0 = (head << 2) | n;
    if (!drive.readable(this.rate, head) || !(this.param(0) & R.COMMAND_MFM))
      this.finishLater([R.ST0_ABNORMAL | st0, R.ST1_MISSING_ADDRESS, 0, drive.cylinder, head, 1, 2], NOT_FOUND_NS);
    else this.finishLater([st0, 0, 0, drive.mediumCylinder, head, drive.nextSectorId(), 2], READ_ID_NS);
  }
}
