import { describe, expect, it } from "vitest";
import { StorageError } from "../../../storage/block-store.ts";
import { MemoryStore } from "../../../storage/memory-store.ts";
import { BLOCKS, CdBoard, read10 } from "./cd-test-board.ts";
import { pattern } from "./ide-test-board.ts";

describe("packet device", () => {
  it("shows its signature and no DRDY after reset, and aborts IDENTIFY DEVICE with it [ATA-6] 9.12", async () => {
    const pc = new CdBoard();
    expect([pc.altStatus, pc.in(4), pc.in(5)]).toEqual([0, 0x14, 0xeb]);
    await pc.command28(0xec, 0, 0, 0xa0);
    expect([pc.altStatus & 1, pc.error, pc.in(4), pc.in(5)]).toEqual([1, 4, 0x14, 0xeb]);
    await pc.command28(0xa1, 0, 0, 0xa0);
    const data = pc.readData(512);
    expect(data[0]! | (data[1]! << 8)).toBe(0x85c0);
    expect(pc.status & 0x89).toBe(0);
    pc.out(7, 0x08);
    expect([pc.altStatus, pc.in(2), pc.in(4), pc.in(5), pc.line.level]).toEqual([0, 1, 0x14, 0xeb, false]);
  });

  it("identifies itself by INQUIRY and REQUEST SENSE", async () => {
    const pc = new CdBoard();
    const { data } = await pc.run([0x12, 0, 0, 0, 36]);
    expect([data.length, data[0], data[1]]).toEqual([36, 5, 0x80]);
    expect(new TextDecoder().decode(data.slice(8, 14))).toBe("POSADA");
    expect(await pc.sense()).toBe("00/00/00");
    expect(await pc.failure([0xff])).toBe("05/20/00");
    expect(await pc.sense()).toBe("00/00/00");
  });
});

describe("reading", () => {
  it("returns blocks by PIO within the byte count limit [ATA-6] 9.8", async () => {
    const pc = new CdBoard();
    const { data, blocks } = await pc.run(read10(7, 3), 2048);
    expect(blocks).toEqual([2048, 2048, 2048]);
    expect(Buffer.compare(data, pc.image.slice(7 * 2048, 10 * 2048))).toBe(0);
    const small = await pc.run(read10(7, 1), 1001);
    expect(small.blocks).toEqual([1000, 1000, 48]);
    const whole = await pc.run([0xa8, 0, 0, 0, 0, 0, 0, 0, 0, 100], 0);
    expect(Buffer.compare(whole.data, pc.image.slice(0, 100 * 2048))).toBe(0);
  });

  it("returns blocks by DMA", async () => {
    const pc = new CdBoard();
    pc.startDma([[0x100000, 0], [0x110000, 0], [0x120000, 0], [0x130000, 8192]], true); // prettier-ignore
    await pc.packet(read10(2, 100), 0, 1);
    expect([pc.dmaStatus & 7, pc.line.level, pc.status, pc.interruptReason & 3]).toEqual([4, true, 0x50, 3]);
    expect(Buffer.compare(pc.memory.read(0x100000, 204800), pc.image.slice(4096, 4096 + 204800))).toBe(0);
    expect(pc.cd.activity.bytesRead).toBe(204800);
  });

  it("tells its capacity and refuses what lies beyond", async () => {
    const pc = new CdBoard();
    expect([...(await pc.run([0x25])).data]).toEqual([0, 0, 1, 0x2b, 0, 0, 8, 0]);
    expect(await pc.failure(read10(BLOCKS, 1))).toBe("05/21/00");
    expect(await pc.failure(read10(BLOCKS - 1, 2))).toBe("05/21/00");
    expect((await pc.run(read10(5, 0))).data.length).toBe(0);
    expect((await pc.run([0x2b, 0, 0, 0, 0, 9])).data.length).toBe(0);
  });

  it("pads an image that ends within a block", async () => {
    const pc = new CdBoard(pattern(2048 + 4));
    const { data } = await pc.run(read10(1, 1));
    expect([data.length, data[1], data[2]]).toEqual([2048, 8, 0]);
  });

  it("reads raw sectors by READ CD [MMC-3] 6.16", async () => {
    const pc = new CdBoard();
    const { data } = await pc.run([0xbe, 0, 0, 0, 0, 20, 0, 0, 2, 0xf8]);
    expect(data.length).toBe(2 * 2352);
    expect(data.slice(2352 + 16, 2352 + 2064)).toEqual(pc.image.slice(21 * 2048, 22 * 2048));
    const user = await pc.run([0xb9, 0, 0, 0, 2, 20, 0, 2, 21, 0x10]);
    expect(user.data).toEqual(pc.image.slice(20 * 2048, 21 * 2048));
    expect(await pc.failure([0xbe, 4, 0, 0, 0, 0, 0, 0, 1, 0x10])).toBe("05/64/00");
    expect((await pc.run([0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0])).data.length).toBe(0);
  });

  it("turns failures of the store into MEDIUM ERROR", async () => {
    const pc = new CdBoard();
    pc.cd.insert({
      sizeBytes: 1 << 20,
      readOnly: true,
      read: () => Promise.reject(new StorageError("gone")),
      write: () => Promise.reject(new StorageError("read-only")),
      flush: () => Promise.resolve(),
    });
    expect(await pc.failure([0x00])).toBe("06/28/00");
    expect(await pc.failure(read10(0, 1))).toBe("03/11/00");
  });
});

