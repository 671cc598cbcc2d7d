/**
 * The 8259A's commands and modes, by the sections of its datasheet: [8259A] "Initialization Command Words", "Operation
 * Command Words", "End of Interrupt", "Automatic Rotation", "Special Mask Mode", "Poll Command", "Cascade Mode".
 */
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingLine } from "../testing/recording-line.ts";
import type { Pic8259 } from "./pic-8259.ts";
import { PicPair } from "./pic.ts";

const EOI = 0x20;
const SPECIFIC_EOI = 0x60;
const ROTATE_EOI = 0xa0;
const ROTATE_SPECIFIC_EOI = 0xe0;
const SET_PRIORITY = 0xc0;
const ROTATE_AEOI_ON = 0x80;
const ROTATE_AEOI_OFF = 0x00;
const READ_IRR = 0x0a;
const READ_ISR = 0x0b;
const POLL = 0x0c;
const SPECIAL_MASK_ON = 0x68;
const SPECIAL_MASK_OFF = 0x48;

let intr: RecordingLine;
let pic: PicPair;

const command = (value: number, chip = pic.master): void => chip.portWrite(0, 1, value);
const mask = (value: number, chip = pic.master): void => chip.portWrite(1, 1, value);
const read = (which: number, chip = pic.master): number => {
  command(which, chip);
  return chip.portRead(0);
};
const irq = (n: number, level: boolean): void => pic.irqLine(n).set(level);
const pulse = (n: number): void => {
  irq(n, false);
  irq(n, true);
};

function init(chip: Pic8259, vector: number, icw3: number, icw4: number | null = 0x01): void {
  command(icw4 === null ? 0x10 : 0x11, chip);
  mask(vector, chip);
  mask(icw3, chip);
  if (icw4 !== null) mask(icw4, chip);
}

beforeEach(() => {
  intr = new RecordingLine();
  pic = new PicPair(intr);
  init(pic.master, 0x30, 0x04);
  init(pic.slave, 0x38, 0x02);
});

describe("8259A initialization", () => {
  it("ICW1 clears the mask, the edge latches and special mask mode, and selects IRR for reads", () => {
    mask(0xff);
    command(SPECIAL_MASK_ON);
    irq(3, true);
    command(READ_ISR);
    command(0x11);
    mask(0x50);
    mask(0x04);
    mask(0x01);
    expect(pic.master.portRead(1)).toBe(0);
    expect(pic.master.portRead(0)).toBe(0);
    // The input has to go low and high again.
    expect(intr.level).toBe(false);
    pulse(3);
    expect(pic.acknowledge()).toBe(0x53);
    irq(5, true);
    expect(intr.level).toBe(false);
  });

  it("ICW1 gives IR7 the lowest priority again", () => {
    command(SET_PRIORITY | 2);
    init(pic.master, 0x30, 0x04);
    irq(3, true);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x31);
  });

  it("without ICW4 all that it selects is off", () => {
    init(pic.master, 0x30, 0x04, 0x13);
    init(pic.master, 0x40, 0x04, null);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x41);
    expect(read(READ_ISR)).toBe(0x02);
    mask(0x55);
    expect(pic.master.portRead(1)).toBe(0x55);
  });

  it("a single chip takes no ICW3 and has no slave", () => {
    command(0x13);
    mask(0x40);
    mask(0x01);
    mask(0xf0);
    expect(pic.master.portRead(1)).toBe(0xf0);
    mask(0);
    irq(9, true);
    expect(pic.acknowledge()).toBe(0x42);
  });

  it("takes only the upper five bits of the vector", () => {
    init(pic.master, 0x77, 0x04);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x71);
  });
});

