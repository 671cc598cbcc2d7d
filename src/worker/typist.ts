/**
 * Presses keys at a pace at which the guest loses none: one key event at a time, at a distance in machine time, and
 * only when the guest has read the scan codes of the one before.
 */
import type { Timer } from "../machine/clock.ts";
import type { Clock } from "../machine/clock.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { KeyCode } from "../protocol/vm-api.ts";
import { keystrokesFor } from "./us-keyboard.ts";

/** What is pressed on. */
export interface Keys {
  key(code: KeyCode, down: boolean): void;
  keyboardBacklog(): number;
}

interface Step {
  code: KeyCode;
  down: boolean;
}

interface Job {
  steps: Step[];
  resolve(): void;
  reject(error: Error): void;
}

const STEP_NS = 12e6;
/** A guest that does not read its keyboard at all gets the key after this time. */
const PATIENCE_NS = 1e9;

export class Typist {
  private readonly timer: Timer;
  private readonly jobs: Job[] = [];
  private waitedNs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly keys: Keys,
  ) {
    this.timer = clock.createTimer("typing", () => this.step());
  }

  /** Resolves when the last key is up. */
  type(text: string): Promise<void> {
    const steps: Step[] = [];
    let shifted = false;
    const shiftTo = (wanted: boolean) => {
      if (wanted !== shifted) steps.push({ code: "ShiftLeft", down: wanted });
      shifted = wanted;
    };
    for (const { code, shift } of keystrokesFor(text)) {
      shiftTo(shift);
      steps.push({ code, down: true }, { code, down: false });
    }
    shiftTo(false);
    return this.add(steps);
  }

  /** Presses together, then releases in reverse order. */
  press(codes: KeyCode[]): Promise<void> {
    const down = codes.map((code) => ({ code, down: true }));
    return this.add([...down, ...down.toReversed().map(({ code }) => ({ code, down: false }))]);
  }

  /** The machine was switched off or restored: nothing is typed any more. */
  abandon(): void {
    this.timer.cancel();
    const error = new VmError("wrongState", "The machine stopped before the whole text was typed.");
    for (const job of this.jobs.splice(0)) job.reject(error);
  }

  private add(steps: Step[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.jobs.push({ steps, resolve, reject });
      if (!this.timer.armed) this.timer.armAt(this.clock.nowNs());
    });
  }

  private step(): void {
    const job = this.jobs[0];
    if (!job) return;
    const mustWait = this.keys.keyboardBacklog() > 0 && this.waitedNs < PATIENCE_NS;
    if (mustWait) this.waitedNs += STEP_NS;
    else {
      this.waitedNs = 0;
      const next = job.steps.shift();
      if (next) this.keys.key(next.code, next.down);
      else {
        this.jobs.shift();
        job.resolve();
      }
    }
    if (this.jobs.length > 0) this.timer.armAt(this.clock.nowNs() + STEP_NS);
  }
}
