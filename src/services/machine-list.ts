/** The machines of the library as they are shown: searched, sorted, in nested groups. */
import type { MachineRecord } from "../protocol/library.ts";
import type { MachineSort } from "./preferences.ts";
import { isSystemId, systemInfo } from "./systems/system-catalogue.ts";

export interface GroupNode {
  /** "" for the outermost. */
  path: string;
  name: string;
  groups: GroupNode[];
  machines: MachineRecord[];
}

const compareNames = (a: string, b: string) => a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });

const orders: Record<MachineSort, (a: MachineRecord, b: MachineRecord) => number> = {
  name: (a, b) => compareNames(a.name, b.name),
  lastRun: (a, b) => (b.lastRunAt ?? 0) - (a.lastRunAt ?? 0) || compareNames(a.name, b.name),
  created: (a, b) => b.createdAt - a.createdAt,
  system: (a, b) => compareNames(systemName(a.osId), systemName(b.osId)) || compareNames(a.name, b.name),
};

export function systemName(osId: string): string {
  return isSystemId(osId) ? systemInfo(osId).name : systemInfo("other").name;
}

/** Those that have all words of `search` in name, group, system or notes. */
export function searchMachines(machines: readonly MachineRecord[], search: string): MachineRecord[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return machines.filter((machine) => {
    const text = [machine.name, machine.group, systemName(machine.osId), machine.notes].join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Groups come in the order of their names; those without a machine are not there. */
export function groupMachines(machines: readonly MachineRecord[], sort: MachineSort): GroupNode {
  const root: GroupNode = { path: "", name: "", groups: [], machines: [] };
  for (const machine of [...machines].sort(orders[sort])) groupOf(root, machine.group).machines.push(machine);
  sortGroups(root);
  return root;
}

function groupOf(root: GroupNode, path: string): GroupNode {
  let node = root;
  for (const name of path.split("/").filter((part) => part.trim() !== "")) {
    let inner = node.groups.find((group) => group.name === name);
    if (!inner) {
      inner = { path: node.path ? `${node.path}/${name}` : name, name, groups: [], machines: [] };
      node.groups.push(inner);
    }
    node = inner;
  }
  return node;
}

function sortGroups(node: GroupNode): void {
  node.groups.sort((a, b) => compareNames(a.name, b.name));
  node.groups.forEach(sortGroups);
}

/** Of a group and those inside it. */
export function machinesIn(group: GroupNode): MachineRecord[] {
  return [...group.machines, ...group.groups.flatMap(machinesIn)];
}

/** Every group there is, with those around it, for choosing one. */
export function groupPaths(machines: readonly MachineRecord[]): string[] {
  const paths = new Set<string>();
  for (const { group } of machines) {
    const parts = group.split("/").filter((part) => part.trim() !== "");
    parts.forEach((_, i) => paths.add(parts.slice(0, i + 1).join("/")));
  }
  return [...paths].sort(compareNames);
}

/** "Debian", "Debian 2", …: a name that no machine has. */
export function freeName(wanted: string, machines: readonly { name: string }[]): string {
  const taken = new Set(machines.map(({ name }) => name.toLowerCase()));
  const base = wanted.trim();
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base} ${i}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}
