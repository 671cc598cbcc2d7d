/** Machines in and out of OVF packages (OVA files). */
import { DISK_SLOTS, LibraryError } from "../../protocol/library.ts";
import type {
  Attachments,
  JobOptions,
  LibrarySink,
  MachineId,
  MachineRecord,
  MediumId,
} from "../../protocol/library.ts";
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import { SparseMemoryStore } from "../../storage/memory-store.ts";
import { writeOva } from "../../storage/ovf/package.ts";
import type { OvfPackage } from "../../storage/ovf/package.ts";
import { recogniseSystem } from "../../storage/system-recognition.ts";
import { MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "../config-check.ts";
import { createMachine, freeMachineName } from "./catalogue-edits.ts";
import { copyOptions } from "./copy-options.ts";
import type { LibraryCore } from "./library-core.ts";
import { asLibraryError, orLibraryError } from "./library-errors.ts";
import type { MediaShelf } from "./media-shelf.ts";

/** The machine of a package, after its sums were checked. Where anything fails, nothing of it stays. */
export async function importPackage(
  core: LibraryCore,
  shelf: MediaShelf,
  ova: OvfPackage,
  packageBytes: number,
  options: JobOptions & { name?: string },
): Promise<MachineRecord> {
  const { signal } = options;
  const imported: MediumId[] = [];
  try {
    if (ova.machine.disks.length > DISK_SLOTS.length)
      throw new LibraryError("badMedia", said`This machine has ${ova.machine.disks.length} disks; here a machine has room for ${DISK_SLOTS.length}.`); // prettier-ignore
    const { onProgress } = options;
    await ova.verify(copyOptions({ ...options, ...(onProgress ? { onProgress: (progress) => onProgress({ ...progress, phase: "checking" }) } : {}) })); // prettier-ignore
    const name = options.name ?? (ova.machine.name || "Imported");
    const media: Attachments = {};
    let osId: string | null = null;
    for (const [n, { capacityBytes, fileName }] of ova.machine.disks.entries()) {
      const contents: BlockStore = (await ova.openDisk(n)) ?? new SparseMemoryStore(capacityBytes);
      osId ??= await recogniseSystem(contents).catch(() => null);
      const origin = { fileName, format: "ova" };
      const medium = await shelf.importContents(contents, { kind: "disk", name: `${name} ${n + 1}`, origin, neededBytes: packageBytes }, options); // prettier-ignore
      imported.push(medium.id);
      media[DISK_SLOTS[n]!] = medium.id;
    }
    const memoryMiB = Math.min(MAX_MEMORY_MIB, Math.max(MIN_MEMORY_MIB, Math.round(ova.machine.memoryMiB) || 512));
    const notes = ova.machine.notes.join("\n");
    const { id } = await core.update((draft) =>
      createMachine(draft, { name: options.name ?? freeMachineName(draft, name), osId: osId ?? "other", notes, hardware: { memoryMiB }, media }, core.now()),
    ); // prettier-ignore
    return core.machine(id)!;
  } catch (error) {
    for (const medium of imported) await shelf.remove(medium);
    throw asLibraryError(error, signal);
  }
}

export async function exportPackage(
  core: LibraryCore,
  shelf: MediaShelf,
  id: MachineId,
  sink: LibrarySink,
  options: JobOptions,
): Promise<void> {
  await core.alone([id], async () => {
    const { name, hardware, media } = core.stored(id);
    const disks: BlockStore[] = [];
    try {
      for (const slot of DISK_SLOTS) if (media[slot]) disks.push(await shelf.openToRead(media[slot]));
      if (disks.length === 0)
        throw new LibraryError("badInput", said`"${name}" has no disk; there is nothing to carry away.`);
      const { processors, memoryMiB } = hardware;
      await orLibraryError(
        () => writeOva({ name, processors, memoryMiB, disks, cdrom: true }, sink, copyOptions(options)),
        options.signal,
      );
    } finally {
      for (const disk of disks) await disk.close?.();
    }
  });
}
