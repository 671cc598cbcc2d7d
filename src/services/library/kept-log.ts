/** A machine's log, kept with the machine: what earlier sessions noted, and what this one does, a second late. */
import type { MachineId } from "../../protocol/library.ts";
import type { LogEntry } from "../../protocol/machine-log.ts";
import type { BlobKeeper } from "../../storage/library/blob-keeper.ts";
import { LOG_LIMIT } from "../machine-log.ts";
import type { MachineLog } from "../machine-log.ts";

const LATE_MS = 1000;

const nameOf = (id: MachineId): string => `logs/${id}`;

/** The oldest first. What cannot be read (another version's) counts as none. @throws StorageError */
export async function readLog(blobs: BlobKeeper, id: MachineId): Promise<readonly LogEntry[]> {
  const bytes = await blobs.get(nameOf(id));
  if (!bytes) return [];
  try {
    const entries: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(entries) ? (entries as LogEntry[]) : [];
  } catch {
    return [];
  }
}

export class KeptLog {
  private readonly before: Promise<readonly LogEntry[]>;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private tail: Promise<void> = Promise.resolve();
  private readonly onChange = (): void => this.writeSoon();

  constructor(
    private readonly blobs: BlobKeeper,
    private readonly id: MachineId,
    private readonly log: MachineLog,
    /** When the one of the session before is written. */
    lastWritten: Promise<void> = Promise.resolve(),
  ) {
    this.before = lastWritten.then(() => readLog(blobs, id)).catch(() => []);
    log.addEventListener("change", this.onChange);
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.log.removeEventListener("change", this.onChange);
    if (this.timer !== null) clearTimeout(this.timer);
    this.write();
    await this.tail;
  }

  private writeSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.write();
    }, LATE_MS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  /** One after the other. A log that cannot be kept is no reason to stop: what failed to be kept is told where it matters. */
  private write(): void {
    this.tail = this.tail.then(async () => {
      const entries = [...(await this.before), ...this.log.entries].slice(-LOG_LIMIT);
      await this.blobs.put(nameOf(this.id), new TextEncoder().encode(JSON.stringify(entries))).catch(() => {});
    });
  }
}
