/**
 * The edges of the ATA protocol, by clause: errors and what the registers show then, resets, addresses, data phases, and
 * the ends of descriptor tables. [ATA-6] 6, 7, 8, 9; [IDE-BM] 1.2, 2.
 */
import { describe, expect, it } from "vitest";
import { StorageError, type BlockStore } from "../../../storage/block-store.ts";
import { MemoryStore } from "../../../storage/memory-store.ts";
import { AtaDisk } from "./ata-disk.ts";
import { BUS_MASTER_BASE, IdeTestBoard, pattern } from "./ide-test-board.ts";

const SECTORS = 4096;
const BSY = 0x80;
const DRQ = 0x08;
const ERR = 0x01;
const UNC = 0x40;
const IDNF = 0x10;
const ABRT = 0x04;

function board(bytes = pattern(SECTORS * 512)) {
  const disk = new AtaDisk({ store: new MemoryStore(bytes) });
  return { bytes, disk, pc: new IdeTestBoard([disk, null, null, null]) };
}

/** A disk on which one sector cannot be read. */
function scratched(badSector: number): { pc: IdeTestBoard; bytes: Uint8Array } {
  const bytes = pattern(SECTORS * 512);
  const inner = new MemoryStore(bytes);
  const store: BlockStore = {
    sizeBytes: inner.sizeBytes,
    readOnly: false,
    read: (offset, length) =>
      offset <= badSector * 512 && offset + length > badSector * 512
        ? Promise.reject(new StorageError("scratched"))
        : inner.read(offset, length),
    write: (offset, data) => inner.write(offset, data),
    flush: () => inner.flush(),
  };
  return { pc: new IdeTestBoard([new AtaDisk({ store }), null, null, null]), bytes };
}

const lba28 = (pc: IdeTestBoard): number => pc.in(3) | (pc.in(4) << 8) | (pc.in(5) << 16) | ((pc.in(6) & 15) << 24);
const status = (pc: IdeTestBoard, mask = BSY | DRQ | ERR): number => pc.altStatus & mask;