describe("disc structure", () => {
  it("READ TOC: one data track and the lead-out, as LBA and MSF", async () => {
    const pc = new CdBoard();
    const lba = await pc.run([0x43, 0, 0, 0, 0, 0, 0, 0, 100]);
    expect([...lba.data]).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 1, 0x2c]);
    const msf = await pc.run([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 100]);
    expect([...msf.data]).toEqual([0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 6, 0]);
    expect(await pc.failure([0x43, 0, 0, 0, 0, 0, 2, 0, 100])).toBe("05/24/00");
  });

  it("READ TOC: sessions and full TOC, with the format in either place", async () => {
    const pc = new CdBoard();
    expect([...(await pc.run([0x43, 0, 1, 0, 0, 0, 0, 0, 12])).data]).toEqual([0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0]);
    const full = await pc.run([0x43, 0, 0, 0, 0, 0, 0, 0, 255, 0x80]);
    expect([full.data.length, full.data[1], full.data[7]]).toEqual([48, 46, 0xa0]);
  });

  it("disc, track and mechanism information", async () => {
    const pc = new CdBoard();
    const disc = await pc.run([0x51, 0, 0, 0, 0, 0, 0, 0, 34]);
    expect([disc.data.length, disc.data[1], disc.data[2]! & 3]).toEqual([34, 32, 2]);
    const track = await pc.run([0x52, 1, 0, 0, 0, 1, 0, 0, 36]);
    expect([...track.data.slice(24, 28)]).toEqual([0, 0, 1, 0x2c]);
    expect((await pc.run([0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8])).data.length).toBe(8);
  });

  it("GET CONFIGURATION: the profile follows the size of the medium [MMC-3] 5.3.1", async () => {
    const pc = new CdBoard();
    const cd = await pc.run([0x46, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect([...cd.data.slice(6, 8)]).toEqual([0, 8]);
    expect(cd.data.length).toBe(4 + cd.data[3]!);
    const one = await pc.run([0x46, 2, 0, 3, 0, 0, 0, 0, 64]);
    expect([...one.data.slice(8)]).toEqual([0, 3, 3, 4, 0x29, 0, 0, 0]);
    const dvd = { sizeBytes: 4e9, readOnly: true, read: async () => new Uint8Array(0), write: async () => {}, flush: async () => {} }; // prettier-ignore
    pc.cd.insert(dvd);
    expect([...(await pc.run([0x46, 0, 0, 0, 0, 0, 0, 0, 8])).data.slice(6)]).toEqual([0, 0x10]);
  });
});

