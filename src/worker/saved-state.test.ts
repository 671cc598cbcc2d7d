import { describe, expect, test } from "vitest";
import { checkState, loadRegions, packState, readSummary } from "./saved-state.ts";
import type { StateSummary } from "./saved-state.ts";

const summary: StateSummary = { memoryMiB: 1, processors: 1, cpuModel: "default" };
const devices = {
  version: 3,
  big: 0x1234_5678_9abc_def0n,
  time: 1.5e15,
  bytes: Uint8Array.of(1, 2, 3),
  list: [1, null, "a", { deep: true }],
};

function memory(): Uint8Array[] {
  const ram = new Uint8Array(1 << 20);
  for (let i = 0; i < 300 * 4096; i += 97) if (i < ram.length) ram[i] = i & 0xff;
  ram.fill(0, 0x8000, 0x20000);
  const vram = new Uint8Array(1 << 16);
  vram[0xffff] = 7;
  return [ram, vram];
}

const same = (a: Uint8Array[], b: Uint8Array[]) => a.every((region, i) => Buffer.compare(region, b[i]!) === 0);
const empty = () => memory().map((region) => new Uint8Array(region.length).fill(0xee));

describe("saved state", () => {
  test("memory and device states come back as they were", async () => {
    const regions = memory();
    const saved = await packState(summary, devices, regions);
    const read = readSummary(saved);
    expect(read.summary).toEqual(summary);
    const target = empty();
    expect(await checkState(saved, read.bodyOffset, target)).toEqual(devices);
    await loadRegions(saved, read.bodyOffset, target);
    expect(same(target, regions)).toBe(true);
  });

  test("zero pages take no room", async () => {
    const saved = await packState(summary, devices, [new Uint8Array(64 << 20)]);
    expect(saved.length).toBeLessThan(1000);
  });

  test("checking changes no memory", async () => {
    const saved = await packState(summary, devices, memory());
    const target = empty();
    await checkState(saved, readSummary(saved).bodyOffset, target);
    expect(same(target, empty())).toBe(true);
  });

  test("a state that is cut short is refused at every length", async () => {
    const saved = await packState(summary, devices, memory());
    for (const length of [0, 7, 12, 16, 40, saved.length >> 1, saved.length - 1]) {
      const cut = saved.subarray(0, length);
      const attempt = async () => checkState(cut, readSummary(cut).bodyOffset, empty());
      await expect(attempt(), `${length} bytes`).rejects.toMatchObject({ code: "badState" });
    }
  });

  test("a flipped bit anywhere in the body is refused", async () => {
    const saved = await packState(summary, devices, memory());
    const { bodyOffset } = readSummary(saved);
    for (const part of [0.3, 0.6, 0.9, 0.999]) {
      const bad = saved.slice();
      const at = bodyOffset + 10 + Math.floor((saved.length - bodyOffset - 11) * part);
      bad[at]! ^= 0x10;
      await expect(checkState(bad, bodyOffset, empty())).rejects.toMatchObject({ code: "badState" });
    }
  });

  test("another version and another kind of file are named", async () => {
    const saved = await packState(summary, devices, memory());
    saved[8] = 99;
    expect(() => readSummary(saved)).toThrow(/format version 99/);
    expect(() => readSummary(new Uint8Array(100))).toThrow(/not a saved Posada machine/);
  });

  test("pages outside the machine's memory are refused", async () => {
    const saved = await packState(summary, devices, memory());
    const small = [new Uint8Array(4096), new Uint8Array(4096)];
    await expect(checkState(saved, readSummary(saved).bodyOffset, small)).rejects.toMatchObject({ code: "badState" });
  });
});
