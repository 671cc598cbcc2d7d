/**
 * A machine of the library that runs in this page: its session, and what the library adds to one. There is at most one run
 * of a machine in all tabs; `PageLibrary.run()` makes it, and rejects with LibraryError `inUse` where another tab has it.
 */
import type { MachineId, MediumId } from "../../protocol/library.ts";
import type { MachineSession } from "../machine-session.ts";

export interface LibraryRun {
  readonly machineId: MachineId;
  /** As for any machine. It loads at once; state, screen and input go by it. Its `start()` is not called directly. */
  readonly session: MachineSession;
  /** Powers the machine on, or goes on from its saved state; resolves when it runs. */
  start(): Promise<void>;
  /** Suspends it to disk: memory and devices are kept, the machine is `saved`, and the run is over. */
  saveState(): Promise<void>;
  /** Puts another CD or floppy into a drive, now and for later runs; null takes it out. Failures are the session's problems. */
  insert(slot: "cdrom" | "floppy", medium: MediumId | null): Promise<void>;
  /** Ends the run: a machine that is on has its plug pulled. The machine can be run again, here or elsewhere. */
  close(): Promise<void>;
}

/** What the page's library (`PageLibrary`) has beside LibraryApi. */
export interface LibraryRuns {
  /** Makes the session of a machine. Several machines may run at once. */
  run(id: MachineId): Promise<LibraryRun>;
  /** The run of a machine in this page. */
  runOf(id: MachineId): LibraryRun | undefined;
  /** Asks the tab in which the machine runs to show itself: fires "show" (detail: MachineId) on its library. */
  bringToFront(id: MachineId): void;
}
