/**
 * Who uses what: a lock is held by a tab or process until it lets go or ends, however that comes about. Machines and jobs
 * have one each. In browsers these are Web Locks; a folder has lock files (folder-locks.ts).
 */
export interface Locks {
  /** Takes the lock where nobody has it. @returns how to let it go, or null */
  take(name: string): Promise<(() => Promise<void>) | null>;
  /** Which locks anybody holds. */
  held(): Promise<ReadonlySet<string>>;
  /** Calls once when a lock that somebody else holds has become free. @returns how to stop waiting */
  whenFree(name: string, onFree: () => void): () => void;
}

export const machineLock = (id: string): string => `machine-${id}`;
export const jobLock = (id: string): string => `job-${id}`;

/** In one process. */
export class MemoryLocks implements Locks {
  private readonly names = new Set<string>();
  private readonly waiting = new Map<string, Set<() => void>>();

  async take(name: string): Promise<(() => Promise<void>) | null> {
    if (this.names.has(name)) return null;
    this.names.add(name);
    return async () => {
      if (!this.names.delete(name)) return;
      const callbacks = this.waiting.get(name);
      this.waiting.delete(name);
      for (const callback of callbacks ?? []) callback();
    };
  }

  async held(): Promise<ReadonlySet<string>> {
    return new Set(this.names);
  }

  whenFree(name: string, onFree: () => void): () => void {
    const callbacks = this.waiting.get(name) ?? new Set();
    this.waiting.set(name, callbacks.add(onFree));
    return () => callbacks.delete(onFree);
  }
}

export class WebLocks implements Locks {
  /** @param prefix of this library's names among all of the site's */
  constructor(
    private readonly prefix: string,
    private readonly manager: LockManager = navigator.locks,
  ) {}

  take(name: string): Promise<(() => Promise<void>) | null> {
    return new Promise((resolve, reject) => {
      const ended = this.manager.request(this.prefix + name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((release) =>
          resolve(async () => {
            release();
            await ended;
          }),
        );
      });
      ended.catch(reject);
    });
  }

  async held(): Promise<ReadonlySet<string>> {
    const { held = [] } = await this.manager.query();
    // Those who wait for a lock to become free hold it shared for an instant.
    const names = held.filter(({ mode }) => mode === "exclusive").map(({ name }) => name ?? "");
    return new Set(names.filter((name) => name.startsWith(this.prefix)).map((name) => name.slice(this.prefix.length)));
  }

  whenFree(name: string, onFree: () => void): () => void {
    const stop = new AbortController();
    this.manager
      .request(this.prefix + name, { mode: "shared", signal: stop.signal }, () => {})
      .then(
        () => !stop.signal.aborted && onFree(),
        (error: unknown) => {
          if (!stop.signal.aborted) throw error;
        },
      );
    return () => stop.abort();
  }
}
