import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { LibraryError } from "../../protocol/library.ts";
import type { MachineRecord, MediumRecord } from "../../protocol/library.ts";
import type { VmApi } from "../../protocol/vm-api.ts";
import { MemorySink } from "../../storage/convert/byte-sink.ts";
import { FolderStorage } from "../../storage/library/folder-storage.ts";
import { IndexedBlobs } from "../../storage/library/indexed-blobs.ts";
import { IndexedCatalogue } from "../../storage/library/indexed-catalogue.ts";
import { IndexedLayers } from "../../storage/library/indexed-layers.ts";
import { CHUNK_BYTES as CHUNK } from "../../storage/library/layers.ts";
import { memoryStorage } from "../../storage/library/library-storage.ts";
import type { LibraryStorage } from "../../storage/library/library-storage.ts";
import { MemoryLocks, machineLock } from "../../storage/library/locks.ts";
import { QuotaError } from "../../storage/library/quota-error.ts";
import { scratchFolder } from "../../storage/test-support/scratch-folder.ts";
import { SeededRandom } from "../../storage/test-support/tools.ts";
import { MachineLog } from "../machine-log.ts";
import { MachineLibrary } from "./machine-library.ts";
import { LibraryCore } from "./library-core.ts";

const scratch = scratchFolder();
let count = 0;

/** Two libraries of one place, as two tabs have them. */
type Tabs = () => [LibraryStorage, LibraryStorage];

const places: [string, Tabs][] = [
  [
    "memory",
    () => {
      const storage = memoryStorage();
      return [storage, storage];
    },
  ],
  [
    "IndexedDB",
    () => {
      const name = `library-${count++}`;
      const locks = new MemoryLocks();
      const tab = (): LibraryStorage => ({
        ...memoryStorage(),
        locks,
        catalogue: new IndexedCatalogue(name),
        layers: new IndexedLayers(name),
        blobs: new IndexedBlobs(name),
      });
      return [tab(), tab()];
    },
  ],
  [
    "a folder",
    () => {
      const path = scratch.path(`library-${count++}`);
      return [new FolderStorage(path), new FolderStorage(path)];
    },
  ],
];

async function libraryIn(storage: LibraryStorage): Promise<MachineLibrary> {
  const library = new MachineLibrary(storage, () => 1000);
  await library.open();
  return library;
}

const fails = (code: string): unknown => expect.objectContaining({ name: "LibraryError", code });

/** A disk image with a boot sector. */
function image(chunks: number, seed = 1): File {
  const bytes = new SeededRandom(seed).bytes(chunks * CHUNK);
  bytes.fill(0, CHUNK, 2 * CHUNK);
  bytes[510] = 0x55;
  bytes[511] = 0xaa;
  bytes.fill(0, 446, 510);
  return new File([bytes as Uint8Array<ArrayBuffer>], "disk.img");
}

async function contents(library: MachineLibrary, medium: string): Promise<Buffer> {
  const sink = new MemorySink();
  await library.exportMedium(medium, "raw", sink);
  return Buffer.from(sink.bytes());
}

/** Said in one word: comparing byte for byte in words takes seconds. */
function expectSame(left: Buffer, right: Buffer | undefined): void {
  expect(right !== undefined && left.equals(right)).toBe(true);
}

/** As a guest would: to the top layer. */
async function writeTo(storage: LibraryStorage, medium: MediumRecord, offset: number, byte: number): Promise<void> {
  const core = new LibraryCore(storage);
  await core.refresh();
  const { layer, sizeBytes } = core.medium(medium.id)!;
  const disk = await core.openLayers(layer!, sizeBytes, true);
  await disk.write(offset, new Uint8Array(512).fill(byte));
  await disk.close();
}

async function machineWithDisk(library: MachineLibrary): Promise<{ machine: MachineRecord; disk: MediumRecord }> {
  const disk = await library.importMedium(image(6), { kind: "disk" });
  const machine = await library.create({ name: "One", media: { disk0: disk.id } });
  return { machine, disk };
}

