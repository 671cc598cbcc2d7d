/** `snapshot take, restore, delete, rename, list`. */
import type { MachineRecord, SnapshotRecord } from "../../protocol/library.ts";
import { sizeInWords } from "../../storage/media-check.ts";
import type { CommandHost } from "./command-host.ts";
import type { CommandLine } from "./command-line.ts";
import { machineNamed, snapshotNamed } from "./names.ts";
import { isoTime, json } from "./output.ts";

export async function takeSnapshot(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const machine = machineNamed(host, line.wordAt(0, say.args.machine));
  const name = line.words[1] ?? say.snapshotName(machine.snapshots.length + 1);
  line.expectNoMore(2);
  const description = line.text("description") ?? "";
  const taken = (await (machine.runs
    ? host.ask(machine, { do: "takeSnapshot", name, description })
    : library.takeSnapshot(machine.id, name, { description }))) as SnapshotRecord;
  host.print(taken.id);
}

export async function restoreSnapshot(host: CommandHost, line: CommandLine): Promise<void> {
  const { machine, snapshot } = named(host, line, 2);
  await host.library.restoreSnapshot(machine.id, snapshot.id);
}

export async function deleteSnapshot(host: CommandHost, line: CommandLine): Promise<void> {
  const { machine, snapshot } = named(host, line, 2);
  if (machine.runs) await host.ask(machine, { do: "deleteSnapshot", snapshot: snapshot.id });
  else await host.library.deleteSnapshot(machine.id, snapshot.id);
}

export async function renameSnapshot(host: CommandHost, line: CommandLine): Promise<void> {
  const { machine, snapshot } = named(host, line, 3);
  const name = line.wordAt(2, host.say.args.newName);
  await host.library.renameSnapshot(machine.id, snapshot.id, name, line.text("description"));
}

/** The tree, each snapshot below the one that it came after. */
export async function listSnapshots(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const machine = machineNamed(host, line.wordAt(0, say.args.machine));
  line.expectNoMore(1);
  const { snapshots, currentSnapshot, id } = machine;
  if (line.flag("json")) return host.print(json(snapshots));
  const print = async (parent: string | null, depth: number): Promise<void> => {
    for (const each of snapshots.filter((snapshot) => snapshot.parent === parent)) {
      const bytes = sizeInWords(await library.snapshotBytes(id, each.id));
      const marks = [each.hasMemory ? say.snapshotRunning : say.snapshotOff, bytes, isoTime(each.takenAt)].join(", ");
      host.print(`${"  ".repeat(depth)}${each.name} (${marks}) ${each.id}${each.id === currentSnapshot ? " *" : ""}`);
      await print(each.id, depth + 1);
    }
  };
  if (snapshots.length === 0) host.print(say.noSnapshots(machine.name));
  await print(null, 0);
}

function named(
  host: CommandHost,
  line: CommandLine,
  words: number,
): { machine: MachineRecord; snapshot: SnapshotRecord } {
  const machine = machineNamed(host, line.wordAt(0, host.say.args.machine));
  const snapshot = snapshotNamed(host, machine, line.wordAt(1, host.say.args.snapshot));
  line.expectNoMore(words);
  return { machine, snapshot };
}
