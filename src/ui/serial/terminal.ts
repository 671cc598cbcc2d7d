/** The terminal of the serial console: xterm.js, sized to its place. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

export interface TerminalOptions {
  label: string;
  /** KeyboardEvent.code of the key that gives the keyboard back to the page. */
  hostKey: string;
  typed(bytes: Uint8Array): void;
  leave(): void;
}

const SCROLLBACK_LINES = 5000;

export class SerialTerminal {
  private readonly terminal: Terminal;
  private readonly resized: ResizeObserver;

  constructor(place: HTMLElement, { label, hostKey, typed, leave }: TerminalOptions) {
    const style = getComputedStyle(place);
    this.terminal = new Terminal({
      scrollback: SCROLLBACK_LINES,
      fontFamily: style.fontFamily,
      fontSize: 14,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      screenReaderMode: true,
      theme: { background: "#120d0a", foreground: "#f3e6d6", cursor: "#f6bd62", selectionBackground: "#6b4a34" },
    });
    const fit = new FitAddon();
    this.terminal.loadAddon(fit);
    this.terminal.open(place);
    this.terminal.textarea?.setAttribute("aria-label", label);
    this.terminal.onData((text) => typed(new TextEncoder().encode(text)));
    this.terminal.onBinary((text) => typed(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.terminal.attachCustomKeyEventHandler((event) => {
      if (event.code !== hostKey) return true;
      if (event.type === "keyup") leave();
      return false;
    });
    this.resized = new ResizeObserver(() => fit.fit());
    this.resized.observe(place);
  }

  /** Shows another line from its beginning. */
  begin(history: Uint8Array): void {
    this.terminal.reset();
    this.terminal.write(history);
  }

  write(bytes: Uint8Array): void {
    this.terminal.write(bytes);
  }

  focus(): void {
    this.terminal.focus();
  }

  dispose(): void {
    this.resized.disconnect();
    this.terminal.dispose();
  }
}
