/**
 * PIIX3 IDE controller (82371SB function 1), 8086:7010 at 00:01.1: two channels at the ISA-compatible ports and
 * interrupts, and the bus master registers at BAR 4.
 *
 * A channel decodes its ports while the command register has I/O space on and IDETIM its decode enable. After a reset
 * the chip has that bit clear; here it is set, because UEFI firmware for virtual machines (OVMF) leaves it alone and counts
 * on virtual boards where it has no effect. Left out: timing (the registers keep what is written).
 * References: [PIIX3] 2.3 (function 1), [IDE-BM].
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { AccessSize, PortBus, PortDevice } from "../../bus/port-bus.ts";
import { portWindow, type BarWindow } from "../../chipset/pci/bar-windows.ts";
import { PciFunction } from "../../chipset/pci/pci-function.ts";
import type { Clock } from "../../clock.ts";
import { expectVersion, type DeviceState } from "../../device.ts";
import type { GuestMemory } from "../../guest-memory.ts";
import { IdeChannel } from "./ide-channel.ts";
import type { IdeDrive } from "./ide-drive.ts";

const IDETIM = 0x40;
const IDETIM_DECODE_ENABLE = 1 << 15;
const IDETIM_DECODE_BOTH = 0x80008000;
const SIDETIM = 0x44;

const BUS_MASTER_BAR = 4;
const BUS_MASTER_PORTS = 16;
const PORTS_PER_CHANNEL = 8;
const COMMAND_BLOCK_BASES = [0x1f0, 0x170] as const;
const CONTROL_BLOCK_BASES = [0x3f6, 0x376] as const;

export interface IdeControllerOptions {
  clock: Clock;
  memory: GuestMemory;
  ports: PortBus;
  irq14: IrqLine;
  irq15: IrqLine;
  /** Primary master, primary slave, secondary master, secondary slave. */
  drives: readonly [IdeDrive | null, IdeDrive | null, IdeDrive | null, IdeDrive | null];
}

export class IdeController extends PciFunction {
  readonly drives: IdeControllerOptions["drives"];
  private readonly channels: readonly [IdeChannel, IdeChannel];
  private readonly commandWindows: BarWindow[];
  private readonly controlWindows: BarWindow[];
  private readonly busMasterWindow: BarWindow;
  private readonly decoded = [false, false];

  constructor(options: IdeControllerOptions) {
    super("PIIX3 IDE controller", { vendorId: 0x8086, deviceId: 0x7010, classCode: 0x010180 });
    this.define(IDETIM, 4, IDETIM_DECODE_BOTH, 0xffffffff);
    this.define(SIDETIM, 1, 0, 0xff);
    this.addBar(BUS_MASTER_BAR, { kind: "io", sizeBytes: BUS_MASTER_PORTS });
    this.drives = options.drives;
    const { clock, memory, ports, irq14, irq15, drives } = options;
    const mayMaster = (): boolean => this.busMasterEnabled;
    this.channels = [
      new IdeChannel({ clock, memory, irq: irq14, drives: [drives[0], drives[1]], mayMaster }),
      new IdeChannel({ clock, memory, irq: irq15, drives: [drives[2], drives[3]], mayMaster }),
    ];
    this.commandWindows = this.channels.map((channel) => portWindow(ports, 8, channel.commandBlock, 4));
    this.controlWindows = this.channels.map((channel) => portWindow(ports, 1, channel.controlBlock, 1));
    this.busMasterWindow = portWindow(ports, BUS_MASTER_PORTS, this.busMasterPorts(), 4);
  }

  override reset(): void {
    super.reset();
    for (const channel of this.channels) channel.reset();
    this.updateDecoders();
  }

  override save(): DeviceState {
    return { version: 1, pci: super.save(), channels: this.channels.map((channel) => channel.save()) };
  }

  override restore(state: DeviceState): void {
    expectVersion("the IDE controller", state, 1);
    super.restore(state.pci as DeviceState);
    this.updateDecoders();
    const saved = state.channels as DeviceState[];
    this.channels.forEach((channel, i) => channel.restore(saved[i]!));
  }

  protected override onBarMoved(_index: number, base: number | null): void {
    this.busMasterWindow(base);
  }

  protected override onConfigWritten(): void {
    this.updateDecoders();
    if (this.busMasterEnabled) for (const channel of this.channels) channel.resumeDma();
  }

  private updateDecoders(): void {
    for (let i = 0; i < 2; i++) {
      const timing = this.configRead(IDETIM + 2 * i, 2);
      const decodes = this.ioSpaceEnabled && (timing & IDETIM_DECODE_ENABLE) !== 0;
      if (decodes === this.decoded[i]) continue;
      this.decoded[i] = decodes;
      this.commandWindows[i]!(decodes ? COMMAND_BLOCK_BASES[i]! : null);
      this.controlWindows[i]!(decodes ? CONTROL_BLOCK_BASES[i]! : null);
    }
  }

  /** Byte registers that may be reached in words and dwords. The start bit comes last: it may run a transfer. */
  private busMasterPorts(): PortDevice {
    const engine = (offset: number) => this.channels[offset < PORTS_PER_CHANNEL ? 0 : 1].busMaster;
    return {
      category: "ide",
      portRead: (offset, sizeBytes: AccessSize) => {
        let value = 0;
        for (let i = sizeBytes - 1; i >= 0; i--)
          value = (value << 8) | engine(offset + i).readByte((offset + i) % PORTS_PER_CHANNEL);
        return value >>> 0;
      },
      portWrite: (offset, sizeBytes: AccessSize, value) => {
        for (let i = sizeBytes - 1; i >= 0; i--)
          engine(offset + i).writeByte((offset + i) % PORTS_PER_CHANNEL, (value >>> (8 * i)) & 0xff);
      },
    };
  }
}