describe("mode pages", () => {
  it("MODE SENSE returns one page or all, and no saved ones", async () => {
    const pc = new CdBoard();
    const caps = await pc.run([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64]);
    expect([caps.data.length, caps.data[1], caps.data[8]]).toEqual([28, 26, 0x2a]);
    expect((await pc.run([0x5a, 0, 0x3f, 0, 0, 0, 0, 1, 0])).data.length).toBe(8 + 12 + 16 + 20);
    expect(await pc.failure([0x5a, 0, 0xea, 0, 0, 0, 0, 0, 64])).toBe("05/39/00");
    expect(await pc.failure([0x5a, 0, 0x05, 0, 0, 0, 0, 0, 64])).toBe("05/24/00");
  });

  it("MODE SELECT changes what is changeable and refuses the rest", async () => {
    const pc = new CdBoard();
    const select = async (page: number[]): Promise<void> => {
      await pc.packet([0x55, 0x10, 0, 0, 0, 0, 0, 0, 8 + page.length]);
      expect([pc.status & 8, pc.interruptReason & 3, pc.byteCount]).toEqual([8, 0, 8 + page.length]);
      pc.writeData(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, ...page]));
      await pc.settle();
    };
    await select([0x01, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(pc.status & 1).toBe(0);
    expect((await pc.run([0x5a, 0, 0x01, 0, 0, 0, 0, 0, 64])).data[11]).toBe(9);
    await select([0x01, 10, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(pc.status & 1).toBe(1);
    expect(await pc.sense()).toBe("05/26/00");
  });
});

describe("tray and media", () => {
  const event = [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0];

  it("tells a media change once by UNIT ATTENTION and by its event", async () => {
    const pc = new CdBoard();
    expect([...(await pc.run(event.slice(0, 10))).data]).toEqual([0, 6, 4, 0x10, 0, 2, 0, 0]);
    pc.cd.insert(new MemoryStore(pattern(10 * 2048)));
    expect((await pc.run(event)).data[4]).toBe(2);
    expect((await pc.run(event)).data[4]).toBe(0);
    expect(await pc.failure([0x00])).toBe("06/28/00");
    await pc.run([0x00]);
    expect(pc.status & 1).toBe(0);
    expect((await pc.run([0x25])).data[3]).toBe(9);
    pc.cd.insert(null);
    expect(await pc.failure([0x00])).toBe("06/28/00");
    expect(await pc.failure([0x00])).toBe("02/3a/01");
    expect(await pc.failure(read10(0, 1))).toBe("02/3a/01");
  });

  it("opens and closes by START STOP UNIT, unless locked", async () => {
    const pc = new CdBoard();
    await pc.run([0x1e, 0, 0, 0, 1]);
    expect(await pc.failure([0x1b, 0, 0, 0, 2])).toBe("05/53/02");
    expect(pc.cd.pressEject()).toBe(false);
    expect((await pc.run(event)).data[4]).toBe(1);
    await pc.run([0x1e, 0, 0, 0, 0]);
    await pc.run([0x1b, 0, 0, 0, 2]);
    expect(pc.tray).toEqual([true]);
    expect(await pc.failure([0x00])).toBe("02/3a/02");
    expect((await pc.run(event)).data[5]).toBe(1);
    await pc.run([0x1b, 0, 0, 0, 3]);
    expect(await pc.failure([0x00])).toBe("06/28/00");
    await pc.run([0x00]);
    expect(pc.status & 1).toBe(0);
  });

  it("aborts a read whose medium is taken away", async () => {
    const pc = new CdBoard();
    await pc.packet(read10(0, 4), 2048);
    expect(pc.status & 8).toBe(8);
    pc.cd.insert(null);
    expect([pc.altStatus & 0x89, pc.error >> 4]).toEqual([1, 6]);
  });
});

describe("saved state", () => {
  it("goes on with a read under way, by PIO and by DMA", async () => {
    const pc = new CdBoard();
    await pc.packet(read10(3, 2), 2048);
    const first = pc.readData(1000);
    const second = new CdBoard(pc.image);
    second.ide.restore(structuredClone(pc.ide.save()));
    const rest = [...second.readData(1048)];
    await second.settle();
    rest.push(...second.readData(2048));
    expect([...first, ...rest]).toEqual([...pc.image.slice(3 * 2048, 5 * 2048)]);
    await second.settle();
    expect([second.status & 0x89, second.interruptReason & 3]).toEqual([0, 3]);

    second.startDma([[0x100000, 4096]], true);
    const running = second.packet(read10(8, 2), 0, 1);
    const third = new CdBoard(pc.image);
    third.memory.bytes.set(second.memory.bytes);
    third.ide.restore(structuredClone(second.ide.save()));
    await running;
    await third.settle();
    expect(Buffer.compare(third.memory.read(0x100000, 4096), pc.image.slice(8 * 2048, 10 * 2048))).toBe(0);
    expect(third.line.level).toBe(true);
  });

  it("counts another medium as changed", async () => {
    const pc = new CdBoard();
    const second = new CdBoard(pattern(4096));
    second.ide.restore(pc.ide.save());
    expect(await second.failure([0x00])).toBe("06/28/00");
  });
});

describe("robustness", () => {
  it("survives every operation code with random parameters", async () => {
    const pc = new CdBoard();
    let seed = 99;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 24;
    };
    for (let operation = 0; operation < 256; operation++) {
      await pc.packet([operation, ...Array.from({ length: 11 }, random)], 0x100, random() & 1);
      pc.writeData(new Uint8Array(64));
      await pc.settle();
      pc.ports.write(pc.control, 1, 4);
      pc.ports.write(pc.control, 1, 0);
    }
    const after = await pc.run([0x12, 0, 0, 0, 36]);
    expect(after.data.length).toBe(36);
  });
});
