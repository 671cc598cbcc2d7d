import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { Pit, PIT_HZ, type SpeakerTone } from "./pit.ts";

const NS_PER_TICK = 1e9 / PIT_HZ;

let clock: ManualClock;
let irq: RecordingLine;
let tones: (number | null)[];
let pit: Pit;
let ticks: number;

beforeEach(() => {
  clock = new ManualClock();
  irq = new RecordingLine();
  tones = [];
  ticks = 0;
  pit = new Pit(clock, irq, (tone: SpeakerTone) => tones.push(tone.frequencyHz));
});

/** Moves to the middle of the tick that lies `count` ticks ahead. */
function run(count: number): void {
  ticks += count;
  clock.advance((ticks + 0.5) * NS_PER_TICK - clock.nowNs());
}

function program(channel: number, mode: number, count: number, bcd = 0): void {
  pit.portWrite(3, 1, (channel << 6) | 0x30 | (mode << 1) | bcd);
  pit.portWrite(channel, 1, count & 0xff);
  pit.portWrite(channel, 1, count >> 8);
}

const read = (channel: number): number => pit.portRead(channel) | (pit.portRead(channel) << 8);
const out2 = (): boolean => (pit.systemControl.portRead(0, 1) & 0x20) !== 0;
const gate2 = (open: boolean): void => pit.systemControl.portWrite(0, 1, open ? 1 : 0);

