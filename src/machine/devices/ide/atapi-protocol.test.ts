/**
 * The edges of the packet protocol, by clause: phases and interrupt reasons, byte count limits, sense data, resets.
 * [ATA-6] 8.10 (DEVICE RESET), 8.27 (PACKET), 9.8 (its protocol), 9.12 (signature); [SPC-2] 7.20 (REQUEST SENSE);
 * [SFF-8020i] 5 (byte count).
 */
import { describe, expect, it } from "vitest";
import { StorageError } from "../../../storage/block-store.ts";
import { BLOCKS, CdBoard, read10 } from "./cd-test-board.ts";
import { pattern } from "./ide-test-board.ts";

const BSY = 0x80;
const DRQ = 0x08;
const ERR = 0x01;
/** Command or data, input or output: the interrupt reason. */
const COMMAND = 1;
const TO_HOST = 2;

/** A drive whose medium has one block that cannot be read. */
function scratched(badBlock: number): CdBoard {
  const image = pattern(BLOCKS * 2048);
  const pc = new CdBoard(image);
  const bad = badBlock * 2048;
  pc.cd.insert({
    sizeBytes: image.length,
    readOnly: true,
    read: (offset, length) =>
      offset <= bad && offset + length > bad
        ? Promise.reject(new StorageError("scratched"))
        : Promise.resolve(image.slice(offset, offset + length)),
    write: () => Promise.reject(new StorageError("read-only")),
    flush: () => Promise.resolve(),
  });
  return pc;
}

describe("phases of a packet command [ATA-6] 9.8", () => {
  it("command, data to the host, status: each with its reason, interrupts but for the first", async () => {
    const pc = new CdBoard();
    pc.out(6, 0xa0);
    pc.out(4, 0, 8);
    pc.out(5, 0x08);
    pc.out(7, 0xa0);
    expect([pc.altStatus & (BSY | DRQ), pc.interruptReason & 3, pc.line.level]).toEqual([DRQ, COMMAND, false]);
    pc.writeData(Uint8Array.from([...read10(5, 1), 0, 0, 0]));
    expect(pc.altStatus & BSY).toBe(BSY);
    await pc.settle();
    expect([pc.altStatus & (BSY | DRQ), pc.interruptReason & 3, pc.byteCount]).toEqual([DRQ, TO_HOST, 2048]);
    expect(pc.line.level).toBe(true);
    expect(pc.status & ERR).toBe(0);
    expect(pc.line.level).toBe(false);
    pc.readData(2048);
    expect([pc.altStatus & (BSY | DRQ | ERR), pc.interruptReason & 3]).toEqual([0, COMMAND | TO_HOST]);
    expect(pc.line.level).toBe(true);
  });

  it("data from the host has reason 0", async () => {
    const pc = new CdBoard();
    await pc.packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 20]);
    expect([pc.altStatus & DRQ, pc.interruptReason & 3, pc.byteCount, pc.line.level]).toEqual([DRQ, 0, 20, true]);
  });

  it("a command without data goes to status at once", async () => {
    const pc = new CdBoard();
    await pc.packet([0x00]);
    expect([pc.altStatus & (DRQ | ERR), pc.interruptReason & 3, pc.line.level]).toEqual([0, 3, true]);
  });

  it("by DMA there is one interrupt, at the end", async () => {
    const pc = new CdBoard();
    pc.startDma([[0x10000, 4096]], true);
    await pc.packet(read10(9, 2), 0, 1);
    expect([pc.line.rises, pc.altStatus & (BSY | DRQ | ERR), pc.interruptReason & 3]).toEqual([1, 0, 3]);
    expect(pc.memory.read(0x10000, 4096)).toEqual(pc.image.slice(9 * 2048, 11 * 2048));
    expect(pc.dmaStatus & 5).toBe(4);
  });

  it("overlapped commands are aborted: the feature is not announced", async () => {
    const pc = new CdBoard();
    pc.out(6, 0xa0);
    pc.out(1, 2);
    pc.out(7, 0xa0);
    expect([pc.altStatus & ERR, pc.error & 4]).toEqual([ERR, 4]);
  });
});

