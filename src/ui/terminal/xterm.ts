/** xterm.js as this page uses it: its colors, sized to its place, with a name for screen readers. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { withConstructedStyles } from "./constructed-styles.ts";

const SCROLLBACK_LINES = 5000;

export interface FittedTerminal {
  terminal: Terminal;
  dispose(): void;
}

/** @param onResize told after the terminal has taken another size */
export function fittedTerminal(place: HTMLElement, label: string, onResize: () => void = () => {}): FittedTerminal {
  const terminal = new Terminal({
    scrollback: SCROLLBACK_LINES,
    fontFamily: getComputedStyle(place).fontFamily,
    fontSize: 14,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    screenReaderMode: true,
    theme: { background: "#120d0a", foreground: "#f3e6d6", cursor: "#f6bd62", selectionBackground: "#6b4a34", brightRed: "#ff9d8f" },
  }); // prettier-ignore
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const endStyles = withConstructedStyles(() => terminal.open(place));
  terminal.textarea?.setAttribute("aria-label", label);
  const resized = new ResizeObserver(() => {
    fit.fit();
    onResize();
  });
  resized.observe(place);
  return {
    terminal,
    dispose() {
      resized.disconnect();
      terminal.dispose();
      endStyles();
    },
  };
}
