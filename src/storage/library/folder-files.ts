/** Files of a library's folder: durable, and replaced as a whole. For Node alone. */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { StorageError } from "../block-store.ts";
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
