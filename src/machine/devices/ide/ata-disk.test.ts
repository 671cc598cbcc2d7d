import { describe, expect, it } from "vitest";
import { StorageError, type BlockStore } from "../../../storage/block-store.ts";
import { MemoryStore, SparseMemoryStore } from "../../../storage/memory-store.ts";
import { AtaDisk } from "./ata-disk.ts";
import { BUS_MASTER_BASE, IdeTestBoard, pattern } from "./ide-test-board.ts";

const SECTORS = 4096;

function board(bytes = pattern(SECTORS * 512)) {
  const store = new MemoryStore(bytes);
  const disk = new AtaDisk({ store, model: "TEST DISK", serial: "S1" });
  return { bytes, store, disk, pc: new IdeTestBoard([disk, null, null, null]) };
}

const word = (data: Uint8Array, index: number): number => data[2 * index]! | (data[2 * index + 1]! << 8);

describe("drive selection and reset", () => {
  it("shows the ATA signature after SRST [ATA-6] 9.12", () => {
    const { pc } = board();
    pc.ports.write(pc.control, 1, 0x0c);
    expect(pc.altStatus & 0x80).toBe(0x80);
    pc.ports.write(pc.control, 1, 0x08);
    expect([pc.altStatus, pc.error, pc.in(2), pc.in(3), pc.in(4), pc.in(5)]).toEqual([0x50, 1, 1, 1, 0, 0]);
  });

  it("answers for an absent drive 1 with Status 0 and ignores commands to it [ATA-6] 9.16.1", async () => {
    const { pc } = board();
    pc.out(6, 0xb0);
    pc.out(2, 0x55);
    expect([pc.altStatus, pc.in(2), pc.in(6)]).toEqual([0, 0x55, 0xb0]);
    await pc.command28(0xec, 0, 0, 0xb0);
    expect(pc.status).toBe(0);
    expect(pc.line.rises).toBe(0);
  });

  it("reads as zero where a channel has no drive", () => {
    const { disk } = board();
    const pc = new IdeTestBoard([disk, null, null, null], 1);
    pc.out(2, 0x55);
    expect([pc.status, pc.in(2)]).toEqual([0, 0]);
  });

  it("runs EXECUTE DEVICE DIAGNOSTIC on both drives and interrupts by drive 0 [ATA-6] 9.10", async () => {
    const { pc } = board();
    await pc.command28(0x90, 0, 0, 0xf0);
    expect([pc.line.level, pc.error, pc.in(2), pc.in(6)]).toEqual([true, 1, 1, 0xa0]);
  });

  it("decodes its ports only while IDETIM says so [PIIX3] 2.3.9", () => {
    const { pc } = board();
    pc.ide.configWrite(0x40, 2, 0);
    expect(pc.status).toBe(0xff);
    pc.ide.configWrite(0x40, 2, 0x8000);
    expect(pc.status).toBe(0x50);
  });
});

describe("IDENTIFY DEVICE [ATA-6] 8.15", () => {
  it("describes the disk and has a valid checksum", async () => {
    const { pc } = board();
    await pc.command28(0xec, 0, 0);
    expect(pc.line.level).toBe(true);
    expect(pc.status & 0x88).toBe(0x08);
    expect(pc.line.level).toBe(false);
    const data = pc.readData(512);
    expect(word(data, 60) | (word(data, 61) << 16)).toBe(SECTORS);
    expect(word(data, 100)).toBe(SECTORS);
    expect(String.fromCharCode(data[55]!, data[54]!, data[57]!, data[56]!)).toBe("TEST");
    expect(data.reduce((sum, byte) => sum + byte, 0) & 0xff).toBe(0);
    expect(pc.status).toBe(0x50);
    expect(word(data, 169)).toBe(1);
  });
});

