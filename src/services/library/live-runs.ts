/**
 * Machines that run here: each has its lock, and what its worker says of its state goes into the catalogue, so that other
 * tabs see it and a crash is known for one. A picture of the screen is kept now and then.
 */
import { DISK_SLOTS, LibraryError } from "../../protocol/library.ts";
import type { MachineId, MediumId, MemoryId, Slot } from "../../protocol/library.ts";
import { defaultLimits } from "../../protocol/machine-config.ts";
import type { ExecutionLimits, KeptSource, MediaSource } from "../../protocol/machine-config.ts";
import type { VmApi, VmEvent, VmState } from "../../protocol/vm-api.ts";
import { asPlain, said } from "../../shared/said.ts";
import { machineLock } from "../../storage/library/locks.ts";
import type { MachineLog } from "../machine-log.ts";
import type { DiskMedium, MachinePlan, Medium } from "../machine-plan.ts";
import { machineIn, mediumIn, stackOf } from "./catalogue-edits.ts";
import { KeptLog } from "./kept-log.ts";
import type { LibraryCore } from "./library-core.ts";
import { orLibraryError } from "./library-errors.ts";

/** The worker of a machine, as far as the library uses it. */
export interface LiveMachine {
  readonly api: VmApi;
  readonly state: VmState;
}

/** States in which no worker has the machine. */
const AT_REST: ReadonlySet<string> = new Set(["poweredOff", "saved", "aborted"]);
const THUMBNAIL_MS = 15_000;
const THUMBNAIL_WIDTH_PX = 320;

export interface BegunRun {
  machineId: MachineId;
  /** What the machine is made of. */
  plan: MachinePlan;
  /** What it goes on from when it is started; null: it is powered on. */
  savedMemory: MemoryId | null;
}

interface Run extends BegunRun {
  release: () => Promise<void>;
  live: LiveMachine | null;
  timer: ReturnType<typeof setInterval> | null;
  lastPicture: Uint8Array | null;
  log: KeptLog | null;
  /** Those that its worker knows. */
  limits: ExecutionLimits;
  /** Changes of the catalogue one after the other. */
  tail: Promise<void>;
}

export class LiveRuns {
  private readonly runs = new Map<MachineId, Run>();
  /** When logs of runs that are over have been written. */
  private readonly logged = new Map<MachineId, Promise<void>>();

  constructor(private readonly core: LibraryCore) {
    core.addEventListener("change", () => this.passLimitsOn());
  }

  /** Takes the machine for this page. @throws LibraryError `inUse` where somebody has it */
  async begin(id: MachineId): Promise<BegunRun> {
    const { core } = this;
    await core.refresh();
    const release = await orLibraryError(() => core.storage.locks.take(machineLock(id)));
    const { name } = core.stored(id);
    if (!release) throw new LibraryError("inUse", said`"${name}" runs already, here or in another tab.`);
    try {
      await core.refresh();
      const machine = core.stored(id);
      const busy = await core.storage.locks.held();
      for (const medium of Object.values(machine.media))
        if (busy.has(machineLock(medium)))
          throw new LibraryError(
            "inUse",
            said`Something is being done with "${core.medium(medium)?.name ?? ""}"; it must be over first.`,
          );
      const savedMemory = machine.state === "saved" ? machine.savedMemory : null;
      const run: Run = {
        limits: machine.limits ?? defaultLimits,
        machineId: id,
        plan: { ...this.planOf(id), takesState: savedMemory !== null },
        savedMemory,
        release,
        live: null,
        timer: null,
        lastPicture: null,
        log: null,
        tail: Promise.resolve(),
      };
      this.runs.set(id, run);
      core.here.add(id);
      await core.refresh();
      return run;
    } catch (error) {
      this.runs.delete(id);
      core.here.delete(id);
      await release();
      throw error;
    }
  }

  /** Its worker is there. */
  attach(id: MachineId, live: LiveMachine): void {
    const run = this.runOf(id);
    run.live = live;
    run.timer = setInterval(() => void this.takePicture(id), THUMBNAIL_MS);
    (run.timer as { unref?: () => void }).unref?.();
  }

  /** To be called with every event of the worker. */
  receive(id: MachineId, event: VmEvent): void {
    const run = this.runs.get(id);
    if (!run || event.type !== "state") return;
    const { state } = event;
    const reason = event.said ? asPlain(event.said) : event.reason;
    this.core.live.set(id, reason === undefined ? { state } : { state, reason });
    run.tail = run.tail.then(() =>
      this.core.update((draft) => {
        const machine = draft.machines[id];
        // A machine that is being suspended is `saved` in the end, whatever its worker still says.
        if (!machine || (machine.state === "saved" && state !== "running")) return;
        machine.state = state;
        if (reason === undefined) delete machine.stateReason;
        else machine.stateReason = reason;
        if (state === "running") machine.lastRunAt = this.core.now();
      }),
    );
    // What fails here fails also where somebody waits for it; who looks sees the state all the same.
    run.tail = run.tail.catch(() => this.core.refresh().catch(() => {}));
    if (state === "paused" || state === "stopping") void this.takePicture(id);
  }