describe("8259A priorities", () => {
  it("nests: a higher level interrupts the service of a lower one, the same and lower ones do not", () => {
    irq(4, true);
    expect(pic.acknowledge()).toBe(0x34);
    irq(5, true);
    pulse(4);
    expect(intr.level).toBe(false);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x31);
    expect(read(READ_ISR)).toBe(0x12);
    command(EOI);
    expect(read(READ_ISR)).toBe(0x10);
    expect(intr.level).toBe(false);
    command(EOI);
    expect(pic.acknowledge()).toBe(0x34);
  });

  it("a specific EOI ends that level alone", () => {
    irq(4, true);
    pic.acknowledge();
    irq(1, true);
    pic.acknowledge();
    command(SPECIFIC_EOI | 4);
    expect(read(READ_ISR)).toBe(0x02);
  });

  it("rotates on a specific EOI, to that level", () => {
    irq(4, true);
    pic.acknowledge();
    command(ROTATE_SPECIFIC_EOI | 4);
    irq(3, true);
    irq(6, true);
    expect(pic.acknowledge()).toBe(0x36);
  });

  it("rotates on a non-specific EOI, so that equal devices take turns", () => {
    for (let n = 3; n < 8; n++) irq(n, true);
    const order: number[] = [];
    for (let i = 0; i < 8; i++) {
      const vector = pic.acknowledge();
      order.push(vector & 7);
      pulse(vector & 7);
      command(ROTATE_EOI);
    }
    expect(order).toEqual([3, 4, 5, 6, 7, 3, 4, 5]);
  });

  it("leaves priorities alone where a rotating EOI ends nothing", () => {
    command(ROTATE_EOI);
    irq(3, true);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x31);
  });

  it("rotates in automatic EOI mode while that is set", () => {
    init(pic.master, 0x30, 0x04, 0x03);
    const takeBoth = (): number[] => {
      pulse(3);
      pulse(5);
      return [pic.acknowledge() & 7, pic.acknowledge() & 7];
    };
    command(ROTATE_AEOI_ON);
    expect(takeBoth()).toEqual([3, 5]);
    pulse(5);
    expect(pic.acknowledge()).toBe(0x35);
    pulse(3);
    expect(pic.acknowledge()).toBe(0x33);
    // 3 is lowest now: 4, 5, 6, 7, 0, 1, 2, 3.
    expect(takeBoth()).toEqual([5, 3]);
    command(ROTATE_AEOI_OFF);
    expect(takeBoth()).toEqual([5, 3]);
    expect(takeBoth()).toEqual([5, 3]);
  });
});

describe("8259A special mask mode", () => {
  it("lets through all levels that are not masked, lower ones too, and still holds the masked one", () => {
    irq(1, true);
    pic.acknowledge();
    mask(0x02);
    command(SPECIAL_MASK_ON);
    irq(6, true);
    expect(pic.acknowledge()).toBe(0x36);
    pulse(1);
    expect(intr.level).toBe(false);
    command(SPECIFIC_EOI | 6);
    command(SPECIFIC_EOI | 1);
    mask(0);
    expect(pic.acknowledge()).toBe(0x31);
  });

  it("keeps lower levels out while the level in service is not masked", () => {
    command(SPECIAL_MASK_ON);
    irq(1, true);
    pic.acknowledge();
    irq(6, true);
    expect(intr.level).toBe(false);
    mask(0x02);
    expect(intr.level).toBe(true);
  });

  it("returns to full nesting", () => {
    irq(1, true);
    pic.acknowledge();
    mask(0x02);
    command(SPECIAL_MASK_ON);
    irq(6, true);
    expect(intr.level).toBe(true);
    command(SPECIAL_MASK_OFF);
    expect(intr.level).toBe(false);
    // Without ESMM the SMM bit means nothing.
    command(0x28);
    expect(intr.level).toBe(false);
  });
});

