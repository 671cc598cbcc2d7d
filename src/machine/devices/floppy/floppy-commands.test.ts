/**
 * The 82077AA's commands and the formats of its media, by its datasheet: [82077AA] 2.1 (registers), 5.1 (status
 * registers), 5.2 (commands), table 5-4 (result phase).
 */
import { describe, expect, it } from "vitest";
import { formatForSize, type FloppyDriveType } from "./floppy-formats.ts";
import { FloppyBench, ImageStore } from "./floppy-test-bench.ts";

const KIB = 1024;
const RATE_500K = 0;
const RATE_300K = 1;
const RATE_250K = 2;
const RATE_1M = 3;
const READ = 0x46;
const READ_MT = 0xc6;
const WRITE = 0x45;
const FORMAT = 0x4d;
const READ_ID = 0x4a;
const VERIFY = 0x56;
const READ_TRACK = 0x42;

const bench144 = (store: ImageStore | null = new ImageStore(1440 * KIB), dmaMode = true): FloppyBench =>
  new FloppyBench(["1.44M", null], store, RATE_500K, dmaMode);

describe("formats: all sectors are where the image has them, at the medium's rate alone", () => {
  it.each<[number, FloppyDriveType, number, number]>([
    [160, "1.2M", RATE_300K, 2],
    [180, "1.2M", RATE_300K, 2],
    [320, "1.2M", RATE_300K, 2],
    [360, "360K", RATE_250K, 1],
    [360, "1.2M", RATE_300K, 2],
    [720, "720K", RATE_250K, 1],
    [720, "1.44M", RATE_250K, 1],
    [1200, "1.2M", RATE_500K, 1],
    [1440, "1.44M", RATE_500K, 1],
    [1680, "1.44M", RATE_500K, 1],
    [1440, "2.88M", RATE_500K, 1],
    [2880, "2.88M", RATE_1M, 1],
  ])("%i KiB in a %s drive", async (kib, type, rate, stepping) => {
    const { cylinders, heads, sectors } = formatForSize(kib * KIB)!;
    const bench = new FloppyBench([type], new ImageStore(kib * KIB), rate);
    for (const cylinder of [0, 1, cylinders - 1]) {
      bench.move(0x0f, 0, cylinder * stepping);
      for (let head = 0; head < heads; head++)
        for (const sector of [1, sectors]) {
          bench.dma.program(512);
          const unit = head << 2;
          const status = await bench.run(READ, unit, cylinder, head, sector, 2, sectors, 0x1b, 0xff);
          expect(status.slice(0, 3)).toEqual([unit, 0, 0]);
          const lba = (cylinder * heads + head) * sectors + sector - 1;
          expect(bench.dma.memory.slice(0, 2)).toEqual([lba & 0xff, lba >> 8]);
        }
    }
    // One sector more than there are, one side more, one cylinder more.
    const read = (c: number, h: number, r: number): Promise<number[]> =>
      bench.run(READ, h << 2, c, h, r, 2, sectors + 1, 0x1b, 0xff);
    bench.dma.program(512);
    expect((await read(cylinders - 1, 0, sectors + 1)).slice(0, 2)).toEqual([0x40, 0x04]);
    if (heads === 1) expect((await read(cylinders - 1, 1, 1)).slice(0, 2)).toEqual([0x44, 0x01]);
    bench.move(0x0f, 0, cylinders * stepping);
    expect((await read(cylinders, 0, 1)).slice(0, 2)).toEqual([0x40, 0x01]);
    bench.setRate(rate === RATE_500K ? RATE_250K : RATE_500K);
    bench.move(0x07, 0);
    expect((await read(0, 0, 1)).slice(0, 2)).toEqual([0x40, 0x01]);
  });
});

