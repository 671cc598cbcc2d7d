/**
 * From the page's key events to the guest's keys, by where a key is on the keyboard (KeyboardEvent.code). Whatever is
 * down is released when the focus goes, so that no key sticks in the guest. One key, the host key, stays the page's:
 * alone it gives the keyboard back; with another key it is a command.
 */

export type HostCommand = "ctrlAltDel" | "fullScreen" | "pause";

export interface KeyboardSink {
  key(code: string, down: boolean): void;
  /** The host key was pressed alone. */
  release(): void;
  command(command: HostCommand): void;
}

/** What is read of a KeyboardEvent. */
export type KeyEvent = Pick<KeyboardEvent, "type" | "code" | "repeat" | "preventDefault">;

export type HostKey = "ControlRight" | "MetaRight";

const COMMANDS: Record<string, HostCommand> = { Delete: "ctrlAltDel", KeyF: "fullScreen", KeyP: "pause" };

/** Keyboards of Apple have no right Control key. */
export function hostKeyFor(platform: string): HostKey {
  return /mac|iphone|ipad/i.test(platform) ? "MetaRight" : "ControlRight";
}

export class KeyboardCapture {
  private readonly pressed = new Set<string>();
  private hostKeyDown = false;
  private hostKeyUsed = false;

  constructor(
    private readonly sink: KeyboardSink,
    readonly hostKey: HostKey,
  ) {}

  /** For keydown and keyup. */
  handle(event: KeyEvent): void {
    // On-screen keyboards name no keys; what they type arrives as text.
    if (event.code === "" || event.code === "Unidentified") return;
    event.preventDefault();
    const down = event.type === "keydown";
    if (event.code === this.hostKey) this.handleHostKey(down);
    else if (this.hostKeyDown) this.handleCommand(event.code, down);
    else if (down) this.press(event.code, event.repeat);
    else this.lift(event.code);
  }

  /** To be called when the focus goes, or the page is hidden. */
  releaseAll(): void {
    this.hostKeyDown = false;
    for (const code of this.pressed) this.sink.key(code, false);
    this.pressed.clear();
  }

  private press(code: string, repeat: boolean): void {
    // The guest's keyboard repeats by itself.
    if (repeat || this.pressed.has(code)) return;
    this.pressed.add(code);
    this.sink.key(code, true);
  }

  private lift(code: string): void {
    if (this.pressed.delete(code)) this.sink.key(code, false);
    // macOS tells nothing of keys that go up while Command is down.
    if (code.startsWith("Meta")) this.releaseAll();
  }

  private handleHostKey(down: boolean): void {
    if (down) {
      if (!this.hostKeyDown) this.hostKeyUsed = false;
      this.hostKeyDown = true;
      return;
    }
    const alone = this.hostKeyDown && !this.hostKeyUsed;
    this.hostKeyDown = false;
    if (alone) this.sink.release();
  }

  private handleCommand(code: string, down: boolean): void {
    this.hostKeyUsed = true;
    if (!down) return this.lift(code);
    const command = COMMANDS[code];
    if (command) this.sink.command(command);
  }
}
