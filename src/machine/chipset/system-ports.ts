/**
 * The small ports of a PC board: fast A20 and reset (0x92), POST codes (0x80), and the debug channels of virtual machines:
 * console at 0x402 and 0xE9, exit at 0xF4. Each is a device of one port.
 *
 * References: [AT] system control port A; [QEMU] isa-debugcon, isa-debug-exit.
 */
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";

const FAST_RESET = 0x01;
const FAST_A20 = 0x02;
/** What a debug console reads as when it is there. */
const DEBUG_CONSOLE_PRESENT = 0xe9;
/** A line of debug text is handed over when it is ended or this long. */
const MAX_LINE_BYTES = 1024;

/** Port 0x92. A reset restarts the processor only, as INIT does. */
export class SystemControlPortA implements PortDevice, Device {
  readonly category = "system";
  private value = 0;

  constructor(
    private readonly a20: { enabled: boolean },
    private readonly onProcessorReset: () => void,
  ) {}

  portRead(): number {
    return (this.value & ~FAST_A20) | (this.a20.enabled ? FAST_A20 : 0);
  }

  portWrite(_offset: number, _sizeBytes: number, value: number): void {
    const resets = value & FAST_RESET && !(this.value & FAST_RESET);
    this.value = value;
    this.a20.enabled = (value & FAST_A20) !== 0;
    if (resets) this.onProcessorReset();
  }

  reset(): void {
    this.value = 0;
  }

  save(): DeviceState {
    return { version: 1, value: this.value };
  }

  restore(state: DeviceState): void {
    expectVersion("system control port A", state, 1);
    this.value = state.value as number;
  }
}

/** Port 0x80: progress codes of firmware, and a delay for everybody else. */
export class PostPort implements PortDevice, Device {
  readonly category = "system";
  private code = 0;

  /** @param onCode gets each code that differs from the one before. */
  constructor(private readonly onCode: (code: number) => void) {}

  portRead(): number {
    return this.code;
  }

  portWrite(_offset: number, _sizeBytes: number, value: number): void {
    // Linux writes here for its I/O delay, thousands of times the same.
    if (value === this.code) return;
    this.code = value;
    this.onCode(value);
  }

  reset(): void {
    this.code = 0;
  }

  save(): DeviceState {
    return { version: 1, code: this.code };
  }

  restore(state: DeviceState): void {
    expectVersion("the POST port", state, 1);
    this.code = state.code as number;
  }
}

/** Ports 0x402 and 0xE9: text from firmware, handed over line by line. */
export class DebugConsole implements PortDevice, Device {
  readonly category = "system";
  private line: number[] = [];

  constructor(private readonly onLine: (text: string) => void) {}

  portRead(): number {
    return DEBUG_CONSOLE_PRESENT;
  }

  portWrite(_offset: number, _sizeBytes: number, value: number): void {
    if (value !== 0x0a) this.line.push(value);
    if (value === 0x0a || this.line.length >= MAX_LINE_BYTES) this.flush();
  }

  /** Hands over what has no line end yet. */
  flush(): void {
    if (this.line.length === 0) return;
    const text = new TextDecoder().decode(Uint8Array.from(this.line));
    this.line = [];
    this.onLine(text);
  }

  reset(): void {
    this.flush();
  }

  save(): DeviceState {
    return { version: 1, line: [...this.line] };
  }

  restore(state: DeviceState): void {
    expectVersion("the debug console", state, 1);
    this.line = [...(state.line as number[])];
  }
}

/** Port 0xF4: ends the machine with an exit status of (value << 1) | 1. */
export class DebugExitPort implements PortDevice {
  readonly category = "system";
  constructor(private readonly onExit: (status: number) => void) {}

  portRead(): number {
    return 0;
  }

  portWrite(_offset: number, _sizeBytes: number, value: number): void {
    this.onExit((value << 1) | 1);
  }
}
