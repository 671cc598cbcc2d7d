/**
 * The six modes of the 8254, tick by tick as the waveforms of its datasheet show them: [8254] "Mode Definitions",
 * figures 15–20; commands as in "Counter Latch Command" and "Read-Back Command". Channel 2 is used: it has a gate.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { Pit, PIT_HZ } from "./pit.ts";

const NS_PER_TICK = 1e9 / PIT_HZ;
const LSB = 1;
const MSB = 2;
const BOTH = 3;

let clock: ManualClock;
let pit: Pit;
let ticks: number;

beforeEach(() => {
  clock = new ManualClock();
  pit = new Pit(clock, new RecordingLine());
  ticks = 0;
  run(0);
});

function run(count: number): void {
  ticks += count;
  clock.advance((ticks + 0.5) * NS_PER_TICK - clock.nowNs());
}
const control = (value: number): void => pit.portWrite(3, 1, value);
const word = (channel: number, access: number, mode: number, bcd = 0): void =>
  control((channel << 6) | (access << 4) | (mode << 1) | bcd);
const write = (channel: number, ...bytes: number[]): void => bytes.forEach((byte) => pit.portWrite(channel, 1, byte));
const gate = (open: boolean): void => pit.systemControl.portWrite(0, 1, open ? 1 : 0);
const out = (): boolean => (pit.systemControl.portRead(0, 1) & 0x20) !== 0;
const read = (channel = 2): number => pit.portRead(channel) | (pit.portRead(channel) << 8);
const status = (channel = 2): number => {
  control(0xe0 | (2 << channel));
  return pit.portRead(channel);
};

/** OUT and the count in the next `length` ticks: "_3 _2 ‾1 …". */
function trace(length: number): string {
  const seen: string[] = [];
  for (let i = 0; i < length; i++) {
    run(1);
    seen.push((out() ? "‾" : "_") + read().toString(16));
  }
  return seen.join(" ");
}

describe("8254 mode 0, interrupt on terminal count (figure 15)", () => {
  it("counts down with OUT low and goes on after terminal count with OUT high", () => {
    gate(true);
    word(2, BOTH, 0);
    expect(out()).toBe(false);
    write(2, 4, 0);
    expect(trace(7)).toBe("_4 _3 _2 _1 ‾0 ‾ffff ‾fffe");
  });

  it("stands still while GATE is low, with the count loaded all the same", () => {
    word(2, BOTH, 0);
    write(2, 3, 0);
    expect(trace(3)).toBe("_3 _3 _3");
    gate(true);
    expect(trace(3)).toBe("_2 _1 ‾0");
  });

  it("starts over with a new count, and the first byte of it stops counting", () => {
    gate(true);
    word(2, BOTH, 0);
    write(2, 3, 0);
    run(2);
    write(2, 2);
    expect(trace(2)).toBe("_2 _2");
    write(2, 0);
    expect(trace(3)).toBe("_2 _1 ‾0");
  });

  it("lowers OUT at once with the first byte of a new count after terminal count, and keeps the count", () => {
    gate(true);
    word(2, BOTH, 0);
    write(2, 2, 0);
    run(5);
    expect([out(), read()]).toEqual([true, 0xfffe]);
    write(2, 9);
    expect([out(), read()]).toEqual([false, 0xfffe]);
    expect(trace(2)).toBe("_fffe _fffe");
  });

  it("takes a count of one byte at once, with the other byte zero", () => {
    gate(true);
    word(2, LSB, 0);
    write(2, 2);
    run(1);
    expect(pit.portRead(2)).toBe(2);
    word(2, MSB, 0);
    write(2, 2);
    run(2);
    expect(pit.portRead(2)).toBe(1);
    control(0x80);
    word(2, BOTH, 0);
    write(2, 0, 2);
    run(1);
    expect(read()).toBe(0x200);
  });
});

describe("8254 mode 1, hardware retriggerable one-shot (figure 16)", () => {
  it("waits for the trigger with OUT high, then is low for N ticks", () => {
    word(2, BOTH, 1);
    expect(out()).toBe(true);
    write(2, 3, 0);
    run(5);
    expect(out()).toBe(true);
    gate(true);
    expect(trace(5)).toBe("_3 _2 _1 ‾0 ‾ffff");
  });

  it("goes on where GATE falls, and starts over where it rises again", () => {
    word(2, BOTH, 1);
    write(2, 3, 0);
    gate(true);
    run(2);
    gate(false);
    expect(trace(1)).toBe("_1");
    gate(true);
    expect(trace(4)).toBe("_3 _2 _1 ‾0");
  });

  it("keeps a new count for the next trigger", () => {
    word(2, BOTH, 1);
    write(2, 2, 0);
    gate(true);
    run(1);
    write(2, 4, 0);
    expect(trace(3)).toBe("_1 ‾0 ‾ffff");
    gate(false);
    gate(true);
    expect(trace(5)).toBe("_4 _3 _2 _1 ‾0");
  });
});

