import { describe, expect, it } from "vitest";
import { PortBus, type PortDevice } from "./port-bus.ts";

const answers = (value: number): PortDevice => ({ portRead: () => value, portWrite: () => {} });

describe("PortBus", () => {
  it("gives ports back to those that still claim them, in whatever order windows go", () => {
    const bus = new PortBus();
    bus.attach(0x100, 4, answers(1));
    const first = bus.window(4, answers(2));
    const second = bus.window(8, answers(3));
    const seen = (): number[] => [0x101, 0x103, 0x105, 0x107].map((port) => bus.read(port, 1));
    first.moveTo(0x102);
    second.moveTo(0x100);
    expect(seen()).toEqual([3, 3, 3, 3]);
    first.moveTo(null);
    second.moveTo(null);
    expect(seen()).toEqual([1, 1, 0xff, 0xff]);
  });

  it("lets the same window win wherever two overlap, whichever came there last", () => {
    const bus = new PortBus();
    const first = bus.window(4, answers(2));
    const second = bus.window(4, answers(3));
    bus.attach(0x100, 8, answers(1));
    second.moveTo(0x102);
    first.moveTo(0x100);
    expect([0x101, 0x102, 0x106].map((port) => bus.read(port, 1))).toEqual([2, 3, 1]);
    expect(() => first.moveTo(0xfffd)).toThrow("outside");
  });

  it("splits what a device does not take at once, low address first", () => {
    const bus = new PortBus();
    const log: string[] = [];
    const device = (name: string): PortDevice => ({
      portRead: (offset, size) => (log.push(`${name}${offset}/${size}`), offset + 1),
      portWrite: (offset, size, value) => log.push(`${name}${offset}/${size}=${value.toString(16)}`),
    });
    bus.attach(0x200, 4, device("a"));
    bus.attach(0x204, 4, device("b"), 2);
    expect(bus.read(0x200, 4)).toBe(0x04030201);
    bus.write(0x203, 2, 0xbbaa);
    bus.write(0x204, 4, 0x44332211);
    expect(log).toEqual(["a0/1", "a1/1", "a2/1", "a3/1", "a3/1=aa", "b0/1=bb", "b0/2=2211", "b2/2=4433"]);
    expect(bus.read(0x300, 4)).toBe(0xffffffff);
  });

  it("wraps around at the end of the port space", () => {
    const bus = new PortBus();
    bus.attach(0xffff, 1, answers(0x12));
    bus.attach(0x0000, 1, answers(0x34));
    expect(bus.read(0xffff, 2)).toBe(0x3412);
  });

  it("lets no more bits through than were asked for", () => {
    const bus = new PortBus();
    bus.attach(0x400, 4, answers(0xffffffff), 4);
    expect([bus.read(0x400, 1), bus.read(0x400, 2), bus.read(0x400, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
  });
});
