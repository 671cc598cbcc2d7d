/**
 * One Intel 8259A interrupt controller: initialization and operation command words, priorities with rotation, special
 * mask, special fully nested, automatic end of interrupt, poll. The trigger mode of each input comes from the
 * chipset's ELCR, as on every PCI chipset; LTIM of ICW1 is ignored there. MCS-80 vectors are left out (ICW4.uPM is
 * taken as 8086 mode).
 *
 * References: [8259A] Intel 8259A datasheet (231468); [PIIX4] 82371AB datasheet, 4.2.4 and ELCR 4.2.6.
 */
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";

const ICW1_IC4 = 0x01;
const ICW1_SNGL = 0x02;
const ICW1_SELECT = 0x10;
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;
const OCW3_SELECT = 0x08;
const OCW3_RIS = 0x01;
const OCW3_RR = 0x02;
const OCW3_P = 0x04;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;
const POLL_INTERRUPT = 0x80;

/** Which ICW the next write to the odd port is; 1 means "none: it is OCW1". */
type InitStep = 1 | 2 | 3 | 4;

export class Pic8259 implements PortDevice, Device {
  readonly category = "pic";
  /** Interrupt request latches: for edge inputs the latch, for level inputs the input itself. */
  private irr = 0;
  private isr = 0;
  private imr = 0;
  private lines = 0;
  private levelTriggered = 0;
  private vectorBase = 0;
  private cascade = 0;
  private lowestPriority = 7;
  private autoEoi = false;
  private rotateOnAutoEoi = false;
  private specialMask = false;
  private specialFullyNested = false;
  private readIsr = false;
  private poll = false;
  private initStep: InitStep = 1;
  private single = false;
  private needsIcw4 = false;
  private output = false;

  /**
   * @param isMaster only a master has cascade inputs, where special fully nested mode matters.
   * @param onOutput the INT pin changed.
   */
  constructor(
    private readonly isMaster: boolean,
    private readonly onOutput: (asserted: boolean) => void,
  ) {}

  reset(): void {
    this.irr = this.isr = this.imr = 0;
    this.levelTriggered = 0;
    this.vectorBase = this.cascade = 0;
    this.lowestPriority = 7;
    this.autoEoi = this.rotateOnAutoEoi = this.specialMask = this.specialFullyNested = false;
    this.readIsr = this.poll = this.single = this.needsIcw4 = false;
    this.initStep = 1;
    this.update();
  }

  /** The level of input IR0…IR7. An edge request lives only while its input stays high ([8259A] "IR inputs must remain high"). */
  setInput(input: number, asserted: boolean): void {
    const bit = 1 << input;
    if (asserted) {
      if (this.lines & bit && !(this.levelTriggered & bit)) return;
      this.lines |= bit;
      this.irr |= bit;
    } else {
      this.lines &= ~bit;
      this.irr &= ~bit;
    }
    this.update();
  }

  /** Edge/level control register: a set bit makes the input level-triggered. */
  get elcr(): number {
    return this.levelTriggered;
  }

  set elcr(value: number) {
    this.levelTriggered = value;
    this.irr = (this.irr & ~value) | (this.lines & value);
    this.update();
  }

  /** True where ICW3 of the master says that a slave hangs on this input. */
  hasSlaveOn(input: number): boolean {
    return !this.single && (this.cascade & (1 << input)) !== 0;
  }

  get intAsserted(): boolean {
    return this.output;
  }

  /**
   * The INTA cycle: takes the highest request into service. @returns its input, or 7 without taking anything into
   * service when the request has gone (the spurious interrupt).
   */
  acknowledgeInput(): number {
    const input = this.highestRequest();
    // INT falls with INTA, so that a further request makes a new edge at the master even in AEOI mode.
    this.setOutput(false);
    if (input >= 0) this.takeIntoService(input);
    this.update();
    return input < 0 ? 7 : input;
  }

  vectorOf(input: number): number {
    return this.vectorBase | input;
  }

  portRead(offset: number): number {
    if (this.poll) {
      this.poll = false;
      const input = this.highestRequest();
      if (input < 0) return 7;
      this.takeIntoService(input);
      this.update();
      return POLL_INTERRUPT | input;
    }
    if (offset & 1) return this.imr;
    return this.readIsr ? this.isr : this.irr;
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    if (offset & 1) this.writeOdd(value);
    else if (value & ICW1_SELECT) this.writeIcw1(value);
    else if (value & OCW3_SELECT) this.writeOcw3(value);
    else this.writeOcw2(value);
    this.update();
  }

