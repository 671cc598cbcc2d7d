/** `posada snapshot take, restore, delete, rename, list`. */
import type { MachineRecord, SnapshotRecord } from "../../src/protocol/library.ts";
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { sizeInWords } from "../../src/storage/media-check.ts";
import { expectNoMore, machineNamed, snapshotNamed, wordAt } from "./arguments.ts";
import type { CommandLine } from "./arguments.ts";
import { askControl } from "./control.ts";
import { when } from "./output.ts";

export async function takeSnapshot(library: MachineLibrary, line: CommandLine): Promise<void> {
  const machine = machineNamed(library, wordAt(line, 1, "the name of a machine"));
  const name = line.words[2] ?? `Snapshot ${machine.snapshots.length + 1}`;
  expectNoMore(line, 3);
  const description = line.text("description") ?? "";
  const taken = (await (machine.runs
    ? askControl(line.library, machine.id, { do: "takeSnapshot", name, description })
    : library.takeSnapshot(machine.id, name, { description }))) as SnapshotRecord;
  console.log(taken.id);
}

export async function restoreSnapshot(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { machine, snapshot } = named(library, line);
  await library.restoreSnapshot(machine.id, snapshot.id);
}

export async function deleteSnapshot(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { machine, snapshot } = named(library, line);
  if (machine.runs) await askControl(line.library, machine.id, { do: "deleteSnapshot", snapshot: snapshot.id });
  else await library.deleteSnapshot(machine.id, snapshot.id);
}

export async function renameSnapshot(library: MachineLibrary, line: CommandLine): Promise<void> {
  const name = wordAt(line, 3, "the new name");
  const { machine, snapshot } = named(library, line, 4);
  await library.renameSnapshot(machine.id, snapshot.id, name, line.text("description"));
}

/** The tree, each snapshot below the one that it came after. */
export async function listSnapshots(library: MachineLibrary, line: CommandLine): Promise<void> {
  const machine = machineNamed(library, wordAt(line, 1, "the name of a machine"));
  expectNoMore(line, 2);
  const { snapshots, currentSnapshot, id } = machine;
  if (line.flag("json")) return console.log(JSON.stringify(snapshots, null, 2));
  const print = async (parent: string | null, depth: number): Promise<void> => {
    for (const each of snapshots.filter((snapshot) => snapshot.parent === parent)) {
      const bytes = sizeInWords(await library.snapshotBytes(id, each.id));
      const marks = [each.hasMemory ? "running" : "off", bytes, when(each.takenAt)].join(", ");
      console.log(`${"  ".repeat(depth)}${each.name} (${marks}) ${each.id}${each.id === currentSnapshot ? " *" : ""}`);
      await print(each.id, depth + 1);
    }
  };
  if (snapshots.length === 0) console.log(`"${machine.name}" has no snapshot.`);
  await print(null, 0);
}

function named(
  library: MachineLibrary,
  line: CommandLine,
  words = 3,
): { machine: MachineRecord; snapshot: SnapshotRecord } {
  const machine = machineNamed(library, wordAt(line, 1, "the name of a machine"));
  const snapshot = snapshotNamed(machine, wordAt(line, 2, "the name of a snapshot"));
  expectNoMore(line, words);
  return { machine, snapshot };
}