describe("seeks [82077AA] 5.2.2, 5.2.3, 5.2.10", () => {
  it("RECALIBRATE finds track 0 within 79 steps, and needs a second try from beyond", () => {
    const bench = bench144();
    bench.move(0x0f, 0, 79);
    expect(bench.move(0x07, 0)).toEqual([0x20, 0]);
    bench.move(0x0f, 0, 82);
    expect(bench.move(0x07, 0)).toEqual([0x70, 3]);
    expect(bench.move(0x07, 0)).toEqual([0x20, 0]);
  });

  it("RECALIBRATE of a drive that is not there is an equipment check, SEEK is not", () => {
    const bench = bench144();
    expect(bench.move(0x07, 1)[0]).toBe(0x71);
    expect(bench.move(0x0f, 1, 5)[0]).toBe(0x21);
  });

  it("RELATIVE SEEK steps in and out, and not beyond track 0", () => {
    const bench = bench144();
    expect(bench.move(0xcf, 0, 10)).toEqual([0x20, 10]);
    expect(bench.move(0x8f, 0, 3)).toEqual([0x20, 7]);
    expect(bench.move(0x8f, 0, 9)).toEqual([0x70, 0]);
  });

  it("drives seek at the same time, each with its busy bit and its interrupt", () => {
    const bench = new FloppyBench(["1.44M", "1.2M"], null);
    bench.send(0x0f, 0, 40);
    bench.send(0x0f, 1, 10);
    expect(bench.msr & 0x0f).toBe(3);
    bench.clock.advance(20e6);
    expect(bench.irq.level).toBe(true);
    expect([bench.now(0x08), bench.now(0x08)]).toEqual([
      [0x20, 40],
      [0x21, 10],
    ]);
    expect([bench.irq.level, bench.msr & 0x0f]).toEqual([false, 0]);
    // Without an interrupt to tell of, the command is invalid.
    expect(bench.now(0x08)).toEqual([0x80]);
  });

  it("SENSE DRIVE STATUS shows track 0 and write protection", () => {
    const bench = bench144(new ImageStore(1440 * KIB, true));
    expect(bench.now(0x04, 0x04)[0]! & 0x77).toBe(0x74);
    bench.move(0x0f, 0, 1);
    expect(bench.now(0x04, 0x00)[0]! & 0x77).toBe(0x60);
  });
});

describe("results of data commands (table 5-4)", () => {
  it.each([
    ["in the middle of a track", READ, 0, 3, 1, [0, 0, 0, 5, 0, 4, 2]],
    ["at EOT", READ, 0, 18, 1, [0, 0, 0, 6, 0, 1, 2]],
    ["at EOT of side 0 with MT", READ_MT, 0, 18, 1, [0x04, 0, 0, 5, 1, 1, 2]],
    ["at EOT of side 1 with MT", READ_MT, 1, 18, 1, [0x04, 0, 0, 6, 0, 1, 2]],
    ["over both sides with MT", READ_MT, 0, 17, 4, [0x04, 0, 0, 5, 1, 3, 2]],
  ])("C, H, R, N where terminal count comes %s", async (_name, opcode, head, sector, sectors, expected) => {
    const bench = bench144();
    bench.move(0x0f, 0, 5);
    bench.dma.program(sectors * 512);
    expect(await bench.run(opcode, head << 2, 5, head, sector, 2, 18, 0x1b, 0xff)).toEqual(expected);
    expect(bench.irq.level).toBe(false);
  });

  it("EN where EOT comes before terminal count", async () => {
    const bench = bench144();
    bench.dma.program(4 * 512);
    expect((await bench.run(READ, 0, 0, 0, 17, 2, 18, 0x1b, 0xff)).slice(0, 3)).toEqual([0x40, 0x80, 0]);
    expect(bench.dma.memory.length).toBe(1024);
  });

  it("a write ends inside a sector with the rest of it zero", async () => {
    const store = new ImageStore(1440 * KIB);
    store.bytes.fill(0xee, 0, 512);
    const bench = bench144(store);
    bench.dma.program(100, new Array<number>(100).fill(7));
    expect((await bench.run(WRITE, 0, 0, 0, 1, 2, 18, 0x1b, 0xff)).slice(0, 3)).toEqual([0, 0, 0]);
    expect([store.bytes[99], store.bytes[100], store.bytes[511], store.bytes[512]]).toEqual([7, 0, 0, 1]);
  });

  it.each([
    ["another cylinder in the ID: ND and WC", [READ, 0, 9, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x04, 0x10]],
    ["another head in the ID: ND", [READ, 0, 0, 1, 1, 2, 18, 0x1b, 0xff], [0x40, 0x04, 0]],
    ["sector 0: ND", [READ, 0, 0, 0, 0, 2, 18, 0x1b, 0xff], [0x40, 0x04, 0]],
    ["1024-byte sectors: ND", [READ, 0, 0, 0, 1, 3, 18, 0x1b, 0xff], [0x40, 0x04, 0]],
    ["FM: no address mark", [0x06, 0, 0, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x01, 0]],
    ["READ DELETED with SK: nothing but plain marks", [0x6c, 0, 0, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x04, 0]],
    ["READ DELETED without SK: one sector, with CM", [0x4c, 0, 0, 0, 1, 2, 18, 0x1b, 0xff], [0, 0, 0x40]],
  ])("%s", async (_name, bytes, expected) => {
    const bench = bench144();
    bench.dma.program(512);
    expect((await bench.run(...bytes)).slice(0, 3)).toEqual(expected);
  });

  it("no medium, no drive: no address mark", async () => {
    const bench = bench144(null);
    expect((await bench.run(READ, 0, 0, 0, 1, 2, 18, 0x1b, 0xff)).slice(0, 2)).toEqual([0x40, 0x01]);
    expect((await bench.run(READ, 1, 0, 0, 1, 2, 18, 0x1b, 0xff)).slice(0, 2)).toEqual([0x41, 0x01]);
    expect((await bench.run(READ_ID, 0)).slice(0, 2)).toEqual([0x40, 0x01]);
  });
});

