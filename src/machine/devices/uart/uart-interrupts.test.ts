/**
 * Interrupts, FIFOs and loopback of the 16550, by its datasheet: [16550] table III (priorities), "FIFO Interrupt Mode
 * Operation", line status, modem control bit 4, modem status.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { Uart16550 } from "./uart-16550.ts";

const DATA = 0;
const IER = 1;
const IIR = 2;
const FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const OUT2 = 0x08;
const LOOP = 0x10;
const NONE = 0x01;
const MODEM = 0x00;
const THRE = 0x02;
const RECEIVED = 0x04;
const LINE = 0x06;
const TIMEOUT = 0x0c;
/** 9600 baud, 10 bits. */
const CHARACTER_NS = 1e10 / 9600;

let clock: ManualClock;
let irq: RecordingLine;
let uart: Uart16550;

const r = (register: number): number => uart.portRead(register);
const w = (register: number, value: number): void => uart.portWrite(register, 1, value);
const source = (): number => r(IIR) & 0x0f;

beforeEach(() => {
  clock = new ManualClock();
  irq = new RecordingLine();
  uart = new Uart16550(clock, irq, () => {});
  w(LCR, 0x83);
  w(DATA, 12);
  w(IER, 0);
  w(LCR, 0x03);
  w(MCR, OUT2);
  r(MSR);
});

describe("16550 priorities (table III)", () => {
  it("gives line status, received data, transmitter, modem status in that order", () => {
    w(MCR, LOOP | OUT2);
    r(MSR);
    w(IER, 0x0f);
    source();
    // An overrun with a character, an empty transmitter, a change of DCD.
    w(DATA, 1);
    w(DATA, 2);
    w(MCR, LOOP);
    w(MCR, LOOP | OUT2);
    expect(source()).toBe(LINE);
    expect(r(LSR) & 0x03).toBe(0x03);
    expect(source()).toBe(RECEIVED);
    expect(r(DATA)).toBe(2);
    expect(source()).toBe(THRE);
    // Reading IIR has taken the transmitter's interrupt.
    expect(source()).toBe(MODEM);
    r(MSR);
    expect([source(), irq.level]).toEqual([NONE, false]);
  });

  it("does not take the transmitter's interrupt with a read of IIR that shows another one", () => {
    w(IER, 0x03);
    uart.receive(Uint8Array.of(5));
    clock.advance(2 * CHARACTER_NS);
    expect([source(), source()]).toEqual([RECEIVED, RECEIVED]);
    r(DATA);
    expect([source(), source()]).toEqual([THRE, NONE]);
  });

  it("asks again when the transmitter's interrupt is enabled anew", () => {
    w(IER, 0x02);
    expect([source(), source()]).toEqual([THRE, NONE]);
    w(IER, 0x02);
    expect(source()).toBe(NONE);
    w(IER, 0x00);
    w(IER, 0x02);
    expect(source()).toBe(THRE);
  });

  it("shows what is enabled only", () => {
    uart.receive(Uint8Array.of(5));
    clock.advance(2 * CHARACTER_NS);
    expect([source(), irq.level]).toEqual([NONE, false]);
    w(IER, 0x01);
    expect([source(), irq.level]).toEqual([RECEIVED, true]);
    w(IER, 0xf0);
    expect([r(IER), irq.level]).toEqual([0, false]);
  });
});

