/**
 * The MC146818A's update cycle, interrupts and formats, by its datasheet: [146818] "Update Cycle", "Alarm", "Periodic
 * Interrupt Selection" (table 5), "Time, Calendar and Alarm Locations" (tables 3 and 4), registers A to D.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { RtcCmos } from "./rtc-cmos.ts";

const SECOND = 1e9;
const SET = 0x80;
const PIE = 0x40;
const AIE = 0x20;
const UIE = 0x10;
const BINARY = 0x04;
const HOURS_24 = 0x02;
const PM = 0x80;

let clock: ManualClock;
let irq: RecordingLine;
let rtc: RtcCmos;

function start(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, ms = 0): void {
  clock = new ManualClock(Date.UTC(year, month - 1, day, hour, minute, second, ms));
  irq = new RecordingLine();
  rtc = new RtcCmos(clock, irq);
}

beforeEach(() => start(2026, 6, 15, 10, 20, 30));

const read = (index: number): number => {
  rtc.portWrite(0, 1, index);
  return rtc.portRead(1);
};
const write = (index: number, value: number): void => {
  rtc.portWrite(0, 1, index);
  rtc.portWrite(1, 1, value);
};
const setTime = (format: number, hour: number, minute: number, second: number): void => {
  write(0x0b, SET | format);
  write(4, hour);
  write(2, minute);
  write(0, second);
  write(0x0b, format);
};

describe("MC146818 update cycle", () => {
  it("shows UIP for 244 µs before the update and the 1984 µs that it takes", () => {
    const uip = (): number => read(0x0a) >> 7;
    clock.advance(SECOND - 2_229_000);
    expect(uip()).toBe(0);
    clock.advance(2000);
    expect(uip()).toBe(1);
    clock.advance(2_226_000);
    expect([uip(), read(0)]).toEqual([1, 0x30]);
    clock.advance(2000);
    expect([uip(), read(0)]).toEqual([0, 0x31]);
  });

  it("has no UIP and no update while SET is high or the divider stands", () => {
    write(0x0b, SET | HOURS_24);
    for (let i = 0; i < 40; i++) {
      clock.advance(0.1 * SECOND);
      expect(read(0x0a) & 0x80).toBe(0);
    }
    expect([read(0), read(0x0c) & 0x10]).toEqual([0x30, 0]);
    write(0x0b, HOURS_24);
    write(0x0a, 0x70);
    clock.advance(5 * SECOND);
    expect([read(0), read(0x0a)]).toEqual([0x30, 0x70]);
  });

  it("does not take UIP from the bus", () => {
    write(0x0a, 0xa6);
    expect(read(0x0a)).toBe(0x26);
  });

  it("ends each update with UF, and an interrupt where UIE is set", () => {
    expect(read(0x0c)).toBe(0);
    clock.advance(SECOND - 1000);
    expect(read(0x0c) & 0x10).toBe(0);
    clock.advance(1000);
    expect(read(0x0c) & 0x90).toBe(0x10);
    write(0x0b, UIE | HOURS_24);
    for (let i = 1; i <= 5; i++) {
      clock.advance(SECOND);
      expect([irq.level, irq.rises]).toEqual([true, i]);
      expect(read(0x0c) & 0x90).toBe(0x90);
      expect(irq.level).toBe(false);
    }
  });
});

describe("MC146818 periodic interrupt (table 5, 32.768 kHz)", () => {
  // Rates 1 and 2 are 3.90625 and 7.8125 ms, then 122.070 µs, doubling.
  it.each([[1, 256], [2, 128], ...Array.from({ length: 13 }, (_, i): [number, number] => [3 + i, 8192 / 2 ** i])])(
    "rate %i gives %i Hz",
    (rate, hz) => {
      write(0x0a, 0x20 | rate);
      read(0x0c);
      write(0x0b, PIE | HOURS_24);
      let count = 0;
      const step = SECOND / hz / 4;
      clock.advance(step / 2);
      for (let at = 0; at < 2 * SECOND; at += step) {
        clock.advance(step);
        if (read(0x0c) & 0x40) count++;
      }
      expect(Math.abs(count - 2 * hz)).toBeLessThanOrEqual(1);
      expect(irq.rises).toBe(count);
    },
  );

  it("rate 0 gives none", () => {
    write(0x0a, 0x20);
    read(0x0c);
    write(0x0b, PIE | HOURS_24);
    clock.advance(10 * SECOND);
    expect([irq.rises, read(0x0c) & 0x40]).toEqual([0, 0]);
  });

  it("sets PF without PIE, and IRQF not", () => {
    clock.advance(10e6);
    expect(read(0x0c)).toBe(0x40);
  });
});

describe("MC146818 alarm", () => {
  const matches = (): boolean => (read(0x0c) & 0x20) !== 0;
  const setAlarm = (hour: number, minute: number, second: number): void => {
    write(5, hour);
    write(3, minute);
    write(1, second);
  };

  it.each([
    ["BCD, 24 hours", HOURS_24, 0x21, 0x15, 0x40, 0x22],
    ["binary, 24 hours", HOURS_24 | BINARY, 21, 15, 40, 22],
    ["BCD, 12 hours", 0, PM | 0x09, 0x15, 0x40, PM | 0x10],
    ["binary, 12 hours", BINARY, PM | 9, 15, 40, PM | 10],
  ])("compares in the format of the time: %s", (_name, format, hour, minute, second, nextHour) => {
    setTime(format, hour, minute, second);
    setAlarm(nextHour, minute, second);
    read(0x0c);
    write(0x0b, AIE | format);
    clock.advance(3599 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(SECOND);
    expect(irq.level).toBe(true);
    expect(read(4)).toBe(nextHour);
    expect(matches()).toBe(true);
  });

  it.each([
    ["every second", 0xc0, 0xff, 0xd5, 1],
    ["every minute", 0xff, 0xff, 0x10, 60],
    ["every hour", 0xc0, 0x20, 0x10, 3600],
    ["every day", 0x10, 0x20, 0x10, 86400],
  ])("takes C0…FF for don't care: %s", (_name, hour, minute, second, period) => {
    setTime(HOURS_24, 0x10, 0x20, 0x10);
    setAlarm(hour, minute, second);
    read(0x0c);
    write(0x0b, AIE | HOURS_24);
    for (let i = 0; i < 3; i++) {
      clock.advance((period - 0.5) * SECOND);
      expect(irq.level).toBe(false);
      read(0x0c);
      clock.advance(0.5 * SECOND);
      expect(irq.level).toBe(true);
      expect(matches()).toBe(true);
    }
  });

  it.each([
    ["a second of 75", HOURS_24, 0xff, 0xff, 0x75],
    ["a BCD digit above 9", HOURS_24, 0xff, 0xff, 0x1f],
    ["hour 0 of 12", 0, 0x00, 0xff, 0xff],
    ["hour 13 of 12", 0, 0x13, 0xff, 0xff],
    ["hour 24", HOURS_24 | BINARY, 24, 0xff, 0xff],
  ])("never matches what the time never is: %s", (_name, format, hour, minute, second) => {
    setTime(format, format === 0 ? 0x12 : 0, 0, 0);
    setAlarm(hour, minute, second);
    read(0x0c);
    write(0x0b, AIE | format);
    clock.advance(86400 * SECOND);
    expect([irq.rises, matches()]).toEqual([0, false]);
  });

  it("sets AF without AIE, and does not match a time that is only written", () => {
    setAlarm(0x10, 0x20, 0x31);
    clock.advance(SECOND);
    expect([irq.level, matches()]).toEqual([false, true]);
    setAlarm(0x11, 0x00, 0x00);
    setTime(HOURS_24, 0x11, 0x00, 0x00);
    expect(matches()).toBe(false);
  });
});

describe("MC146818 formats", () => {
  it("counts all hours in the four formats", () => {
    const hours = (format: number, first: number): number[] => {
      setTime(format, first, 0, 0);
      return Array.from({ length: 25 }, () => {
        const hour = read(4);
        clock.advance(3600 * SECOND);
        return hour;
      });
    };
    const bcd = (n: number): number => (Math.floor(n / 10) << 4) | (n % 10);
    const of24 = Array.from({ length: 25 }, (_, i) => i % 24);
    const of12 = of24.map((hour) => ({ hour: hour % 12 || 12, pm: hour >= 12 ? PM : 0 }));
    expect(hours(HOURS_24 | BINARY, 0)).toEqual(of24);
    expect(hours(HOURS_24, 0)).toEqual(of24.map(bcd));
    expect(hours(BINARY, 12)).toEqual(of12.map(({ hour, pm }) => hour | pm));
    expect(hours(0, 0x12)).toEqual(of12.map(({ hour, pm }) => bcd(hour) | pm));
  });

  it.each([
    [2024, 2, 28, [0x29, 0x02, 0x24]],
    [2025, 2, 28, [0x01, 0x03, 0x25]],
    [2026, 4, 30, [0x01, 0x05, 0x26]],
    [2026, 12, 31, [0x01, 0x01, 0x27]],
    [1999, 12, 31, [0x01, 0x01, 0x00]],
  ])("knows the day after %i-%i-%i", (year, month, day, expected) => {
    start(year, month, day, 23, 59, 59);
    const weekday = read(6);
    clock.advance(SECOND);
    expect([read(7), read(8), read(9)]).toEqual(expected);
    expect(read(6)).toBe((weekday % 7) + 1);
  });

  it("keeps the weekday that was written, and counts on from it", () => {
    write(6, 7);
    expect(read(6)).toBe(7);
    clock.advance(86400 * SECOND);
    expect(read(6)).toBe(1);
  });
});

describe("MC146818 registers", () => {
  it("clears register C by reading it, not by writing", () => {
    clock.advance(SECOND);
    write(0x0c, 0);
    expect(read(0x0c)).toBe(0x50);
    expect(read(0x0c)).toBe(0);
  });

  it("says in register D that time and memory are valid, whatever is written", () => {
    write(0x0d, 0);
    expect(read(0x0d)).toBe(0x80);
  });

  it("RESET clears the enables and the flags, and leaves time, format and memory", () => {
    write(0x40, 0x5a);
    write(0x0b, PIE | AIE | UIE | BINARY | 0x08);
    clock.advance(SECOND);
    expect(irq.level).toBe(true);
    rtc.reset();
    expect(irq.level).toBe(false);
    expect([read(0x0b), read(0x0c), read(0x40), read(0)]).toEqual([BINARY, 0, 0x5a, 0x31]);
  });

  it("gives one interrupt for several flags, which one read of register C takes", () => {
    write(1, 0xff);
    write(3, 0xff);
    write(5, 0xff);
    write(0x0b, PIE | AIE | UIE | HOURS_24);
    clock.advance(SECOND);
    expect(irq.rises).toBe(1);
    expect(read(0x0c)).toBe(0xf0);
    expect(irq.level).toBe(false);
  });
});
