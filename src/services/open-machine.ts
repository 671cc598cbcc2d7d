/**
 * A machine that is open in this page, in view or not: one of the library, or one that is only tried. The page's several
 * machines differ in this alone; everything else about them is their session's.
 */
import type { MachineId } from "../protocol/library.ts";
import type { LibraryRun } from "./library/library-run.ts";
import type { MachineSession } from "./machine-session.ts";

export class OpenMachine {
  /** Its screen is in a window of its own: nobody else shows it. */
  apart = false;

  constructor(
    readonly session: MachineSession,
    /** Absent: the machine is not kept. */
    readonly run: LibraryRun | null = null,
  ) {}

  get machineId(): MachineId | null {
    return this.run?.machineId ?? null;
  }

  get title(): string {
    return this.session.plan.title;
  }

  /** Whether closing it would lose what the guest does now. */
  get isOn(): boolean {
    const { phase, state } = this.session;
    return phase === "ready" && state !== "poweredOff" && state !== "aborted";
  }

  /** What a person asks for; a failure is the session's "problem", or rejects where the library is at fault. */
  start(): Promise<void> {
    return this.run ? this.run.start() : this.session.start();
  }

  close(): Promise<void> {
    return this.run ? this.run.close() : this.session.close();
  }
}
