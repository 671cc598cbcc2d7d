/**
 * How a PC reports x87 errors to systems that want them as an interrupt (CR0.NE = 0): FERR# of the processor raises
 * IRQ 13; a write to port 0xF0 takes the interrupt back and asserts IGNNE#, so that the handler may use the x87;
 * IGNNE# ends when FERR# does. Ports 0xF0 and 0xF1.
 *
 * References: [PIIX3] 82371SB 3.5.8 (coprocessor error), 2.3.3.1 (register 0F0h); [SDM1] D.2.1.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";

const CLEAR_ERROR = 0;

export class CoprocessorError implements PortDevice, Device {
  readonly category = "ferr";
  /** FERR#. */
  private failed = false;
  /** IGNNE#. */
  private ignored = false;
  private interrupting = false;

  constructor(private readonly irq13: IrqLine) {}

  /**
   * FERR# as the processor drives it.
   * @returns whether the processor has to wait for the interrupt: IGNNE# is not asserted
   */
  ferr(asserted: boolean): boolean {
    if (asserted && !this.failed && !this.ignored) this.interrupt(true);
    if (!asserted) this.ignored = false;
    this.failed = asserted;
    return asserted && !this.ignored;
  }

  portRead(): number {
    return 0xff;
  }

  portWrite(offset: number): void {
    if (offset !== CLEAR_ERROR) return;
    this.ignored = this.failed;
    this.interrupt(false);
  }

  reset(): void {
    this.failed = false;
    this.ignored = false;
    this.interrupt(false);
  }

  save(): DeviceState {
    return { version: 1, failed: this.failed, ignored: this.ignored, interrupting: this.interrupting };
  }

  restore(state: DeviceState): void {
    expectVersion("the coprocessor error logic", state, 1);
    this.failed = state.failed as boolean;
    this.ignored = state.ignored as boolean;
    this.interrupt(state.interrupting as boolean);
  }

  private interrupt(asserted: boolean): void {
    this.interrupting = asserted;
    this.irq13.set(asserted);
  }
}