describe("8254", () => {
  it("mode 0 raises OUT N+1 ticks after the count is written, and goes on counting", () => {
    gate2(true);
    run(0);
    program(2, 0, 5);
    run(1);
    expect(read(2)).toBe(5);
    run(4);
    expect(out2()).toBe(false);
    expect(read(2)).toBe(1);
    run(1);
    expect(out2()).toBe(true);
    expect(read(2)).toBe(0);
    run(1);
    expect(read(2)).toBe(0xffff);
  });

  it("mode 0 stops while the gate is low", () => {
    gate2(true);
    run(0);
    program(2, 0, 100);
    run(11);
    gate2(false);
    run(50);
    expect(read(2)).toBe(90);
    gate2(true);
    run(10);
    expect(read(2)).toBe(80);
  });

  it("mode 1 gives one pulse of N ticks per trigger, and a trigger starts it again", () => {
    run(0);
    program(2, 1, 10);
    run(5);
    expect(out2()).toBe(true);
    gate2(true);
    run(1);
    expect(out2()).toBe(false);
    run(8);
    gate2(false);
    gate2(true);
    run(1 + 9);
    expect(out2()).toBe(false);
    run(1);
    expect(out2()).toBe(true);
  });

  it("mode 2 divides: low for the one tick in which the count is 1", () => {
    gate2(true);
    run(0);
    program(2, 2, 4);
    run(1);
    const seen: [number, boolean][] = [];
    for (let i = 0; i < 5; i++) {
      seen.push([read(2), out2()]);
      run(1);
    }
    expect(seen).toEqual([
      [4, true],
      [3, true],
      [2, true],
      [1, false],
      [4, true],
    ]);
  });

  it("mode 2 takes a new count at the end of the period", () => {
    gate2(true);
    run(0);
    program(2, 2, 10);
    run(1 + 3);
    pit.portWrite(2, 1, 4);
    pit.portWrite(2, 1, 0);
    run(3);
    expect(read(2)).toBe(4);
    run(4);
    expect(read(2)).toBe(4);
    run(1);
    expect(read(2)).toBe(3);
  });

  it.each([
    [4, [true, true, false, false, true], [4, 2, 4, 2, 4]],
    [5, [true, true, true, false, false], [4, 2, 0, 4, 2]],
  ])("mode 3 with count %i is a square wave", (count, levels, values) => {
    gate2(true);
    run(0);
    program(2, 3, count);
    run(1);
    const seenLevels: boolean[] = [];
    const seenValues: number[] = [];
    for (let i = 0; i < 5; i++) {
      seenLevels.push(out2());
      seenValues.push(read(2));
      run(1);
    }
    expect(seenLevels).toEqual(levels);
    expect(seenValues).toEqual(values);
  });

  it("modes 2 and 3 force OUT high and start over with the gate", () => {
    gate2(true);
    run(0);
    program(2, 3, 100);
    run(61);
    expect(out2()).toBe(false);
    gate2(false);
    expect(out2()).toBe(true);
    run(30);
    gate2(true);
    run(1);
    expect(read(2)).toBe(100);
  });

  it("mode 4 strobes once, mode 5 once per trigger", () => {
    gate2(true);
    run(0);
    program(2, 4, 3);
    run(1 + 3);
    expect(out2()).toBe(false);
    run(1);
    expect(out2()).toBe(true);
    gate2(false);
    program(2, 5, 3);
    run(10);
    expect(out2()).toBe(true);
    gate2(true);
    run(1 + 3);
    expect(out2()).toBe(false);
    run(1);
    expect(out2()).toBe(true);
  });

  it("counts in BCD, where 0 stands for 10000", () => {
    gate2(true);
    run(0);
    program(2, 2, 0x1000, 1);
    run(2);
    expect(read(2)).toBe(0x0999);
    program(2, 0, 0, 1);
    run(2);
    expect(read(2)).toBe(0x9999);
  });

  it("latches a count until it is read, and status before count in a read-back", () => {
    gate2(true);
    run(0);
    program(2, 2, 1000);
    run(1);
    pit.portWrite(3, 1, 0x80);
    run(100);
    expect(read(2)).toBe(1000);
    expect(read(2)).toBe(900);
    pit.portWrite(3, 1, 0xc8);
    run(100);
    expect(pit.portRead(2)).toBe(0xb4);
    expect(read(2)).toBe(900);
  });

  it("shows a count that is not loaded yet as null count", () => {
    gate2(true);
    run(0);
    pit.portWrite(3, 1, 0xb0);
    pit.portWrite(3, 1, 0xe8);
    expect(pit.portRead(2) & 0x40).toBe(0x40);
    pit.portWrite(2, 1, 5);
    pit.portWrite(2, 1, 0);
    run(1);
    pit.portWrite(3, 1, 0xe8);
    expect(pit.portRead(2)).toBe(0x30);
  });

  it("interrupts once per period of channel 0 with one timer call", () => {
    run(0);
    program(0, 2, 1193);
    const before = clock.fired;
    run(1193 * 10 + 5);
    expect(irq.rises).toBe(1 + 10);
    expect(clock.fired - before).toBe(10);
    program(0, 3, 1193);
    irq.rises = 0;
    run(1193 * 10 + 5);
    expect(irq.rises).toBe(10);
  });

  it("interrupts once when the one-shot of mode 0 ends", () => {
    run(0);
    program(0, 0, 5000);
    expect(irq.level).toBe(false);
    run(5000);
    expect(irq.level).toBe(false);
    run(1);
    expect(irq.level).toBe(true);
    run(200000);
    expect(irq.rises).toBe(1);
    expect(clock.nextDeadlineNs()).toBe(Infinity);
  });

  it("leaves the line high after a late wake-up, whatever OUT has done since", () => {
    run(0);
    program(0, 3, 10000);
    run(5005);
    expect(irq.level).toBe(false);
    for (let i = 1; i < 5; i++) {
      clock.advanceLate(12_500 * NS_PER_TICK);
      expect(irq.level).toBe(true);
    }
  });

  it("does not let a divisor of 2 flood the host", () => {
    run(0);
    program(0, 2, 2);
    const before = clock.fired;
    clock.advance(1e6);
    expect(clock.fired - before).toBeLessThanOrEqual(125);
    program(0, 2, 1);
    clock.advance(1e6);
    expect(clock.nextDeadlineNs()).toBe(Infinity);
  });

  it("toggles the refresh bit of port 0x61 and plays the speaker", () => {
    const refresh = (): number => pit.systemControl.portRead(0, 1) & 0x10;
    run(0);
    const first = refresh();
    run(18);
    expect(refresh()).not.toBe(first);
    program(2, 3, 1193);
    pit.systemControl.portWrite(0, 1, 3);
    pit.systemControl.portWrite(0, 1, 3);
    pit.systemControl.portWrite(0, 1, 0);
    expect(tones).toEqual([PIT_HZ / 1193, null]);
    expect(pit.systemControl.portRead(0, 1) & 0x0f).toBe(0);
  });

  it("goes on from a saved state", () => {
    run(0);
    program(0, 2, 1000);
    gate2(true);
    program(2, 0, 500);
    run(300);
    const otherIrq = new RecordingLine();
    const other = new Pit(clock, otherIrq);
    other.restore(pit.save());
    expect(other.save()).toEqual(pit.save());
    expect(otherIrq.level).toBe(irq.level);
    const rises = otherIrq.rises;
    run(701);
    expect(otherIrq.rises).toBe(rises + 1);
    expect(other.systemControl.portRead(0, 1) & 0x20).toBe(0x20);
  });
});
