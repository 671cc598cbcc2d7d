import { beforeEach, describe, expect, it } from "vitest";
import { SharedIrqLine } from "../bus/irq-line.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { Hpet } from "./hpet.ts";

let clock: ManualClock;
let irq0: RecordingLine;
let irq8: RecordingLine;
let gsi: Map<number, RecordingLine>;
let hpet: Hpet;

const build = (): Hpet =>
  new Hpet(clock, {
    irq0,
    irq8,
    gsi: (n) => {
      const line = new RecordingLine();
      gsi.set(n, line);
      return line;
    },
  });

beforeEach(() => {
  clock = new ManualClock();
  irq0 = new RecordingLine();
  irq8 = new RecordingLine();
  gsi = new Map();
  hpet = build();
});

const r = (offset: number): number => hpet.mmioRead(offset, 4);
const w = (offset: number, value: number): void => hpet.mmioWrite(offset, 4, value);

describe("HPET", () => {
  it("describes itself: 100 MHz, three 64-bit comparators, legacy replacement", () => {
    expect(r(0) & 0xffff).toBe(0xa201);
    expect(r(4)).toBe(10_000_000);
    expect(r(0x100) & 0x30).toBe(0x30);
    expect(r(0x104)).toBe(0x00ff0104);
  });

  it("counts while enabled and keeps its value while not", () => {
    clock.advance(1e6);
    expect(r(0xf0)).toBe(0);
    w(0x10, 1);
    clock.advance(1e6);
    expect(r(0xf0)).toBe(100_000);
    w(0x10, 0);
    clock.advance(1e6);
    expect(r(0xf0)).toBe(100_000);
    w(0xf0, 0xffffffff);
    w(0xf4, 7);
    w(0x10, 1);
    clock.advance(10);
    expect([r(0xf0), r(0xf4)]).toEqual([0, 8]);
  });

  it("reads both halves of one moment", () => {
    w(0xf0, 0xffffffff);
    w(0x10, 1);
    expect(r(0xf0)).toBe(0xffffffff);
    clock.advance(100);
    expect(r(0xf4)).toBe(0);
    expect(r(0xf4)).toBe(1);
  });

  it("fires a one-shot comparator at its route", () => {
    w(0x120, 0x04 | (20 << 9));
    w(0x128, 5000);
    w(0x12c, 0);
    w(0x10, 1);
    clock.advance(49_990);
    expect(gsi.get(20)?.rises).toBe(0);
    clock.advance(10);
    expect(gsi.get(20)?.rises).toBe(1);
    clock.advance(1e9);
    expect(gsi.get(20)?.rises).toBe(1);
    expect(r(0x20)).toBe(0);
  });

  it("holds a level until its status bit is written", () => {
    w(0x140, 0x06 | (21 << 9));
    w(0x148, 100);
    w(0x14c, 0);
    w(0x10, 1);
    clock.advance(1000);
    expect(gsi.get(21)?.level).toBe(true);
    expect(r(0x20)).toBe(4);
    w(0x20, 4);
    expect(gsi.get(21)?.level).toBe(false);
    expect(r(0x20)).toBe(0);
  });

  it("replaces the 8254 with a periodic comparator set up by the usual pair of writes", () => {
    hpet.pitLine.set(true);
    expect(irq0.rises).toBe(1);
    // Linux: PERIODIC | SETVAL | 32BIT | ENABLE, first match, then period.
    w(0x100, 0x0c | 0x40 | 0x100);
    w(0x108, 100_000);
    w(0x108, 400_000);
    w(0x10, 3);
    expect(irq0.level).toBe(false);
    hpet.pitLine.set(false);
    hpet.pitLine.set(true);
    expect(irq0.level).toBe(false);
    irq0.rises = 0;
    clock.advance(1e6);
    expect(irq0.rises).toBe(1);
    clock.advance(4e6 * 5);
    expect(irq0.rises).toBe(6);
    expect(irq0.level).toBe(true);
    w(0x10, 1);
    expect(irq0.level).toBe(true);
    hpet.pitLine.set(false);
    expect(irq0.level).toBe(false);
  });

  it("makes one interrupt of the periods that a late host has missed", () => {
    w(0x100, 0x0c | 0x40 | (2 << 9));
    w(0x108, 100_000);
    w(0x10c, 0);
    w(0x10, 1);
    clock.advanceLate(10.5e6);
    expect(gsi.get(2)?.rises).toBe(1);
    clock.advance(0.6e6);
    expect(gsi.get(2)?.rises).toBe(2);
  });

  it("takes the 32-bit comparator modulo 2^32", () => {
    w(0xf0, 0xfffffff0);
    w(0x100, 0x104 | (2 << 9));
    w(0x108, 0x10);
    w(0x10, 1);
    clock.advance(320);
    expect(gsi.get(2)?.rises).toBe(1);
  });

  it("does not let a tiny period flood the host", () => {
    w(0x100, 0x0c | 0x40 | (2 << 9));
    w(0x108, 1);
    w(0x10c, 0);
    w(0x10, 1);
    clock.advance(1e6);
    expect(clock.fired).toBeLessThanOrEqual(126);
  });

  it("drives IRQ0 with a level that is pending when it takes the place of the 8254", () => {
    hpet.pitLine.set(true);
    w(0x100, 0x06 | (21 << 9)); // level-triggered, enabled
    w(0x108, 100);
    w(0x10c, 0);
    w(0x10, 1);
    clock.advance(2000);
    expect(gsi.get(21)?.level).toBe(true);
    hpet.pitLine.set(false);
    w(0x10, 3);
    expect([gsi.get(21)?.level, irq0.level]).toEqual([false, true]);
    w(0x20, 1);
    expect(irq0.level).toBe(false);
  });

  it("goes on from a saved state", () => {
    w(0x100, 0x0c | 0x40 | (2 << 9));
    w(0x108, 100_000);
    w(0x10c, 0);
    w(0x10, 3);
    clock.advance(0.5e6);
    const saved = hpet.save();
    irq0 = new RecordingLine();
    hpet = build();
    hpet.restore(saved);
    expect(hpet.save()).toEqual(saved);
    clock.advance(0.5e6);
    expect(irq0.rises).toBe(1);
    // The line's level is part of the state, for whoever shares it.
    const later = hpet.save();
    irq0 = new RecordingLine();
    hpet = build();
    hpet.restore(later);
    expect(irq0.level).toBe(true);
  });

  it("leaves the 8254's line alone when a state without legacy replacement is restored over one with it", () => {
    const saved = hpet.save();
    w(0x100, 0x06);
    w(0x108, 100);
    w(0x10c, 0);
    w(0x10, 3);
    clock.advance(1000);
    expect(irq0.level).toBe(true);
    hpet.pitLine.set(true);
    hpet.restore(saved);
    expect(irq0.level).toBe(true);
    hpet.pitLine.set(false);
    expect(irq0.level).toBe(false);
  });

  it("lets comparators share an input", () => {
    const shared = new RecordingLine();
    const input = new SharedIrqLine(shared);
    hpet = new Hpet(clock, { irq0, irq8, gsi: () => input.input() });
    for (const at of [0x100, 0x120]) {
      w(at, 0x06 | (20 << 9));
      w(at + 8, at === 0x100 ? 100 : 200);
      w(at + 12, 0);
    }
    w(0x10, 1);
    clock.advance(3000);
    expect([r(0x20), shared.level]).toEqual([3, true]);
    w(0x20, 1);
    expect(shared.level).toBe(true);
    w(0x20, 2);
    expect(shared.level).toBe(false);
  });
});