describe("8254 mode 2, rate generator (figure 17)", () => {
  it("is low for the tick in which the count is 1", () => {
    gate(true);
    word(2, BOTH, 2);
    expect(out()).toBe(true);
    write(2, 3, 0);
    expect(trace(7)).toBe("‾3 ‾2 _1 ‾3 ‾2 _1 ‾3");
  });

  it("raises OUT at once where GATE falls, and reloads with the tick after it rises", () => {
    gate(true);
    word(2, BOTH, 2);
    write(2, 3, 0);
    run(3);
    expect(out()).toBe(false);
    gate(false);
    expect(out()).toBe(true);
    run(10);
    gate(true);
    expect(trace(3)).toBe("‾3 ‾2 _1");
  });

  it("loads a new count at the end of the period, or with a trigger before it", () => {
    gate(true);
    word(2, BOTH, 2);
    write(2, 4, 0);
    run(2);
    write(2, 5, 0);
    expect(trace(5)).toBe("‾2 _1 ‾5 ‾4 ‾3");
    write(2, 3, 0);
    gate(false);
    gate(true);
    expect(trace(4)).toBe("‾3 ‾2 _1 ‾3");
  });
});

describe("8254 mode 3, square wave (figure 18)", () => {
  it.each([
    ["even", 4, "‾4 ‾2 _4 _2 ‾4 ‾2 _4 _2"],
    ["odd", 5, "‾4 ‾2 ‾0 _4 _2 ‾4 ‾2 ‾0"],
  ])("%s counts", (_name, count, expected) => {
    gate(true);
    word(2, BOTH, 3);
    write(2, count, 0);
    expect(trace(8)).toBe(expected);
  });

  it("raises OUT where GATE falls while it is low", () => {
    gate(true);
    word(2, BOTH, 3);
    write(2, 4, 0);
    run(3);
    expect(out()).toBe(false);
    gate(false);
    expect(out()).toBe(true);
    gate(true);
    expect(trace(4)).toBe("‾4 ‾2 _4 _2");
  });

  it("loads a new count at the end of the half cycle", () => {
    gate(true);
    word(2, BOTH, 3);
    write(2, 4, 0);
    run(1);
    write(2, 6, 0);
    expect(trace(8)).toBe("‾2 _6 _4 _2 ‾6 ‾4 ‾2 _6");
  });
});

describe("8254 mode 4, software triggered strobe (figure 19)", () => {
  it("strobes for one tick N + 1 ticks after the count is written", () => {
    gate(true);
    word(2, BOTH, 4);
    expect(out()).toBe(true);
    write(2, 2, 0);
    expect(trace(5)).toBe("‾2 ‾1 _0 ‾ffff ‾fffe");
  });

  it("is held by GATE, which does not touch OUT", () => {
    gate(true);
    word(2, BOTH, 4);
    write(2, 3, 0);
    run(2);
    gate(false);
    expect(trace(2)).toBe("‾2 ‾2");
    gate(true);
    expect(trace(3)).toBe("‾1 _0 ‾ffff");
  });

  it("ends the strobe also where GATE falls in it", () => {
    gate(true);
    word(2, BOTH, 4);
    write(2, 1, 0);
    run(2);
    expect(out()).toBe(false);
    gate(false);
    run(1);
    expect(out()).toBe(true);
    gate(true);
    expect(out()).toBe(true);
  });

  it("starts over with the second byte of a new count", () => {
    gate(true);
    word(2, BOTH, 4);
    write(2, 9, 0);
    run(2);
    write(2, 2);
    expect(trace(2)).toBe("‾7 ‾6");
    write(2, 0);
    expect(trace(4)).toBe("‾2 ‾1 _0 ‾ffff");
  });
});

describe("8254 mode 5, hardware triggered strobe (figure 20)", () => {
  it("strobes N + 1 ticks after the trigger, and the trigger starts it over", () => {
    word(2, BOTH, 5);
    write(2, 3, 0);
    run(4);
    expect(out()).toBe(true);
    gate(true);
    expect(trace(2)).toBe("‾3 ‾2");
    gate(false);
    expect(trace(1)).toBe("‾1");
    gate(true);
    expect(trace(5)).toBe("‾3 ‾2 ‾1 _0 ‾ffff");
  });

  it("keeps a new count for the next trigger", () => {
    word(2, BOTH, 5);
    write(2, 2, 0);
    gate(true);
    run(1);
    write(2, 4, 0);
    expect(trace(3)).toBe("‾1 _0 ‾ffff");
    gate(false);
    gate(true);
    expect(trace(5)).toBe("‾4 ‾3 ‾2 ‾1 _0");
  });
});