describe("8259A reads", () => {
  it("keeps the selected register until another is selected", () => {
    irq(3, true);
    pic.acknowledge();
    irq(5, true);
    expect(read(READ_ISR)).toBe(0x08);
    expect(pic.master.portRead(0)).toBe(0x08);
    mask(0x80);
    command(EOI);
    expect(pic.master.portRead(0)).toBe(0x00);
    expect(read(READ_IRR)).toBe(0x20);
    expect(pic.master.portRead(1)).toBe(0x80);
  });

  it("shows requests that are masked", () => {
    mask(0xff);
    irq(6, true);
    expect(read(READ_IRR)).toBe(0x40);
    irq(6, false);
    expect(read(READ_IRR)).toBe(0x00);
  });

  it("takes the highest request into service by poll, once, whichever port is read", () => {
    irq(6, true);
    irq(3, true);
    command(POLL);
    expect(pic.master.portRead(1)).toBe(0x83);
    expect(pic.master.portRead(1)).toBe(0);
    expect(read(READ_ISR)).toBe(0x08);
    command(POLL);
    expect(pic.master.portRead(0) & 0x80).toBe(0);
    command(EOI);
    command(POLL);
    expect(pic.master.portRead(0)).toBe(0x86);
  });

  it("polls the slave as well", () => {
    irq(12, true);
    command(POLL);
    expect(pic.master.portRead(0)).toBe(0x82);
    command(POLL, pic.slave);
    expect(pic.slave.portRead(0)).toBe(0x84);
    expect(read(READ_ISR, pic.slave)).toBe(0x10);
  });
});

describe("8259A cascade and spurious interrupts", () => {
  it("holds lower slave requests until both chips got their EOI", () => {
    irq(10, true);
    expect(pic.acknowledge()).toBe(0x3a);
    irq(12, true);
    expect(intr.level).toBe(false);
    command(EOI, pic.slave);
    expect(intr.level).toBe(false);
    command(EOI);
    expect(pic.acknowledge()).toBe(0x3c);
  });

  it("keeps higher slave requests behind the master's IR2 in normal nesting", () => {
    irq(12, true);
    pic.acknowledge();
    irq(8, true);
    expect(intr.level).toBe(false);
    command(EOI);
    expect(pic.acknowledge()).toBe(0x38);
  });

  it("puts the slave's levels between IRQ1 and IRQ3", () => {
    irq(3, true);
    irq(15, true);
    irq(1, true);
    expect(pic.acknowledge()).toBe(0x31);
    command(EOI);
    expect(pic.acknowledge()).toBe(0x3f);
    command(EOI, pic.slave);
    command(EOI);
    expect(pic.acknowledge()).toBe(0x33);
  });

  it("gives IR7 without an in-service bit where the request has gone, and a true IR7 with one", () => {
    irq(5, true);
    irq(5, false);
    expect(pic.acknowledge()).toBe(0x37);
    expect(read(READ_ISR)).toBe(0);
    irq(7, true);
    expect(pic.acknowledge()).toBe(0x37);
    expect(read(READ_ISR)).toBe(0x80);
  });

  it("gives the slave's IR7 with the master's IR2 in service where the slave's request has gone", () => {
    // An input that falls after the master's first INTA: the master's latch holds, the slave has nothing.
    irq(14, true);
    pic.slave.setInput(6, false);
    pic.master.setInput(2, true);
    expect(pic.acknowledge()).toBe(0x3f);
    expect(read(READ_ISR)).toBe(0x04);
    expect(read(READ_ISR, pic.slave)).toBe(0);
  });

  it("drops a level-triggered request with its input", () => {
    pic.elcr.portWrite(0, 1, 0x20);
    irq(5, true);
    expect(intr.level).toBe(true);
    irq(5, false);
    expect(intr.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x37);
  });

  it("requests again at once from a level input in automatic EOI mode", () => {
    init(pic.master, 0x30, 0x04, 0x03);
    pic.elcr.portWrite(0, 1, 0x20);
    irq(5, true);
    const rises = intr.rises;
    expect([pic.acknowledge(), pic.acknowledge()]).toEqual([0x35, 0x35]);
    expect(intr.rises).toBe(rises + 2);
  });

  it("keeps the inputs of timer, keyboard, cascade, clock and coprocessor edge-triggered ([PIIX4] 4.2.6)", () => {
    pic.elcr.portWrite(0, 1, 0xff);
    pic.elcr.portWrite(1, 1, 0xff);
    expect([pic.elcr.portRead(0, 1), pic.elcr.portRead(1, 1)]).toEqual([0xf8, 0xde]);
    irq(0, true);
    pic.acknowledge();
    command(EOI);
    expect(intr.level).toBe(false);
  });
});
