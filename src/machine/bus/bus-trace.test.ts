import { beforeEach, describe, expect, it } from "vitest";
import { watchMmio, watchPorts } from "./bus-trace.ts";
import { MmioBus } from "./mmio-bus.ts";
import { PortBus } from "./port-bus.ts";

describe("watching the buses", () => {
  let lines: string[];
  let wanted: string[];
  const watcher = {
    wants: (category: string) => wanted.includes(category),
    emit: (category: string, text: string) => void lines.push(`${category}: ${text}`),
  };
  beforeEach(() => {
    lines = [];
    wanted = ["pit", "unclaimed", "vga"];
  });

  it("shows each access to ports once, whole, in the order in which things happen", () => {
    const ports = new PortBus();
    const written: string[] = [];
    const device = {
      category: "pit",
      portRead: () => 0x5a,
      portWrite: (_offset: number, _size: number, value: number) => void written.push(`${lines.length}:${value}`),
      portReadBlock: (_offset: number, _size: number, target: Uint8Array) => target.fill(1).length,
    };
    ports.attach(0x40, 4, device);
    ports.attach(0x60, 1, { ...device, category: "ps2" });
    watchPorts(ports, watcher);
    expect(ports.read(0x40, 2)).toBe(0x5a5a);
    ports.write(0x42, 2, 0x1234);
    expect(ports.read(0x60, 1)).toBe(0x5a);
    expect(ports.read(0x80, 1)).toBe(0xff);
    expect(ports.readBlock(0x40, 1, new Uint8Array(3))).toBe(3);
    expect(ports.writeBlock(0x40, 1, new Uint8Array(3))).toBe(0);
    expect(lines).toEqual([
      "pit: in 0040 -> 5A5A",
      "pit: out 0042 <- 1234",
      "unclaimed: in 0080 -> FF",
      "pit: ins 0040 3 items of 1",
    ]);
    expect(written).toEqual(["2:52", "2:18"]);
  });

  it("shows device memory, wherever its region has moved to", () => {
    const mmio = new MmioBus();
    const region = mmio.attach(0xa0000, 0x1000, { category: "vga", mmioRead: () => 7, mmioWrite: () => {} });
    watchMmio(mmio, watcher);
    expect(mmio.read(0xa0004, 4)).toBe(7);
    region.moveTo(0xe0000000);
    mmio.write(0xe0000010, 1, 0xff);
    wanted = [];
    mmio.write(0xe0000010, 1, 0xff);
    expect(lines).toEqual(["vga: read 000A0004 -> 00000007", "vga: write E0000010 <- FF"]);
  });
});
