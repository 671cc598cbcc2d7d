/**
 * Locks of a library's folder: a file for each, made by who takes the lock and with the process that holds it as its contents.
 * The lock of a process that is no more is nobody's; who takes such a lock over does so under a short lock of its own.
 */
import { link, mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../block-store.ts";
import { inFolder } from "./folder-files.ts";
import type { Locks } from "./locks.ts";

const BRIEFLY_MS = 20;
const PATIENCE_MS = 30_000;
/** Taking over takes milliseconds: a guard of this age was left behind. */
const GUARD_MS = 10_000;
const WATCH_MS = 1000;

export class FolderLocks implements Locks {
  private readonly mine = new Set<string>();

  constructor(private readonly folder: string) {}

  async take(name: string): Promise<(() => Promise<void>) | null> {
    if (this.mine.has(name)) return null;
    return inFolder(this.folder, async () => {
      await mkdir(this.folder, { recursive: true });
      if (!(await this.make(name)) && !((await this.isDead(name)) && (await this.takeOver(name)))) return null;
      this.mine.add(name);
      return async () => {
        if (this.mine.delete(name)) await rm(this.pathOf(name), { force: true });
      };
    });
  }

  /** Waits for a lock that nobody holds for long. */
  async briefly<T>(name: string, action: () => Promise<T>): Promise<T> {
    for (const start = Date.now(); ;) {
      const release = await this.take(name);
      if (release) {
        try {
          return await action();
        } finally {
          await release();
        }
      }
      if (Date.now() - start > PATIENCE_MS)
        throw new StorageError(`Another process holds ${this.pathOf(name)} and does not let go.`);
      await new Promise((resolve) => setTimeout(resolve, BRIEFLY_MS));
    }
  }

  async held(): Promise<ReadonlySet<string>> {
    return inFolder(this.folder, async () => {
      const names = await readdir(this.folder).catch(() => []);
      const held = new Set<string>();
      for (const file of names) {
        const name = file.replace(/\.lock$/, "");
        if (name !== file && !(await this.isDead(name))) held.add(name);
      }
      return held;
    });
  }

  whenFree(name: string, onFree: () => void): () => void {
    const timer = setInterval(() => {
      void this.held().then((held) => {
        if (held.has(name)) return;
        clearInterval(timer);
        onFree();
      });
    }, WATCH_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  private pathOf(name: string): string {
    return join(this.folder, `${name}.lock`);
  }

  private async make(name: string): Promise<boolean> {
    // Complete under another name first: an empty lock could not be told from one that is being made.
    const draft = join(this.folder, `${name}.${process.pid}.new`);
    const handle = await open(draft, "w");
    await handle.writeFile(await identityOf(process.pid));
    await handle.close();
    try {
      await linkNew(draft, this.pathOf(name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  private async isDead(name: string): Promise<boolean> {
    const holder = await readFile(this.pathOf(name), "utf8").catch(() => null);
    if (holder === null) return true;
    const pid = Number(holder.split(" ")[0]);
    return !isAlive(pid) || holder !== (await identityOf(pid));
  }

  private async takeOver(name: string): Promise<boolean> {
    const guard = join(this.folder, `${name}.guard`);
    const age = await stat(guard).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0); // prettier-ignore
    if (age > GUARD_MS) await rm(guard, { force: true });
    const handle = await open(guard, "wx").catch(() => null);
    if (!handle) return false;
    try {
      if (!(await this.isDead(name))) return false;
      await rm(this.pathOf(name), { force: true });
      return await this.make(name);
    } finally {
      await handle.close();
      await rm(guard, { force: true });
    }
  }
}

async function linkNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // File systems without links: not quite as safe, and no worse than they are.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    await (await open(to, "wx")).close();
    await rename(from, to);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process by its number and, where the system tells, when it began: numbers are used again. */
async function identityOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The 22nd field; the second may hold spaces and brackets. [proc_pid_stat(5)]
  const began = status.slice(status.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  return `${pid} ${began}`;
}
