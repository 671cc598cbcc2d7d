/**
 * Snapshots that the page takes by itself, of machines of the library that run here: every so many minutes in which the
 * machine runs; the oldest of them go. Snapshots that a person took are never touched.
 */
import type { LibraryApi, MachineId } from "../protocol/library.ts";
import type { Desk } from "./desk.ts";
import type { AutoSnapshotRule, Preferences } from "./preferences.ts";

const LOOK_MS = 5000;
const MINUTE_MS = 60_000;

export class AutoSnapshots {
  /** When the time until the next one began. */
  private readonly since = new Map<MachineId, number>();
  private readonly busy = new Set<MachineId>();

  /** @param nameOf what a snapshot of a moment is called */
  constructor(
    private readonly library: LibraryApi,
    private readonly desk: Desk,
    private readonly preferences: Preferences,
    private readonly nameOf: (atMs: number) => string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Looks at the clock for as long as the page lives. */
  begin(): void {
    setInterval(() => void this.look(), LOOK_MS);
  }

  /** Takes what is due. */
  async look(): Promise<void> {
    const { autoSnapshots } = this.preferences.choices;
    const running = this.desk.machines.filter(({ session }) => session.state === "running");
    const ids = running.map(({ machineId }) => machineId).filter((id) => id !== null);
    for (const id of this.since.keys()) if (!ids.includes(id)) this.since.delete(id);
    await Promise.all(ids.map((id) => this.lookAt(id, autoSnapshots[id])));
  }

  private async lookAt(id: MachineId, rule: AutoSnapshotRule | undefined): Promise<void> {
    if (!rule) return void this.since.delete(id);
    const since = this.since.get(id);
    if (since === undefined) return void this.since.set(id, this.now());
    if (this.busy.has(id) || this.now() - since < rule.everyMinutes * MINUTE_MS) return;
    this.busy.add(id);
    this.since.set(id, this.now());
    try {
      await this.library.takeSnapshot(id, this.nameOf(this.now()), { automatic: true });
      await this.clearAway(id, rule.keep);
    } catch (error) {
      // The next one is tried when it is due.
      this.desk.tellError(error, this.desk.ofLibrary(id) ?? null);
    } finally {
      this.busy.delete(id);
    }
  }

  private async clearAway(id: MachineId, keep: number): Promise<void> {
    const automatic = (this.library.machine(id)?.snapshots ?? [])
      .filter((snapshot) => snapshot.automatic)
      .sort((a, b) => a.takenAt - b.takenAt);
    for (const { id: oldest } of automatic.slice(0, Math.max(0, automatic.length - keep)))
      await this.library.deleteSnapshot(id, oldest);
  }
}
