/** What happened to a machine, as far as the page was told: for a person to read, search and keep. Fires "change". */

export type LogLevel = "info" | "warning" | "error";

/** What happened, as data: the page words it in the reader's language. */
export type LogEvent =
  | { kind: "state"; state: string; reason?: string }
  | { kind: "screen"; widthPx: number; heightPx: number; text: boolean }
  | { kind: "medium"; drive: "cdrom" | "floppy"; name: string | null }
  | { kind: "failure"; message: string }
  | { kind: "postcode"; code: number }
  | { kind: "guest"; text: string };

export interface LogEntry {
  /** Milliseconds since 1970. */
  atMs: number;
  level: LogLevel;
  event: LogEvent;
}

const LIMIT = 2000;

export class MachineLog extends EventTarget {
  private list: LogEntry[] = [];

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  get entries(): readonly LogEntry[] {
    return this.list;
  }

  add(event: LogEvent): void {
    const level: LogLevel =
      event.kind === "failure" || (event.kind === "state" && event.state === "aborted") ? "error" : "info";
    const last = this.list.at(-1)?.event;
    // Firmware tells of the same mode more than once.
    if (last && event.kind === "screen" && JSON.stringify(last) === JSON.stringify(event)) return;
    if (last?.kind === "guest" && event.kind === "guest" && !last.text.endsWith("\n")) {
      // What a guest writes comes in pieces of any length; lines belong together.
      const entry = this.list.at(-1)!;
      this.list = [...this.list.slice(0, -1), { ...entry, event: { kind: "guest", text: last.text + event.text } }];
    } else this.list = [...this.list.slice(1 - LIMIT), { atMs: this.now(), level, event }];
    this.dispatchEvent(new Event("change"));
  }
}

/** Those that have all words of `search` in their text, in any case. */
export function searchLog<T extends { text: string }>(entries: readonly T[], search: string): T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
}
