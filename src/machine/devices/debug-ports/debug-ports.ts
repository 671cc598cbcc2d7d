/**
 * Ports by which firmware and test programs talk to whoever watches the machine: the POST code display at 0x80, the
 * debug console at 0x402 and the debug exit at 0xF4. No operating system depends on them.
 *
 * References: [AT] port 80h ("manufacturer's checkpoint"); [SEABIOS] docs, "Debugging" (0x402 reads as 0xE9 where a
 * console listens); QEMU's isa-debug-exit for the meaning of 0xF4.
 */
import type { PortDevice } from "../../bus/port-bus.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";

export const POST_PORT = 0x80;
export const DEBUG_EXIT_PORT = 0xf4;
export const DEBUG_CONSOLE_PORT = 0x402;

const CONSOLE_PRESENT = 0xe9;
const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 256;

export interface DebugListener {
  postCode(code: number): void;
  /** A line of the console, or the part of one that was there at `flush`; line feeds are part of it. */
  debugText(text: string): void;
  debugExit(status: number): void;
}

export class DebugPorts implements Device {
  private code = 0;
  private line: number[] = [];

  constructor(private readonly listener: DebugListener) {}

  readonly post: PortDevice = {
    portRead: () => this.code,
    portWrite: (_offset, _sizeBytes, value) => {
      if (value !== this.code) this.listener.postCode(value);
      this.code = value;
    },
  };

  readonly console: PortDevice = {
    portRead: () => CONSOLE_PRESENT,
    portWrite: (_offset, _sizeBytes, value) => {
      this.line.push(value);
      if (value === LINE_FEED || this.line.length >= MAX_LINE_BYTES) this.flush();
    },
  };

  readonly exit: PortDevice = {
    portRead: () => 0,
    portWrite: (_offset, _sizeBytes, value) => this.listener.debugExit(value),
  };

  /** Hands over a line that has not ended yet. */
  flush(): void {
    if (this.line.length === 0) return;
    const bytes = Uint8Array.from(this.line.splice(0));
    this.listener.debugText(new TextDecoder("latin1").decode(bytes));
  }

  reset(): void {
    this.flush();
    this.code = 0;
  }

  save(): DeviceState {
    return { version: 1, code: this.code, line: Uint8Array.from(this.line) };
  }

  restore(state: DeviceState): void {
    expectVersion("the debug ports", state, 1);
    this.code = Number(state.code);
    this.line = [...(state.line as Uint8Array)];
  }
}
