/** The terminal of the serial console. */
import { fittedTerminal } from "../terminal/xterm.ts";
import type { FittedTerminal } from "../terminal/xterm.ts";

export interface TerminalOptions {
  label: string;
  /** KeyboardEvent.code of the key that gives the keyboard back to the page. */
  hostKey: string;
  typed(bytes: Uint8Array): void;
  leave(): void;
}

export class SerialTerminal {
  private readonly fitted: FittedTerminal;

  constructor(place: HTMLElement, { label, hostKey, typed, leave }: TerminalOptions) {
    this.fitted = fittedTerminal(place, label);
    const { terminal } = this.fitted;
    terminal.onData((text) => typed(new TextEncoder().encode(text)));
    terminal.onBinary((text) => typed(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.code !== hostKey) return true;
      if (event.type === "keyup") leave();
      return false;
    });
  }

  /** Shows another line from its beginning. */
  begin(history: Uint8Array): void {
    this.fitted.terminal.reset();
    this.fitted.terminal.write(history);
  }

  write(bytes: Uint8Array): void {
    this.fitted.terminal.write(bytes);
  }

  focus(): void {
    this.fitted.terminal.focus();
  }

  dispose(): void {
    this.fitted.dispose();
  }
}