describe("PIO", () => {
  it("reads sectors with an interrupt per block and none at the end [ATA-6] 9.5", async () => {
    const { pc, bytes } = board();
    await pc.command28(0x20, 10, 3);
    for (let i = 0; i < 3; i++) {
      expect(pc.status).toBe(0x58);
      expect(pc.readData(512)).toEqual(bytes.slice((10 + i) * 512, (11 + i) * 512));
    }
    expect(pc.line.rises).toBe(3);
    expect(pc.status).toBe(0x50);
    expect(pc.readData(2)).toEqual(new Uint8Array([0xff, 0xff]));
  });

  it("is busy until the store has answered", () => {
    const { pc } = board();
    void pc.command28(0x20, 0, 1);
    expect(pc.status & 0x88).toBe(0x80);
    pc.out(2, 77);
    expect(pc.in(2)).toBe(1);
  });

  it("takes a count of 0 as 256, in blocks of SET MULTIPLE MODE", async () => {
    const { pc, bytes } = board();
    await pc.command28(0xc4, 0, 1);
    expect([pc.status & 1, pc.error]).toEqual([1, 4]);
    await pc.command28(0xc6, 0, 16);
    expect(pc.status).toBe(0x50);
    await pc.command28(0xc4, 0, 0);
    const before = pc.line.rises;
    expect(Buffer.compare(pc.readData(256 * 512), bytes.slice(0, 256 * 512))).toBe(0);
    expect(pc.status).toBe(0x50);
    expect(pc.line.rises).toBe(before);
    await pc.command28(0xc6, 0, 3);
    expect([pc.status & 1, pc.error]).toEqual([1, 4]);
  });

  it("writes: first block without an interrupt, one after each [ATA-6] 9.6", async () => {
    const { pc, bytes } = board();
    const data = pattern(1024, 0x1000000);
    await pc.command28(0x30, 20, 2);
    expect([pc.status, pc.line.rises]).toEqual([0x58, 0]);
    pc.writeData(data.subarray(0, 512));
    expect([pc.status, pc.line.rises]).toEqual([0x58, 1]);
    pc.writeData(data.subarray(512));
    expect(pc.altStatus & 0x80).toBe(0x80);
    await pc.settle();
    expect([pc.status, pc.line.rises]).toEqual([0x50, 2]);
    expect(bytes.slice(20 * 512, 22 * 512)).toEqual(data);
  });

  it("reaches sectors over 2^28 with 48-bit commands, and shows the high-order bytes by HOB", async () => {
    const store = new SparseMemoryStore(2 ** 29 * 512);
    const pc = new IdeTestBoard([new AtaDisk({ store }), null, null, null]);
    const lba = 2 ** 28 + 0x123456;
    await pc.command48(0x34, lba, 1);
    pc.writeData(pattern(512, 7));
    await pc.settle();
    expect(await store.read(lba * 512, 512)).toEqual(pattern(512, 7));
    expect(pc.in(3)).toBe(0x56);
    pc.ports.write(pc.control, 1, 0x80);
    expect(pc.in(3)).toBe(0x10);
    pc.out(1, 0);
    expect(pc.in(3)).toBe(0x56);
    await pc.command48(0x24, lba, 1);
    expect(pc.readData(512)).toEqual(pattern(512, 7));
    await pc.command48(0x27, 0, 0);
    expect([pc.in(3), pc.in(4), pc.in(5)]).toEqual([0xff, 0xff, 0xff]);
  });

  it("addresses by CHS in the translation that was set [ATA-5] 8.16", async () => {
    const { pc, bytes } = board();
    pc.out(6, 0xa3);
    pc.out(2, 8);
    pc.out(7, 0x91);
    expect(pc.status).toBe(0x50);
    // cylinder 5, head 2, sector 7 of 4 heads × 8 sectors
    pc.out(6, 0xa2);
    pc.out(2, 1);
    pc.out(3, 7);
    pc.out(4, 5);
    pc.out(5, 0);
    pc.out(7, 0x20);
    await pc.settle();
    const lba = (5 * 4 + 2) * 8 + 6;
    expect(pc.readData(512)).toEqual(bytes.slice(lba * 512, lba * 512 + 512));
    pc.out(3, 9);
    pc.out(7, 0x20);
    await pc.settle();
    expect([pc.status & 1, pc.error]).toEqual([1, 0x10]);
  });

  it("moves 32-bit and single items alike", async () => {
    const { pc, bytes } = board();
    await pc.command28(0x20, 1, 1);
    expect(pc.ports.read(pc.base, 4)).toBe(512);
    expect(pc.ports.read(pc.base, 2)).toBe(516);
    expect(pc.ports.read(pc.base, 2)).toBe(0);
    expect(pc.readData(504)).toEqual(bytes.slice(520, 1024));
    expect(pc.status).toBe(0x50);
  });
});

