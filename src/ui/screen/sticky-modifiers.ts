/**
 * Keys of a keyboard drawn on the screen, where only one can be held: a modifier that is tapped stays down for the next
 * key, tapped twice until it is tapped again.
 */
import type { KeyboardSink } from "./keyboard-capture.ts";

export type ModifierState = "up" | "next" | "locked";

export class StickyModifiers {
  private readonly states = new Map<string, ModifierState>();
  private readonly pressed = new Set<string>();

  constructor(private readonly sink: Pick<KeyboardSink, "key">) {}

  stateOf(code: string): ModifierState {
    return this.states.get(code) ?? "up";
  }

  tap(code: string): void {
    switch (this.stateOf(code)) {
      case "up":
        this.states.set(code, "next");
        return this.sink.key(code, true);
      case "next":
        return void this.states.set(code, "locked");
      case "locked":
        this.states.delete(code);
        return this.sink.key(code, false);
    }
  }

  press(code: string): void {
    if (this.pressed.has(code)) return;
    this.pressed.add(code);
    this.sink.key(code, true);
  }

  lift(code: string): void {
    if (!this.pressed.delete(code)) return;
    this.sink.key(code, false);
    if (this.pressed.size > 0) return;
    for (const [modifier, state] of this.states) if (state === "next") this.release(modifier);
  }

  /** Nothing stays down in a guest whose keyboard goes away. */
  releaseAll(): void {
    for (const code of this.pressed) this.sink.key(code, false);
    this.pressed.clear();
    for (const modifier of [...this.states.keys()]) this.release(modifier);
  }

  private release(modifier: string): void {
    this.states.delete(modifier);
    this.sink.key(modifier, false);
  }
}