  liveOf(id: MachineId): LiveMachine | null {
    return this.runs.get(id)?.live ?? null;
  }

  /** The saved state has been taken: the machine cannot go on from it again, but needs its pages as long as it runs. */
  async resumed(id: MachineId): Promise<void> {
    await this.core.update((draft) => {
      const machine = machineIn(draft, id);
      if (machine.savedMemory !== null) machine.runsOn = machine.savedMemory;
      machine.savedMemory = null;
      machine.state = "running";
    });
  }

  /** The machine runs here no more. */
  async end(id: MachineId): Promise<void> {
    const run = this.runs.get(id);
    if (!run) return;
    if (run.timer !== null) clearInterval(run.timer);
    this.runs.delete(id);
    await run.tail;
    await this.noteOff(id);
    // The lock need not wait for the log; a next run does.
    const logged = run.log?.close();
    if (logged) this.logged.set(id, logged);
    this.core.live.delete(id);
    this.core.here.delete(id);
    await run.release();
    await this.core.refresh();
    await logged;
  }

  /**
   * A worker that is ended in order says no more that its machine is off: without this the next look takes the machine for one that
   * nobody ended. Where there is no room to write it down, that is what it is taken for.
   */
  private async noteOff(id: MachineId): Promise<void> {
    const machine = this.core.catalogue.machines[id];
    if (!machine || (AT_REST.has(machine.state) && !machine.runsOn)) return;
    const noted = this.core.update((draft) => {
      const machine = machineIn(draft, id);
      delete machine.runsOn;
      if (AT_REST.has(machine.state)) return;
      machine.state = "poweredOff";
      delete machine.stateReason;
    });
    await noted.catch(() => this.core.refresh());
  }

  /** What a machine is made of, from the catalogue. */
  planOf(id: MachineId): MachinePlan {
    const { core } = this;
    const { name, hardware, media, limits = defaultLimits } = core.stored(id);
    const inSlot = (slot: Slot): Medium | undefined => (media[slot] ? this.mediumOf(media[slot]) : undefined);
    const disks = DISK_SLOTS.flatMap((slot): DiskMedium[] => {
      const medium = inSlot(slot);
      return medium ? [{ ...medium, writable: typeof medium.source === "string" ? "discard" : "keep" }] : [];
    });
    const { commandLine, ...rest } = hardware;
    const plan: MachinePlan = { title: name, ...rest, limits, disks, ...(commandLine ? { commandLine } : {}) };
    for (const slot of ["kernel", "initrd", "cdrom", "floppy"] as const) {
      const medium = inSlot(slot);
      if (medium) plan[slot] = medium;
    }
    return plan;
  }

  /** A medium as a drive takes it. */
  mediumOf(id: MediumId): Medium {
    const { core } = this;
    const { name, url, layer, sizeBytes } = mediumIn(core.catalogue, id);
    if (layer === null) return { name, source: url! };
    const kept: KeptSource["kept"] = {
      place: core.storage.place,
      layers: stackOf(core.catalogue, layer),
      sizeBytes,
      name,
    };
    const source: MediaSource = { kept };
    return { name, source };
  }

  /** Keeps a picture of the screen, where it has changed. */
  async takePicture(id: MachineId): Promise<void> {
    const run = this.runs.get(id);
    if (!run?.live || (run.live.state !== "running" && run.live.state !== "paused" && run.live.state !== "stopping"))
      return;
    try {
      const picture = await run.live.api.thumbnail(THUMBNAIL_WIDTH_PX);
      if (run.lastPicture && equal(picture, run.lastPicture)) return;
      run.lastPicture = picture;
      await this.core.storage.blobs.put(`thumbnails/${id}`, picture);
      await this.core.update((draft) => {
        if (draft.machines[id]) draft.machines[id].thumbnailVersion++;
      });
    } catch {
      // A machine that has just ended has no picture, and a picture is not worth a word.
    }
  }

  /** They may have been changed by another tab or process. What fails here, the machine says itself. */
  private passLimitsOn(): void {
    for (const [id, run] of this.runs) {
      const limits = this.core.catalogue.machines[id]?.limits ?? defaultLimits;
      const same =
        limits.executionCapPercent === run.limits.executionCapPercent &&
        limits.processorShares === run.limits.processorShares;
      if (same || !run.live) continue;
      run.limits = limits;
      void run.live.api.setLimits(limits).catch(() => {});
    }
  }

  /** What is noted in this log, while the machine runs, is kept with it. */
  keepLog(id: MachineId, log: MachineLog): void {
    this.runOf(id).log = new KeptLog(this.core.storage.blobs, id, log, this.logged.get(id));
  }

  private runOf(id: MachineId): Run {
    const run = this.runs.get(id);
    if (!run) throw new LibraryError("notFound", "This machine does not run here.");
    return run;
  }
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