describe("errors of reads and writes [ATA-6] 8.34.6, 8.62.6", () => {
  it("gives the sectors before a bad one, then UNC with its address", async () => {
    const { pc, bytes } = scratched(103);
    await pc.command28(0x20, 100, 8);
    for (let i = 0; i < 3; i++) {
      expect(status(pc)).toBe(DRQ);
      expect(pc.readData(512)).toEqual(bytes.slice((100 + i) * 512, (101 + i) * 512));
      await pc.settle();
    }
    expect([status(pc), pc.error, lba28(pc)]).toEqual([ERR, UNC, 103]);
    expect(pc.line.level).toBe(true);
  });

  it("does the same by DMA, also far into a long transfer", async () => {
    const { pc, bytes } = scratched(900);
    pc.startDma(
      Array.from({ length: 8 }, (_, i): [number, number] => [0x100000 + i * 0x10000, 0]),
      true,
    );
    await pc.command48(0x25, 10, 1000);
    expect([status(pc), pc.error]).toEqual([ERR, UNC]);
    expect(pc.in(3) | (pc.in(4) << 8)).toBe(900);
    expect(Buffer.compare(pc.memory.bytes.slice(0x100000, 0x100000 + 890 * 512), bytes.slice(5120, 900 * 512))).toBe(0);
    expect(pc.memory.bytes[0x100000 + 890 * 512]).toBe(0);
    // The engine has not come to the end of its table.
    expect(pc.dmaStatus & 5).toBe(5);
  });

  it("fails a whole block in multiple mode, at its first sector", async () => {
    const { pc, bytes } = scratched(11);
    await pc.command28(0xc6, 0, 4);
    await pc.command28(0xc4, 4, 12);
    expect(pc.readData(4 * 512)).toEqual(bytes.slice(4 * 512, 8 * 512));
    await pc.settle();
    expect([status(pc), pc.error, lba28(pc)]).toEqual([ERR, UNC, 8]);
  });

  it("finds bad sectors by READ VERIFY without data", async () => {
    const { pc } = scratched(7);
    await pc.command28(0x40, 0, 16);
    expect([status(pc), pc.error, lba28(pc)]).toEqual([ERR, UNC, 7]);
    await pc.command28(0x40, 8, 16);
    expect(status(pc)).toBe(0);
  });

  it.each([
    ["READ SECTORS", 0x20, false],
    ["READ DMA", 0xc8, false],
    ["READ VERIFY", 0x40, false],
    ["WRITE SECTORS", 0x30, false],
    ["WRITE DMA", 0xca, false],
    ["READ SECTORS EXT", 0x24, true],
    ["READ DMA EXT", 0x25, true],
    ["WRITE DMA EXT", 0x35, true],
    ["READ VERIFY EXT", 0x42, true],
  ])("%s past the last sector is IDNF, and moves nothing", async (_name, command, ext) => {
    const { pc, bytes } = board();
    pc.startDma([[0x10000, 0]], true);
    if (ext) await pc.command48(command, 2 ** 32 + 5, 1);
    else await pc.command28(command, SECTORS, 1);
    expect([status(pc), pc.error, pc.line.level]).toEqual([ERR, IDNF, true]);
    expect(pc.memory.bytes.slice(0x10000, 0x10200).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.compare(bytes, pattern(SECTORS * 512))).toBe(0);
  });

  it("reaches the last sector", async () => {
    const { pc, bytes } = board();
    await pc.command28(0x20, SECTORS - 1, 1);
    expect(pc.readData(512)).toEqual(bytes.slice(-512));
    await pc.command48(0x24, SECTORS, 1);
    expect(pc.error).toBe(IDNF);
  });

  it("SEEK checks its address [ATA-5] 8.35", async () => {
    const { pc } = board();
    await pc.command28(0x70, SECTORS, 0);
    expect(pc.error).toBe(IDNF);
    await pc.command28(0x70, SECTORS - 1, 0);
    expect(status(pc)).toBe(0);
  });

  it("multiple commands abort while multiple mode is off [ATA-6] 8.31, 8.60", async () => {
    const { pc } = board();
    for (const command of [0xc4, 0xc5]) {
      await pc.command28(command, 0, 1);
      expect([status(pc), pc.error]).toEqual([ERR, ABRT]);
    }
    for (const command of [0x29, 0x39, 0xce]) {
      await pc.command48(command, 0, 1);
      expect([status(pc), pc.error]).toEqual([ERR, ABRT]);
    }
  });

  it("clears ERR and the error register with the next command [ATA-6] 7.9.6", async () => {
    const { pc } = board();
    await pc.command28(0x20, SECTORS, 1);
    expect(pc.error).toBe(IDNF);
    await pc.command28(0xe7, 0, 0);
    expect([status(pc), pc.error]).toEqual([0, 0]);
  });
});

describe("addresses", () => {
  it("shows where a transfer ended, in LBA and in CHS [ATA-5] 8.27.5", async () => {
    const { pc } = board();
    await pc.command28(0x40, 1000, 5);
    expect(lba28(pc)).toBe(1004);
    // 16 heads of 63 sectors: cylinder 1, head 0, sector 1 and three more.
    pc.out(6, 0xa0);
    pc.out(2, 4);
    pc.out(3, 1);
    pc.out(4, 1);
    pc.out(5, 0);
    pc.out(7, 0x40);
    await pc.settle();
    expect([pc.in(3), pc.in(4), pc.in(5), pc.in(6) & 15, pc.in(2)]).toEqual([4, 1, 0, 0, 0]);
  });

  it.each([
    ["sector 0", 0, 0, 0],
    ["sector 64 of 63", 0, 0, 64],
    ["a cylinder that is not there", 5, 0, 1],
  ])("CHS: %s is IDNF", async (_name, cylinder, head, sector) => {
    const { pc } = board();
    pc.out(6, 0xa0 | head);
    pc.out(2, 1);
    pc.out(3, sector);
    pc.out(4, cylinder);
    pc.out(5, 0);
    pc.out(7, 0x20);
    await pc.settle();
    expect([status(pc), pc.error]).toEqual([ERR, IDNF]);
  });

  it("crosses from one track to the next in CHS", async () => {
    const { pc, bytes } = board();
    pc.out(6, 0xa1);
    pc.out(2, 2);
    pc.out(3, 63);
    pc.out(4, 0);
    pc.out(5, 0);
    pc.out(7, 0x20);
    await pc.settle();
    expect(pc.readData(512)).toEqual(bytes.slice(125 * 512, 126 * 512));
    expect(pc.readData(512)).toEqual(bytes.slice(126 * 512, 127 * 512));
    expect([pc.in(3), pc.in(6) & 15]).toEqual([1, 2]);
  });

  it("INITIALIZE DEVICE PARAMETERS refuses 0 sectors, and its translation outlives a soft reset [ATA-5] 8.16", async () => {
    const { pc } = board();
    await pc.command28(0x91, 0, 0, 0xaf);
    expect(pc.error).toBe(ABRT);
    await pc.command28(0x91, 0, 17, 0xa3);
    pc.ports.write(pc.control, 1, 4);
    pc.ports.write(pc.control, 1, 0);
    await pc.command28(0xec, 0, 0);
    const data = pc.readData(512);
    expect([data[110], data[112]]).toEqual([4, 17]);
  });

  it("48-bit commands take 0 for 65536 sectors [ATA-6] 6.20", async () => {
    const { pc } = board();
    await pc.command48(0x42, 0, 0);
    expect(pc.error).toBe(IDNF);
    await pc.command48(0x42, 0, SECTORS);
    expect(status(pc)).toBe(0);
  });

  it("28-bit commands look at the current registers only", async () => {
    const { pc, bytes } = board();
    pc.out(2, 9, 1);
    pc.out(3, 0xff, 5);
    pc.out(4, 0xff, 0);
    pc.out(5, 0xff, 0);
    pc.out(6, 0xe0);
    pc.out(7, 0x20);
    await pc.settle();
    expect(pc.readData(512)).toEqual(bytes.slice(5 * 512, 6 * 512));
    expect(status(pc)).toBe(0);
  });
});