describe.each(places)("a library in %s", (_, tabs) => {
  it("keeps machines, and refuses what cannot be", async () => {
    const [storage, other] = tabs();
    const library = await libraryIn(storage);
    let changes = 0;
    library.addEventListener("change", () => changes++);
    const { id } = await library.create({
      name: " Debian ",
      osId: "debian",
      group: "Work/Old",
      hardware: { memoryMiB: 64 },
    });
    expect(library.machine(id)).toMatchObject({
      name: "Debian",
      group: "Work/Old",
      state: "poweredOff",
      runs: null,
      createdAt: 1000,
    });
    expect(changes).toBeGreaterThan(0);
    await expect(library.create({ name: "Debian" })).rejects.toEqual(fails("badName"));
    await expect(library.create({ name: "  " })).rejects.toEqual(fails("badName"));
    await expect(library.modify(id, { hardware: { memoryMiB: 1 } })).rejects.toEqual(fails("badInput"));
    await expect(library.setGroup([id], "a//b")).rejects.toEqual(fails("badName"));
    await library.modify(id, { notes: "n", hardware: { memoryMiB: 128 } });
    await library.rename(id, "Bookworm");
    await library.setGroup([id], "");
    const second = await libraryIn(other);
    expect(second.machines).toMatchObject([
      { id, name: "Bookworm", notes: "n", group: "", hardware: { memoryMiB: 128 } },
    ]);
    await second.remove(id);
    await library.refresh();
    expect(library.machines).toEqual([]);
    await expect(library.rename(id, "x")).rejects.toEqual(fails("notFound"));
  });

  it("imports an image and gives it back the same, with zeros taking no room", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const file = image(20);
    const steps: number[] = [];
    const medium = await library.importMedium(file, {
      kind: "disk",
      onProgress: ({ doneBytes }) => steps.push(doneBytes),
    });
    expect(medium).toMatchObject({
      kind: "disk",
      name: "disk",
      sizeBytes: 20 * CHUNK,
      origin: { fileName: "disk.img" },
    });
    expect(steps.at(-1)).toBe(20 * CHUNK);
    expect((await library.mediumDetails(medium.id)).ownBytes).toBe(
      storage.place.kind === "indexedDb" ? 20 * CHUNK : 19 * CHUNK,
    );
    expectSame(await contents(library, medium.id), Buffer.from(await file.arrayBuffer()));
    await expect(library.importMedium(new File(["<html>"], "a.img"))).rejects.toEqual(fails("badMedia"));
    await library.removeMedium(medium.id);
    expect(await storage.layers.list()).toEqual([]);
  });

  it("leaves nothing behind of an import that is cancelled, fails or finds no room", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const stop = new AbortController();
    const cancelled = library.importMedium(image(200), { kind: "disk", signal: stop.signal, onProgress: ({ doneBytes }) => doneBytes > 0 && stop.abort() }); // prettier-ignore
    await expect(cancelled).rejects.toEqual(fails("cancelled"));
    const use = storage.use;
    storage.use = async () => ({ usedBytes: 100, quotaBytes: 1 << 20, persisted: false });
    await expect(library.importMedium(image(20), { kind: "disk" })).rejects.toEqual(fails("quota"));
    storage.use = use;
    const qcow = new Uint8Array(4096);
    qcow.set([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]);
    await expect(library.importMedium(new File([qcow], "a.qcow2"))).rejects.toEqual(fails("badMedia"));
    expect(library.media).toEqual([]);
    expect(await storage.layers.list()).toEqual([]);
    expect(await storage.catalogue.read()).toMatchObject({ layers: {}, media: {} });
  });

  it("lets a machine run once", async () => {
    const [storage, other] = tabs();
    const [library, second] = [await libraryIn(storage), await libraryIn(other)];
    const { machine } = await machineWithDisk(library);
    const begun = await library.runs.begin(machine.id);
    expect(begun.plan).toMatchObject({
      title: "One",
      disks: [{ name: "disk", writable: "keep", source: { kept: { sizeBytes: 6 * CHUNK } } }],
    });
    await second.refresh();
    expect(second.machine(machine.id)).toMatchObject({ runs: "elsewhere" });
    await expect(second.runs.begin(machine.id)).rejects.toEqual(fails("inUse"));
    await expect(second.remove(machine.id)).rejects.toEqual(fails("inUse"));
    await expect(second.modify(machine.id, { hardware: { memoryMiB: 64 } })).rejects.toEqual(fails("inUse"));
    await library.runs.end(machine.id);
    await second.refresh();
    expect(second.machine(machine.id)).toMatchObject({ runs: null, state: "poweredOff" });
  });

  it("takes a machine that is ended while it runs for one that is off", async () => {
    const [storage, other] = tabs();
    const [library, second] = [await libraryIn(storage), await libraryIn(other)];
    const { id } = await library.create({ name: "One" });
    for (const state of ["running", "paused"] as const) {
      await library.runs.begin(id);
      library.runs.receive(id, { type: "state", state });
      await library.runs.end(id);
      await second.refresh();
      expect(second.machine(id)).toMatchObject({ state: "poweredOff", runs: null });
    }
    await library.runs.begin(id);
    library.runs.receive(id, { type: "state", state: "aborted", reason: "it failed" });
    await library.runs.end(id);
    expect(library.machine(id)).toMatchObject({ state: "aborted", stateReason: "it failed" });
  });

  it("passes limits on to the machine at once, also where another tab changes them", async () => {
    const [first, second] = await Promise.all(tabs().map(libraryIn));
    const { id } = await first!.create({ name: "One", limits: { executionCapPercent: 50 } });
    expect(first!.machine(id)!.limits).toEqual({ executionCapPercent: 50, processorShares: 100 });
    const run = await first!.runs.begin(id);
    expect(run.plan.limits).toEqual({ executionCapPercent: 50, processorShares: 100 });
    const told: unknown[] = [];
    const api = { setLimits: async (limits: unknown) => void told.push(limits) } as unknown as VmApi;
    first!.runs.attach(id, { api, state: "running" });
    await first!.modify(id, { limits: { executionCapPercent: 20 } });
    expect(told).toEqual([{ executionCapPercent: 20, processorShares: 100 }]);
    await second!.refresh();
    await second!.modify(id, { limits: { processorShares: 300 } });
    await first!.refresh();
    expect(told.slice(1)).toEqual([{ executionCapPercent: 20, processorShares: 300 }]);
    await expect(first!.modify(id, { limits: { executionCapPercent: 0 } })).rejects.toEqual(fails("badInput"));
    await first!.runs.end(id);
    expect((await first!.clone(id, { name: "Two", how: "linked" })).limits.processorShares).toBe(300);
  });

  it("shows what a machine says of its state though the catalogue has no room for it", async () => {
    const [storage] = tabs();
    const { catalogue } = storage;
    let isFull = false;
    const cramped: LibraryStorage = {
      ...storage,
      place: storage.place,
      catalogue: {
        read: () => catalogue.read(),
        update: (change) => (isFull ? Promise.reject(new QuotaError()) : catalogue.update(change)),
        watch: (onChange) => catalogue.watch(onChange),
      },
      locks: storage.locks,
      layers: storage.layers,
      blobs: storage.blobs,
    };
    const library = await libraryIn(cramped);
    const { id } = await library.create({ name: "One" });
    await library.runs.begin(id);
    library.runs.receive(id, { type: "state", state: "running" });
    await expect.poll(() => library.machine(id)!.state).toBe("running");
    isFull = true;
    library.runs.receive(id, { type: "state", state: "paused", reason: "no room" });
    await expect.poll(() => library.machine(id)).toMatchObject({ state: "paused", stateReason: "no room" });
    isFull = false;
    library.runs.receive(id, { type: "state", state: "poweredOff" });
    await library.runs.end(id);
    expect(library.machine(id)).toMatchObject({ state: "poweredOff", runs: null });
    expect(library.machine(id)!.stateReason).toBeUndefined();
  });

  it("keeps a machine's log over its sessions, and no longer than the machine", async () => {
    const [storage, other] = tabs();
    const [library, second] = [await libraryIn(storage), await libraryIn(other)];
    const { id } = await library.create({ name: "One" });
    expect(await library.log(id)).toEqual([]);
    for (const name of ["first", "second"]) {
      await library.runs.begin(id);
      const log = new MachineLog(() => 5);
      library.runs.keepLog(id, log);
      log.add({ kind: "failure", message: name });
      await library.runs.end(id);
      log.add({ kind: "failure", message: "too late" });
    }
    const entry = { atMs: 5, level: "error" };
    expect(await second.log(id)).toEqual([
      { ...entry, event: { kind: "failure", message: "first" } },
      { ...entry, event: { kind: "failure", message: "second" } },
    ]);
    await second.tidy();
    expect(await second.log(id)).toHaveLength(2);
    await library.remove(id);
    expect(await storage.blobs.list("logs/")).toEqual([]);
  });

  it("knows a machine whose page ended without a word as aborted", async () => {
    const [storage, other] = tabs();
    const [library, second] = [await libraryIn(storage), await libraryIn(other)];
    const { machine } = await machineWithDisk(library);
    await library.runs.begin(machine.id);
    library.runs.receive(machine.id, { type: "state", state: "running" });
    await expect.poll(async () => (await storage.catalogue.read()).machines[machine.id]!.state).toBe("running");
    // What a browser or the system does with the locks of what ended.
    const release = await storage.locks.take("probe");
    await release!();
    (await forced(storage, machine.id))();
    await second.refresh();
    expect(second.machine(machine.id)).toMatchObject({ state: "aborted", runs: null });
  });

  it("takes, restores and deletes snapshots of a machine that is off, sharing what is the same", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const { machine, disk } = await machineWithDisk(library);
    const states: Buffer[] = [];
    const snapshots = [];
    for (let n = 1; n <= 3; n++) {
      states.push(await contents(library, disk.id));
      snapshots.push(await library.takeSnapshot(machine.id, `S${n}`));
      await writeTo(storage, disk, n * 512, n);
    }
    const last = await contents(library, disk.id);
    expect(library.machine(machine.id)!.snapshots.map(({ name, parent }) => [name, parent])).toEqual([["S1", null], ["S2", snapshots[0]!.id], ["S3", snapshots[1]!.id]]); // prettier-ignore
    const { chain } = await library.mediumDetails(disk.id);
    expect(chain.map(({ keptBytes }) => keptBytes / CHUNK)).toEqual([
      1,
      1,
      1,
      storage.place.kind === "indexedDb" ? 6 : 5,
    ]);
    await expect(library.removeMedium(disk.id)).rejects.toEqual(fails("inUse"));
    await library.deleteSnapshot(machine.id, snapshots[1]!.id);
    expectSame(await contents(library, disk.id), last);
    expect((await library.mediumDetails(disk.id)).chain).toHaveLength(3);
    await library.restoreSnapshot(machine.id, snapshots[2]!.id);
    expectSame(await contents(library, disk.id), states[2]);
    await library.restoreSnapshot(machine.id, snapshots[0]!.id);
    expectSame(await contents(library, disk.id), states[0]);
    await writeTo(storage, disk, 0, 9);
    await library.takeSnapshot(machine.id, "Branch");
    expect(library.machine(machine.id)!.snapshots.at(-1)!.parent).toBe(snapshots[0]!.id);
    await library.restoreSnapshot(machine.id, snapshots[2]!.id);
    expectSame(await contents(library, disk.id), states[2]);
    for (const { id } of library.machine(machine.id)!.snapshots) await library.deleteSnapshot(machine.id, id);
    expectSame(await contents(library, disk.id), states[2]);
    expect(await storage.layers.list()).toHaveLength(1);
    await library.remove(machine.id, { media: true });
    expect(await storage.layers.list()).toEqual([]);
    expect(library.media).toEqual([]);
  });

  it("clones, linked and full, and neither sees what the other writes", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const { machine, disk } = await machineWithDisk(library);
    const before = await contents(library, disk.id);
    const linked = await library.clone(machine.id, { name: "Linked", how: "linked" });
    const full = await library.clone(machine.id, { name: "Full", how: "full" });
    const [linkedDisk, fullDisk] = [linked, full].map(({ media }) => library.medium(media.disk0!)!);
    expect((await library.mediumDetails(linkedDisk!.id)).ownBytes).toBe(0);
    expect((await library.mediumDetails(fullDisk!.id)).chain).toHaveLength(1);
    await writeTo(storage, disk, 0, 1);
    await writeTo(storage, linkedDisk!, 0, 2);
    await writeTo(storage, fullDisk!, 0, 3);
    for (const [id, byte] of [[disk.id, 1], [linkedDisk!.id, 2], [fullDisk!.id, 3]] as const) {
      const now = await contents(library, id);
      expect(now[0]).toBe(byte);
      expectSame(now.subarray(512), before.subarray(512));
    } // prettier-ignore
    await library.remove(machine.id, { media: true });
    expect((await contents(library, linkedDisk!.id))[0]).toBe(2);
    await expect(library.clone(linked.id, { name: "Full", how: "full" })).rejects.toEqual(fails("badName"));
  });

  it("resizes and compacts", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const { machine, disk } = await machineWithDisk(library);
    const before = await contents(library, disk.id);
    await library.takeSnapshot(machine.id, "Before");
    await library.resizeDisk(disk.id, 8 * CHUNK);
    expectSame(await contents(library, disk.id), Buffer.concat([before, Buffer.alloc(2 * CHUNK)]));
    await library.resizeDisk(disk.id, 6 * CHUNK);
    await expect(library.resizeDisk(disk.id, 4 * CHUNK)).rejects.toThrow(/not empty/);
    await library.resizeDisk(disk.id, 4 * CHUNK, { discardEnd: true });
    await library.resizeDisk(disk.id, 6 * CHUNK);
    expectSame(
      await contents(library, disk.id),
      Buffer.concat([before.subarray(0, 4 * CHUNK), Buffer.alloc(2 * CHUNK)]),
    );
    await writeTo(storage, disk, 3 * CHUNK, 0);
    expect(await library.compactDisk(disk.id)).toBe(0);
    await library.restoreSnapshot(machine.id, library.machine(machine.id)!.snapshots[0]!.id);
    expectSame(await contents(library, disk.id), before);
  });

  it("carries a machine away as an OVA and brings it back", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const { machine, disk } = await machineWithDisk(library);
    const sink = new MemorySink();
    await library.exportMachine(machine.id, sink);
    const back = await library.importMachine(new File([sink.bytes() as Uint8Array<ArrayBuffer>], "one.ova"));
    expect(back).toMatchObject({ name: "One 2", hardware: { memoryMiB: 512 } });
    expectSame(await contents(library, back.media.disk0!), await contents(library, disk.id));
    const damaged = sink.bytes();
    damaged[damaged.length - 20_000]! ^= 1;
    await expect(library.importMachine(new File([damaged as Uint8Array<ArrayBuffer>], "one.ova"))).rejects.toEqual(
      fails("badMedia"),
    );
    expect(library.machines).toHaveLength(2);
    expect(library.media).toHaveLength(2);
  });

  it("removes what jobs left that were cut off", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const core = new LibraryCore(storage);
    await core.open();
    await core.update((draft) => {
      draft.layers.half = { id: "half", parent: null, sizeBytes: CHUNK, createdAt: 1, job: "gone" };
      draft.memories.half = { id: "half", createdAt: 1, packs: ["p"], job: "gone" };
    });
    const keeper = await storage.layers.open("half", true);
    await keeper.commit(new Map([[0, new Uint8Array(CHUNK)]]), []);
    await keeper.close();
    await storage.blobs.put("packs/p", new Uint8Array(10));
    await storage.blobs.put("packs/half.0", new Uint8Array(10));
    await library.tidy();
    expect(await storage.layers.list()).toEqual([]);
    expect(await storage.blobs.list("")).toEqual([]);
    expect((await storage.catalogue.read()).memories).toEqual({});
  });

  describe("with memories", () => {
    /** A machine that is suspended, with a memory of one pack, and a snapshot with another. */
    async function suspended(
      storage: LibraryStorage,
    ): Promise<{ library: MachineLibrary; id: string; snapshot: string }> {
      const library = await libraryIn(storage);
      const { id } = await library.create({ name: "one" });
      const { id: snapshot } = await library.takeSnapshot(id, "first");
      await storage.catalogue.update((draft) => {
        const machine = draft.machines[id]!;
        for (const memory of ["saved", "snap"])
          draft.memories[memory] = { id: memory, createdAt: 1, packs: [`${memory}.0`] };
        Object.assign(machine, { state: "saved", savedMemory: "saved" });
        machine.snapshots[0]!.memory = "snap";
      });
      for (const name of ["saved", "snap"])
        for (const piece of [`packs/${name}.0`, `memories/${name}/state`])
          await storage.blobs.put(piece, new Uint8Array(9));
      await library.open();
      return { library, id, snapshot };
    }
    const packs = (storage: LibraryStorage): Promise<string[]> => storage.blobs.list("packs/");

    it("keeps the one that a machine went on from for as long as it runs", async () => {
      const [storage] = tabs();
      const { library, id } = await suspended(storage);
      expect((await library.runs.begin(id)).savedMemory).toBe("saved");
      await library.runs.resumed(id);
      await library.tidy();
      expect(await packs(storage)).toContain("packs/saved.0");
      await library.runs.end(id);
      await library.tidy();
      expect(await packs(storage)).toEqual(["packs/snap.0"]);
    });

    it("does not keep it for a machine whose page ended without a word", async () => {
      const [storage] = tabs();
      const { library, id } = await suspended(storage);
      await library.runs.begin(id);
      await library.runs.resumed(id);
      (await forced(storage, id))();
      await library.tidy();
      expect(await packs(storage)).toEqual(["packs/snap.0"]);
    });

    it("keeps that of a clone when its original goes", async () => {
      const [storage] = tabs();
      const { library, id, snapshot } = await suspended(storage);
      const clone = await library.clone(id, { name: "two", how: "linked", snapshot });
      expect(clone.state).toBe("saved");
      await library.discardSavedState(id);
      await library.remove(id);
      await library.tidy();
      expect(Object.keys((await storage.catalogue.read()).memories)).toEqual(["snap"]);
      expect(await packs(storage)).toEqual(["packs/snap.0"]);
    });
  });

  it("leaves alone what a job under way has not named yet", async () => {
    const [storage] = tabs();
    const library = await libraryIn(storage);
    const core = new LibraryCore(storage);
    await core.job(async (job) => {
      await core.update((draft) => {
        draft.layers.half = { id: "half", parent: null, sizeBytes: CHUNK, createdAt: 1, job };
        draft.memories.half = { id: "half", createdAt: 1, packs: ["old.3"], job };
      });
      const keeper = await storage.layers.open("half", true);
      await keeper.commit(new Map([[0, new Uint8Array(CHUNK)]]), []);
      await keeper.close();
      for (const name of ["packs/half.0", "packs/old.3"]) await storage.blobs.put(name, new Uint8Array(10));
      await library.tidy();
      expect(await storage.layers.list()).toEqual(["half"]);
      expect((await storage.blobs.list("")).sort()).toEqual(["packs/half.0", "packs/old.3"]);
    });
  });

  it("does not change the catalogue where a change is refused", async () => {
    const [storage] = tabs();
    const { revision } = await storage.catalogue.read();
    await expect(
      storage.catalogue.update((draft) => {
        draft.layers.x = { id: "x", parent: null, sizeBytes: 1, createdAt: 1 };
        throw new LibraryError("badInput", "no");
      }),
    ).rejects.toEqual(fails("badInput"));
    expect(await storage.catalogue.read()).toMatchObject({ revision, layers: {} });
  });
});

/** Frees a machine's lock as the end of its holder does. */
async function forced(storage: LibraryStorage, id: string): Promise<() => void> {
  if (storage instanceof FolderStorage) {
    const { rm } = await import("node:fs/promises");
    const path = storage.place.kind === "folder" ? storage.place.path : "";
    await rm(`${path}/locks/${machineLock(id)}.lock`);
    return () => {};
  }
  const { names } = storage.locks as unknown as { names: Set<string> };
  return () => names.delete(machineLock(id));
}
