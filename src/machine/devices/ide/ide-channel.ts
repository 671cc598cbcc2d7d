/**
 * One IDE channel: the command block (8 ports) and control block (1 port) that up to two drives listen to.
 *
 * Both drives take every register write; only the selected one answers reads, and runs commands. Where drive 1 is
 * absent, drive 0 answers for it with its registers and a Status of 0, so that hosts find nothing there.
 * References: [ATA-6] 7 (registers), 9.2 (software reset), 9.10 (diagnostics), 9.16 (single drive configurations).
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";
import type { Clock } from "../../clock.ts";
import { expectVersion, type DeviceState } from "../../device.ts";
import type { GuestMemory } from "../../guest-memory.ts";
import {
  CMD_DEVICE_RESET,
  CMD_EXECUTE_DIAGNOSTIC,
  CONTROL_HOB,
  CONTROL_NIEN,
  CONTROL_SRST,
  DEVICE_ALWAYS_ONE,
  DEVICE_DEV,
  REG_COMMAND,
  REG_DATA,
  REG_DEVICE,
  REG_ERROR,
  REG_STATUS,
} from "./ata-registers.ts";
import { IdeBusMaster } from "./bus-master.ts";
import type { DrivePhase, IdeDrive } from "./ide-drive.ts";

export interface IdeChannelOptions {
  clock: Clock;
  memory: GuestMemory;
  irq: IrqLine;
  /** Device 0 (master) and device 1 (slave). */
  drives: [IdeDrive | null, IdeDrive | null];
  mayMaster: () => boolean;
}

export class IdeChannel {
  readonly busMaster: IdeBusMaster;
  private readonly drives: [IdeDrive | null, IdeDrive | null];
  private readonly irq: IrqLine;
  private deviceRegister = DEVICE_ALWAYS_ONE;
  private control = 0;
  private intrq = false;
  /** One item of the data register on its way. */
  private readonly item = new Uint8Array(4);

  /** Eight ports (0x1F0 or 0x170), the data register up to 4 bytes wide. */
  readonly commandBlock: PortDevice = {
    category: "ide",
    portRead: (offset, sizeBytes) => this.readCommandBlock(offset, sizeBytes),
    portWrite: (offset, sizeBytes, value) => this.writeCommandBlock(offset, sizeBytes, value),
    portReadBlock: (offset, sizeBytes, target) => this.readDataBlock(offset, sizeBytes, target),
    portWriteBlock: (offset, sizeBytes, source) => this.writeDataBlock(offset, sizeBytes, source),
  };

  /** One port (0x3F6 or 0x376). */
  readonly controlBlock: PortDevice = {
    category: "ide",
    portRead: () => this.statusByte(),
    portWrite: (_offset, _sizeBytes, value) => this.writeControl(value),
  };

  constructor(options: IdeChannelOptions) {
    this.drives = options.drives;
    this.irq = options.irq;
    this.busMaster = new IdeBusMaster(options.memory, options.mayMaster, () => this.dmaRequester());
    for (const drive of this.drives)
      drive?.connect(options.clock, {
        intrqChanged: () => this.updateIntrq(),
        dmaRequested: () => this.busMaster.run(),
      });
  }

  reset(): void {
    this.control = 0;
    this.deviceRegister = DEVICE_ALWAYS_ONE;
    this.busMaster.reset();
    for (const drive of this.drives) drive?.endReset("hard");
    this.updateIntrq();
  }

