/** What happened to a machine, as plain data: the page words it in the reader's language. */
import type { Said } from "../shared/said.ts";

export type LogLevel = "info" | "warning" | "error";

export type LogEvent =
  | { kind: "state"; state: string; reason?: Said | string }
  | { kind: "screen"; widthPx: number; heightPx: number; text: boolean }
  | { kind: "medium"; drive: "cdrom" | "floppy"; name: string | null }
  | { kind: "failure"; message: Said | string }
  | { kind: "postcode"; code: number }
  | { kind: "guest"; text: string };

export interface LogEntry {
  /** Milliseconds since 1970. */
  atMs: number;
  level: LogLevel;
  event: LogEvent;
}
