/**
 * 16550A UART at eight ports. Output leaves at once (the transmitter is always empty again when the guest looks), input
 * arrives at the speed of the line that the guest has set and only while the receiver has room, so none is lost.
 *
 * Left out: parity and framing errors (the host's bytes have none), DMA pins (FCR bit 3 is storage), and hold-off of
 * output by CTS, which is the guest driver's business.
 *
 * References: [16550] National PC16550D datasheet; [AT] Technical Reference, "Serial Adapter" (OUT2 gates the interrupt).
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { PortDevice } from "../../bus/port-bus.ts";
import type { Clock, Timer } from "../../clock.ts";
import { rearm } from "../../timer-state.ts";
import { type Device, type DeviceState, expectVersion } from "../../device.ts";
import { ByteQueue } from "./byte-queue.ts";
import { OutputBatch } from "./output-batch.ts";

const REG_DATA = 0;
const REG_IER = 1;
const REG_IIR_FCR = 2;
const REG_LCR = 3;
const REG_MCR = 4;
const REG_LSR = 5;
const REG_MSR = 6;
const REG_SCR = 7;

const IER_RDA = 0x01;
const IER_THRE = 0x02;
const IER_RLS = 0x04;
const IER_MS = 0x08;
const IIR_NONE = 0x01;
const IIR_MS = 0x00;
const IIR_THRE = 0x02;
const IIR_RDA = 0x04;
const IIR_RLS = 0x06;
const IIR_TIMEOUT = 0x0c;
const IIR_FIFOS = 0xc0;
const FCR_ENABLE = 0x01;
const FCR_CLEAR_RX = 0x02;
const LCR_DLAB = 0x80;
const LCR_BREAK = 0x40;
const LCR_PARITY = 0x08;
const LCR_STOP = 0x04;
const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;
const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_THRE = 0x20;
const LSR_TEMT = 0x40;
const LSR_FIFO_ERROR = 0x80;
const MSR_CTS = 0x10;
const MSR_DSR = 0x20;
const MSR_RI = 0x40;
const MSR_DCD = 0x80;
const MSR_TERI = 0x04;

const FIFO_SIZE = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
/** Clock of the divisor: 1.8432 MHz / 16. */
const BAUD_BASE_HZ = 115200;
/** A terminal that is there and listens. */
const PEER_LINES = MSR_CTS | MSR_DSR | MSR_DCD;
/** Mark of a received break among the queued characters. */
const BREAK_CHARACTER = 0x100;

export class Uart16550 implements PortDevice, Device {
  readonly category = "uart";
  private divisor = 12;
  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private scratch = 0;
  /** Errors of LSR that reading it clears: overrun and break. */
  private lineErrors = 0;
  private modemLines = PEER_LINES;
  private modemDeltas = 0;
  /** Received characters, each with BREAK_CHARACTER where it is a break. */
  private fifo: number[] = [];
  private thrEmptyPending = false;
  private timedOut = false;
  /** What the host has sent and the line has not yet carried. */
  private readonly queue = new ByteQueue();
  private lineFreeNs = 0;
  /** How many characters the armed `arrival` brings. */
  private arriving = 0;
  private readonly arrival: Timer;
  private readonly timeout: Timer;
  private readonly output: OutputBatch;

  /**
   * Eight ports; the board puts COM1 at 0x3F8 (IRQ4) and COM2 at 0x2F8 (IRQ3).
   * @param onTransmit gets what the guest sent, in batches.
   */
  constructor(
    private readonly clock: Clock,
    private readonly irq: IrqLine,
    onTransmit: (bytes: Uint8Array) => void,
    name = "uart",
  ) {
    this.arrival = clock.createTimer(`${name}-arrival`, () => this.charactersArrive());
    this.timeout = clock.createTimer(`${name}-timeout`, () => {
      this.timedOut = true;
      this.updateIrq();
    });
    this.output = new OutputBatch(onTransmit);
  }

  reset(): void {
    this.ier = this.fcr = this.lcr = this.mcr = 0;
    this.lineErrors = 0;
    this.modemDeltas = 0;
    this.modemLines = PEER_LINES;
    this.divisor = 12;
    this.fifo = [];
    this.timedOut = this.thrEmptyPending = false;
    this.timeout.cancel();
    this.updateIrq();
    this.scheduleArrival();
  }

  /** Input from the host; queued without limit until the guest takes it. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.queue.push(byte);
    this.scheduleArrival();
  }

  /** A break on the line, as a terminal's Break key sends (Linux: magic SysRq). */
  receiveBreak(): void {
    this.queue.push(BREAK_CHARACTER);
    this.scheduleArrival();
  }

  /** Hands batched output over now. */
  flush(): void {
    this.output.flush();
  }

  /** How many characters from the host still wait. */
  get queuedInput(): number {
    return this.queue.length;
  }

