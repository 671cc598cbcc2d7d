/**
 * Looks for texts, one after the other, in what the guest writes: on the serial line as it comes, and on the text
 * screen as it stands from time to time. What was there when a text was met does not count for the next one.
 */

const KEPT_CHARACTERS = 64 * 1024;
/** Colors and cursor movements of a terminal. */
const ESCAPE_SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_]|\][^\x07]*\x07)/g;

export class Watcher {
  private readonly decoder = new TextDecoder();
  /** Serial output since the last text was met. */
  private fresh = "";
  /** The end of all serial output, for reports. */
  private tail = "";
  private screen: string[] = [];
  private screenWhenMet: string[] = [];

  serial(bytes: Uint8Array): void {
    const text = this.decoder.decode(bytes, { stream: true });
    this.fresh = (this.fresh + text).slice(-KEPT_CHARACTERS);
    this.tail = (this.tail + text).slice(-4096);
  }

  /** The text screen as lines without trailing blanks; null in graphics modes. */
  screenIs(lines: string[] | null): void {
    this.screen = lines ?? [];
  }

  /** Whether `text` has come since the last one was met; if so, what is there now is old. */
  meets(text: string): boolean {
    const serialAt = this.endOnSerial(text);
    if (serialAt < 0 && !this.onScreen(text)) return false;
    this.fresh = serialAt < 0 ? "" : this.fresh.slice(serialAt);
    this.screenWhenMet = this.screen;
    return true;
  }

  /** The last lines of the serial line and of the screen, for a person. */
  lastSeen(): string {
    const serial = this.tail
      .replace(ESCAPE_SEQUENCES, "")
      .split(/\r?\n/)
      .map((line) => line.trimEnd())
      .filter(Boolean);
    const screen = this.screen.filter(Boolean);
    const part = (what: string, lines: string[]) =>
      lines.length > 0
        ? `${what}:\n${lines
            .slice(-8)
            .map((line) => `  ${line}`)
            .join("\n")}`
        : `${what}: nothing`;
    return `${part("last on the serial line", serial)}\n${part("last on the screen", screen)}`;
  }

  /** Just behind the text in `fresh`, or -1. */
  private endOnSerial(text: string): number {
    const at = this.fresh.indexOf(text);
    if (at >= 0) return at + text.length;
    return this.fresh.replace(ESCAPE_SEQUENCES, "").includes(text) ? this.fresh.length : -1;
  }

  private onScreen(text: string): boolean {
    const old = [...this.screenWhenMet];
    const changed = this.screen.filter((line) => {
      const at = old.indexOf(line);
      if (at >= 0) old.splice(at, 1);
      return at < 0;
    });
    // A line that was continued (a prompt behind which something is typed) counts from where it was.
    return changed.some((line) => {
      const start = Math.max(0, ...old.filter((before) => line.startsWith(before)).map((before) => before.length));
      return `${line} `.slice(start).includes(text);
    });
  }
}