describe("bus master DMA [IDE-BM]", () => {
  it("reads into scattered regions and reports interrupt without active", async () => {
    const { pc, bytes } = board();
    pc.startDma(
      [
        [0x10000, 1000],
        [0x20000, 24 + 512],
      ],
      true,
    );
    expect(pc.dmaStatus).toBe(0x61);
    await pc.command28(0xc8, 100, 3);
    expect(pc.dmaStatus).toBe(0x64);
    expect(pc.line.level).toBe(true);
    expect(pc.status).toBe(0x50);
    expect(pc.memory.bytes.slice(0x10000, 0x10000 + 1000)).toEqual(bytes.slice(51200, 52200));
    expect(pc.memory.bytes.slice(0x20000, 0x20000 + 536)).toEqual(bytes.slice(52200, 52736));
    pc.ports.write(BUS_MASTER_BASE + 2, 1, 0x04);
    expect(pc.dmaStatus).toBe(0x00);
  });

  it("starts when the engine is started after the command", async () => {
    const { pc, bytes } = board();
    await pc.command28(0xc8, 5, 1);
    expect(pc.line.level).toBe(false);
    pc.startDma([[0x10000, 512]], true);
    expect(pc.line.level).toBe(true);
    expect(pc.memory.bytes.slice(0x10000, 0x10200)).toEqual(bytes.slice(2560, 3072));
  });

  it("writes across chunks with regions of 64 KiB", async () => {
    const { pc, bytes } = board();
    const data = pattern(1024 * 512, 0x2000000);
    pc.memory.bytes.set(data, 0x100000);
    pc.startDma(
      Array.from({ length: 8 }, (_, i): [number, number] => [0x100000 + i * 0x10000, 0]),
      false,
    );
    await pc.command48(0x35, 64, 1024);
    expect([pc.status, pc.dmaStatus]).toEqual([0x50, 0x64]);
    expect(Buffer.compare(bytes.slice(64 * 512, (64 + 1024) * 512), data)).toBe(0);
    expect(pc.line.rises).toBe(1);
  });

  it("stays active where regions are longer than the transfer, and waits where they are shorter", async () => {
    const { pc } = board();
    pc.startDma([[0x10000, 4096]], true);
    await pc.command28(0xc8, 0, 1);
    expect(pc.dmaStatus).toBe(0x65);
    pc.stopDma();
    expect(pc.dmaStatus).toBe(0x64);
    pc.startDma([[0x10000, 512]], true);
    await pc.command28(0xc8, 0, 2);
    expect(pc.dmaStatus & 5).toBe(0);
    expect(pc.altStatus & 8).toBe(8);
  });

  it("stops with the error bit when the table is outside memory", async () => {
    const { pc } = board();
    pc.ports.write(BUS_MASTER_BASE + 4, 4, 0xf0000000);
    pc.ports.write(BUS_MASTER_BASE, 1, 9);
    await pc.command28(0xc8, 0, 1);
    expect(pc.dmaStatus & 3).toBe(2);
  });
});

describe("other commands", () => {
  it.each([
    ["NOP", 0x00],
    ["DEVICE RESET", 0x08],
    ["SMART", 0xb0],
    ["PACKET", 0xa0],
    ["IDENTIFY PACKET DEVICE", 0xa1],
    ["an undefined code", 0x87],
  ])("aborts %s", async (_name, command) => {
    const { pc } = board();
    await pc.command28(command, 0, 0);
    expect([pc.altStatus & 0x89, pc.error, pc.line.level]).toEqual([1, 4, true]);
  });

  it.each([
    ["RECALIBRATE", 0x10],
    ["SEEK", 0x70],
    ["FLUSH CACHE", 0xe7],
    ["FLUSH CACHE EXT", 0xea],
    ["READ VERIFY", 0x40],
    ["STANDBY IMMEDIATE", 0xe0],
    ["IDLE", 0xe3],
  ])("completes %s with an interrupt", async (_name, command) => {
    const { pc } = board();
    await pc.command28(command, 3, 1);
    expect([pc.altStatus, pc.line.level]).toEqual([0x50, true]);
  });

  it("tells its power mode [ATA-6] 8.6", async () => {
    const { pc } = board();
    await pc.command28(0xe5, 0, 0);
    expect(pc.in(2)).toBe(0xff);
    await pc.command28(0xe0, 0, 0);
    await pc.command28(0xe5, 0, 0);
    expect(pc.in(2)).toBe(0x00);
  });

  it("sets transfer modes and the write cache", async () => {
    const { pc } = board();
    pc.out(1, 0x03);
    await pc.command28(0xef, 0, 0x22);
    expect(pc.status).toBe(0x50);
    pc.out(1, 0x82);
    await pc.command28(0xef, 0, 0);
    pc.out(1, 0x03);
    await pc.command28(0xef, 0, 0x47);
    expect(pc.error).toBe(4);
    await pc.command28(0xec, 0, 0);
    const data = pc.readData(512);
    expect([word(data, 63), word(data, 85) & 0x20]).toEqual([0x0407, 0]);
  });

  it("trims whole ranges [ACS-2] 7.10", async () => {
    const { pc, bytes } = board();
    const view = new DataView(pc.memory.bytes.buffer);
    view.setUint32(0x10000, 8, true);
    view.setUint16(0x10006, 4, true);
    pc.startDma([[0x10000, 512]], false);
    pc.out(1, 1, 1);
    await pc.command48(0x06, 0, 1);
    expect(pc.status).toBe(0x50);
    expect(bytes.slice(8 * 512, 12 * 512).every((b) => b === 0)).toBe(true);
    expect(bytes[12 * 512 + 1]).not.toBe(0);
  });

  it("holds INTRQ back under nIEN and gives it when nIEN is cleared", async () => {
    const { pc } = board();
    pc.ports.write(pc.control, 1, 2);
    await pc.command28(0x20, 0, 1);
    expect([pc.altStatus & 8, pc.line.level]).toEqual([8, false]);
    pc.ports.write(pc.control, 1, 0);
    expect(pc.line.level).toBe(true);
  });
});

