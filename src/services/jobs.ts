/**
 * What takes its time: imports, exports, clones. Each shows how far it is and can be given up. Fires "change", and
 * "finished" (detail: Job) for jobs that came to their end.
 */
import type { JobOptions, JobProgress } from "../protocol/library.ts";

export type JobKind = "import" | "export" | "convert" | "clone" | "create" | "compact" | "download";

export interface Job {
  id: number;
  kind: JobKind;
  /** Of the machine or file that it is about. */
  name: string;
  /** null while nothing is known. */
  progress: JobProgress | null;
}

export class Jobs extends EventTarget {
  private list: readonly Job[] = [];
  private readonly ends = new Map<number, AbortController>();
  private nextId = 1;

  get running(): readonly Job[] {
    return this.list;
  }

  /** Does the work, which rejects as it would without this. */
  async run<T>(kind: JobKind, name: string, work: (options: Required<JobOptions>) => Promise<T>): Promise<T> {
    const id = this.nextId++;
    const end = new AbortController();
    this.ends.set(id, end);
    this.set([...this.list, { id, kind, name, progress: null }]);
    try {
      const result = await work({ signal: end.signal, onProgress: (progress) => this.progressed(id, progress) });
      const job = this.list.find((each) => each.id === id);
      this.dispatchEvent(new CustomEvent("finished", { detail: job }));
      return result;
    } finally {
      this.ends.delete(id);
      this.set(this.list.filter((each) => each.id !== id));
    }
  }

  cancel(id: number): void {
    this.ends.get(id)?.abort();
  }

  private progressed(id: number, progress: JobProgress): void {
    this.set(this.list.map((job) => (job.id === id ? { ...job, progress } : job)));
  }

  private set(list: readonly Job[]): void {
    this.list = list;
    this.dispatchEvent(new Event("change"));
  }
}