  portRead(offset: number): number {
    switch (offset) {
      case REG_DATA:
        return this.lcr & LCR_DLAB ? this.divisor & 0xff : this.readData();
      case REG_IER:
        return this.lcr & LCR_DLAB ? this.divisor >> 8 : this.ier;
      case REG_IIR_FCR:
        return this.readIir();
      case REG_LCR:
        return this.lcr;
      case REG_MCR:
        return this.mcr;
      case REG_LSR:
        return this.readLsr();
      case REG_MSR:
        return this.readMsr();
      case REG_SCR:
        return this.scratch;
      default:
        return 0xff;
    }
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    switch (offset) {
      case REG_DATA:
        if (this.lcr & LCR_DLAB) this.divisor = (this.divisor & 0xff00) | value;
        else this.transmit(value);
        break;
      case REG_IER:
        if (this.lcr & LCR_DLAB) this.divisor = (this.divisor & 0xff) | (value << 8);
        else this.writeIer(value);
        break;
      case REG_IIR_FCR:
        this.writeFcr(value);
        break;
      case REG_LCR:
        this.writeLcr(value);
        break;
      case REG_MCR:
        this.writeMcr(value);
        break;
      case REG_SCR:
        this.scratch = value;
        break;
      // LSR and MSR: factory test only.
    }
  }

