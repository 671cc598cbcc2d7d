/**
 * Types text as a person would on a US keyboard: one key after the other, each when the guest has taken the one before,
 * and no faster than a program behind a 15-key BIOS buffer can follow.
 */
import { said, SaidError } from "../../../shared/said.ts";
import type { Clock, Timer } from "../../clock.ts";
import type { Ps2Keyboard } from "./keyboard.ts";

/** From one key event to the next: about 60 characters a second. */
const EVENT_NS = 8e6;
/** How soon to look again when the guest has not taken the last key. */
const RETRY_NS = 4e6;

const SHIFTED = '~!@#$%^&*()_+{}|:"<>?';
const UNSHIFTED = "`1234567890-=[]\\;',./";
const CODES_OF_UNSHIFTED = [
  "Backquote",
  ...Array.from("1234567890", (digit) => `Digit${digit}`),
  "Minus",
  "Equal",
  "BracketLeft",
  "BracketRight",
  "Backslash",
  "Semicolon",
  "Quote",
  "Comma",
  "Period",
  "Slash",
];
const CONTROL_CODES: Record<string, string> = {
  "\n": "Enter",
  "\t": "Tab",
  "\b": "Backspace",
  "\x1b": "Escape",
  "\x7f": "Backspace",
  " ": "Space",
};

export interface KeyStroke {
  /** KeyboardEvent.code name. */
  code: string;
  shift: boolean;
  control: boolean;
}

/** The key for one character of a US layout, or undefined when there is none. Control characters are Ctrl and a letter. */
export function strokeFor(character: string): KeyStroke | undefined {
  const named = CONTROL_CODES[character];
  if (named !== undefined) return { code: named, shift: false, control: false };
  if (/^[a-zA-Z]$/.test(character)) {
    const upper = character.toUpperCase();
    return { code: `Key${upper}`, shift: character === upper, control: false };
  }
  const charCode = character.charCodeAt(0);
  if (charCode >= 1 && charCode <= 26)
    return { code: `Key${String.fromCharCode(64 + charCode)}`, shift: false, control: true };
  const plain = UNSHIFTED.indexOf(character);
  const shifted = SHIFTED.indexOf(character);
  const code = CODES_OF_UNSHIFTED[Math.max(plain, shifted)];
  return code === undefined ? undefined : { code, shift: shifted >= 0, control: false };
}

export class TypeTextError extends SaidError {
  override name = "TypeTextError";
}

interface Job {
  events: { code: string; down: boolean }[];
  resolve: () => void;
  reject: (error: Error) => void;
}

export class TextTyper {
  private readonly jobs: Job[] = [];
  private readonly timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly keyboard: Ps2Keyboard,
  ) {
    this.timer = clock.createTimer("type-text", () => this.step());
  }

  /** Resolves when the last key is up. CR LF and CR count as Enter. @throws TypeTextError for characters without a key. */
  type(text: string): Promise<void> {
    const events: Job["events"] = [];
    for (const character of text.replace(/\r\n?/g, "\n")) {
      const stroke = strokeFor(character);
      if (!stroke)
        return Promise.reject(new TypeTextError(said`a US keyboard has no key for ${JSON.stringify(character)}`));
      const modifiers = [...(stroke.control ? ["ControlLeft"] : []), ...(stroke.shift ? ["ShiftLeft"] : [])];
      const keys = [...modifiers, stroke.code];
      events.push(...keys.map((code) => ({ code, down: true })));
      events.push(...keys.reverse().map((code) => ({ code, down: false })));
    }
    return this.enqueue(events);
  }

  /** Presses the keys together in order and releases them in reverse. @param codes KeyboardEvent.code names. */
  press(codes: readonly string[]): Promise<void> {
    const down = codes.map((code) => ({ code, down: true }));
    const up = codes.toReversed().map((code) => ({ code, down: false }));
    return this.enqueue([...down, ...up]);
  }

  /** Forgets what has not been typed (the machine is switched off or reset); its callers' promises reject. */
  cancel(reason = said`the machine stopped before all keys were typed`): void {
    this.timer.cancel();
    for (const job of this.jobs.splice(0)) job.reject(new TypeTextError(reason));
  }

  private enqueue(events: Job["events"]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.jobs.push({ events: events.reverse(), resolve, reject });
      if (!this.timer.armed) this.timer.armAt(this.clock.nowNs());
    });
  }

  private step(): void {
    const [job] = this.jobs;
    if (!job) return;
    if (!this.keyboard.idle) {
      this.timer.armAt(this.clock.nowNs() + RETRY_NS);
      return;
    }
    const event = job.events.pop();
    if (event) this.keyboard.key(event.code, event.down);
    else {
      this.jobs.shift();
      job.resolve();
    }
    if (this.jobs.length > 0) this.timer.armAt(this.clock.nowNs() + EVENT_NS);
  }
}