  save(): DeviceState {
    return {
      version: 1,
      control: this.control,
      deviceRegister: this.deviceRegister,
      busMaster: this.busMaster.save(),
      drives: this.drives.map((drive) => drive?.save() ?? null),
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the IDE channel", state, 1);
    this.control = Number(state.control);
    this.deviceRegister = Number(state.deviceRegister);
    this.busMaster.restore(state.busMaster as DeviceState);
    const saved = state.drives as (DeviceState | null)[];
    this.drives.forEach((drive, i) => {
      const driveState = saved[i];
      if (drive && driveState) drive.restore(driveState);
    });
    // The level is what it was; the rise was counted before the save.
    this.intrq = this.wantedIntrq();
    this.irq.set(this.intrq);
  }

  /** Bus mastering was switched on: a drive may have been waiting for it. */
  resumeDma(): void {
    this.busMaster.run();
  }

  private get selectedIndex(): 0 | 1 {
    return (this.deviceRegister & DEVICE_DEV) !== 0 ? 1 : 0;
  }

  private get selected(): IdeDrive | null {
    return this.drives[this.selectedIndex];
  }

  private dmaRequester(): IdeDrive | undefined {
    const drive = this.selected;
    return drive && (drive.phase === "dmaIn" || drive.phase === "dmaOut") ? drive : undefined;
  }

  private wantedIntrq(): boolean {
    return (this.control & CONTROL_NIEN) === 0 && (this.selected?.intrqPending ?? false);
  }

  private updateIntrq(): void {
    const wanted = this.wantedIntrq();
    if (wanted === this.intrq) return;
    this.intrq = wanted;
    if (wanted) this.busMaster.noteInterrupt();
    this.irq.set(wanted);
  }

  private statusByte(): number {
    return this.selected?.status ?? 0;
  }

  private readCommandBlock(offset: number, sizeBytes: AccessSize): number {
    if (offset === REG_DATA) return this.readData(sizeBytes);
    let value = 0;
    for (let i = 0; i < sizeBytes; i++) value |= this.readRegister(offset + i) << (8 * i);
    return value >>> 0;
  }

  private writeCommandBlock(offset: number, sizeBytes: AccessSize, value: number): void {
    if (offset === REG_DATA) this.writeData(sizeBytes, value);
    else for (let i = 0; i < sizeBytes; i++) this.writeRegister(offset + i, (value >>> (8 * i)) & 0xff);
  }

  private readRegister(register: number): number {
    if (register === REG_STATUS) {
      const status = this.statusByte();
      this.selected?.acknowledgeInterrupt();
      return status;
    }
    const drive = this.selected ?? (this.selectedIndex === 1 ? this.drives[0] : null);
    if (!drive || register > REG_STATUS) return 0;
    if (register === REG_ERROR) return drive.error;
    if (register === REG_DEVICE) return this.deviceRegisterOf(drive);
    return drive.taskFile.read(register, (this.control & CONTROL_HOB) !== 0);
  }

  /** The selection bit is the channel's; the rest may have been changed by the drive. */
  private deviceRegisterOf(drive: IdeDrive): number {
    return (drive.taskFile.device & ~DEVICE_DEV) | (this.deviceRegister & DEVICE_DEV) | DEVICE_ALWAYS_ONE;
  }

  private writeRegister(register: number, value: number): void {
    // Any write to the command block ends reading of the high-order bytes. [ATA-6] 7.8
    this.control &= ~CONTROL_HOB;
    if (register === REG_COMMAND) {
      this.writeCommand(value);
      return;
    }
    if (register > REG_COMMAND || this.selected?.busy) return;
    for (const drive of this.drives) if (drive && !drive.busy) drive.taskFile.write(register, value);
    if (register === REG_DEVICE) {
      this.deviceRegister = value | DEVICE_ALWAYS_ONE;
      this.updateIntrq();
    }
  }

  private writeCommand(command: number): void {
    if (command === CMD_EXECUTE_DIAGNOSTIC) {
      this.executeDiagnostic();
      return;
    }
    const drive = this.selected;
    // DEVICE RESET gets through to a busy packet device; a disk does not know it. [ATA-6] 7.4.3, 8.10
    if (!drive || (drive.busy && !(command === CMD_DEVICE_RESET && drive.isPacketDevice))) return;
    drive.writeCommand(command);
  }

  /** Both drives test themselves, whatever is selected; drive 0 reports. [ATA-6] 8.9, 9.10 */
  private executeDiagnostic(): void {
    for (const drive of this.drives) drive?.endReset("diagnostic");
    this.deviceRegister = DEVICE_ALWAYS_ONE;
    const reporter = this.drives[0];
    if (!reporter) return;
    reporter.intrqPending = true;
    this.updateIntrq();
  }

  private writeControl(value: number): void {
    const before = this.control;
    this.control = value;
    if ((value & CONTROL_SRST) !== 0) {
      if ((before & CONTROL_SRST) === 0) for (const drive of this.drives) drive?.beginReset();
    } else if ((before & CONTROL_SRST) !== 0) {
      this.deviceRegister = DEVICE_ALWAYS_ONE;
      for (const drive of this.drives) drive?.endReset("soft");
    }
    this.updateIntrq();
  }

  /** Without DRQ nobody drives the data lines. */
  private readData(sizeBytes: AccessSize): number {
    const item = this.item.fill(0xff);
    const taken = this.selected?.pioRead(item.subarray(0, sizeBytes)) ?? 0;
    if (taken > 0) item.fill(0, taken, sizeBytes);
    let value = 0;
    for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | item[i]!;
    return value >>> 0;
  }

  private writeData(sizeBytes: AccessSize, value: number): void {
    for (let i = 0; i < sizeBytes; i++) this.item[i] = (value >>> (8 * i)) & 0xff;
    this.selected?.pioWrite(this.item.subarray(0, sizeBytes));
  }

  private readDataBlock(offset: number, sizeBytes: AccessSize, target: Uint8Array): number {
    const wanted = this.wholeItems("pioIn", offset, sizeBytes, target.length);
    this.selected?.pioRead(target.subarray(0, wanted * sizeBytes));
    return wanted;
  }

  private writeDataBlock(offset: number, sizeBytes: AccessSize, source: Uint8Array): number {
    const wanted = this.wholeItems("pioOut", offset, sizeBytes, source.length);
    this.selected?.pioWrite(source.subarray(0, wanted * sizeBytes));
    return wanted;
  }

  /** How many items of `sizeBytes` the present block still has, at most as many as fit `lengthBytes`. */
  private wholeItems(phase: DrivePhase, offset: number, sizeBytes: AccessSize, lengthBytes: number): number {
    const drive = this.selected;
    if (offset !== REG_DATA || !drive || drive.phase !== phase) return 0;
    return Math.floor(Math.min(lengthBytes, drive.end - drive.position) / sizeBytes);
  }
}
