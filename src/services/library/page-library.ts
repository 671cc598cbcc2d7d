/** The library of a page: MachineLibrary over the browser's storage, with sessions of the machines that run here. */
import { LibraryError } from "../../protocol/library.ts";
import type {
  CloneOptions,
  MachineChange,
  MachineId,
  MachineRecord,
  MediumId,
  SnapshotId,
  SnapshotRecord,
} from "../../protocol/library.ts";
import type { VmEvent } from "../../protocol/vm-api.ts";
import { IndexedStorage } from "../../storage/library/indexed-storage.ts";
import type { LibraryStorage } from "../../storage/library/library-storage.ts";
import { MachineSession } from "../machine-session.ts";
import type { MachineClient } from "../machine-session.ts";
import { EVENT_NAMES, VmClient } from "../vm-client.ts";
import { orLibraryError } from "./library-errors.ts";
import type { LibraryRun, LibraryRuns } from "./library-run.ts";
import type { BegunRun } from "./live-runs.ts";
import { MachineLibrary } from "./machine-library.ts";

export interface PageLibraryOptions {
  /** Where guests/ with the firmware stands. */
  baseUrl: string;
  storage?: LibraryStorage;
  makeClient?: () => MachineClient;
  now?: () => number;
}

/** Fires "change", and "show" (detail: MachineId) when another tab asks for a machine that runs here. */
export class PageLibrary extends MachineLibrary implements LibraryRuns {
  private readonly openRuns = new Map<MachineId, PageRun>();
  /** Runs that are about to be over. */
  private readonly closing = new Map<MachineId, Promise<void>>();
  private readonly channel: BroadcastChannel | null;

  constructor(private readonly options: PageLibraryOptions) {
    const storage = options.storage ?? new IndexedStorage();
    super(storage, options.now);
    const { place } = storage;
    this.channel = place.kind === "indexedDb" ? new BroadcastChannel(`${place.name}-show`) : null;
    this.channel?.addEventListener("message", ({ data }: MessageEvent<MachineId>) => {
      if (this.openRuns.has(data)) this.dispatchEvent(new CustomEvent("show", { detail: data }));
    });
  }

  async run(id: MachineId): Promise<LibraryRun> {
    const begun = await this.runs.begin(id);
    try {
      const { baseUrl, makeClient = () => new VmClient() } = this.options;
      const client = makeClient();
      for (const name of Object.values(EVENT_NAMES))
        client.addEventListener(name, (event) => this.runs.receive(id, (event as CustomEvent<VmEvent>).detail));
      const session = await orLibraryError(async () => new MachineSession(begun.plan, baseUrl, () => client));
      this.runs.attach(id, client);
      this.runs.keepLog(id, session.log);
      const run = new PageRun(this, begun, session, client, (closing) => {
        this.openRuns.delete(id);
        this.closing.set(id, closing);
        const over = (): void => void (this.closing.get(id) === closing && this.closing.delete(id));
        closing.then(over, over);
      });
      this.openRuns.set(id, run);
      return run;
    } catch (error) {
      await this.runs.end(id);
      throw error;
    }
  }

  /** Resolves when runs that are being closed are over. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.closing.values());
  }

  runOf(id: MachineId): LibraryRun | undefined {
    return this.openRuns.get(id);
  }

  bringToFront(id: MachineId): void {
    this.channel?.postMessage(id);
  }

  // A machine whose session is open though it is off is closed first, and can be opened again.

  override async restoreSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void> {
    await this.closeIfOff(id);
    await super.restoreSnapshot(id, snapshot);
  }

  override async takeSnapshot(...args: Parameters<MachineLibrary["takeSnapshot"]>): Promise<SnapshotRecord> {
    await this.closeIfOff(args[0]);
    return super.takeSnapshot(...args);
  }

  override async clone(id: MachineId, options: CloneOptions): Promise<MachineRecord> {
    if (options.snapshot === undefined) await this.closeIfOff(id);
    return super.clone(id, options);
  }

  override async modify(id: MachineId, change: MachineChange): Promise<void> {
    const slots = Object.keys(change.media ?? {});
    const needsOff = change.hardware !== undefined || slots.some((slot) => slot !== "cdrom" && slot !== "floppy");
    if (needsOff) await this.closeIfOff(id);
    await super.modify(id, change);
  }

  override async remove(id: MachineId, options?: { media?: boolean }): Promise<void> {
    await this.closeIfOff(id);
    await super.remove(id, options);
  }

  private async closeIfOff(id: MachineId): Promise<void> {
    // What fails there is told to whoever closes it.
    await this.closing.get(id)?.catch(() => {});
    const run = this.openRuns.get(id);
    if (run && (run.session.state === "poweredOff" || run.session.state === "aborted")) await run.close();
  }
}

class PageRun implements LibraryRun {
  private closing: Promise<void> | null = null;

  constructor(
    private readonly library: PageLibrary,
    private readonly begun: BegunRun,
    readonly session: MachineSession,
    private readonly client: MachineClient,
    private readonly onClosing: (closing: Promise<void>) => void,
  ) {}

  get machineId(): MachineId {
    return this.begun.machineId;
  }

  async start(): Promise<void> {
    await this.session.whenLoaded();
    const { savedMemory } = this.begun;
    await orLibraryError(async () => {
      if (savedMemory === null) return this.client.api.start();
      const memory = { place: this.library.place, id: savedMemory };
      await this.client.api.restoreCaptured(memory, "paused");
      // From the first instruction on the saved state does not fit the disks any more.
      await this.library.runs.resumed(this.machineId);
      this.begun.savedMemory = null;
      await this.client.api.resume();
    });
  }

  async saveState(): Promise<void> {
    await this.library.saveState(this.machineId);
    await this.close();
  }

  async insert(slot: "cdrom" | "floppy", medium: MediumId | null): Promise<void> {
    const { library, session, machineId } = this;
    const known = medium === null ? null : library.medium(medium);
    if (known === undefined) throw new LibraryError("notFound", "This medium is not in the library any more.");
    const found = medium === null ? null : library.runs.mediumOf(medium);
    const done = await (slot === "cdrom" ? session.insertCdrom(found) : session.insertFloppy(found));
    if (done) await library.modify(machineId, { media: { [slot]: medium } });
  }

  close(): Promise<void> {
    if (this.closing) return this.closing;
    this.closing = this.closeNow();
    this.onClosing(this.closing);
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    await this.session.close();
    await this.library.runs.end(this.machineId);
  }
}
