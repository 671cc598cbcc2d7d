/** The 8237A's registers one by one, as its datasheet describes them: [8237A] "Register Description", "Modes". */
import { beforeEach, describe, expect, it } from "vitest";
import { PlainMemory } from "../testing/plain-memory.ts";
import { DmaController } from "./dma.ts";

const COMMAND = 8;
const STATUS = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_FLIP_FLOP = 12;
const MASTER_CLEAR = 13;
const CLEAR_MASK = 14;
const ALL_MASK = 15;
/** Offsets from port 0x80 of the pages of channels 0–7. */
const PAGES = [7, 3, 1, 2, 15, 11, 9, 10];

let memory: PlainMemory;
let dma: DmaController;

beforeEach(() => {
  memory = new PlainMemory(0x80000);
  dma = new DmaController(memory);
});

const w = (register: number, value: number): void => dma.primary.portWrite(register, 1, value);
const r = (register: number): number => dma.primary.portRead(register);
const writePair = (register: number, value: number): void => {
  w(register, value & 0xff);
  w(register, value >> 8);
};
const readPair = (register: number): number => r(register) | (r(register) << 8);
const open = (channel: number, mode: number, address: number, count: number): void => {
  w(CLEAR_FLIP_FLOP, 0);
  w(MODE, mode | channel);
  writePair(2 * channel, address);
  writePair(2 * channel + 1, count);
  w(SINGLE_MASK, channel);
};

describe("8237A registers", () => {
  it("shares one flip-flop among all addresses and counts, for reads and writes", () => {
    w(CLEAR_FLIP_FLOP, 0);
    writePair(0, 0x1234);
    writePair(3, 0x5678);
    expect([readPair(0), readPair(3)]).toEqual([0x1234, 0x5678]);
    r(0);
    // The next byte of any register is a high one.
    expect(r(3)).toBe(0x56);
    w(0, 0xaa);
    w(CLEAR_FLIP_FLOP, 0xff);
    expect(readPair(0)).toBe(0x12aa);
  });

  it("masks channels alone, all at once, and none", () => {
    w(ALL_MASK, 0x05);
    expect(r(ALL_MASK) & 0x0f).toBe(0x05);
    w(SINGLE_MASK, 0x04 | 1);
    w(SINGLE_MASK, 2);
    expect(r(ALL_MASK) & 0x0f).toBe(0x03);
    w(CLEAR_MASK, 0);
    expect(r(ALL_MASK) & 0x0f).toBe(0);
    w(MASTER_CLEAR, 0);
    expect(r(ALL_MASK) & 0x0f).toBe(0x0f);
  });

  it("shows terminal counts until the status is read, and requests while they last", () => {
    open(1, 0x44, 0, 0);
    open(3, 0x44, 0, 1);
    dma.channel(1).transferToMemory(Uint8Array.of(1));
    dma.channel(3).transferToMemory(Uint8Array.of(1));
    dma.channel(2).setRequest(true);
    w(REQUEST, 4);
    expect(r(STATUS)).toBe(0x52);
    expect(r(STATUS)).toBe(0x50);
    dma.channel(2).setRequest(false);
    w(REQUEST, 0);
    expect(r(STATUS)).toBe(0);
  });

  it("terminal count clears the software request, and masks without autoinitialization only", () => {
    w(REQUEST, 4 | 1);
    open(1, 0x54, 0, 0);
    dma.channel(1).transferToMemory(Uint8Array.of(1));
    expect(r(STATUS)).toBe(0x02);
    expect(r(ALL_MASK) & 0x02).toBe(0);
    open(1, 0x44, 0, 0);
    dma.channel(1).transferToMemory(Uint8Array.of(1));
    expect(r(ALL_MASK) & 0x02).toBe(0x02);
  });

  it("counts N + 1 transfers, down to FFFFh", () => {
    open(0, 0x44, 0x100, 2);
    expect(dma.channel(0).transferToMemory(new Uint8Array(9))).toEqual({ moved: 3, terminalCount: true });
    w(CLEAR_FLIP_FLOP, 0);
    expect([readPair(0), readPair(1)]).toEqual([0x103, 0xffff]);
    open(0, 0x44, 0, 0xffff);
    expect(dma.channel(0).remainingBytes).toBe(0x10000);
  });

  it("autoinitialization brings back base address and count", () => {
    open(0, 0x54, 0x200, 3);
    dma.channel(0).transferToMemory(Uint8Array.of(1, 2, 3, 4));
    w(CLEAR_FLIP_FLOP, 0);
    expect([readPair(0), readPair(1)]).toEqual([0x200, 3]);
  });

  it("disables the whole chip by command bit 2", () => {
    open(1, 0x44, 0, 9);
    w(COMMAND, 0x04);
    expect(dma.channel(1).transferToMemory(Uint8Array.of(1)).moved).toBe(0);
    w(COMMAND, 0x00);
    expect(dma.channel(1).transferToMemory(Uint8Array.of(1)).moved).toBe(1);
  });

  it("moves nothing the wrong way: a read channel takes no bytes into memory", () => {
    memory.writeU8(0, 0x55);
    open(1, 0x48, 0, 9);
    dma.channel(1).transferToMemory(Uint8Array.of(1));
    expect(memory.readU8(0)).toBe(0x55);
    open(1, 0x44, 0, 9);
    expect([...dma.channel(1).transferFromMemory(1).bytes]).toEqual([0]);
  });
});

describe("pages and word channels ([AT] DMA page registers)", () => {
  it("has a page for each channel and keeps the spare ones", () => {
    for (let at = 0; at < 16; at++) dma.pages.portWrite(at, 1, 0xa0 + at);
    for (let at = 0; at < 16; at++) expect(dma.pages.portRead(at, 1)).toBe(0xa0 + at);
  });

  it("wraps inside the 64 KiB page of byte channels", () => {
    dma.pages.portWrite(PAGES[1]!, 1, 3);
    open(1, 0x44, 0xfffe, 3);
    dma.channel(1).transferToMemory(Uint8Array.of(1, 2, 3, 4));
    expect([0x3fffe, 0x3ffff, 0x30000, 0x30001].map((at) => memory.readU8(at))).toEqual([1, 2, 3, 4]);
    expect(memory.readU8(0x40000)).toBe(0);
  });

  it("word channels count words inside 128 KiB, and leave out bit 0 of the page", () => {
    const chip = dma.secondary;
    dma.pages.portWrite(PAGES[5]!, 1, 3);
    chip.portWrite(2 * MODE, 1, 0x45);
    chip.portWrite(2 * CLEAR_FLIP_FLOP, 1, 0);
    for (const byte of [0xff, 0xff]) chip.portWrite(2 * 2, 1, byte);
    for (const byte of [1, 0]) chip.portWrite(2 * 3, 1, byte);
    chip.portWrite(2 * SINGLE_MASK, 1, 1);
    expect(dma.channel(5).remainingBytes).toBe(4);
    // An odd byte is no word.
    expect(dma.channel(5).transferToMemory(Uint8Array.of(9))).toEqual({ moved: 0, terminalCount: false });
    dma.channel(5).transferToMemory(Uint8Array.of(1, 2, 3, 4));
    expect([0x3fffe, 0x3ffff, 0x20000, 0x20001].map((at) => memory.readU8(at))).toEqual([1, 2, 3, 4]);
  });
});
