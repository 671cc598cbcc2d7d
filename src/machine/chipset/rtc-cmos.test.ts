import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { cmosSetup } from "./cmos-layout.ts";
import { RtcCmos } from "./rtc-cmos.ts";

const SECOND = 1e9;
let clock: ManualClock;
let irq: RecordingLine;
let rtc: RtcCmos;

beforeEach(() => {
  clock = new ManualClock(Date.UTC(2026, 11, 31, 23, 59, 58, 250));
  irq = new RecordingLine();
  rtc = new RtcCmos(clock, irq);
});

const read = (index: number): number => {
  rtc.portWrite(0, 1, index);
  return rtc.portRead(1);
};
const write = (index: number, value: number): void => {
  rtc.portWrite(0, 1, index);
  rtc.portWrite(1, 1, value);
};
const time = (): number[] => [0x32, 9, 8, 7, 6, 4, 2, 0].map(read);

describe("MC146818", () => {
  it("shows the clock's time in BCD and carries into the next year", () => {
    expect(time()).toEqual([0x20, 0x26, 0x12, 0x31, 5, 0x23, 0x59, 0x58]);
    clock.advance(1.75 * SECOND);
    expect(time()).toEqual([0x20, 0x27, 1, 1, 6, 0, 0, 0]);
  });

  it("shows binary and 12-hour formats when the time is set in them", () => {
    write(0x0b, 0x80 | 0x04);
    write(4, 0x80 | 11);
    write(2, 59);
    write(0, 30);
    write(7, 31);
    write(8, 12);
    write(9, 26);
    write(0x32, 20);
    write(0x0b, 0x04);
    expect([read(4), read(2), read(0)]).toEqual([0x8b, 59, 30]);
    clock.advance(40 * SECOND);
    expect([read(4), read(2), read(0)]).toEqual([12, 0, 10]);
    clock.advance(3600 * SECOND);
    expect(read(4)).toBe(1);
  });

  it("stands still while SET is high and runs on from what was written", () => {
    write(0x0b, 0x82);
    clock.advance(5 * SECOND);
    expect(read(0)).toBe(0x58);
    write(4, 0x10);
    write(2, 0x20);
    write(0, 0x30);
    write(0x0b, 0x02);
    clock.advance(1 * SECOND);
    expect([read(4), read(2), read(0)]).toEqual([0x10, 0x20, 0x31]);
  });

  it("updates half a second after the divider is released", () => {
    write(0x0b, 0x82);
    write(0x0a, 0x76);
    write(0, 0x00);
    write(0x0b, 0x02);
    clock.advance(3 * SECOND);
    expect(read(0)).toBe(0);
    write(0x0a, 0x26);
    clock.advance(0.49 * SECOND);
    expect(read(0)).toBe(0);
    clock.advance(0.02 * SECOND);
    expect(read(0)).toBe(1);
  });

  it("raises UIP before an update", () => {
    clock.advance(0.5 * SECOND);
    expect(read(0x0a) & 0x80).toBe(0);
    clock.advance(0.249 * SECOND);
    expect(read(0x0a) & 0x80).toBe(0x80);
    clock.advance(0.002 * SECOND);
    expect(read(0x0a) & 0x80).toBe(0);
  });

  it("interrupts periodically at 1024 Hz, once per read of register C", () => {
    write(0x0b, 0x42);
    clock.advance(1e6);
    expect(irq.level).toBe(true);
    clock.advance(50e6);
    expect(irq.rises).toBe(1);
    expect(read(0x0c)).toBe(0xc0);
    expect(irq.level).toBe(false);
    let count = 0;
    for (let i = 0; i < 2000; i++) {
      clock.advance(0.5e6);
      if (read(0x0c) & 0x80) count++;
    }
    expect(count).toBeGreaterThanOrEqual(1023);
    expect(count).toBeLessThanOrEqual(1025);
  });

  it("lets the line fall at a read of register C, even where the next flag rises during the read", () => {
    // On host time the clock moves between two looks at it.
    class MovingClock extends ManualClock {
      private looks = 0;

      override nowNs(): number {
        return super.nowNs() + 10_000 * this.looks++;
      }

      override advance(byNs: number): void {
        const looked = this.looks;
        this.looks = 0;
        super.advance(byNs + 10_000 * looked);
      }
    }
    clock = new MovingClock();
    irq = new RecordingLine();
    rtc = new RtcCmos(clock, irq);
    write(0x0b, 0x42);
    let acknowledged = 0;
    for (let edges = 0; acknowledged < 500; acknowledged++) {
      for (let waits = 0; irq.rises === edges && waits < 100; waits++) clock.advance(100_000);
      expect(irq.rises).toBeGreaterThan(edges);
      edges = irq.rises;
      // The guest comes to it sooner or later: the reads wander over the whole period.
      clock.advance(2000 * acknowledged);
      expect(read(0x0c)).toBe(0xc0);
    }
  });

  it("sets flags without interrupting when they are not enabled", () => {
    clock.advance(1 * SECOND);
    expect(irq.rises).toBe(0);
    expect(clock.fired).toBe(0);
    expect(read(0x0c) & 0xf0).toBe(0x50);
    expect(read(0x0c)).toBe(0);
  });

  it("interrupts when the alarm matches, with don't-care fields", () => {
    write(1, 0x05);
    write(3, 0x00);
    write(5, 0xff);
    write(0x0b, 0x22);
    clock.advance(6.7 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(0.1 * SECOND);
    expect(irq.level).toBe(true);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    clock.advance(3599 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(1 * SECOND);
    expect(irq.level).toBe(true);
  });

  it("interrupts on every update when UIE is set, and SET clears UIE", () => {
    write(0x0b, 0x12);
    clock.advance(0.8 * SECOND);
    expect(read(0x0c) & 0x90).toBe(0x90);
    write(0x0b, 0x92);
    expect(read(0x0b)).toBe(0x82);
  });

  it("keeps memory in both banks and reports the NMI mask", () => {
    const masks: boolean[] = [];
    rtc = new RtcCmos(clock, irq, (masked) => masks.push(masked));
    write(0x8f, 0x55);
    expect(read(0x0f)).toBe(0x55);
    rtc.portWrite(2, 1, 0x0f);
    rtc.portWrite(3, 1, 0xaa);
    expect(rtc.portRead(3)).toBe(0xaa);
    expect(read(0x0f)).toBe(0x55);
    expect(masks).toEqual([true, false]);
    expect(read(0x0d)).toBe(0x80);
  });

  it("goes on from a saved state with the guest's own time", () => {
    write(0, 0x10);
    write(0x0b, 0x42);
    const otherIrq = new RecordingLine();
    const other = new RtcCmos(clock, otherIrq);
    other.restore(rtc.save());
    expect(other.save()).toEqual(rtc.save());
    clock.advance(1e6);
    expect(otherIrq.level).toBe(true);
    other.portWrite(0, 1, 0);
    expect(other.portRead(1)).toBe(0x10);
  });
});

describe("CMOS set-up", () => {
  it("describes memory, drives and boot order with a right checksum", () => {
    rtc.setBytes(
      cmosSetup({
        memoryBytesBelow4G: 512 * 1024 * 1024,
        memoryBytesAbove4G: 0x1_0000_0000,
        processors: 4,
        floppies: ["1.44M", null],
        disks: [{ cylinders: 1024, heads: 16, sectors: 63, translation: "lba" }, null],
        bootOrder: ["cdrom", "disk", "floppy"],
      }),
    );
    expect(read(0x10)).toBe(0x40);
    expect(read(0x14)).toBe(0x07);
    expect([read(0x15), read(0x16)]).toEqual([0x80, 0x02]);
    expect([read(0x17), read(0x18), read(0x30), read(0x31)]).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect(read(0x34) | (read(0x35) << 8)).toBe((512 - 16) * 16);
    expect(read(0x5b) | (read(0x5c) << 8) | (read(0x5d) << 16)).toBe(0x10000);
    expect(read(0x5f)).toBe(3);
    expect(read(0x3d)).toBe(0x23);
    expect(read(0x38)).toBe(0x11);
    expect(read(0x12)).toBe(0xf0);
    expect(read(0x19)).toBe(47);
    expect([read(0x1b), read(0x1c), read(0x1d), read(0x23)]).toEqual([0, 4, 16, 63]);
    expect(read(0x39)).toBe(1);
    let sum = 0;
    for (let i = 0x10; i <= 0x2d; i++) sum += read(i);
    expect((read(0x2e) << 8) | read(0x2f)).toBe(sum & 0xffff);
  });
});
