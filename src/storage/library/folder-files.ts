/** Files of a library's folder: durable, and replaced as a whole. For Node alone. */
import { closeSync, openSync, readSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StorageError } from "../block-store.ts";
import type { OpenPiece } from "./blob-keeper.ts";
import { QuotaError } from "./quota-error.ts";

/** What `action` does with files of a folder. @throws StorageError in words */
export async function inFolder<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    switch (code) {
      case "ENOSPC":
      case "EDQUOT":
        throw new QuotaError(`There is no room left where ${folder} is.`);
      case "EACCES":
      case "EPERM":
        throw new StorageError(`${folder} may not be written by this user.`);
      case "EROFS":
        throw new StorageError(`${folder} is on a file system that is read-only.`);
      case "ENOTDIR":
        throw new StorageError(`${folder} is no folder.`);
      default:
        throw new StorageError(`A file in ${folder} could not be read or written: ${message}`);
    }
  }
}

/** A file for reading at any moment; undefined where there is none. It is held open for the time of a read alone: there are many. */
export async function openFile(path: string): Promise<OpenPiece | undefined> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) return undefined;
  return {
    length: facts.size,
    readNow(at, length) {
      const bytes = new Uint8Array(length);
      try {
        const file = openSync(path, "r");
        try {
          return bytes.subarray(0, readSync(file, bytes, 0, length, at));
        } finally {
          closeSync(file);
        }
      } catch (error) {
        throw new StorageError(`${path} cannot be read any more: ${(error as Error).message}`);
      }
    },
  };
}

/** Names in the folder are durable. Not all systems can do that, nor need it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  if (!handle) return;
  try {
    await handle.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "EPERM" && code !== "ENOTSUP") throw error;
  } finally {
    await handle.close();
  }
}

let draftNumber = 0;

/** Whoever reads the file sees all of the old or all of the new bytes, also after a crash. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.${draftNumber++}.new`;
  try {
    const handle = await open(draft, "w");
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