describe("commands and phases", () => {
  it("ignores commands and register writes while BSY [ATA-6] 7.4", async () => {
    const { pc, bytes } = board();
    const reading = pc.command28(0x20, 3, 1);
    expect(status(pc)).toBe(BSY);
    pc.out(3, 99);
    pc.out(7, 0xec);
    pc.out(7, 0x08);
    await reading;
    expect(pc.readData(512)).toEqual(bytes.slice(3 * 512, 4 * 512));
  });

  it("abandons a data phase for a new command", async () => {
    const { pc, bytes } = board();
    await pc.command28(0x20, 0, 4);
    pc.readData(100);
    await pc.command28(0x20, 9, 1);
    expect(pc.readData(512)).toEqual(bytes.slice(9 * 512, 10 * 512));
    await pc.command28(0x30, 20, 1);
    pc.writeData(new Uint8Array(100).fill(1));
    await pc.command28(0x20, 20, 1);
    expect(pc.readData(512)).toEqual(bytes.slice(20 * 512, 21 * 512));
  });

  it("does not mix up the directions of the data register", async () => {
    const { pc, bytes } = board();
    await pc.command28(0x20, 0, 1);
    pc.writeData(new Uint8Array(64).fill(0xee));
    expect(pc.readData(512)).toEqual(bytes.slice(0, 512));
    await pc.command28(0x30, 0, 1);
    expect(pc.readData(4)).toEqual(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
    expect(status(pc)).toBe(DRQ);
  });

  it("WRITE BUFFER and READ BUFFER keep a sector [ATA-5] 8.22, 8.44", async () => {
    const { pc } = board();
    await pc.command28(0xe8, 0, 0);
    expect([status(pc), pc.line.level]).toEqual([DRQ, false]);
    pc.writeData(pattern(512, 5));
    expect(pc.line.level).toBe(true);
    await pc.command28(0xe4, 0, 0);
    expect(pc.readData(512)).toEqual(pattern(512, 5));
  });

  it("writes through with FUA, and with the cache off", async () => {
    const bytes = pattern(SECTORS * 512);
    const inner = new MemoryStore(bytes);
    let flushes = 0;
    const store: BlockStore = {
      sizeBytes: inner.sizeBytes,
      readOnly: false,
      read: (offset, length) => inner.read(offset, length),
      write: (offset, data) => inner.write(offset, data),
      flush: async () => void flushes++,
    };
    const pc = new IdeTestBoard([new AtaDisk({ store }), null, null, null]);
    const write = async (command: number): Promise<number> => {
      const before = flushes;
      pc.startDma([[0x10000, 512]], false);
      await pc.command48(command, 0, 1);
      pc.stopDma();
      expect(status(pc)).toBe(0);
      return flushes - before;
    };
    expect([await write(0x35), await write(0x3d)]).toEqual([0, 1]);
    pc.out(1, 0x82);
    await pc.command28(0xef, 0, 0);
    expect(await write(0x35)).toBe(1);
  });
});

describe("resets and sleep", () => {
  const softReset = (pc: IdeTestBoard): void => {
    pc.ports.write(pc.control, 1, 4);
    pc.ports.write(pc.control, 1, 0);
  };

  it("SRST goes back to defaults unless that was disabled [ATA-6] 8.46.7", async () => {
    const { pc } = board();
    await pc.command28(0xc6, 0, 8);
    softReset(pc);
    await pc.command28(0xc4, 0, 1);
    expect(pc.error).toBe(ABRT);
    await pc.command28(0xc6, 0, 8);
    pc.out(1, 0x66);
    await pc.command28(0xef, 0, 0);
    softReset(pc);
    await pc.command28(0xc4, 0, 8);
    expect(status(pc)).toBe(DRQ);
  });

  it("SRST selects drive 0, clears the interrupt, and ends a data phase", async () => {
    const { pc } = board();
    await pc.command28(0x20, 0, 1);
    expect(pc.line.level).toBe(true);
    softReset(pc);
    expect([pc.line.level, status(pc), pc.in(6)]).toEqual([false, 0, 0xa0]);
    expect(pc.readData(2)).toEqual(new Uint8Array([0xff, 0xff]));
  });

  it("begins no work that was dropped before its turn, however much of it there is", async () => {
    const bytes = pattern(SECTORS * 512);
    const inner = new MemoryStore(bytes);
    let calls = 0;
    const store: BlockStore = {
      sizeBytes: inner.sizeBytes,
      readOnly: false,
      read: (offset, length) => (calls++, inner.read(offset, length)),
      write: (offset, data) => (calls++, inner.write(offset, data)),
      flush: async () => void calls++,
    };
    const pc = new IdeTestBoard([new AtaDisk({ store }), null, null, null]);
    for (let i = 0; i < 300; i++) {
      for (const [register, value] of [
        [6, 0xe0],
        [2, 0],
        [3, 0],
        [4, 0],
        [5, 0],
        [7, [0x20, 0xe7][i & 1]!],
      ] as const)
        pc.out(register, value);
      expect(status(pc)).toBe(BSY);
      softReset(pc);
    }
    await pc.settle();
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(0);
    await pc.command28(0x20, 5, 1);
    expect([pc.readData(512), calls]).toEqual([bytes.slice(5 * 512, 6 * 512), 1]);
  });

  it("holds BSY while SRST is set", () => {
    const { pc } = board();
    pc.ports.write(pc.control, 1, 4);
    pc.out(7, 0xec);
    expect(status(pc)).toBe(BSY);
    pc.ports.write(pc.control, 1, 4);
    expect(status(pc)).toBe(BSY);
    pc.ports.write(pc.control, 1, 0);
    expect(status(pc)).toBe(0);
  });

  it("a sleeping drive wakes up by a reset alone [ATA-6] 8.47", async () => {
    const { pc } = board();
    await pc.command28(0xe6, 0, 0);
    expect([status(pc), pc.line.level]).toEqual([0, true]);
    expect(pc.status & ERR).toBe(0);
    await pc.command28(0xec, 0, 0);
    expect([status(pc), pc.line.level]).toEqual([0, false]);
    softReset(pc);
    await pc.command28(0xec, 0, 0);
    expect(status(pc)).toBe(DRQ);
  });

  it("a drive in standby works on at the next access [ATA-6] 6.13", async () => {
    const { pc, bytes } = board();
    await pc.command28(0xe0, 0, 0);
    await pc.command28(0x20, 2, 1);
    expect(pc.readData(512)).toEqual(bytes.slice(1024, 1536));
    await pc.command28(0xe5, 0, 0);
    expect(pc.in(2)).toBe(0xff);
  });

  it("gives INTRQ for the selected drive alone [ATA-6] 7.7", async () => {
    const disks = [0, 1].map(() => new AtaDisk({ store: new MemoryStore(pattern(8 * 512)) }));
    const pc = new IdeTestBoard([disks[0]!, disks[1]!, null, null]);
    await pc.command28(0x20, 0, 1, 0xe0);
    expect(pc.line.level).toBe(true);
    pc.out(6, 0xf0);
    expect(pc.line.level).toBe(false);
    expect(status(pc)).toBe(0);
    pc.out(6, 0xe0);
    expect(pc.line.level).toBe(true);
  });
});

describe("descriptor tables [IDE-BM] 1.2", () => {
  const prd = (pc: IdeTestBoard, index: number, physAddr: number, control: number): void => {
    pc.memory.writeU32(0x1000 + 8 * index, physAddr);
    pc.memory.writeU32(0x1004 + 8 * index, control);
  };
  const start = (pc: IdeTestBoard, table = 0x1000): void => {
    pc.ports.write(BUS_MASTER_BASE + 4, 4, table);
    pc.ports.write(BUS_MASTER_BASE, 1, 9);
  };

  it("takes regions of two bytes, ignores bit 0 of addresses and counts", async () => {
    const { pc, bytes } = board();
    for (let i = 0; i < 256; i++) prd(pc, i, 0x10001 + 4 * i, 3 | (i === 255 ? 0x80000000 : 0));
    start(pc);
    await pc.command28(0xc8, 1, 1);
    expect(pc.dmaStatus & 5).toBe(4);
    for (let i = 0; i < 256; i++)
      expect(pc.memory.readU16(0x10000 + 4 * i)).toBe(bytes[512 + 2 * i]! | (bytes[513 + 2 * i]! << 8));
    expect(pc.memory.readU16(0x10002)).toBe(0);
  });

  it("starts the table over with each start, not where it stopped", async () => {
    const { pc, bytes } = board();
    prd(pc, 0, 0x10000, 512);
    prd(pc, 1, 0x20000, 0x80000000 | 512);
    start(pc);
    await pc.command28(0xc8, 0, 1);
    pc.stopDma();
    start(pc);
    await pc.command28(0xc8, 7, 1);
    expect(pc.memory.read(0x10000, 512)).toEqual(bytes.slice(7 * 512, 8 * 512));
    expect(pc.memory.readU32(0x20000)).toBe(0);
  });

  it("does not start anew while it runs", async () => {
    const { pc, bytes } = board();
    prd(pc, 0, 0x10000, 512);
    prd(pc, 1, 0x20000, 0x80000000 | 512);
    start(pc);
    await pc.command28(0xc8, 0, 1);
    pc.ports.write(BUS_MASTER_BASE, 1, 9);
    await pc.command28(0xc8, 7, 1);
    expect(pc.memory.read(0x20000, 512)).toEqual(bytes.slice(7 * 512, 8 * 512));
  });

  it("moves nothing while bus mastering is off, and goes on when it is switched on [PCI 2.3] 6.2.2", async () => {
    const { pc, bytes } = board();
    pc.ide.configWrite(4, 2, 1);
    prd(pc, 0, 0x10000, 0x80000000 | 512);
    start(pc);
    await pc.command28(0xc8, 0, 1);
    expect(pc.memory.readU32(0x10004)).toBe(0);
    expect(pc.dmaStatus & 5).toBe(1);
    pc.ide.configWrite(4, 2, 5);
    expect(pc.memory.read(0x10000, 512)).toEqual(bytes.slice(0, 512));
    expect(pc.dmaStatus & 5).toBe(4);
  });

  it("loses what goes beyond memory and reads it as ones", async () => {
    const { pc, bytes } = board();
    prd(pc, 0, pc.memory.ramBytes - 256, 0x80000000 | 512);
    start(pc);
    await pc.command28(0xc8, 0, 1);
    expect(pc.memory.read(pc.memory.ramBytes - 256, 256)).toEqual(bytes.slice(0, 256));
    pc.stopDma();
    start(pc);
    await pc.command28(0xca, 0, 1);
    expect(bytes[400]).toBe(0xff);
  });

  it("keeps capability bits, clears interrupt and error by ones, and leaves active alone", async () => {
    const { pc } = board();
    prd(pc, 0, 0x10000, 4096);
    start(pc);
    await pc.command28(0xc8, 0, 1);
    pc.ports.write(BUS_MASTER_BASE + 2, 1, 0x60);
    expect(pc.dmaStatus).toBe(0x65);
    pc.ports.write(BUS_MASTER_BASE + 2, 1, 0x67);
    expect(pc.dmaStatus).toBe(0x61);
  });
});
