import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RecordingLine } from "../testing/recording-line.ts";
import { AcpiPower, PM_TIMER_HZ } from "./acpi-power.ts";

let clock: ManualClock;
let sci: RecordingLine;
let powerOffs: number;
let acpi: AcpiPower;
const build = (): AcpiPower => new AcpiPower(clock, { sci, onPowerOff: () => powerOffs++ });

beforeEach(() => {
  clock = new ManualClock();
  sci = new RecordingLine();
  powerOffs = 0;
  acpi = build();
});

describe("PIIX4 ACPI registers", () => {
  it("counts 24 bits at 3.579545 MHz", () => {
    clock.advance(1e9);
    expect(acpi.portRead(8, 4)).toBe(PM_TIMER_HZ);
    clock.advance(4e9);
    expect(acpi.portRead(8, 4)).toBe((5 * PM_TIMER_HZ) % 2 ** 24);
    expect(acpi.portRead(8, 1)).toBe(acpi.portRead(8, 4) & 0xff);
  });

  it("interrupts for the power button until its status is written", () => {
    acpi.pressPowerButton();
    expect(acpi.portRead(0, 2)).toBe(0x0100);
    expect(sci.level).toBe(false);
    acpi.portWrite(2, 2, 0x0100);
    expect(sci.level).toBe(true);
    acpi.portWrite(0, 2, 0x0020);
    expect(sci.level).toBe(true);
    acpi.portWrite(1, 1, 0x01);
    expect(sci.level).toBe(false);
    expect(acpi.portRead(0, 4)).toBe(0x01000000);
  });

  it("sets TMR_STS when the top bit changes, with one timer call only where enabled", () => {
    clock.advance(3e9);
    expect(acpi.portRead(0, 2) & 1).toBe(1);
    expect(clock.fired).toBe(0);
    acpi.portWrite(0, 2, 1);
    acpi.portWrite(2, 2, 1);
    clock.advance(1.68e9);
    expect(sci.level).toBe(false);
    clock.advance(0.02e9);
    expect(sci.level).toBe(true);
    acpi.portWrite(0, 2, 1);
    expect(sci.level).toBe(false);
    clock.advance(2.4e9);
    expect(sci.level).toBe(true);
  });

  it("switches off for S5 and wakes from anything else", () => {
    acpi.portWrite(4, 2, 0x2001 | (1 << 10));
    expect(powerOffs).toBe(0);
    expect(acpi.portRead(0, 2) & 0x8000).toBe(0x8000);
    acpi.portWrite(4, 2, 0x2001);
    expect(powerOffs).toBe(1);
    expect(acpi.portRead(4, 2)).toBe(0x0001);
  });

  it("switches ACPI mode through the SMI command port", () => {
    acpi.smiCommand.portWrite(0, 1, 0xf0);
    expect(acpi.portRead(4, 2) & 1).toBe(0);
    acpi.portWrite(2, 2, 0x0100);
    acpi.pressPowerButton();
    expect(sci.level).toBe(false);
    acpi.smiCommand.portWrite(0, 1, 0xf1);
    expect(sci.level).toBe(true);
    acpi.smiCommand.portWrite(1, 1, 0x5a);
    expect(acpi.smiCommand.portRead(1, 1)).toBe(0x5a);
  });

  it("interrupts for general-purpose events", () => {
    acpi.portWrite(0xe, 2, 0x0004);
    acpi.raiseGeneralEvent(2);
    expect(acpi.portRead(0xc, 2)).toBe(4);
    expect(sci.level).toBe(true);
    acpi.portWrite(0xc, 2, 4);
    expect(sci.level).toBe(false);
  });

  it("saves an overflow that nobody has looked at yet", () => {
    clock.advance(3e9);
    const saved = acpi.save();
    const other = build();
    other.restore(saved);
    expect(other.save()).toEqual(saved);
    expect(other.portRead(0, 2) & 1).toBe(1);
  });

  it("goes on from a saved state", () => {
    acpi.portWrite(2, 2, 0x0101);
    acpi.portWrite(0x20, 4, 0x12345678);
    acpi.pressPowerButton();
    const saved = acpi.save();
    sci = new RecordingLine();
    acpi = build();
    acpi.restore(saved);
    expect(acpi.save()).toEqual(saved);
    expect(sci.level).toBe(true);
    expect(acpi.portRead(0x20, 4)).toBe(0x12345678);
  });
});
