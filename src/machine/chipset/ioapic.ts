/**
 * 82093AA I/O APIC: 24 inputs, a redirection table, messages to the local APICs.
 *
 * Lines carry "asserted", whatever their polarity on a board would be, so the polarity bit is storage: a guest that
 * follows the tables programs what the wires are. Left out: the APIC bus with its arbitration (the register reads
 * as the ID) and the EOI register of later chips.
 *
 * References: [82093AA] Intel 82093AA datasheet (290566), 3.1, 3.2.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { MmioDevice } from "../bus/mmio-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";

export const IOAPIC_INPUTS = 24;
export const IOAPIC_BYTES = 0x1000;

const IOREGSEL = 0x00;
const IOWIN = 0x10;
const REG_ID = 0x00;
const REG_VERSION = 0x01;
const REG_ARBITRATION = 0x02;
const REG_REDIRECTION = 0x10;
const VERSION = 0x11 | ((IOAPIC_INPUTS - 1) << 16);
const ID_MASK = 0x0f000000;

const ENTRY_VECTOR = 0xff;
const ENTRY_DELIVERY_MODE_SHIFT = 8;
const ENTRY_LOGICAL = 1 << 11;
const ENTRY_DELIVERY_STATUS = 1 << 12;
const ENTRY_REMOTE_IRR = 1 << 14;
const ENTRY_LEVEL = 1 << 15;
const ENTRY_MASKED = 1 << 16;
const ENTRY_WRITABLE = 0x1ffff & ~(ENTRY_DELIVERY_STATUS | ENTRY_REMOTE_IRR);
const DESTINATION_MASK = 0xff000000;
/** Delivery modes that are edges whatever the trigger bit says: SMI, NMI, INIT and ExtINT. */
const EDGE_ONLY_MODES = (1 << 2) | (1 << 4) | (1 << 5) | (1 << 7);

export type DeliverInterrupt = (
  destination: number,
  logical: boolean,
  deliveryMode: number,
  vector: number,
  levelTriggered: boolean,
) => void;

export class IoApic implements MmioDevice, Device {
  readonly category = "ioapic";
  private select = 0;
  private id = 0;
  private lines = 0;
  /** Low and high words of the entries. */
  private readonly low = new Int32Array(IOAPIC_INPUTS).fill(ENTRY_MASKED);
  private readonly high = new Int32Array(IOAPIC_INPUTS);

  /** @param deliver sends a message to the local APICs. */
  constructor(private readonly deliver: DeliverInterrupt) {}

  /** The input that global system interrupt `gsi` arrives on, 0–23. */
  irqLine(gsi: number): IrqLine {
    return { set: (asserted) => this.setInput(gsi, asserted) };
  }

  /** A local APIC ended a level-triggered interrupt. */
  eoi(vector: number): void {
    for (let input = 0; input < IOAPIC_INPUTS; input++) {
      const entry = this.entry(input);
      if (!(entry & ENTRY_REMOTE_IRR) || (entry & ENTRY_VECTOR) !== vector) continue;
      this.low[input] = entry & ~ENTRY_REMOTE_IRR;
      this.serviceLevel(input);
    }
  }

  /** The lines stay as their devices hold them. */
  reset(): void {
    this.select = 0;
    this.id = 0;
    this.low.fill(ENTRY_MASKED);
    this.high.fill(0);
  }

  mmioRead(offset: number, sizeBytes: number): number {
    const register = offset & 0xff & ~3;
    const value = register === IOREGSEL ? this.select : register === IOWIN ? this.readWindow() : 0;
    const shifted = value >>> ((offset & 3) * 8);
    return sizeBytes === 4 ? shifted >>> 0 : shifted & ((1 << (sizeBytes * 8)) - 1);
  }

  mmioWrite(offset: number, sizeBytes: number, value: number): void {
    // [82093AA] 3.1: registers are accessed as 32-bit words; a narrower write to the select register still selects.
    const register = offset & 0xff;
    if (register === IOREGSEL) this.select = value & 0xff;
    else if (register === IOWIN && sizeBytes === 4) this.writeWindow(value);
  }

  save(): DeviceState {
    return {
      version: 1,
      select: this.select,
      id: this.id,
      lines: this.lines,
      low: [...this.low],
      high: [...this.high],
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the I/O APIC", state, 1);
    this.select = state.select as number;
    this.id = state.id as number;
    this.lines = state.lines as number;
    this.low.set(state.low as number[]);
    this.high.set(state.high as number[]);
  }

  private entry(input: number): number {
    return this.low[input] ?? ENTRY_MASKED;
  }

  private readWindow(): number {
    switch (this.select) {
      case REG_ID:
      case REG_ARBITRATION:
        return this.id;
      case REG_VERSION:
        return VERSION;
      default: {
        const input = (this.select - REG_REDIRECTION) >> 1;
        if (input < 0 || input >= IOAPIC_INPUTS) return 0;
        return (this.select & 1 ? this.high[input] : this.low[input]) ?? 0;
      }
    }
  }

  private writeWindow(value: number): void {
    if (this.select === REG_ID) {
      this.id = value & ID_MASK;
      return;
    }
    const input = (this.select - REG_REDIRECTION) >> 1;
    if (input < 0 || input >= IOAPIC_INPUTS) return;
    if (this.select & 1) {
      this.high[input] = value & DESTINATION_MASK;
      return;
    }
    // Remote IRR belongs to level-triggered entries: guests clear a stuck one by switching to edge and back.
    const remoteIrr = value & ENTRY_LEVEL ? this.entry(input) & ENTRY_REMOTE_IRR : 0;
    this.low[input] = (value & ENTRY_WRITABLE) | remoteIrr;
    this.serviceLevel(input);
  }

  private setInput(input: number, asserted: boolean): void {
    const bit = 1 << input;
    const before = (this.lines & bit) !== 0;
    if (before === asserted) return;
    this.lines = asserted ? this.lines | bit : this.lines & ~bit;
    if (!asserted) return;
    if (this.isLevel(input)) this.serviceLevel(input);
    // An edge at a masked input is lost ([82093AA] 3.2.4, interrupt mask).
    else if (!(this.entry(input) & ENTRY_MASKED)) this.send(input, false);
  }

  private isLevel(input: number): boolean {
    const entry = this.entry(input);
    const mode = (entry >> ENTRY_DELIVERY_MODE_SHIFT) & 7;
    return (entry & ENTRY_LEVEL) !== 0 && !((1 << mode) & EDGE_ONLY_MODES);
  }

  private serviceLevel(input: number): void {
    const entry = this.entry(input);
    if (!this.isLevel(input) || entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR) || !(this.lines & (1 << input))) return;
    this.low[input] = entry | ENTRY_REMOTE_IRR;
    this.send(input, true);
  }

  private send(input: number, level: boolean): void {
    const entry = this.entry(input);
    const destination = (this.high[input] ?? 0) >>> 24;
    const mode = (entry >> ENTRY_DELIVERY_MODE_SHIFT) & 7;
    this.deliver(destination, (entry & ENTRY_LOGICAL) !== 0, mode, entry & ENTRY_VECTOR, level);
  }
}
