import { expect, test } from "vitest";
import { defaultHardware, type MachineRecord } from "../protocol/library.ts";
import { defaultLimits } from "../protocol/machine-config.ts";
import { freeName, groupMachines, groupPaths, machinesIn, searchMachines } from "./machine-list.ts";

let created = 0;
const machine = (name: string, change: Partial<MachineRecord> = {}): MachineRecord => ({
  id: name,
  name,
  group: "",
  osId: "other",
  notes: "",
  hardware: defaultHardware,
  limits: defaultLimits,
  media: {},
  state: "poweredOff",
  runs: null,
  createdAt: ++created,
  lastRunAt: null,
  currentSnapshot: null,
  snapshots: [],
  savedMemory: null,
  thumbnailVersion: 0,
  ...change,
});

const all = [
  machine("web 10", { group: "lab/servers", osId: "debian", lastRunAt: 5 }),
  machine("web 9", { group: "lab/servers", osId: "alpine", notes: "runs nginx" }),
  machine("old games", { osId: "freedos", lastRunAt: 9 }),
  machine("client", { group: "lab", osId: "windows98" }),
];
const names = (machines: readonly MachineRecord[]) => machines.map(({ name }) => name);

test("nested groups, numbers in names by their value", () => {
  const root = groupMachines(all, "name");
  expect(names(root.machines)).toEqual(["old games"]);
  expect(root.groups).toHaveLength(1);
  const [lab] = root.groups;
  expect(lab).toMatchObject({ path: "lab", name: "lab" });
  expect(names(lab!.machines)).toEqual(["client"]);
  expect(lab!.groups[0]).toMatchObject({ path: "lab/servers", name: "servers" });
  expect(names(lab!.groups[0]!.machines)).toEqual(["web 9", "web 10"]);
  expect(names(machinesIn(lab!))).toEqual(["client", "web 9", "web 10"]);
  expect(groupPaths(all)).toEqual(["lab", "lab/servers"]);
});

test("other orders", () => {
  const flat = all.map((each) => ({ ...each, group: "" }));
  expect(names(groupMachines(flat, "lastRun").machines)).toEqual(["old games", "web 10", "client", "web 9"]);
  expect(names(groupMachines(flat, "created").machines)).toEqual(["client", "old games", "web 9", "web 10"]);
  expect(names(groupMachines(flat, "system").machines)).toEqual(["web 9", "web 10", "old games", "client"]);
});

test("a search finds names, groups, systems and notes", () => {
  expect(names(searchMachines(all, "WEB"))).toEqual(["web 10", "web 9"]);
  expect(names(searchMachines(all, "windows"))).toEqual(["client"]);
  expect(names(searchMachines(all, "lab nginx"))).toEqual(["web 9"]);
  expect(searchMachines(all, "solaris")).toEqual([]);
  expect(searchMachines(all, " ")).toHaveLength(4);
});

test("a free name", () => {
  expect(freeName("New", all)).toBe("New");
  expect(freeName(" Client ", all)).toBe("Client 2");
});
