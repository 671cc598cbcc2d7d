/** Machines, media and snapshots by name, by id, or by the beginning of an id. */
import type { MachineRecord, MediumRecord, SnapshotRecord } from "../../protocol/library.ts";
import type { CommandHost } from "./command-host.ts";
import { fail } from "./usage-error.ts";

/** @throws UsageError */
export function machineNamed(host: CommandHost, name: string): MachineRecord {
  return named(host, host.library.machines, name, "machine");
}

/** @throws UsageError */
export function mediumNamed(host: CommandHost, name: string): MediumRecord {
  return named(host, host.library.media, name, "medium");
}

/** @throws UsageError */
export function snapshotNamed(host: CommandHost, machine: MachineRecord, name: string): SnapshotRecord {
  return named(host, machine.snapshots, name, "snapshot");
}

function named<T extends { id: string; name: string }>(
  { say }: CommandHost,
  all: readonly T[],
  name: string,
  what: "machine" | "medium" | "snapshot",
): T {
  const matches = [
    all.filter((each) => each.name === name),
    all.filter((each) => each.id === name),
    all.filter((each) => name.length >= 4 && each.id.startsWith(name)),
  ].find((found) => found.length > 0);
  if (!matches) fail(say.unknown[what](name));
  if (matches.length > 1) fail(say.several[what](name, matches.length, matches.map(({ id }) => id).join(", ")));
  return matches[0]!;
}
