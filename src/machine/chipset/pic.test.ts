import { beforeEach, describe, expect, it } from "vitest";
import { RecordingLine } from "../testing/recording-line.ts";
import { PicPair } from "./pic.ts";

let intr: RecordingLine;
let pic: PicPair;

function init(icw4 = 0x01): void {
  pic.master.portWrite(0, 1, 0x11);
  pic.master.portWrite(1, 1, 0x30);
  pic.master.portWrite(1, 1, 0x04);
  pic.master.portWrite(1, 1, icw4);
  pic.slave.portWrite(0, 1, 0x11);
  pic.slave.portWrite(1, 1, 0x38);
  pic.slave.portWrite(1, 1, 0x02);
  pic.slave.portWrite(1, 1, icw4);
}

beforeEach(() => {
  intr = new RecordingLine();
  pic = new PicPair(intr);
  init();
});

const readIsr = (chip = pic.master): number => {
  chip.portWrite(0, 1, 0x0b);
  return chip.portRead(0);
};
const readIrr = (chip = pic.master): number => {
  chip.portWrite(0, 1, 0x0a);
  return chip.portRead(0);
};

describe("8259 pair", () => {
  it("gives the vector of the highest request and holds back lower ones until EOI", () => {
    pic.irqLine(4).set(true);
    pic.irqLine(1).set(true);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x31);
    expect(intr.level).toBe(false);
    expect(readIsr()).toBe(0x02);
    expect(readIrr()).toBe(0x10);
    pic.master.portWrite(0, 1, 0x20);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x34);
  });

  it("needs a new edge for a second interrupt of an edge input", () => {
    const line = pic.irqLine(1);
    line.set(true);
    pic.acknowledge();
    pic.master.portWrite(0, 1, 0x20);
    line.set(true);
    expect(intr.level).toBe(false);
    line.set(false);
    line.set(true);
    expect(intr.level).toBe(true);
  });

  it("interrupts again from a level input that is still held", () => {
    pic.elcr.portWrite(1, 1, 0xff);
    expect(pic.elcr.portRead(1, 1)).toBe(0xde);
    pic.elcr.portWrite(0, 1, 0xff);
    expect(pic.elcr.portRead(0, 1)).toBe(0xf8);
    const line = pic.irqLine(11);
    line.set(true);
    expect(pic.acknowledge()).toBe(0x3b);
    pic.slave.portWrite(0, 1, 0x20);
    pic.master.portWrite(0, 1, 0x20);
    expect(pic.acknowledge()).toBe(0x3b);
    line.set(false);
    pic.slave.portWrite(0, 1, 0x20);
    pic.master.portWrite(0, 1, 0x20);
    expect(intr.level).toBe(false);
  });

  it("cascades the slave through IR2 and routes IRQ2 to IRQ9", () => {
    pic.irqLine(2).set(true);
    expect(readIrr()).toBe(0x04);
    expect(pic.acknowledge()).toBe(0x39);
    expect(readIsr()).toBe(0x04);
    expect(readIsr(pic.slave)).toBe(0x02);
  });

  it("reports IRQ7 when the request goes before INTA, without setting ISR", () => {
    const line = pic.irqLine(3);
    line.set(true);
    line.set(false);
    expect(intr.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x37);
    expect(readIsr()).toBe(0);
  });

  it("reports IRQ15 with the master's IR2 in service when the slave's request is masked in between", () => {
    pic.irqLine(12).set(true);
    expect(intr.level).toBe(true);
    // The slave loses the request between the two chips' INTA: mask it and force the master's latch.
    pic.slave.portWrite(1, 1, 0xff);
    pic.master.setInput(2, true);
    expect(pic.acknowledge()).toBe(0x3f);
    expect(readIsr()).toBe(0x04);
    expect(readIsr(pic.slave)).toBe(0);
  });

  it("masks and unmasks", () => {
    pic.master.portWrite(1, 1, 0xff);
    pic.irqLine(5).set(true);
    expect(intr.level).toBe(false);
    expect(pic.master.portRead(1)).toBe(0xff);
    pic.master.portWrite(1, 1, 0xdf);
    expect(intr.level).toBe(true);
  });

  it("rotates priority on EOI", () => {
    pic.irqLine(3).set(true);
    expect(pic.acknowledge()).toBe(0x33);
    pic.master.portWrite(0, 1, 0xa0);
    pic.irqLine(3).set(false);
    pic.irqLine(3).set(true);
    pic.irqLine(6).set(true);
    expect(pic.acknowledge()).toBe(0x36);
  });

  it("sets priority and ends a specific level", () => {
    pic.master.portWrite(0, 1, 0xc0 | 4);
    pic.irqLine(0).set(true);
    pic.irqLine(5).set(true);
    expect(pic.acknowledge()).toBe(0x35);
    pic.master.portWrite(0, 1, 0x60 | 5);
    expect(pic.acknowledge()).toBe(0x30);
  });

  it("lets lower levels through in special mask mode", () => {
    pic.irqLine(1).set(true);
    pic.acknowledge();
    pic.irqLine(6).set(true);
    expect(intr.level).toBe(false);
    pic.master.portWrite(1, 1, 0x02);
    pic.master.portWrite(0, 1, 0x68);
    expect(pic.acknowledge()).toBe(0x36);
    // The masked level 1 is not what a non-specific EOI ends.
    pic.master.portWrite(0, 1, 0x20);
    expect(readIsr()).toBe(0x02);
  });

  it("ends automatically in AEOI mode", () => {
    init(0x03);
    pic.irqLine(1).set(true);
    pic.irqLine(4).set(true);
    expect(pic.acknowledge()).toBe(0x31);
    expect(readIsr()).toBe(0);
    expect(pic.acknowledge()).toBe(0x34);
  });

  it("answers a poll", () => {
    pic.master.portWrite(0, 1, 0x0c);
    expect(pic.master.portRead(0) & 0x80).toBe(0);
    pic.irqLine(5).set(true);
    pic.master.portWrite(0, 1, 0x0c);
    expect(pic.master.portRead(0)).toBe(0x85);
    expect(intr.level).toBe(false);
    expect(readIsr()).toBe(0x20);
  });

  it("takes a second request of the slave in special fully nested mode", () => {
    init(0x11);
    pic.irqLine(14).set(true);
    expect(pic.acknowledge()).toBe(0x3e);
    pic.irqLine(8).set(true);
    expect(pic.acknowledge()).toBe(0x38);
  });

  it("goes on from a saved state", () => {
    pic.irqLine(12).set(true);
    pic.irqLine(1).set(true);
    pic.acknowledge();
    const otherIntr = new RecordingLine();
    const other = new PicPair(otherIntr);
    other.restore(pic.save());
    expect(other.save()).toEqual(pic.save());
    other.master.portWrite(0, 1, 0x20);
    expect(otherIntr.level).toBe(true);
    expect(other.acknowledge()).toBe(0x3c);
  });
});
