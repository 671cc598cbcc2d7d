import { beforeEach, describe, expect, it } from "vitest";
import { IoApic } from "./ioapic.ts";

type Message = [destination: number, logical: boolean, mode: number, vector: number, level: boolean];
let messages: Message[];
let ioapic: IoApic;

beforeEach(() => {
  messages = [];
  ioapic = new IoApic((...message) => messages.push(message));
});

const read = (register: number): number => {
  ioapic.mmioWrite(0, 4, register);
  return ioapic.mmioRead(0x10, 4);
};
const write = (register: number, value: number): void => {
  ioapic.mmioWrite(0, 4, register);
  ioapic.mmioWrite(0x10, 4, value);
};
const route = (input: number, low: number, destination = 0): void => {
  write(0x11 + input * 2, destination << 24);
  write(0x10 + input * 2, low);
};

describe("82093AA", () => {
  it("has an ID, a version with 24 entries, and all entries masked", () => {
    write(0, 0xffffffff);
    expect(read(0)).toBe(0x0f000000);
    expect(read(1)).toBe(0x00170011);
    expect(read(2)).toBe(0x0f000000);
    for (let input = 0; input < 24; input++) expect(read(0x10 + input * 2)).toBe(0x10000);
    expect(read(0x40)).toBe(0);
  });

  it("delivers an edge once, to the entry's destination", () => {
    route(2, 0x0930, 5);
    const line = ioapic.irqLine(2);
    line.set(true);
    line.set(true);
    expect(messages).toEqual([[5, true, 1, 0x30, false]]);
    line.set(false);
    line.set(true);
    expect(messages.length).toBe(2);
  });

  it("loses edges at a masked input", () => {
    route(4, 0x10031);
    ioapic.irqLine(4).set(true);
    route(4, 0x31);
    expect(messages).toEqual([]);
  });

  it("delivers a level until it is gone, once per EOI", () => {
    route(11, 0x8041);
    const line = ioapic.irqLine(11);
    line.set(true);
    expect(messages).toEqual([[0, false, 0, 0x41, true]]);
    expect(read(0x10 + 22)).toBe(0xc041);
    ioapic.eoi(0x42);
    expect(messages.length).toBe(1);
    ioapic.eoi(0x41);
    expect(messages.length).toBe(2);
    line.set(false);
    ioapic.eoi(0x41);
    expect(messages.length).toBe(2);
    expect(read(0x10 + 22)).toBe(0x8041);
  });

  it("keeps a level for the time when it is unmasked", () => {
    route(10, 0x18042);
    ioapic.irqLine(10).set(true);
    expect(messages).toEqual([]);
    route(10, 0x8042);
    expect(messages.length).toBe(1);
  });

  it("clears remote IRR when an entry is switched to edge", () => {
    route(10, 0x8042);
    ioapic.irqLine(10).set(true);
    route(10, 0x10042);
    route(10, 0x8042);
    expect(messages.length).toBe(2);
  });

  it("does not let a guest write the read-only bits", () => {
    route(7, 0xffffffff);
    expect(read(0x10 + 14)).toBe(0x1afff);
  });

  it("sends NMI as an edge whatever the trigger bit says", () => {
    route(3, 0x8400);
    ioapic.irqLine(3).set(true);
    expect(messages).toEqual([[0, false, 4, 0, false]]);
  });

  it("goes on from a saved state", () => {
    route(11, 0x8041, 1);
    ioapic.irqLine(11).set(true);
    const saved = ioapic.save();
    ioapic = new IoApic((...message) => messages.push(message));
    ioapic.restore(saved);
    expect(ioapic.save()).toEqual(saved);
    messages = [];
    ioapic.eoi(0x41);
    expect(messages).toEqual([[1, false, 0, 0x41, true]]);
  });
});

describe("82093AA messages [82093AA] 3.2.4", () => {
  it.each([0, 1, 2, 4, 5, 7])("carries delivery mode %i, vector, destination and its mode", (mode) => {
    route(3, 0x55 | (mode << 8) | 0x800, 0xa5);
    ioapic.irqLine(3).set(true);
    expect(messages).toEqual([[0xa5, true, mode, 0x55, false]]);
    messages = [];
    route(4, 0x56 | (mode << 8), 0x03);
    ioapic.irqLine(4).set(true);
    expect(messages).toEqual([[0x03, false, mode, 0x56, false]]);
  });

  it("ends every level entry of the vector, and asks again for those still held", () => {
    for (const input of [16, 17, 18]) route(input, 0x8060);
    ioapic.irqLine(16).set(true);
    ioapic.irqLine(17).set(true);
    expect(messages.length).toBe(2);
    ioapic.irqLine(16).set(false);
    ioapic.eoi(0x60);
    expect(messages.length).toBe(3);
    expect([16, 17, 18].map((input) => (read(0x10 + 2 * input) >> 14) & 1)).toEqual([0, 1, 0]);
  });

  it("keeps a level request back while masked, and forgets it with the line", () => {
    route(20, 0x18061);
    ioapic.irqLine(20).set(true);
    ioapic.irqLine(20).set(false);
    route(20, 0x8061);
    expect(messages).toEqual([]);
  });

  it("reads 0 and takes nothing beyond its registers", () => {
    for (const register of [0x03, 0x0f, 0x40, 0xff]) {
      write(register, 0xffffffff);
      expect(read(register)).toBe(0);
    }
    expect(ioapic.mmioRead(0x20, 4)).toBe(0);
    ioapic.mmioWrite(0x10, 1, 0xff);
    expect(messages).toEqual([]);
  });
});
