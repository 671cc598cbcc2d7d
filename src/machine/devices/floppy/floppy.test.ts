import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { FloppyController } from "./floppy-controller.ts";
import { formatForSize } from "./floppy-formats.ts";
import { FakeDma, ImageStore } from "./floppy-test-bench.ts";

let clock: ManualClock;
let irq: RecordingLine;
let dma: FakeDma;
let store: ImageStore;
let fdc: FloppyController;

const build = (): FloppyController => new FloppyController(clock, { irq, dma, drives: ["1.44M", null] });
const w = (register: number, value: number): void => fdc.registers.portWrite(register, 1, value);
const r = (register: number): number => fdc.registers.portRead(register, 1);
const msr = (): number => r(4);

function command(...bytes: number[]): void {
  for (const byte of bytes) {
    expect(msr() & 0xc0).toBe(0x80);
    w(5, byte);
  }
}
function result(): number[] {
  const bytes: number[] = [];
  while ((msr() & 0xd0) === 0xd0) bytes.push(r(5));
  return bytes;
}
/** Waits for the command's end, with the host's work done on the way. */
async function finish(): Promise<number[]> {
  for (let i = 0; i < 100 && (msr() & 0xc0) !== 0xc0; i++) {
    await clock.settle();
    clock.advance(1e6);
  }
  return result();
}
async function seek(cylinder: number): Promise<void> {
  command(0x0f, 0, cylinder);
  clock.advance(10e6);
  command(0x08);
  expect(await finish()).toEqual([0x20, cylinder]);
}

beforeEach(() => {
  clock = new ManualClock();
  irq = new RecordingLine();
  dma = new FakeDma();
  fdc = build();
  store = new ImageStore(1440 * 1024);
  fdc.insert(0, store);
  w(2, 0x1c);
  clock.advance(1e6);
  for (let n = 0; n < 4; n++) {
    command(0x08);
    expect(result()).toEqual([0xc0 | n, 0]);
  }
  expect(irq.level).toBe(false);
  fdc.changeRegister.portWrite(0, 1, 0);
  command(0x03, 0xaf, 0x02);
});

describe("formats", () => {
  it.each([
    [163840, 40, 1, 8],
    [184320, 40, 1, 9],
    [327680, 40, 2, 8],
    [368640, 40, 2, 9],
    [737280, 80, 2, 9],
    [1228800, 80, 2, 15],
    [1474560, 80, 2, 18],
    [1720320, 80, 2, 21],
    [1763328, 82, 2, 21],
    [2949120, 80, 2, 36],
    [1000 * 512, 80, 2, 9],
    [1400 * 1024, 80, 2, 18],
  ])("an image of %i bytes has %i cylinders, %i heads, %i sectors", (size, cylinders, heads, sectors) => {
    expect(formatForSize(size)).toMatchObject({ cylinders, heads, sectors });
  });

  it("refuses what is no floppy", () => {
    expect(formatForSize(5_000_000)).toBeUndefined();
    expect(formatForSize(0)).toBeUndefined();
    expect(fdc.insert(0, new ImageStore(5_000_000))).toBe(false);
  });
});