describe("8254 commands", () => {
  it("shows the control word exactly as written in the status byte, don't-care bits too", () => {
    for (const bits of [0x10, 0x21, 0x34, 0x36, 0x3c, 0x3e, 0x3b]) {
      control(0x80 | bits);
      expect(status() & 0x3f).toBe(bits);
    }
  });

  it("counts modes 6 and 7 as 2 and 3", () => {
    gate(true);
    word(2, BOTH, 6);
    write(2, 3, 0);
    expect(trace(4)).toBe("‾3 ‾2 _1 ‾3");
    word(2, BOTH, 7);
    write(2, 4, 0);
    expect(trace(4)).toBe("‾4 ‾2 _4 _2");
  });

  it("keeps NULL COUNT from the write of a count to its loading", () => {
    gate(true);
    word(2, BOTH, 2);
    expect(status() & 0x40).toBe(0x40);
    write(2, 4, 0);
    expect(status() & 0x40).toBe(0x40);
    run(1);
    expect(status() & 0x40).toBe(0);
    write(2, 5, 0);
    expect(status() & 0x40).toBe(0x40);
    run(4);
    expect(status() & 0x40).toBe(0);
    word(2, BOTH, 1);
    write(2, 5, 0);
    run(3);
    expect(status() & 0x40).toBe(0x40);
    gate(false);
    gate(true);
    run(1);
    expect(status() & 0x40).toBe(0);
  });

  it("shows OUT in bit 7 of the status byte", () => {
    gate(true);
    word(2, BOTH, 0);
    write(2, 2, 0);
    run(2);
    expect(status() & 0x80).toBe(0);
    run(1);
    expect(status() & 0x80).toBe(0x80);
  });

  it("latches the counts of several counters with one read-back command", () => {
    for (const channel of [0, 1, 2]) {
      word(channel, BOTH, 2);
      write(channel, 0, 1 + channel);
    }
    gate(false);
    gate(true);
    run(11);
    control(0xda);
    run(20);
    expect([read(0), read(1), read(2)]).toEqual([0x100 - 10, 0x200 - 30, 0x300 - 10]);
  });

  it("ignores a second latch until the first is read, for counts and for status", () => {
    gate(true);
    word(2, BOTH, 0);
    write(2, 100, 0);
    run(1);
    control(0x80);
    control(0xe8);
    run(100);
    control(0x80);
    control(0xc8);
    // Status first, whichever was latched first.
    expect(pit.portRead(2)).toBe(0x30);
    expect(read()).toBe(100);
    expect(read()).toBe(0);
  });

  it("drops a latched count with a new control word", () => {
    gate(true);
    word(2, BOTH, 2);
    write(2, 0x34, 0x12);
    run(1);
    control(0x80);
    word(2, BOTH, 2);
    write(2, 0x78, 0x56);
    run(1);
    expect(read()).toBe(0x5678);
  });

  it("reads a count latched between two reads by its next byte", () => {
    gate(true);
    word(2, BOTH, 2);
    write(2, 0, 0x20);
    run(1);
    expect(pit.portRead(2)).toBe(0);
    run(1);
    control(0x80);
    expect(pit.portRead(2)).toBe(0x1f);
    expect(pit.portRead(2)).toBe(0xff);
  });

  it("reads no control register", () => {
    expect(pit.portRead(3)).toBe(0xff);
  });

  it("has the largest count for 0, in binary and in BCD", () => {
    gate(true);
    word(2, BOTH, 0);
    write(2, 0, 0);
    run(2);
    expect(read()).toBe(0xffff);
    word(2, BOTH, 0, 1);
    write(2, 0, 0);
    run(2);
    expect(read()).toBe(0x9999);
    word(2, BOTH, 3, 1);
    write(2, 0, 0);
    run(2);
    expect(read()).toBe(0x9998);
  });

  it.each([0, 1, 2, 4, 5])("borrows through all digits in BCD, mode %i", (mode) => {
    gate(mode !== 1 && mode !== 5);
    word(2, BOTH, mode, 1);
    write(2, 0, 0x10);
    gate(true);
    run(2);
    expect(read()).toBe(0x0999);
  });
});
