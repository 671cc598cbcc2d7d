import { expect, test, vi } from "vitest";
import { MachineLog, searchLog } from "./machine-log.ts";
import { HISTORY_SAMPLES, RatesHistory } from "./rates-history.ts";
import type { VmRates } from "./vm-rates.ts";

test("what happened is kept in order with its time; failures are marked", () => {
  let time = 0;
  const log = new MachineLog(() => ++time);
  const changed = vi.fn();
  log.addEventListener("change", changed);
  log.add({ kind: "state", state: "running" });
  log.add({ kind: "state", state: "aborted", reason: "It stopped." });
  log.add({ kind: "failure", message: "It stopped." });
  expect(log.entries.map(({ atMs, level }) => [atMs, level])).toEqual([[1, "info"], [2, "error"], [3, "error"]]); // prettier-ignore
  expect(changed).toHaveBeenCalledTimes(3);
});

test("a mode told twice is one entry; a guest's line that comes in pieces too", () => {
  const log = new MachineLog();
  const mode = { kind: "screen", widthPx: 720, heightPx: 400, text: true } as const;
  log.add(mode);
  log.add({ ...mode });
  for (const text of ["Sea", "BIOS\n", "next"]) log.add({ kind: "guest", text });
  expect(log.entries.map(({ event }) => event)).toEqual([
    mode,
    { kind: "guest", text: "SeaBIOS\n" },
    { kind: "guest", text: "next" },
  ]);
});

test("the oldest entries go first", () => {
  const log = new MachineLog();
  for (let code = 0; code < 2100; code++) log.add({ kind: "postcode", code });
  expect(log.entries).toHaveLength(2000);
  expect(log.entries[0]!.event).toEqual({ kind: "postcode", code: 100 });
});

test("a search wants all of its words", () => {
  const entries = [{ text: "Running" }, { text: "CD “debian.iso” inserted" }, { text: "CD ejected" }];
  expect(searchLog(entries, " cd  ISO ")).toEqual([entries[1]]);
  expect(searchLog(entries, "")).toEqual(entries);
});

test("rates of the last minutes", () => {
  const history = new RatesHistory();
  for (let i = 0; i < HISTORY_SAMPLES + 10; i++) history.add({ instructionsPerSecond: i } as VmRates, i);
  expect(history.samples).toHaveLength(HISTORY_SAMPLES);
  expect(history.latest).toMatchObject({ atMs: HISTORY_SAMPLES + 9 });
  expect(history.samples[0]!.atMs).toBe(10);
});
