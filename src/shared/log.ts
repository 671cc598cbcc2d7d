/** Leveled log with categories; the sink is set once by whoever owns the thread (worker, CLI, tests). */

export type LogLevel = "debug" | "info" | "warn" | "error";
export interface LogEntry {
  level: LogLevel;
  /** The part that speaks, for example "ide" or "vga". */
  category: string;
  message: string;
}
export type LogSink = (entry: LogEntry) => void;

let sink: LogSink = () => {};

export function setLogSink(newSink: LogSink): void {
  sink = newSink;
}

export function currentLogSink(): LogSink {
  return sink;
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A logger for one part of the machine. */
export function logger(category: string): Logger {
  const at = (level: LogLevel) => (message: string) => sink({ level, category, message });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
