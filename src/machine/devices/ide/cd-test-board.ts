/** A CD-ROM drive on the secondary channel, driven by packets: shared by the tests of this folder. */
import { expect } from "vitest";
import { MemoryStore } from "../../../storage/memory-store.ts";
import { AtapiCdrom } from "./atapi-cdrom.ts";
import { IdeTestBoard, pattern } from "./ide-test-board.ts";

export const BLOCKS = 300;

export class CdBoard extends IdeTestBoard {
  readonly tray: boolean[] = [];
  readonly cd: AtapiCdrom;

  constructor(readonly image = pattern(BLOCKS * 2048)) {
    const tray: boolean[] = [];
    const cd = new AtapiCdrom({
      store: new MemoryStore(image, { readOnly: true }),
      onTray: (open) => tray.push(open),
    });
    super([null, null, cd, null], 1);
    this.cd = cd;
    this.tray = tray;
  }

  /** Sends a packet and waits; the data phases are the caller's. */
  async packet(bytes: number[], byteCount = 0xfffe, features = 0): Promise<void> {
    this.out(6, 0xa0);
    this.out(1, features);
    this.out(4, byteCount & 0xff);
    this.out(5, byteCount >>> 8);
    this.out(7, 0xa0);
    expect([this.altStatus & 0x88, this.interruptReason & 3]).toEqual([0x08, 1]);
    const packet = new Uint8Array(12);
    packet.set(bytes);
    this.writeData(packet);
    await this.settle();
  }

  /** Runs a packet command and collects all its data blocks. */
  async run(bytes: number[], byteCount = 0xfffe): Promise<{ data: Uint8Array; blocks: number[] }> {
    await this.packet(bytes, byteCount);
    const data: number[] = [];
    const blocks: number[] = [];
    while (this.status & 0x08) {
      expect(this.interruptReason & 3).toBe(2);
      blocks.push(this.byteCount);
      data.push(...this.readData(this.byteCount));
      await this.settle();
    }
    expect(this.interruptReason & 3).toBe(3);
    return { data: new Uint8Array(data), blocks };
  }

  /** "key/asc/ascq" of the last error. */
  async sense(): Promise<string> {
    const { data } = await this.run([0x03, 0, 0, 0, 18]);
    expect(data.length).toBe(18);
    return [data[2]!, data[12]!, data[13]!].map((byte) => byte.toString(16).padStart(2, "0")).join("/");
  }

  async failure(bytes: number[]): Promise<string> {
    await this.run(bytes);
    expect(this.altStatus & 1).toBe(1);
    const key = this.error >> 4;
    const sense = await this.sense();
    expect(parseInt(sense, 16)).toBe(key);
    return sense;
  }
}

export const read10 = (lba: number, blocks: number): number[] => [
  0x28,
  0,
  0,
  lba >> 16,
  lba >> 8,
  lba,
  0,
  blocks >> 8,
  blocks,
];