describe("errors", () => {
  it("reports sectors beyond the end as IDNF", async () => {
    const { pc } = board();
    await pc.command28(0x20, SECTORS - 1, 2);
    expect([pc.altStatus, pc.error, pc.line.level]).toEqual([0x51, 0x10, true]);
  });

  it("turns failures of the store into UNC and ABRT", async () => {
    const failing: BlockStore = {
      sizeBytes: 1 << 20,
      readOnly: false,
      read: () => Promise.reject(new StorageError("gone")),
      write: () => Promise.reject(new StorageError("full")),
      flush: () => Promise.reject(new StorageError("full")),
    };
    const pc = new IdeTestBoard([new AtaDisk({ store: failing }), null, null, null]);
    await pc.command28(0x20, 5, 1);
    expect([pc.status, pc.error, pc.in(3)]).toEqual([0x51, 0x40, 5]);
    await pc.command28(0x30, 5, 1);
    pc.writeData(new Uint8Array(512));
    await pc.settle();
    expect([pc.status, pc.error]).toEqual([0x51, 0x04]);
    await pc.command28(0xe7, 0, 0);
    expect([pc.status, pc.error]).toEqual([0x51, 0x04]);
  });

  it("refuses to write to a read-only store", async () => {
    const store = new MemoryStore(new Uint8Array(65536), { readOnly: true });
    const pc = new IdeTestBoard([new AtaDisk({ store }), null, null, null]);
    await pc.command28(0x30, 0, 1);
    expect([pc.status, pc.error]).toEqual([0x51, 0x04]);
  });

  it("is unharmed by random register traffic", async () => {
    const { pc } = board();
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let i = 0; i < 20000; i++) {
      const ports = [0x1f0 + random(8), 0x3f6, BUS_MASTER_BASE + random(16), 0x170 + random(8)];
      const port = ports[random(4)]!;
      const size = ([1, 2, 4] as const)[random(3)]!;
      if (random(3) === 0) pc.ports.read(port, size);
      else pc.ports.write(port, size, random(2 ** 32));
      if (random(50) === 0) await pc.settle();
    }
    pc.ports.write(pc.control, 1, 4);
    pc.ports.write(pc.control, 1, 0);
    await pc.command28(0xec, 0, 0);
    expect(pc.status).toBe(0x58);
  });
});

describe("saved state", () => {
  /** The second board goes on from what the first saved, over the same store. */
  function continued(from: IdeTestBoard, store: BlockStore): IdeTestBoard {
    const pc = new IdeTestBoard([new AtaDisk({ store }), null, null, null]);
    pc.memory.bytes.set(from.memory.bytes);
    pc.ide.restore(structuredClone(from.ide.save()));
    return pc;
  }

  it("goes on with a read that waits for its store", async () => {
    const { pc, store, bytes } = board();
    pc.startDma([[0x10000, 1024]], true);
    void pc.command28(0xc8, 9, 2);
    expect(pc.altStatus & 0x80).toBe(0x80);
    const second = continued(pc, store);
    await second.settle();
    expect(second.line.level).toBe(true);
    expect(second.dmaStatus & 5).toBe(4);
    expect(second.memory.bytes.slice(0x10000, 0x10400)).toEqual(bytes.slice(9 * 512, 11 * 512));
  });

  it("goes on in the middle of a PIO block and of a write", async () => {
    const { pc, store, bytes } = board();
    await pc.command28(0x20, 3, 2);
    const head = pc.readData(100);
    const second = continued(pc, store);
    expect([...head, ...second.readData(924)]).toEqual([...bytes.slice(3 * 512, 5 * 512)]);
    await second.command28(0x30, 40, 1);
    second.writeData(pattern(512, 99));
    const third = continued(second, new MemoryStore(bytes));
    await third.settle();
    expect(third.status).toBe(0x50);
    expect(bytes.slice(40 * 512, 41 * 512)).toEqual(pattern(512, 99));
  });

  it("drops work under way at a reset", async () => {
    const { pc } = board();
    void pc.command28(0x20, 0, 1);
    pc.ports.write(pc.control, 1, 4);
    pc.ports.write(pc.control, 1, 0);
    await pc.settle();
    expect([pc.status, pc.line.rises]).toEqual([0x50, 0]);
  });
});