describe("16550 FIFOs", () => {
  it.each([
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ])("FCR %i interrupts at %i characters, and falls below", (fcr, level) => {
    w(FCR, fcr);
    w(IER, 0x01);
    expect(r(IIR)).toBe(0xc0 | NONE);
    w(MCR, LOOP | OUT2);
    for (let i = 1; i < level; i++) {
      w(DATA, i);
      expect(irq.level).toBe(false);
    }
    w(DATA, level);
    expect([irq.level, source()]).toEqual([true, RECEIVED]);
    expect(r(DATA)).toBe(1);
    expect(irq.level).toBe(false);
  });

  it("times out four characters after the last one came or was read", () => {
    w(FCR, 0xc1);
    w(IER, 0x01);
    w(MCR, LOOP | OUT2);
    w(DATA, 1);
    w(DATA, 2);
    clock.advance(3.9 * CHARACTER_NS);
    w(DATA, 3);
    clock.advance(3.9 * CHARACTER_NS);
    expect(irq.level).toBe(false);
    clock.advance(0.2 * CHARACTER_NS);
    expect([irq.level, source()]).toEqual([true, TIMEOUT]);
    expect(r(DATA)).toBe(1);
    expect(irq.level).toBe(false);
    clock.advance(4.1 * CHARACTER_NS);
    expect(source()).toBe(TIMEOUT);
    r(DATA);
    r(DATA);
    clock.advance(100 * CHARACTER_NS);
    expect(source()).toBe(NONE);
  });

  it("counts the timeout in characters of the present format and speed", () => {
    w(LCR, 0x80);
    w(DATA, 1);
    w(IER, 0);
    w(LCR, 0x00);
    w(FCR, 0xc1);
    w(IER, 0x01);
    w(MCR, LOOP | OUT2);
    w(DATA, 1);
    const short = (7 * 1e9) / 115200;
    clock.advance(3.9 * short);
    expect(irq.level).toBe(false);
    clock.advance(0.2 * short);
    expect(irq.level).toBe(true);
  });

  it("keeps sixteen characters, and the seventeenth is lost with OE", () => {
    w(FCR, 0x01);
    w(MCR, LOOP);
    for (let i = 0; i < 17; i++) w(DATA, i);
    expect(r(LSR) & 0x03).toBe(0x03);
    expect(r(LSR) & 0x02).toBe(0);
    expect(Array.from({ length: 16 }, () => r(DATA))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(r(LSR) & 0x01).toBe(0);
  });

  it("clears the receiver by FCR bit 1 and by switching the FIFOs", () => {
    w(MCR, LOOP);
    for (const fcr of [0x03, 0x00, 0x01]) {
      w(DATA, 1);
      expect(r(LSR) & 1).toBe(1);
      w(FCR, fcr);
      expect(r(LSR) & 1).toBe(0);
    }
    // Without bit 0 the others are not written.
    w(DATA, 1);
    w(FCR, 0x01);
    expect(r(LSR) & 1).toBe(1);
  });

  it("shows a break where its character is at the top, and bit 7 while one is in the FIFO", () => {
    w(FCR, 0x01);
    w(IER, 0x04);
    w(MCR, LOOP | OUT2);
    w(DATA, 0x41);
    w(LCR, 0x43);
    w(LCR, 0x03);
    expect([r(LSR) & 0x91, source()]).toEqual([0x81, NONE]);
    expect(r(DATA)).toBe(0x41);
    expect([source(), r(LSR) & 0x91]).toEqual([LINE, 0x91]);
    expect([source(), r(LSR) & 0x91]).toEqual([NONE, 0x01]);
    expect(r(DATA)).toBe(0);
  });
});

describe("16550 loopback and modem lines", () => {
  it.each([
    ["DTR to DSR", 0x01, 0x20, 0x02],
    ["RTS to CTS", 0x02, 0x10, 0x01],
    ["OUT2 to DCD", 0x08, 0x80, 0x08],
  ])("feeds %s, with a delta for each change", (_name, output, input, delta) => {
    w(MCR, LOOP);
    r(MSR);
    w(MCR, LOOP | output);
    expect(r(MSR)).toBe(input | delta);
    expect(r(MSR)).toBe(input);
    w(MCR, LOOP);
    expect(r(MSR)).toBe(delta);
  });

  it("feeds OUT1 to RI, whose end alone is a delta", () => {
    w(MCR, LOOP);
    r(MSR);
    w(MCR, LOOP | 0x04);
    expect(r(MSR)).toBe(0x40);
    w(MCR, LOOP);
    expect(r(MSR)).toBe(0x04);
  });

  it("has deltas until they are read, whatever happens meanwhile", () => {
    w(MCR, LOOP);
    r(MSR);
    w(MCR, LOOP | 0x02);
    w(MCR, LOOP);
    expect(r(MSR)).toBe(0x01);
  });

  it("sends only the bits of the word length", () => {
    w(MCR, LOOP);
    for (const [lcr, expected] of [
      [0, 0x1f],
      [1, 0x3f],
      [2, 0x7f],
      [3, 0xff],
    ] as const) {
      w(LCR, lcr);
      w(DATA, 0xff);
      expect(r(DATA)).toBe(expected);
    }
  });

  it("resets to its documented values [16550] table I", () => {
    w(IER, 0x0f);
    w(MCR, 0x1f);
    w(FCR, 0xc1);
    uart.reset();
    expect([r(IER), r(IIR), r(LCR), r(MCR), r(LSR), r(MSR) & 0x0f, irq.level]).toEqual([0, 1, 0, 0, 0x60, 0, false]);
  });
});
