/**
 * Captures of a machine into a library, and out of it: memory, devices and disks as of one moment. The memory is
 * memory-capture.ts's work and the disks' layers are frozen; here is what stands still when.
 */
import { VmError } from "../protocol/vm-api.ts";
import type { CaptureRequest, CaptureResult } from "../protocol/vm-api.ts";
import type { StoragePlace } from "../protocol/machine-config.ts";
import type { WasmCore } from "../core/wasm-core.ts";
import type { BlockStore } from "../storage/block-store.ts";
import type { BlobKeeper } from "../storage/library/blob-keeper.ts";
import { LayeredDisk } from "../storage/library/layered-disk.ts";
import type { LayerKeeper, LayerStore } from "../storage/library/layers.ts";
import { MemoryCapture } from "./memory-capture.ts";
import { LateMemory } from "./late-memory.ts";
import { PAGE_BYTES } from "./memory-image.ts";
import { fillRegions, openPacks, RAM_REGION, readImage } from "./memory-restore.ts";
import type { Snapshot } from "./snapshot.ts";

export interface CaptureHost {
  core: WasmCore;
  snapshot: Snapshot;
  drives: ReadonlyMap<string, BlockStore>;
  libraryAt(place: StoragePlace): { layers: LayerStore; blobs: BlobKeeper };
  /** The place of the library that a drive's disk is in. */
  placeOf(drive: string): StoragePlace | null;
  /** Brings the guest to a stand. @throws VmError where it is not running or paused any more */
  stop(): void;
  /** Lets it run again where it ran, if it was brought to a stand. */
  goOn(): void;
  /** A page of its memory that was to come cannot be had. */
  lost(error: VmError): void;
}

export class Captures {
  private readonly memory: MemoryCapture;
  /** What of its RAM comes later. */
  private late: LateMemory | null = null;
  private underWay = false;

  constructor(private readonly host: CaptureHost) {
    const regions = host.snapshot.regions();
    this.memory = new MemoryCapture(regions, {
      // Of video memory and of flash the core does not know all writes: the boards write there themselves.
      takeDirty: (region) =>
        region === RAM_REGION
          ? host.core.takeChangedPages(regions[region]!)
          : new Uint8Array(Math.ceil(regions[region]!.length / PAGE_BYTES / 8)).fill(0xff),
      bring: (region, page) => region === RAM_REGION && this.late?.bringPage(page),
    });
  }

  /** The memory was changed by others than the guest: it was switched on, or took another state. */
  forget(): void {
    this.memory.forget();
    this.late?.forget();
    this.late = null;
  }

  /** For whoever looks at all of the memory. @throws StorageError */
  whole(): void {
    this.late?.bringAll();
  }

  async capture(request: CaptureRequest): Promise<CaptureResult> {
    if (this.underWay) throw new VmError("wrongState", "A snapshot of this machine is being taken already.");
    this.underWay = true;
    try {
      return await this.captureNow(request);
    } finally {
      this.underWay = false;
    }
  }

  private async captureNow(request: CaptureRequest): Promise<CaptureResult> {
    const disks = await this.keptDisks(request.layers);
    let frozen: Promise<void>[] | null = null;
    const freeze = (): void => {
      frozen = disks.map(({ disk, keeper }) => disk.freeze(keeper));
      // Failures are told below.
      for (const each of frozen) each.catch(() => {});
    };
    const goOn = (): void => {
      if (request.then === "goOn") this.host.goOn();
    };
    try {
      // What is gathered now need not be written under the guest's eyes.
      for (const { disk } of disks) await disk.flush();
      const result = request.memory
        ? await this.captureMemory(request.memory, freeze, goOn)
        : { pauseMs: this.standing(freeze, goOn), storedBytes: 0, packs: [] };
      await Promise.all(frozen ?? []);
      // A machine that is being suspended has said its last word to its disks.
      if (request.then === "stay") for (const disk of this.host.drives.values()) await disk.flush();
      return result;
    } catch (error) {
      this.host.goOn();
      if (!frozen) for (const { keeper } of disks) await keeper.close();
      throw error;
    }
  }

  /** @returns how long it took */
  private standing(work: () => void, goOn: () => void): number {
    const started = performance.now();
    this.host.stop();
    work();
    goOn();
    return performance.now() - started;
  }

  private captureMemory(
    { place, id, mayUse }: NonNullable<CaptureRequest["memory"]>,
    freeze: () => void,
    goOn: () => void,
  ): Promise<CaptureResult> {
    const { host } = this;
    const { summary, devices } = host.snapshot.describe();
    let names = 0;
    return this.memory.capture({
      blobs: host.libraryAt(place).blobs,
      id,
      mayUse: new Set(mayUse),
      // By its memory it is known whose a pack is that no list names yet.
      newName: () => `${id}.${names++}`,
      summary,
      stop: () => host.stop(),
      atMoment: () => {
        const states = devices();
        freeze();
        return states;
      },
      goOn,
    });
  }

  /**
   * The machine stands still.
   * @param isNew it has not been switched on yet, so its RAM and its video memory are zeros
   * @param touched called when its memory begins to be lost
   * @throws VmError or StateError
   */
  async restore(memory: { place: StoragePlace; id: string }, isNew: boolean, touched: () => void): Promise<void> {
    const { host } = this;
    const { blobs } = host.libraryAt(memory.place);
    const regions = host.snapshot.regions();
    const image = await readImage(blobs, memory.id, regions);
    const packs = await openPacks(blobs, image);
    await host.snapshot.restoreImage(image, async () => {
      touched();
      this.forget();
      await fillRegions(blobs, image, regions, packs, isNew ? [host.core.ram, host.core.vram] : []);
      const { core, lost } = host;
      const awaitPages = core.awaitPages.bind(core);
      this.late = new LateMemory(core.ram, image.regions[RAM_REGION]!, packs, { awaitPages, lost });
    });
    this.memory.adopt(() =>
      readImage(blobs, memory.id, regions).catch((error: unknown) => {
        // It has been removed: all of the memory is looked at.
        if (error instanceof VmError) return null;
        throw error;
      }),
    );
  }

  private async keptDisks(layers: Record<string, string>): Promise<{ disk: LayeredDisk; keeper: LayerKeeper }[]> {
    const { host } = this;
    const opened: { disk: LayeredDisk; keeper: LayerKeeper }[] = [];
    for (const [drive, layer] of Object.entries(layers)) {
      const disk = host.drives.get(drive);
      const place = host.placeOf(drive);
      if (!(disk instanceof LayeredDisk) || !place || disk.readOnly)
        throw new VmError("internal", `What is in ${drive} is no disk of a library.`);
      opened.push({ disk, keeper: await host.libraryAt(place).layers.open(layer, true) });
    }
    return opened;
  }
}