describe("82077AA", () => {
  it("identifies itself, refuses unknown commands and dumps its registers", () => {
    command(0x10);
    expect(result()).toEqual([0x90]);
    command(0x18);
    expect(result()).toEqual([0x80]);
    command(0x08);
    expect(result()).toEqual([0x80]);
    command(0x13, 0, 0x57, 0x08);
    command(0x94);
    expect(result()).toEqual([0x10]);
    command(0x12, 0x84);
    w(2, 0x18);
    w(2, 0x1c);
    clock.advance(1e6);
    command(0x0e);
    expect(result()).toEqual([0, 0, 0, 0, 0xaf, 0x02, 0, 0x84, 0x57, 0x08]);
    command(0x14);
    expect(result()).toEqual([0]);
    // Locked CONFIGURE survived the reset, and its "no polling" keeps the reset silent.
    expect(irq.level).toBe(false);
  });

  it("seeks and recalibrates with an interrupt and a busy bit", async () => {
    command(0x0f, 0, 10);
    expect(msr() & 0x0f).toBe(1);
    expect(irq.level).toBe(false);
    clock.advance(10e6);
    expect(irq.level).toBe(true);
    command(0x08);
    expect(result()).toEqual([0x20, 10]);
    expect(msr() & 0x0f).toBe(0);
    expect(irq.level).toBe(false);
    command(0x04, 0x00);
    expect(result()).toEqual([0x28]);
    command(0x07, 0);
    clock.advance(10e6);
    command(0x08);
    expect(result()).toEqual([0x20, 0]);
    command(0x04, 0x04);
    expect(result()).toEqual([0x3c]);
    command(0x07, 1);
    clock.advance(10e6);
    command(0x08);
    expect(result()).toEqual([0x71, 0]);
    await Promise.resolve();
  });

  it("shows the disk change until the head moves with a disk in", async () => {
    expect(fdc.changeRegister.portRead(0, 1)).toBe(0x80);
    await seek(1);
    expect(fdc.changeRegister.portRead(0, 1)).toBe(0);
    fdc.insert(0, null);
    await seek(0);
    expect(fdc.changeRegister.portRead(0, 1)).toBe(0x80);
    w(2, 0x0c);
    expect(fdc.changeRegister.portRead(0, 1)).toBe(0);
  });

  it("reads by DMA to terminal count, over both sides with MT", async () => {
    await seek(2);
    dma.program(3 * 512);
    command(0xe6, 0, 2, 0, 18, 2, 18, 0x1b, 0xff);
    expect(msr() & 0xd0).toBe(0x10);
    const bytes = await finish();
    expect(bytes).toEqual([0x04, 0, 0, 2, 1, 3, 2]);
    expect(irq.rises).toBe(3);
    const lba = 2 * 36 + 17;
    expect([dma.memory[0], dma.memory[512], dma.memory[1024]]).toEqual([lba, lba + 1, lba + 2]);
    expect(dma.memory.length).toBe(1536);
    expect(irq.level).toBe(false);
  });

  it("ends at EOT with an error when terminal count does not come", async () => {
    dma.program(40 * 512);
    command(0x46, 0, 0, 0, 17, 2, 18, 0x1b, 0xff);
    expect(await finish()).toEqual([0x40, 0x80, 0, 1, 0, 1, 2]);
    expect(dma.memory.length).toBe(1024);
  });

  it("waits for a DMA channel that is programmed late", async () => {
    command(0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    await clock.settle();
    clock.advance(1e9);
    expect(msr() & 0x80).toBe(0);
    dma.program(512);
    expect(await finish()).toEqual([0, 0, 0, 0, 0, 2, 2]);
  });

  it("finds no sector of another cylinder, side, number or size, and no mark at another rate", async () => {
    dma.program(512);
    command(0x46, 0, 5, 0, 1, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x04, 0x10]);
    command(0x46, 0, 0, 1, 1, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x04, 0]);
    command(0x46, 0, 0, 0, 19, 2, 19, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x04, 0]);
    command(0x46, 0, 0, 0, 1, 3, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x04, 0]);
    fdc.changeRegister.portWrite(0, 1, 2);
    command(0x4a, 0);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x01, 0]);
    fdc.changeRegister.portWrite(0, 1, 0);
    command(0x4a, 4);
    expect(await finish()).toEqual([4, 0, 0, 0, 1, 1, 2]);
    fdc.insert(0, null);
    command(0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x01, 0]);
  });

  it("writes by DMA and refuses a protected disk", async () => {
    dma.program(
      700,
      Array.from({ length: 700 }, (_, i) => (i % 255) + 1),
    );
    command(0x45, 0, 0, 0, 2, 2, 18, 0x1b, 0xff);
    expect(await finish()).toEqual([0, 0, 0, 0, 0, 4, 2]);
    expect([store.bytes[512], store.bytes[512 + 699], store.bytes[512 + 700]]).toEqual([1, (699 % 255) + 1, 0]);
    fdc.insert(0, new ImageStore(1440 * 1024, true));
    dma.program(512, new Array<number>(512).fill(0));
    command(0x45, 0, 0, 0, 2, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x02, 0]);
    command(0x04, 0);
    expect(result()).toEqual([0x78]);
  });

  it("formats a track", async () => {
    await seek(1);
    const ids = Array.from({ length: 18 }, (_, i) => [1, 0, i + 1, 2]).flat();
    dma.program(ids.length, ids);
    command(0x4d, 0, 2, 18, 0x6c, 0xf6);
    expect((await finish()).slice(0, 3)).toEqual([0, 0, 0]);
    expect(store.bytes.subarray(36 * 512, 54 * 512).every((byte) => byte === 0xf6)).toBe(true);
    expect(store.bytes[54 * 512]).toBe(54);
  });

  it("moves data by programmed I/O, with an interrupt for each byte", async () => {
    command(0x03, 0xaf, 0x03);
    command(0x46, 0, 0, 0, 18, 2, 18, 0x1b, 0xff);
    await clock.settle();
    expect(msr()).toBe(0xf0);
    const rises = irq.rises;
    const data = Array.from({ length: 512 }, () => r(5));
    expect(data.slice(0, 2)).toEqual([17, 0]);
    expect(irq.rises - rises).toBe(511);
    expect(await finish()).toEqual([0x40, 0x80, 0, 1, 0, 1, 2]);
    command(0x45, 0, 0, 0, 18, 2, 18, 0x1b, 0xff);
    expect(msr()).toBe(0xb0);
    for (let i = 0; i < 512; i++) w(5, 0x77);
    expect((await finish())[1]).toBe(0x80);
    expect(store.bytes[17 * 512 + 511]).toBe(0x77);
  });

  it("verifies without moving data, and reads a track from its first sector", async () => {
    command(0x56, 0x80, 0, 0, 1, 2, 18, 0x1b, 3);
    expect(await finish()).toEqual([0, 0, 0, 0, 0, 4, 2]);
    dma.program(18 * 512);
    command(0x42, 0, 0, 0, 7, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0, 0, 0]);
    expect([dma.memory[0], dma.memory[17 * 512]]).toEqual([0, 17]);
  });

  it("reports a host that cannot read as a data error", async () => {
    store.broken = true;
    dma.program(512);
    command(0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect((await finish()).slice(0, 3)).toEqual([0x40, 0x20, 0x20]);
  });

  it("drops work under way at a reset", async () => {
    dma.program(512);
    command(0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    w(4, 0x80);
    clock.advance(1e6);
    await clock.settle();
    expect(dma.memory).toEqual([]);
    expect(msr()).toBe(0x80);
    expect(irq.level).toBe(true);
    command(0x08);
    expect(result()).toEqual([0xc0, 0]);
  });

  it("steps 40-track media doubly in an 80-track drive", async () => {
    fdc = new FloppyController(clock, { irq, dma, drives: ["1.2M"] });
    fdc.insert(0, new ImageStore(368640));
    w(2, 0x1c);
    clock.advance(1e6);
    fdc.changeRegister.portWrite(0, 1, 1);
    await Promise.resolve();
    command(0x0f, 0, 20);
    clock.advance(10e6);
    dma.program(512);
    command(0x46, 0, 10, 0, 1, 2, 9, 0x2a, 0xff);
    await finish();
    expect(dma.memory[0]).toBe(10 * 18);
  });

  it("is harmless under any traffic", async () => {
    let seed = 99;
    for (let i = 0; i < 5000; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const register = (seed >>> 8) % 6;
      if (seed & 0x10000) w(register, (seed >>> 20) & 0xff);
      else r(register);
      if (i % 100 === 0) {
        await clock.settle();
        clock.advance(30e6);
        dma.program(seed & 0x1fff);
      }
    }
    expect(fdc.save().version).toBe(1);
  });

  it("goes on from a state that was saved in the middle of a read", async () => {
    dma.program(512);
    command(0x46, 0, 0, 0, 9, 2, 18, 0x1b, 0xff);
    const saved = fdc.save();
    clock = new ManualClock();
    irq = new RecordingLine();
    const { memory } = dma;
    dma = new FakeDma();
    dma.remainingBytes = 512;
    dma.memory = memory;
    fdc = build();
    fdc.insert(0, store);
    fdc.restore(saved);
    expect(await finish()).toEqual([0, 0, 0, 0, 0, 10, 2]);
    expect(dma.memory[0]).toBe(8);
  });
});