  save(): DeviceState {
    return {
      version: 1,
      irr: this.irr,
      isr: this.isr,
      imr: this.imr,
      lines: this.lines,
      levelTriggered: this.levelTriggered,
      vectorBase: this.vectorBase,
      cascade: this.cascade,
      lowestPriority: this.lowestPriority,
      autoEoi: this.autoEoi,
      rotateOnAutoEoi: this.rotateOnAutoEoi,
      specialMask: this.specialMask,
      specialFullyNested: this.specialFullyNested,
      readIsr: this.readIsr,
      poll: this.poll,
      initStep: this.initStep,
      single: this.single,
      needsIcw4: this.needsIcw4,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the 8259 interrupt controller", state, 1);
    this.irr = state.irr as number;
    this.isr = state.isr as number;
    this.imr = state.imr as number;
    this.lines = state.lines as number;
    this.levelTriggered = state.levelTriggered as number;
    this.vectorBase = state.vectorBase as number;
    this.cascade = state.cascade as number;
    this.lowestPriority = state.lowestPriority as number;
    this.autoEoi = state.autoEoi as boolean;
    this.rotateOnAutoEoi = state.rotateOnAutoEoi as boolean;
    this.specialMask = state.specialMask as boolean;
    this.specialFullyNested = state.specialFullyNested as boolean;
    this.readIsr = state.readIsr as boolean;
    this.poll = state.poll as boolean;
    this.initStep = state.initStep as InitStep;
    this.single = state.single as boolean;
    this.needsIcw4 = state.needsIcw4 as boolean;
    this.output = this.highestRequest() >= 0;
    this.onOutput(this.output);
  }

  private writeIcw1(value: number): void {
    this.imr = 0;
    this.isr = 0;
    // The edge sense circuit is reset: an input must go low and high again ([8259A] ICW1, a).
    this.irr = this.lines & this.levelTriggered;
    this.lowestPriority = 7;
    this.specialMask = false;
    this.readIsr = false;
    this.poll = false;
    this.rotateOnAutoEoi = false;
    this.single = (value & ICW1_SNGL) !== 0;
    this.needsIcw4 = (value & ICW1_IC4) !== 0;
    if (!this.needsIcw4) this.autoEoi = this.specialFullyNested = false;
    this.initStep = 2;
  }

  private writeOdd(value: number): void {
    switch (this.initStep) {
      case 1:
        this.imr = value;
        break;
      case 2:
        this.vectorBase = value & 0xf8;
        this.initStep = this.single ? (this.needsIcw4 ? 4 : 1) : 3;
        break;
      case 3:
        this.cascade = value;
        this.initStep = this.needsIcw4 ? 4 : 1;
        break;
      case 4:
        this.autoEoi = (value & ICW4_AEOI) !== 0;
        this.specialFullyNested = (value & ICW4_SFNM) !== 0;
        this.initStep = 1;
        break;
    }
  }

  private writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case 0: // clear rotation in AEOI mode
        this.rotateOnAutoEoi = false;
        break;
      case 1: // non-specific EOI
        this.endHighest(false);
        break;
      case 3: // specific EOI
        this.isr &= ~(1 << level);
        break;
      case 4: // set rotation in AEOI mode
        this.rotateOnAutoEoi = true;
        break;
      case 5: // rotate on non-specific EOI
        this.endHighest(true);
        break;
      case 6: // set priority
        this.lowestPriority = level;
        break;
      case 7: // rotate on specific EOI
        this.isr &= ~(1 << level);
        this.lowestPriority = level;
        break;
    }
  }

  private writeOcw3(value: number): void {
    if (value & OCW3_ESMM) this.specialMask = (value & OCW3_SMM) !== 0;
    if (value & OCW3_P) this.poll = true;
    else if (value & OCW3_RR) this.readIsr = (value & OCW3_RIS) !== 0;
  }

  private endHighest(rotate: boolean): void {
    // In special mask mode a level that is masked is not ended by a non-specific EOI ([8259A] "End of Interrupt").
    const candidates = this.specialMask ? this.isr & ~this.imr : this.isr;
    const input = this.highestOf(candidates);
    if (input < 0) return;
    this.isr &= ~(1 << input);
    if (rotate) this.lowestPriority = input;
  }

  private takeIntoService(input: number): void {
    const bit = 1 << input;
    if (!(this.levelTriggered & bit)) this.irr &= ~bit;
    if (!this.autoEoi) this.isr |= bit;
    else if (this.rotateOnAutoEoi) this.lowestPriority = input;
  }

  /** The input of highest priority in `set`, or -1. */
  private highestOf(set: number): number {
    if (set === 0) return -1;
    for (let i = 1; i <= 8; i++) {
      const input = (this.lowestPriority + i) & 7;
      if (set & (1 << input)) return input;
    }
    return -1;
  }

  /** The request that INT stands for now, or -1. */
  private highestRequest(): number {
    const requests = this.irr & ~this.imr;
    if (requests === 0) return -1;
    for (let i = 1; i <= 8; i++) {
      const input = (this.lowestPriority + i) & 7;
      const bit = 1 << input;
      if (this.isr & bit) {
        // Special mask mode: a level that is masked holds nobody off. Special fully nested mode: a slave may ask again.
        if (this.specialMask && this.imr & bit) continue;
        if (this.specialFullyNested && this.isMaster && this.hasSlaveOn(input) && requests & bit) return input;
        return -1;
      }
      if (requests & bit) return input;
    }
    return -1;
  }

  private update(): void {
    this.setOutput(this.highestRequest() >= 0);
  }

  private setOutput(asserted: boolean): void {
    if (asserted === this.output) return;
    this.output = asserted;
    this.onOutput(asserted);
  }
}
