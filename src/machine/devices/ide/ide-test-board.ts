/** A controller on a bare board, driven through its ports as a guest would: shared by the tests of this folder. */
import { PortBus } from "../../bus/port-bus.ts";
import { PciBus } from "../../chipset/pci/pci-bus.ts";
import { setUpPciAsFirmware } from "../../chipset/pci/pci-setup.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { PlainMemory } from "../../testing/plain-memory.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { IdeController } from "./ide-controller.ts";
import type { IdeDrive } from "./ide-drive.ts";

export const BUS_MASTER_BASE = 0xc000;

export type Drives = [IdeDrive | null, IdeDrive | null, IdeDrive | null, IdeDrive | null];

/** `channel` chooses the ports that the helpers use: 0 primary, 1 secondary. */
export class IdeTestBoard {
  readonly clock = new ManualClock();
  readonly memory = new PlainMemory(8 << 20);
  readonly ports = new PortBus();
  readonly irq = [new RecordingLine(), new RecordingLine()] as const;
  readonly ide: IdeController;
  readonly base: number;
  readonly control: number;
  readonly line: RecordingLine;

  constructor(
    drives: Drives,
    readonly channel: 0 | 1 = 0,
  ) {
    this.ide = new IdeController({
      clock: this.clock,
      memory: this.memory,
      ports: this.ports,
      irq14: this.irq[0],
      irq15: this.irq[1],
      drives,
    });
    this.base = [0x1f0, 0x170][channel]!;
    this.control = [0x3f6, 0x376][channel]!;
    this.line = this.irq[channel];
    const bus = new PciBus();
    bus.add(1, 1, this.ide);
    bus.reset();
    setUpPciAsFirmware(bus);
  }

  get status(): number {
    return this.ports.read(this.base + 7, 1);
  }

  get altStatus(): number {
    return this.ports.read(this.control, 1);
  }

  get error(): number {
    return this.ports.read(this.base + 1, 1);
  }

  get interruptReason(): number {
    return this.ports.read(this.base + 2, 1);
  }

  get byteCount(): number {
    return this.ports.read(this.base + 4, 1) | (this.ports.read(this.base + 5, 1) << 8);
  }

  out(register: number, ...values: number[]): void {
    for (const value of values) this.ports.write(this.base + register, 1, value);
  }

  in(register: number): number {
    return this.ports.read(this.base + register, 1);
  }

  /** Waits until the drive has nothing to do on its own. */
  async settle(): Promise<void> {
    await this.clock.settle();
  }

  async command28(command: number, lba: number, count: number, device = 0xe0): Promise<void> {
    this.out(6, device | ((lba >>> 24) & 15));
    this.out(2, count);
    this.out(3, lba & 0xff);
    this.out(4, (lba >>> 8) & 0xff);
    this.out(5, (lba >>> 16) & 0xff);
    this.out(7, command);
    await this.settle();
  }

  async command48(command: number, lba: number, count: number, device = 0xe0): Promise<void> {
    this.out(6, device);
    this.out(2, count >>> 8, count & 0xff);
    for (let i = 0; i < 3; i++)
      this.out(3 + i, Math.floor(lba / 2 ** (24 + 8 * i)) % 256, Math.floor(lba / 2 ** (8 * i)) % 256);
    this.out(7, command);
    await this.settle();
  }

  /** REP INSW, falling back to single items as the port bus tells. */
  readData(bytes: number): Uint8Array {
    const data = new Uint8Array(bytes);
    let done = this.ports.readBlock(this.base, 2, data) * 2;
    for (; done < bytes; done += 2) {
      const word = this.ports.read(this.base, 2);
      data[done] = word & 0xff;
      data[done + 1] = word >>> 8;
    }
    return data;
  }

  writeData(data: Uint8Array): void {
    let done = this.ports.writeBlock(this.base, 2, data) * 2;
    for (; done < data.length; done += 2) this.ports.write(this.base, 2, data[done]! | (data[done + 1]! << 8));
  }

  /** Fills a PRD table at 0x1000 and starts the engine. */
  startDma(regions: [physAddr: number, bytes: number][], toMemory: boolean): void {
    this.preparePrds(regions);
    const engine = BUS_MASTER_BASE + 8 * this.channel;
    this.ports.write(engine + 4, 4, 0x1000);
    this.ports.write(engine + 2, 1, 0x66);
    this.ports.write(engine, 1, toMemory ? 9 : 1);
  }

  get dmaStatus(): number {
    return this.ports.read(BUS_MASTER_BASE + 8 * this.channel + 2, 1);
  }

  stopDma(): void {
    this.ports.write(BUS_MASTER_BASE + 8 * this.channel, 1, 0);
  }

  private preparePrds(regions: [number, number][]): void {
    regions.forEach(([physAddr, bytes], i) => {
      this.memory.writeU32(0x1000 + 8 * i, physAddr);
      this.memory.writeU32(0x1004 + 8 * i, ((bytes & 0xffff) | (i === regions.length - 1 ? 0x80000000 : 0)) >>> 0);
    });
  }
}

/** Bytes that tell their place: every aligned 4 bytes hold their own offset. */
export function pattern(bytes: number, seed = 0): Uint8Array {
  const data = new Uint8Array(bytes);
  const view = new DataView(data.buffer);
  for (let at = 0; at + 4 <= bytes; at += 4) view.setUint32(at, at + seed, true);
  return data;
}