describe("other commands", () => {
  it("READ ID gives the IDs of the track one after another [82077AA] 5.1.6", async () => {
    const bench = bench144();
    bench.move(0x0f, 0, 3);
    const ids = new Set<number>();
    for (let i = 0; i < 18; i++) {
      const [st0, st1, st2, c, h, r, n] = await bench.run(READ_ID, 4);
      expect([st0, st1, st2, c, h, n]).toEqual([4, 0, 0, 3, 1, 2]);
      ids.add(r!);
    }
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  });

  it("READ ID goes on with the same sector after a restore", async () => {
    const bench = bench144();
    for (let i = 0; i < 5; i++) await bench.run(READ_ID, 0);
    const other = bench144();
    other.fdc.restore(bench.fdc.save());
    expect(await other.run(READ_ID, 0)).toEqual(await bench.run(READ_ID, 0));
  });

  it("a read under way ends at its time after a restore", async () => {
    const bench = bench144();
    bench.dma.program(512);
    bench.send(READ, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    bench.clock.advance(900_000);
    const saved = bench.fdc.save();
    const other = bench144();
    other.clock.advance(bench.clock.nowNs() - other.clock.nowNs());
    other.dma.program(512);
    other.fdc.restore(saved);
    expect(other.fdc.save()).toEqual(saved);
    for (const { clock } of [bench, other]) {
      clock.advance(200_000);
      await clock.settleDue();
    }
    expect([bench.irq.level, other.irq.level]).toEqual([true, true]);
    expect(other.results()).toEqual(bench.results());
  });

  it("FORMAT fills the sectors that the host names, and refuses those that cannot be [82077AA] 5.1.7", async () => {
    const store = new ImageStore(1440 * KIB);
    const bench = bench144(store);
    bench.move(0x0f, 0, 2);
    const ids = (c: number): number[] => Array.from({ length: 18 }, (_, i) => [c, 1, i + 1, 2]).flat();
    bench.dma.program(72, ids(2));
    expect((await bench.run(FORMAT, 4, 2, 18, 0x50, 0xf6)).slice(0, 3)).toEqual([4, 0, 0]);
    const track = (2 * 2 + 1) * 18 * 512;
    expect(store.bytes.slice(track, track + 18 * 512).every((byte) => byte === 0xf6)).toBe(true);
    expect(store.bytes[track + 18 * 512 + 1]).toBe(0);
    bench.dma.program(72, ids(7));
    expect((await bench.run(FORMAT, 4, 2, 18, 0x50, 0xf6)).slice(0, 2)).toEqual([0x44, 0x04]);
  });

  it("FORMAT and WRITE respect write protection [82077AA] ST1 NW", async () => {
    const bench = bench144(new ImageStore(1440 * KIB, true));
    bench.dma.program(512, new Array<number>(512).fill(1));
    expect((await bench.run(FORMAT, 0, 2, 18, 0x50, 0xf6)).slice(0, 2)).toEqual([0x40, 0x02]);
    expect((await bench.run(WRITE, 0, 0, 0, 1, 2, 18, 0x1b, 0xff)).slice(0, 2)).toEqual([0x40, 0x02]);
  });

  it("READ TRACK starts at the first sector, whatever the command names", async () => {
    const bench = bench144();
    bench.dma.program(18 * 512);
    expect((await bench.run(READ_TRACK, 0, 0, 0, 9, 2, 18, 0x1b, 0xff)).slice(0, 3)).toEqual([0, 0, 0]);
    expect([bench.dma.memory[0], bench.dma.memory[17 * 512]]).toEqual([0, 17]);
  });

  it("VERIFY with EC counts sectors, and moves none [82077AA] 5.1.5", async () => {
    const bench = bench144();
    bench.dma.program(512);
    expect((await bench.run(VERIFY, 0x80, 0, 0, 1, 2, 18, 0x1b, 5)).slice(0, 3)).toEqual([0, 0, 0]);
    expect((await bench.run(VERIFY, 0x80, 0, 0, 1, 2, 18, 0x1b, 25)).slice(0, 2)).toEqual([0x40, 0x80]);
    expect(bench.dma.memory).toEqual([]);
  });

  it("implied seeks take the head along [82077AA] 5.2.7 EIS", async () => {
    const bench = bench144();
    const read = (): Promise<number[]> => bench.run(READ, 0, 30, 0, 1, 2, 18, 0x1b, 0xff);
    bench.dma.program(512);
    expect((await read()).slice(0, 3)).toEqual([0x40, 0x04, 0x10]);
    bench.now(0x13, 0, 0x57, 0);
    expect((await read()).slice(0, 3)).toEqual([0, 0, 0]);
    const lba = 30 * 36;
    expect(bench.dma.memory.slice(0, 2)).toEqual([lba & 0xff, lba >> 8]);
  });

  it("programmed I/O gives bytes with RQM, and ends with EN [82077AA] 4.2", async () => {
    const bench = bench144(new ImageStore(1440 * KIB), false);
    bench.send(READ, 0, 0, 0, 18, 2, 18, 0x1b, 0xff);
    await bench.clock.settle();
    bench.clock.advance(5e6);
    const bytes: number[] = [];
    for (let i = 0; i < 512; i++) {
      expect([bench.msr, bench.irq.level]).toEqual([0xf0, true]);
      bytes.push(bench.read(5));
    }
    expect(bytes.slice(0, 3)).toEqual([17, 0, 0]);
    bench.clock.advance(5e6);
    expect(bench.results().slice(0, 2)).toEqual([0x40, 0x80]);
  });
});

describe("configuration", () => {
  const dump = (bench: FloppyBench): number[] => bench.now(0x0e);

  it("DUMPREG shows CONFIGURE, SPECIFY, PERPENDICULAR, LOCK and positions [82077AA] 5.2.11", () => {
    const bench = bench144();
    bench.move(0x0f, 0, 12);
    bench.now(0x03, 0xdf, 0x1e);
    bench.now(0x13, 0, 0x4a, 0x21);
    bench.now(0x12, 0x84);
    expect(bench.now(0x94)).toEqual([0x10]);
    expect(dump(bench)).toEqual([12, 0, 0, 0, 0xdf, 0x1e, 0, 0x84, 0x4a, 0x21]);
  });

  it("LOCK keeps CONFIGURE through software resets, not through RESET [82077AA] 5.2.12", () => {
    const bench = bench144();
    bench.now(0x13, 0, 0x55, 0x33);
    const reset = (): void => {
      bench.write(4, 0x80);
      bench.clock.advance(1e6);
      for (let n = 0; n < 4; n++) bench.now(0x08);
    };
    bench.now(0x94);
    reset();
    expect(dump(bench).slice(8)).toEqual([0x55, 0x33]);
    expect(bench.now(0x14)).toEqual([0x00]);
    reset();
    expect(dump(bench).slice(8)).toEqual([0x20, 0x00]);
  });

  it("PERPENDICULAR writes drive bits with OW alone; software resets clear GAP and WGATE, RESET all [82077AA] 5.2.8", () => {
    const bench = bench144();
    bench.now(0x12, 0x80 | 0x14 | 0x03);
    expect(dump(bench)[7]).toBe(0x17);
    bench.now(0x12, 0x28);
    expect(dump(bench)[7]).toBe(0x14);
    bench.now(0x12, 0x03);
    bench.write(2, 0x18);
    bench.write(2, 0x1c);
    bench.clock.advance(1e6);
    for (let n = 0; n < 4; n++) bench.now(0x08);
    expect(dump(bench)[7]).toBe(0x14);
    bench.fdc.reset();
    bench.write(2, 0x1c);
    bench.clock.advance(1e6);
    for (let n = 0; n < 4; n++) bench.now(0x08);
    expect(dump(bench)[7]).toBe(0);
  });

  it("does not interrupt after a reset where polling is off [82077AA] 5.2.7 POLL", () => {
    const bench = bench144();
    bench.now(0x13, 0, 0x10, 0);
    bench.now(0x94);
    bench.write(2, 0x18);
    bench.write(2, 0x1c);
    bench.clock.advance(5e6);
    expect([bench.irq.level, bench.msr]).toEqual([false, 0x80]);
    expect(bench.now(0x08)).toEqual([0x80]);
  });

  it("interrupts and requests only through the DMA gate of DOR [82077AA] 2.1.2", () => {
    const bench = bench144();
    bench.write(2, 0x14);
    bench.send(0x07, 0);
    bench.clock.advance(20e6);
    expect(bench.irq.level).toBe(false);
    bench.write(2, 0x1c);
    expect(bench.irq.level).toBe(true);
    expect(bench.now(0x08)).toEqual([0x20, 0]);
  });

  it("is silent in reset", () => {
    const bench = bench144();
    bench.write(2, 0x18);
    expect(bench.msr).toBe(0);
    bench.write(5, 0x10);
    expect([bench.read(5), bench.msr]).toEqual([0, 0]);
  });

  it("answers one invalid byte for each command that it does not have", () => {
    const bench = bench144();
    for (const code of [0x00, 0x01, 0x0b, 0x11, 0x1e, 0x34, 0xff]) expect(bench.now(code)).toEqual([0x80]);
  });
});
