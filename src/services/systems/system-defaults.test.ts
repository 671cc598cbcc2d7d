import { describe, expect, it } from "vitest";
import { checkConfig } from "../config-check.ts";
import { isSystemId, SYSTEMS, type SystemId } from "./system-catalogue.ts";
import { defaultsFor, hostMeans, weigh } from "./system-defaults.ts";

describe("defaults", () => {
  it.each(Object.keys(SYSTEMS) as SystemId[])("%s: make a machine, and are not below what it starts with", (system) => {
    for (const bits of [16, 32, 64, null] as const) {
      const { memoryMiB, leastMemoryMiB, cpuModel, bootOrder } = defaultsFor(system, bits);
      expect(memoryMiB).toBeGreaterThanOrEqual(leastMemoryMiB);
      expect(checkConfig({ memoryMiB, cpuModel, bootOrder })).toMatchObject({ memoryMiB, cpuModel });
    }
  });

  it("32-bit editions of large systems get half", () => {
    expect(defaultsFor("ubuntu", 32).memoryMiB).toBe(defaultsFor("ubuntu", 64).memoryMiB / 2);
    expect(defaultsFor("windows95", 32).memoryMiB).toBe(64);
  });

  it("only known names are systems", () => {
    expect(isSystemId("debian")).toBe(true);
    for (const other of ["", "toString", null, 7]) expect(isSystemId(other)).toBe(false);
  });
});

describe("what is asked against what the host has", () => {
  const wish = { memoryMiB: 1024, leastMemoryMiB: 256, diskMiB: 8192, takenMiB: 0 };
  const plenty = { memoryMiB: 8192, freeStorageBytes: 50 * 2 ** 30 };

  it("nothing is said where there is room, or nothing is known", () => {
    expect(weigh(wish, plenty)).toEqual([]);
    expect(weigh(wish, { memoryMiB: null, freeStorageBytes: null })).toEqual([]);
  });

  it("memory of machines that run counts", () => {
    expect(weigh({ ...wish, takenMiB: 5120 }, plenty)).toEqual([{ kind: "memory", hostMiB: 8192, takenMiB: 5120 }]);
    expect(weigh(wish, { ...plenty, memoryMiB: 1024 })).toEqual([{ kind: "memory", hostMiB: 1024, takenMiB: 0 }]);
  });

  it("too little for the system, and too little storage", () => {
    expect(weigh({ ...wish, memoryMiB: 128 }, { ...plenty, freeStorageBytes: 2 ** 30 })).toEqual([
      { kind: "systemMemory", leastMiB: 256 },
      { kind: "storage", freeBytes: 2 ** 30 },
    ]);
  });

  it("the browser is asked, and may refuse", async () => {
    const browser = (storage: object, more = {}) => ({ storage, ...more }) as unknown as Navigator;
    const told = { estimate: async () => ({ quota: 1000, usage: 400 }) };
    expect(await hostMeans(browser(told, { deviceMemory: 8 }))).toEqual({ memoryMiB: 8192, freeStorageBytes: 600 });
    const refusing = { estimate: () => Promise.reject(new TypeError("not secure")) };
    expect(await hostMeans(browser(refusing))).toEqual({ memoryMiB: null, freeStorageBytes: null });
  });
});
