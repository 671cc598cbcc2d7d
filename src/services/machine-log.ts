/** What happened to a machine, as far as the page was told: for a person to read, search and keep. Fires "change". */

import type { LogEntry, LogEvent, LogLevel } from "../protocol/machine-log.ts";
import type { VmEvent } from "../protocol/vm-api.ts";

export type { LogEntry, LogEvent, LogLevel } from "../protocol/machine-log.ts";

/** As many as are kept. */
export const LOG_LIMIT = 2000;

/** What of a machine's events goes into its log. */
export function logEventOf(event: VmEvent): LogEvent | null {
  switch (event.type) {
    case "state":
      return { kind: "state", state: event.state, ...(event.reason ? { reason: event.said ?? event.reason } : {}) };
    case "screenmode":
      return { kind: "screen", widthPx: event.widthPx, heightPx: event.heightPx, text: event.text };
    case "error":
      return { kind: "failure", message: event.said ?? event.message };
    case "debug":
      return { kind: "guest", text: event.text };
    case "postcode":
      return { kind: "postcode", code: event.code };
    default:
      return null;
  }
}

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
    } else this.list = [...this.list.slice(1 - LOG_LIMIT), { atMs: this.now(), level, event }];
    this.dispatchEvent(new Event("change"));
  }
}

/** Those that have all words of `search` in their text, in any case. */
export function searchLog<T extends { text: string }>(entries: readonly T[], search: string): T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
}