  save(): DeviceState {
    this.flush();
    return {
      version: 1,
      divisor: this.divisor,
      ier: this.ier,
      fcr: this.fcr,
      lcr: this.lcr,
      mcr: this.mcr,
      scratch: this.scratch,
      lineErrors: this.lineErrors,
      modemLines: this.modemLines,
      modemDeltas: this.modemDeltas,
      fifo: [...this.fifo],
      thrEmptyPending: this.thrEmptyPending,
      timedOut: this.timedOut,
      queue: this.queue.toArray(),
      lineFreeNs: this.lineFreeNs,
      arriving: this.arriving,
      arrivalNs: this.arrival.deadlineNs,
      timeoutNs: this.timeout.deadlineNs,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the serial port", state, 1);
    this.divisor = state.divisor as number;
    this.ier = state.ier as number;
    this.fcr = state.fcr as number;
    this.lcr = state.lcr as number;
    this.mcr = state.mcr as number;
    this.scratch = state.scratch as number;
    this.lineErrors = state.lineErrors as number;
    this.modemLines = state.modemLines as number;
    this.modemDeltas = state.modemDeltas as number;
    this.fifo = [...(state.fifo as number[])];
    this.thrEmptyPending = state.thrEmptyPending as boolean;
    this.timedOut = state.timedOut as boolean;
    this.queue.clear();
    for (const character of state.queue as number[]) this.queue.push(character);
    this.lineFreeNs = state.lineFreeNs as number;
    this.arriving = state.arriving as number;
    rearm(this.arrival, state.arrivalNs as number);
    rearm(this.timeout, state.timeoutNs as number);
    this.updateIrq();
  }

  // ── Receiver ──────────────────────────────────────────────────────────────────────────────────────────────────

  private get fifoEnabled(): boolean {
    return (this.fcr & FCR_ENABLE) !== 0;
  }

  private get capacity(): number {
    return this.fifoEnabled ? FIFO_SIZE : 1;
  }

  private get trigger(): number {
    return this.fifoEnabled ? (TRIGGER_LEVELS[this.fcr >> 6] ?? 1) : 1;
  }

  /** Time of one character on the line: start, 5–8 data, parity and stop bits. */
  private get characterNs(): number {
    const bits = 1 + 5 + (this.lcr & 3) + (this.lcr & LCR_PARITY ? 1 : 0) + (this.lcr & LCR_STOP ? 2 : 1);
    return ((bits * 1e9) / BAUD_BASE_HZ) * Math.max(1, this.divisor);
  }

  /** Input arrives in bursts that fill the receiver to its trigger, each when the line could have carried it. */
  private get burst(): number {
    return Math.min(this.queue.length, this.trigger, this.capacity - this.fifo.length);
  }

  private scheduleArrival(): void {
    const burst = this.mcr & MCR_LOOP ? 0 : this.burst;
    if (burst <= 0) {
      this.arrival.cancel();
      return;
    }
    if (this.arrival.armed) return;
    this.arriving = burst;
    const now = this.clock.nowNs();
    this.arrival.armAt(Math.max(now, this.lineFreeNs) + burst * this.characterNs);
  }

  private charactersArrive(): void {
    for (let left = this.mcr & MCR_LOOP ? 0 : Math.min(this.arriving, this.burst); left > 0; left--) {
      const character = this.queue.shift();
      if (character !== undefined) this.fifo.push(character);
    }
    this.lineFreeNs = this.clock.nowNs();
    this.receiverChanged();
    this.scheduleArrival();
  }

  /** A character came or went: the character timeout starts over. [16550] "FIFO Interrupt Mode Operation". */
  private receiverChanged(): void {
    this.timedOut = false;
    if (this.fifoEnabled && this.fifo.length > 0) this.timeout.armAt(this.clock.nowNs() + 4 * this.characterNs);
    else this.timeout.cancel();
    const [top] = this.fifo;
    if (top !== undefined && top & BREAK_CHARACTER) {
      // The error is shown when its character is at the top of the FIFO, and only once.
      this.lineErrors |= LSR_BREAK;
      this.fifo[0] = 0;
    }
    this.updateIrq();
  }

  private readData(): number {
    const character = this.fifo.shift() ?? 0;
    this.receiverChanged();
    this.scheduleArrival();
    return character & 0xff;
  }

  private clearReceiver(): void {
    this.fifo = [];
    this.receiverChanged();
    this.scheduleArrival();
  }

  // ── Transmitter ───────────────────────────────────────────────────────────────────────────────────────────────

  private transmit(value: number): void {
    const mask = (1 << (5 + (this.lcr & 3))) - 1;
    if (this.mcr & MCR_LOOP) this.receiveLooped(value & mask);
    else this.output.push(value & mask);
    this.thrEmptyPending = true;
    this.updateIrq();
  }

  private receiveLooped(character: number): void {
    if (this.fifo.length >= this.capacity) {
      this.lineErrors |= LSR_OVERRUN;
      // Without FIFOs the new character replaces the old one ([16550] LSR bit 1).
      if (!this.fifoEnabled) this.fifo[0] = character;
    } else this.fifo.push(character);
    this.receiverChanged();
  }

  // ── Control and status ────────────────────────────────────────────────────────────────────────────────────────

  private writeIer(value: number): void {
    const enabled = value & ~this.ier;
    this.ier = value & 0x0f;
    // Enabling the interrupt while the transmitter is empty, which it always is, asks at once.
    if (enabled & IER_THRE) this.thrEmptyPending = true;
    this.updateIrq();
  }

  private writeFcr(value: number): void {
    const toggled = (value ^ this.fcr) & FCR_ENABLE;
    if (toggled || (value & FCR_ENABLE && value & FCR_CLEAR_RX)) {
      this.fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
      this.clearReceiver();
    } else if (value & FCR_ENABLE) {
      this.fcr = value & 0xc9;
      this.updateIrq();
      this.scheduleArrival();
    }
  }

  private writeLcr(value: number): void {
    const breakStarts = value & LCR_BREAK && !(this.lcr & LCR_BREAK);
    this.lcr = value;
    if (breakStarts && this.mcr & MCR_LOOP) this.receiveLooped(BREAK_CHARACTER);
  }

  private writeMcr(value: number): void {
    this.mcr = value & 0x1f;
    this.setModemLines(this.mcr & MCR_LOOP ? this.loopedLines() : PEER_LINES);
    this.updateIrq();
    this.scheduleArrival();
  }

  /** [16550] MCR bit 4: the four control outputs feed the four status inputs. */
  private loopedLines(): number {
    return (
      (this.mcr & MCR_RTS ? MSR_CTS : 0) |
      (this.mcr & MCR_DTR ? MSR_DSR : 0) |
      (this.mcr & MCR_OUT1 ? MSR_RI : 0) |
      (this.mcr & MCR_OUT2 ? MSR_DCD : 0)
    );
  }

  private setModemLines(lines: number): void {
    const changed = this.modemLines ^ lines;
    const ringEnded = this.modemLines & MSR_RI && !(lines & MSR_RI);
    this.modemDeltas |= ((changed & (MSR_CTS | MSR_DSR | MSR_DCD)) >> 4) | (ringEnded ? MSR_TERI : 0);
    this.modemLines = lines;
  }

  private readLsr(): number {
    const errorsInFifo =
      this.fifoEnabled && (this.lineErrors & LSR_BREAK || this.fifo.some((c) => c & BREAK_CHARACTER));
    const value =
      LSR_THRE |
      LSR_TEMT |
      this.lineErrors |
      (this.fifo.length > 0 ? LSR_DATA_READY : 0) |
      (errorsInFifo ? LSR_FIFO_ERROR : 0);
    if (this.lineErrors !== 0) {
      this.lineErrors = 0;
      this.updateIrq();
    }
    return value;
  }

  private readMsr(): number {
    const value = this.modemLines | this.modemDeltas;
    if (this.modemDeltas !== 0) {
      this.modemDeltas = 0;
      this.updateIrq();
    }
    return value;
  }

  /** The pending interrupt of highest priority. [16550] table III. */
  private interruptId(): number {
    if (this.ier & IER_RLS && this.lineErrors !== 0) return IIR_RLS;
    if (this.ier & IER_RDA && this.fifo.length >= this.trigger) return IIR_RDA;
    if (this.ier & IER_RDA && this.timedOut && this.fifo.length > 0) return IIR_TIMEOUT;
    if (this.ier & IER_THRE && this.thrEmptyPending) return IIR_THRE;
    if (this.ier & IER_MS && this.modemDeltas !== 0) return IIR_MS;
    return IIR_NONE;
  }

  private readIir(): number {
    const id = this.interruptId();
    if (id === IIR_THRE) {
      this.thrEmptyPending = false;
      this.updateIrq();
    }
    return id | (this.fifoEnabled ? IIR_FIFOS : 0);
  }

  private updateIrq(): void {
    this.irq.set((this.mcr & MCR_OUT2) !== 0 && this.interruptId() !== IIR_NONE);
  }
}