describe("byte count limits [ATA-6] 8.27.4, [SFF-8020i] 5", () => {
  it.each([
    ["cuts a block into even pieces", 1000, [1000, 1000, 48]],
    ["rounds an odd limit down", 1001, [1000, 1000, 48]],
    ["takes 0 and FFFF for the most", 0xffff, [2048]],
    ["0", 0, [2048]],
    ["2 bytes", 2, new Array<number>(1024).fill(2)],
  ])("%s", async (_name, limit, expected) => {
    const pc = new CdBoard();
    const { data, blocks } = await pc.run(read10(3, 1), limit);
    expect(blocks).toEqual(expected);
    expect(data).toEqual(pc.image.slice(3 * 2048, 4 * 2048));
  });

  it("gives an odd number of bytes where a response has one", async () => {
    const pc = new CdBoard();
    const { data, blocks } = await pc.run([0x12, 0, 0, 0, 5]);
    expect([data.length, blocks]).toEqual([5, [5]]);
  });

  it("an allocation length of 0 is no error and moves nothing [SPC-2] 4.3.4.6", async () => {
    const pc = new CdBoard();
    expect((await pc.run([0x12, 0, 0, 0, 0])).blocks).toEqual([]);
    expect(pc.altStatus & ERR).toBe(0);
  });
});

describe("errors and sense data", () => {
  it.each([
    ["an unknown operation code", [0xff], "05/20/00"],
    ["a block beyond the medium", read10(BLOCKS, 1), "05/21/00"],
    ["a read that runs beyond the medium", read10(BLOCKS - 1, 2), "05/21/00"],
    ["SEEK beyond the medium", [0x2b, 0, 0, 1, 0xff, 0xff], "05/21/00"],
    ["READ TOC of a format that there is not", [0x43, 0, 5, 0, 0, 0, 0, 0, 12], "05/24/00"],
    ["INQUIRY for vital product data", [0x12, 1, 0x80, 0, 36], "05/24/00"],
    ["MODE SENSE for saved values", [0x5a, 0, 0xff, 0, 0, 0, 0, 0, 64], "05/39/00"],
  ])("%s", async (_name, packet, sense) => {
    const pc = new CdBoard();
    expect(await pc.failure(packet)).toBe(sense);
  });

  it("has the sense key in the error register and ABRT clear [ATA-6] 8.27.6", async () => {
    const pc = new CdBoard();
    await pc.run([0xff]);
    expect([pc.altStatus & (BSY | DRQ | ERR), pc.error, pc.interruptReason & 3]).toEqual([ERR, 0x50, 3]);
  });

  it("keeps sense data until it is fetched or another command comes [SPC-2] 7.20.1", async () => {
    const pc = new CdBoard();
    await pc.run([0xff]);
    expect(await pc.sense()).toBe("05/20/00");
    expect(await pc.sense()).toBe("00/00/00");
    await pc.run([0xff]);
    await pc.run([0x00]);
    expect(await pc.sense()).toBe("00/00/00");
  });

  it("gives the blocks before a bad one, then MEDIUM ERROR with its number [SPC-2] table 109", async () => {
    const pc = scratched(103);
    await pc.run([0x00]);
    const { data } = await pc.run(read10(100, 20));
    expect(data).toEqual(pc.image.slice(100 * 2048, 103 * 2048));
    expect([pc.altStatus & ERR, pc.error >> 4]).toEqual([ERR, 3]);
    const sense = (await pc.run([0x03, 0, 0, 0, 18])).data;
    expect([sense[0], sense[2], sense[12], [...sense.slice(3, 7)]]).toEqual([0xf0, 3, 0x11, [0, 0, 0, 103]]);
  });

  it("does the same by DMA", async () => {
    const pc = scratched(70);
    await pc.run([0x00]);
    pc.startDma([[0x20000, 0]], true);
    await pc.packet(read10(60, 20), 0, 1);
    expect([pc.altStatus & ERR, pc.error >> 4]).toEqual([ERR, 3]);
    expect(pc.memory.read(0x20000, 10 * 2048)).toEqual(pc.image.slice(60 * 2048, 70 * 2048));
  });

  it("is not ready without a medium, and says whether the tray is open [MMC-3] annex", async () => {
    const pc = new CdBoard();
    pc.cd.insert(null);
    await pc.run([0x00]);
    expect(await pc.failure([0x00])).toBe("02/3a/01");
    expect(await pc.failure(read10(0, 1))).toBe("02/3a/01");
    await pc.run([0x1b, 0, 0, 0, 2]);
    expect(await pc.failure([0x25])).toBe("02/3a/02");
  });
});

