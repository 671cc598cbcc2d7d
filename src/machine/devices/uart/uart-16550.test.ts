import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { Uart16550 } from "./uart-16550.ts";

const CHARACTER_NS = (10 * 1e9) / 115200;
let clock: ManualClock;
let irq: RecordingLine;
let sent: number[];
let batches: number;
let uart: Uart16550;

beforeEach(() => {
  clock = new ManualClock();
  irq = new RecordingLine();
  sent = [];
  batches = 0;
  uart = new Uart16550(clock, irq, (bytes) => {
    batches++;
    sent.push(...bytes);
  });
  // 115200 8N1, interrupts let through by OUT2.
  w(3, 0x83);
  w(0, 1);
  w(1, 0);
  w(3, 0x03);
  w(4, 0x0b);
});

const w = (register: number, value: number): void => uart.portWrite(register, 1, value);
const r = (register: number): number => uart.portRead(register);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);

describe("16550A", () => {
  it("hands output over in one batch, with the transmitter empty at once", async () => {
    for (const byte of text("hello")) w(0, byte);
    expect(r(5) & 0x60).toBe(0x60);
    expect(sent).toEqual([]);
    await Promise.resolve();
    expect(String.fromCharCode(...sent)).toBe("hello");
    expect(batches).toBe(1);
  });

  it("interrupts for an empty transmitter when enabled and after each write, until IIR is read", () => {
    w(1, 2);
    expect(irq.level).toBe(true);
    expect(r(2)).toBe(0x02);
    expect(irq.level).toBe(false);
    expect(r(2)).toBe(0x01);
    w(0, 0x41);
    expect(irq.level).toBe(true);
    w(1, 0);
    w(1, 2);
    expect(r(2)).toBe(0x02);
  });

  it("does not interrupt while OUT2 is low", () => {
    w(4, 0x03);
    w(1, 2);
    expect(irq.level).toBe(false);
    w(4, 0x0b);
    expect(irq.level).toBe(true);
  });

  it("receives one character at a time without FIFOs and loses none", () => {
    w(1, 1);
    uart.receive(text("abc"));
    expect(r(5) & 1).toBe(0);
    const got: number[] = [];
    for (let i = 0; i < 3; i++) {
      clock.advance(2 * CHARACTER_NS);
      expect(irq.level).toBe(true);
      expect(r(2)).toBe(0x04);
      got.push(r(0));
      expect(irq.level).toBe(false);
    }
    expect(String.fromCharCode(...got)).toBe("abc");
  });

  it("interrupts at the FIFO's trigger level and for the rest after four character times", () => {
    w(2, 0x81);
    expect(r(2)).toBe(0xc1);
    w(1, 1);
    uart.receive(text("0123456789"));
    clock.advance(8.5 * CHARACTER_NS);
    expect(r(2)).toBe(0xc4);
    for (let i = 0; i < 8; i++) r(0);
    expect(irq.level).toBe(false);
    clock.advance(2.1 * CHARACTER_NS);
    expect(irq.level).toBe(false);
    clock.advance(4 * CHARACTER_NS);
    expect(r(2)).toBe(0xcc);
    r(0);
    expect(irq.level).toBe(false);
    clock.advance(4 * CHARACTER_NS);
    expect(irq.level).toBe(true);
  });

  it("carries any amount of input through the FIFO at the speed of the line", () => {
    w(2, 0xc1);
    const input = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);
    uart.receive(input);
    const got: number[] = [];
    const start = clock.nowNs();
    while (got.length < input.length && clock.nowNs() - start < 10e9) {
      clock.advance(CHARACTER_NS * 3);
      while (r(5) & 1) got.push(r(0));
    }
    expect(Uint8Array.from(got)).toEqual(input);
    expect(clock.nowNs() - start).toBeGreaterThan(5000 * CHARACTER_NS);
    // A guest that does not read leaves everything in the queue, and no timer runs for it.
    uart.receive(input);
    clock.advance(1e9);
    const fired = clock.fired;
    clock.advance(1e9);
    expect(clock.fired).toBe(fired);
    expect(uart.queuedInput).toBe(5000 - 16);
  });

  it("shows a break as a zero character with BI, once", () => {
    w(2, 0x01);
    w(1, 5);
    uart.receive(text("x"));
    uart.receiveBreak();
    clock.advance(10 * CHARACTER_NS);
    expect(r(5) & 0x91).toBe(0x81);
    expect(r(0)).toBe(0x78);
    expect(r(2)).toBe(0xc6);
    expect(r(5) & 0x91).toBe(0x91);
    expect(r(5) & 0x91).toBe(0x01);
    expect(r(0)).toBe(0);
  });

  it("loops back data and modem lines, and holds the host's input meanwhile", async () => {
    w(4, 0x10);
    w(0, 0x5a);
    uart.receive(text("z"));
    clock.advance(100 * CHARACTER_NS);
    expect(r(0)).toBe(0x5a);
    expect(r(6) & 0xf0).toBe(0x00);
    w(4, 0x1a);
    expect(r(6)).toBe(0x99);
    expect(r(6)).toBe(0x90);
    w(4, 0x1e);
    expect(r(6) & 0x40).toBe(0x40);
    w(4, 0x1a);
    expect(r(6) & 0x04).toBe(0x04);
    w(4, 0x0b);
    clock.advance(2 * CHARACTER_NS);
    expect(r(0)).toBe(0x7a);
    await Promise.resolve();
    expect(sent).toEqual([]);
  });

  it("reports an overrun in loopback", () => {
    w(4, 0x10);
    w(0, 1);
    w(0, 2);
    expect(r(5) & 0x03).toBe(0x03);
    expect(r(5) & 0x02).toBe(0);
    expect(r(0)).toBe(2);
  });

  it("keeps scratch, divisor and reserved bits as the chip does", () => {
    w(7, 0xa5);
    expect(r(7)).toBe(0xa5);
    w(1, 0xff);
    expect(r(1)).toBe(0x0f);
    w(4, 0xff);
    expect(r(4)).toBe(0x1f);
    w(3, 0x80);
    expect([r(0), r(1)]).toEqual([1, 0]);
  });

  it("interrupts on a change of the modem lines", () => {
    w(1, 8);
    w(4, 0x1b);
    r(6);
    w(4, 0x19);
    expect(r(2)).toBe(0x00);
    expect(irq.level).toBe(true);
    r(6);
    expect(irq.level).toBe(false);
  });

  it("goes on from a saved state, with input under way", () => {
    w(2, 0x41);
    w(1, 1);
    uart.receive(text("abcdefgh"));
    clock.advance(4.5 * CHARACTER_NS);
    const otherIrq = new RecordingLine();
    const other = new Uart16550(clock, otherIrq, () => {});
    other.restore(uart.save());
    expect(other.save()).toEqual(uart.save());
    expect(otherIrq.level).toBe(true);
    clock.advance(8 * CHARACTER_NS);
    const got = Array.from({ length: 8 }, () => other.portRead(0));
    expect(String.fromCharCode(...got)).toBe("abcdefgh");
  });
});
