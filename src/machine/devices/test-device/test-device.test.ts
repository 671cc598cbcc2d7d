import { expect, it } from "vitest";
import { TEST_IRQ_LINES, TestDevice } from "./test-device.ts";

function build() {
  const changes: string[] = [];
  const lines = Array.from({ length: TEST_IRQ_LINES }, (_, n) => ({
    set: (on: boolean) => void changes.push(`${n}${on ? "+" : "-"}`),
  }));
  return { device: new TestDevice(lines), changes };
}

it("keeps what is written to its ports, byte by byte", () => {
  const { ports } = build().device;
  ports.portWrite(0, 1, 0x99);
  ports.portWrite(1, 1, 0x77);
  ports.portWrite(4, 1, 0x55);
  expect([0, 1, 2].map((n) => ports.portRead(n, 1))).toEqual([0x99, 0x77, 0]);
});

it("keeps what is written to its memory, at any size and to its end", () => {
  const { memory } = build().device;
  memory.mmioWrite(0x100, 4, 0x8899aabb);
  memory.mmioWrite(0x101, 1, 0x11);
  expect(memory.mmioRead(0x100, 4)).toBe(0x889911bb);
  expect(memory.mmioRead(0x102, 2)).toBe(0x8899);
  memory.mmioWrite(0xfffe, 4, 0x12345678);
  expect(memory.mmioRead(0xfffe, 4)).toBe(0xffff5678);
});

it("drives interrupt lines", () => {
  const { device, changes } = build();
  device.irqPorts.portWrite(14, 1, 1);
  device.irqPorts.portWrite(14, 1, 0);
  device.irqPorts.portWrite(23, 1, 0x80);
  expect(changes).toEqual(["14+", "14-", "23+"]);
});

it("goes on from a saved state and forgets at reset", () => {
  const { device } = build();
  device.ports.portWrite(3, 1, 7);
  device.memory.mmioWrite(8, 2, 0x1234);
  device.irqPorts.portWrite(5, 1, 1);
  const other = build();
  other.device.restore(device.save());
  expect(other.device.ports.portRead(3, 1)).toBe(7);
  expect(other.device.memory.mmioRead(8, 2)).toBe(0x1234);
  expect(other.changes.filter((c) => c.endsWith("+"))).toEqual(["5+"]);
  other.device.reset();
  expect(other.device.memory.mmioRead(8, 2)).toBe(0);
  expect(other.changes.at(-TEST_IRQ_LINES + 5)).toBe("5-");
  expect(() => other.device.restore({ version: 2 })).toThrow(/test device/);
});