describe("resets and other commands of the drive", () => {
  const signature = (pc: CdBoard): number[] => [pc.in(2), pc.in(3), pc.in(4), pc.in(5)];

  it("DEVICE RESET ends a data phase and shows the signature, without an interrupt [ATA-6] 8.10", async () => {
    const pc = new CdBoard();
    await pc.packet(read10(0, 4));
    expect(pc.altStatus & DRQ).toBe(DRQ);
    pc.readData(100);
    const rises = pc.line.rises;
    pc.out(7, 0x08);
    expect([pc.altStatus, pc.error, signature(pc)]).toEqual([0, 1, [1, 1, 0x14, 0xeb]]);
    expect([pc.line.level, pc.line.rises]).toEqual([false, rises]);
    expect((await pc.run(read10(7, 1))).data).toEqual(pc.image.slice(7 * 2048, 8 * 2048));
  });

  it("DEVICE RESET gets through while the drive is busy", async () => {
    const pc = new CdBoard();
    const reading = pc.packet(read10(0, 4));
    expect(pc.altStatus & BSY).toBe(BSY);
    pc.out(7, 0x08);
    expect([pc.altStatus, signature(pc)]).toEqual([0, [1, 1, 0x14, 0xeb]]);
    await reading;
    expect(pc.altStatus & (BSY | DRQ)).toBe(0);
  });

  it("SRST keeps the lock and the medium's news [ATA-6] 9.2", async () => {
    const pc = new CdBoard();
    await pc.run([0x1e, 0, 0, 0, 1]);
    pc.ports.write(pc.control, 1, 4);
    pc.ports.write(pc.control, 1, 0);
    expect([pc.altStatus, signature(pc)]).toEqual([0, [1, 1, 0x14, 0xeb]]);
    expect(await pc.failure([0x1b, 0, 0, 0, 2])).toBe("05/53/02");
  });

  it("READ SECTORS and IDENTIFY DEVICE abort with the signature [ATA-6] 8.15.5, 8.34.5", async () => {
    for (const command of [0x20, 0xec]) {
      const pc = new CdBoard();
      pc.out(6, 0xa0);
      pc.out(4, 0x77);
      pc.out(7, command);
      expect([pc.altStatus & ERR, pc.error & 4, pc.in(4), pc.in(5)]).toEqual([ERR, 4, 0x14, 0xeb]);
    }
  });

  it.each([
    ["READ DMA", 0xc8],
    ["WRITE SECTORS", 0x30],
    ["SET MULTIPLE MODE", 0xc6],
    ["NOP", 0x00],
  ])("aborts %s, which disks alone have", async (_name, command) => {
    const pc = new CdBoard();
    await pc.command28(command, 0, 1, 0xa0);
    expect([pc.altStatus & ERR, pc.error & 4]).toEqual([ERR, 4]);
  });

  it("sleeps until a reset, also a DEVICE RESET [ATA-6] 8.47", async () => {
    const pc = new CdBoard();
    await pc.command28(0xe6, 0, 0, 0xa0);
    expect(pc.status & ERR).toBe(0);
    pc.out(7, 0xa0);
    expect(pc.altStatus & DRQ).toBe(0);
    pc.out(7, 0x08);
    expect((await pc.run([0x00])).blocks).toEqual([]);
    expect(pc.altStatus & ERR).toBe(0);
  });
});
