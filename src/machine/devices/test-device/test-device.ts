/**
 * What the kvm-unit-tests expect of the board besides the debug-exit port (which every machine has): four ports that
 * keep what is written to them, a window of device memory that does the same, and ports that drive interrupt lines by
 * hand. A machine has it only where it is asked for.
 *
 * Left out: what the ports 0xE4–0xE7 do to a hypervisor's page tables ("flush page"). Here they take the write and do
 * nothing, for there is nothing beneath the guest's own paging that could be flushed.
 *
 * References: [KUT] kvm-unit-tests, x86/ioram.h, x86/emulator.c (0xE0, 0xFF000000), lib/x86/apic.c set_irq_line
 * (0x2000), x86/eventinj.c (0xE4).
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { MmioDevice } from "../../bus/mmio-bus.ts";
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../../device.ts";

/** Scratch ports, then the flush ports. */
export const TEST_PORTS = 8;
export const TEST_IRQ_LINES = 24;
export const TEST_MEMORY_BYTES = 0x10000;

const SCRATCH_PORTS = 4;

export class TestDevice implements Device {
  private readonly scratch = new Uint8Array(SCRATCH_PORTS);
  private readonly bytes = new Uint8Array(TEST_MEMORY_BYTES);
  private readonly levels = new Uint8Array(TEST_IRQ_LINES);

  /** At 0xE0, one byte at a time. */
  readonly ports: PortDevice = {
    portRead: (offset) => this.scratch[offset] ?? 0xff,
    portWrite: (offset, _sizeBytes, value) => {
      if (offset < SCRATCH_PORTS) this.scratch[offset] = value;
    },
  };

  /** At 0x2000: a value other than 0 written to port n asserts global interrupt n. */
  readonly irqPorts: PortDevice = {
    portRead: (offset) => this.levels[offset] ?? 0,
    portWrite: (offset, _sizeBytes, value) => this.drive(offset, value !== 0),
  };

  /** At 0xFF000000. */
  readonly memory: MmioDevice = {
    mmioRead: (offset, sizeBytes) => {
      let value = 0;
      for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | (this.bytes[offset + i] ?? 0xff);
      return value >>> 0;
    },
    mmioWrite: (offset, sizeBytes: AccessSize, value) => {
      for (let i = 0; i < sizeBytes && offset + i < TEST_MEMORY_BYTES; i++) this.bytes[offset + i] = value >>> (i * 8);
    },
  };

  /** @param lines the global system interrupts 0–23 */
  constructor(private readonly lines: readonly IrqLine[]) {}

  reset(): void {
    this.scratch.fill(0);
    this.bytes.fill(0);
    for (let n = 0; n < TEST_IRQ_LINES; n++) this.drive(n, false);
  }

  save(): DeviceState {
    return { version: 1, scratch: this.scratch.slice(), bytes: this.bytes.slice(), levels: this.levels.slice() };
  }

  restore(state: DeviceState): void {
    expectVersion("the test device", state, 1);
    this.scratch.set(state.scratch as Uint8Array);
    this.bytes.set(state.bytes as Uint8Array);
    (state.levels as Uint8Array).forEach((level, n) => this.drive(n, level !== 0));
  }

  private drive(line: number, asserted: boolean): void {
    this.levels[line] = Number(asserted);
    this.lines[line]?.set(asserted);
  }
}
