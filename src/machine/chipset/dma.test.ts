import { beforeEach, describe, expect, it } from "vitest";
import { PlainMemory } from "../testing/plain-memory.ts";
import { DmaController } from "./dma.ts";

let memory: PlainMemory;
let dma: DmaController;

beforeEach(() => {
  memory = new PlainMemory(0x60000);
  dma = new DmaController(memory);
});

function program(channel: number, mode: number, physAddr: number, units: number): void {
  const wide = channel >= 4;
  const chip = wide ? dma.secondary : dma.primary;
  const stride = wide ? 2 : 1;
  const n = channel & 3;
  const address = wide ? (physAddr >> 1) & 0xffff : physAddr & 0xffff;
  chip.portWrite(10 * stride, 1, 4 | n);
  chip.portWrite(12 * stride, 1, 0);
  chip.portWrite(11 * stride, 1, mode | n);
  chip.portWrite(n * 2 * stride, 1, address & 0xff);
  chip.portWrite(n * 2 * stride, 1, address >> 8);
  chip.portWrite((n * 2 + 1) * stride, 1, (units - 1) & 0xff);
  chip.portWrite((n * 2 + 1) * stride, 1, (units - 1) >> 8);
  const pages = [7, 3, 1, 2, 15, 11, 9, 10];
  dma.pages.portWrite(pages[channel] ?? 0, 1, physAddr >> 16);
  chip.portWrite(10 * stride, 1, n);
}
const readPair = (register: number): number => {
  dma.primary.portWrite(12, 1, 0);
  return dma.primary.portRead(register) | (dma.primary.portRead(register) << 8);
};

describe("8237A", () => {
  it("moves bytes to memory up to terminal count, which masks the channel", () => {
    program(2, 0x44, 0x21000, 4);
    const channel = dma.channel(2);
    expect(channel.ready).toBe(true);
    expect(channel.remainingBytes).toBe(4);
    expect(channel.transferToMemory(Uint8Array.of(1, 2))).toEqual({ moved: 2, terminalCount: false });
    expect([readPair(4), readPair(5)]).toEqual([0x1002, 1]);
    expect(channel.transferToMemory(Uint8Array.of(3, 4, 5))).toEqual({ moved: 2, terminalCount: true });
    expect([...memory.read(0x21000, 5)]).toEqual([1, 2, 3, 4, 0]);
    expect(channel.ready).toBe(false);
    expect(readPair(5)).toBe(0xffff);
    expect(dma.primary.portRead(8) & 0x0f).toBe(0x04);
    expect(dma.primary.portRead(8) & 0x0f).toBe(0);
    expect(channel.transferToMemory(Uint8Array.of(9))).toEqual({ moved: 0, terminalCount: false });
  });

  it("moves bytes from memory, and nothing in verify mode", () => {
    memory.write(0x100, Uint8Array.of(7, 8, 9));
    program(1, 0x48, 0x100, 3);
    expect(dma.channel(1).transferFromMemory(10)).toEqual({ bytes: Uint8Array.of(7, 8, 9), terminalCount: true });
    program(2, 0x40, 0x100, 2);
    expect(dma.channel(2).transferToMemory(Uint8Array.of(1, 1))).toEqual({ moved: 2, terminalCount: true });
    expect(memory.readU8(0x100)).toBe(7);
  });

  it("starts over by itself with autoinit", () => {
    program(1, 0x54, 0x200, 2);
    const channel = dma.channel(1);
    expect(channel.transferToMemory(Uint8Array.of(1, 2)).terminalCount).toBe(true);
    expect(channel.ready).toBe(true);
    channel.transferToMemory(Uint8Array.of(3));
    expect([...memory.read(0x200, 2)]).toEqual([3, 2]);
  });

  it("counts addresses down and wraps inside its page", () => {
    program(3, 0x64, 0x10001, 4);
    dma.channel(3).transferToMemory(Uint8Array.of(1, 2, 3, 4));
    expect([memory.readU8(0x10001), memory.readU8(0x10000), memory.readU8(0x1ffff), memory.readU8(0x1fffe)]).toEqual([
      1, 2, 3, 4,
    ]);
  });

  it("moves words on channels 5–7", () => {
    program(5, 0x44, 0x34000, 2);
    expect(dma.channel(5).remainingBytes).toBe(4);
    expect(dma.channel(5).transferToMemory(Uint8Array.of(1, 2, 3, 4, 5))).toEqual({ moved: 4, terminalCount: true });
    expect([...memory.read(0x34000, 4)]).toEqual([1, 2, 3, 4]);
  });

  it("moves nothing while masked, disabled or in cascade mode, and tells when that ends", () => {
    program(2, 0x44, 0, 2);
    const channel = dma.channel(2);
    let ready = 0;
    channel.onReady(() => ready++);
    dma.primary.portWrite(8, 1, 4);
    expect(channel.ready).toBe(false);
    dma.primary.portWrite(8, 1, 0);
    dma.primary.portWrite(15, 1, 0xf);
    dma.primary.portWrite(14, 1, 0);
    expect(ready).toBe(2);
    dma.primary.portWrite(11, 1, 0xc2);
    expect(channel.ready).toBe(false);
    dma.primary.portWrite(13, 1, 0);
    expect(dma.primary.portRead(15)).toBe(0xff);
  });

  it("shows requests in the status register", () => {
    dma.channel(2).setRequest(true);
    expect(dma.primary.portRead(8)).toBe(0x40);
    dma.channel(2).setRequest(false);
    dma.primary.portWrite(9, 1, 5);
    expect(dma.primary.portRead(8)).toBe(0x20);
  });

  it("goes on from a saved state", () => {
    program(2, 0x44, 0x1234, 6);
    dma.channel(2).transferToMemory(Uint8Array.of(1, 2));
    dma.pages.portWrite(4, 1, 0x77);
    const other = new DmaController(memory);
    other.restore(dma.save());
    expect(other.save()).toEqual(dma.save());
    other.channel(2).transferToMemory(Uint8Array.of(3));
    expect(memory.readU8(0x1236)).toBe(3);
    expect(other.pages.portRead(4, 1)).toBe(0x77);
  });
});
