/**
 * The PC's two cascaded 8259As with their edge/level control registers: IRQ0–7 on the master (ports 0x20/0x21),
 * IRQ8–15 on the slave (ports 0xA0/0xA1) behind the master's IR2, ELCR at 0x4D0/0x4D1.
 *
 * References: [8259A]; [PIIX4] 4.2.4, 4.2.6.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import { Pic8259 } from "./pic-8259.ts";

/** The cascade input of the master. */
const CASCADE_INPUT = 2;
/** Timer, keyboard and cascade, and the RTC and coprocessor, are edge-triggered for ever ([PIIX4] 4.2.6). */
const ELCR_MASTER_WRITABLE = 0xf8;
const ELCR_SLAVE_WRITABLE = 0xde;

export class PicPair implements Device {
  /** Two ports each; the board puts them at 0x20 and 0xA0. */
  readonly master: Pic8259;
  readonly slave: Pic8259;
  /** Two ports; the board puts them at 0x4D0. */
  readonly elcr: PortDevice = {
    category: "pic",
    portRead: (offset) => (offset === 0 ? this.master.elcr : this.slave.elcr),
    portWrite: (offset, _sizeBytes, value) => {
      if (offset === 0) this.master.elcr = value & ELCR_MASTER_WRITABLE;
      else this.slave.elcr = value & ELCR_SLAVE_WRITABLE;
    },
  };

  /** @param intr the processor's INTR (LINT0). */
  constructor(intr: IrqLine) {
    this.master = new Pic8259(true, (asserted) => intr.set(asserted));
    this.slave = new Pic8259(false, (asserted) => this.master.setInput(CASCADE_INPUT, asserted));
  }

  /** ISA interrupt 0–15; IRQ2 is the cascade, so a device wired to it lands on IRQ9 as in the AT. */
  irqLine(irq: number): IrqLine {
    const input = irq === CASCADE_INPUT ? 9 : irq;
    const chip = input < 8 ? this.master : this.slave;
    const pin = input & 7;
    return { set: (asserted) => chip.setInput(pin, asserted) };
  }

  /** The processor's INTA cycle. @returns the vector; of IR7 when the request has gone in the meantime. */
  acknowledge(): number {
    const input = this.master.acknowledgeInput();
    if (input !== CASCADE_INPUT || !this.master.hasSlaveOn(input)) return this.master.vectorOf(input);
    return this.slave.vectorOf(this.slave.acknowledgeInput());
  }

  reset(): void {
    this.slave.reset();
    this.master.reset();
  }

  save(): DeviceState {
    return { version: 1, master: this.master.save(), slave: this.slave.save() };
  }

  restore(state: DeviceState): void {
    expectVersion("the interrupt controllers", state, 1);
    this.slave.restore(state.slave as DeviceState);
    this.master.restore(state.master as DeviceState);
  }
}
