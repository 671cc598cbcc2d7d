/**
 * The files of a published machine, wherever they are: beside an address, or at hand as bytes (a machine in one file). They
 * come as promises, or now, where the host can wait in the middle of an instruction.
 *
 * Files of content-hash names are checked against them, where the page may compute hashes (secure contexts).
 */
import { said } from "../../shared/said.ts";
import { whyUnreachable } from "../../shared/unreachable.ts";
import { StorageError } from "../block-store.ts";

export interface PublishedFiles {
  get(name: string): Promise<Uint8Array>;
  /** Whether this host can wait in the middle of an instruction. */
  readonly canReadNow: boolean;
  /** null where it cannot. @throws StorageError */
  getNow(name: string): Uint8Array | null;
}

/** Reads a whole file before it returns; null where it cannot be had. */
export type ReadNow = (url: string) => Uint8Array | null;

const ATTEMPTS = 4;
const RETRY_MS = 300;
const NAME_DIGITS = 32;

/** @returns the name of a file with these contents */
export async function contentName(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest.subarray(0, NAME_DIGITS / 2), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface FilesHost {
  fetch?: typeof fetch;
  readNow?: ReadNow;
  /** Milliseconds before the first repetition of a read that failed; doubled for each next. */
  retryMs?: number;
}

/** @param folderUrl with "/" at its end */
export function filesBeside(folderUrl: string, host: FilesHost = {}): PublishedFiles {
  const urlOf = (name: string) => new URL(name, folderUrl).href;
  return {
    get: (name) => fetchFile(urlOf(name), name, host),
    canReadNow: host.readNow !== undefined,
    getNow(name) {
      if (!host.readNow) return null;
      for (let attempt = 1; ; attempt++) {
        const bytes = host.readNow(urlOf(name));
        if (bytes) return bytes;
        if (attempt === ATTEMPTS) throw new StorageError(said`${urlOf(name)} cannot be read: ${whyUnreachable()}.`);
      }
    },
  };
}

/** @param files by their names */
export function filesAtHand(files: Readonly<Record<string, Uint8Array>>): PublishedFiles {
  const getNow = (name: string): Uint8Array => {
    const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!bytes) throw new StorageError(said`A part of this machine, ${name}, is missing.`);
    return bytes;
  };
  return { get: async (name) => getNow(name), canReadNow: true, getNow };
}

async function fetchFile(url: string, name: string, host: FilesHost): Promise<Uint8Array> {
  let why = said``;
  for (let attempt = 1, waitMs = host.retryMs ?? RETRY_MS; attempt <= ATTEMPTS; attempt++, waitMs *= 2) {
    if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    let response: Response;
    try {
      response = await (host.fetch ?? fetch)(url);
      if (response.ok) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (await isIntact(name, bytes)) return bytes;
        why = said`it does not hold what its name says`;
        continue;
      }
    } catch {
      why = whyUnreachable();
      continue;
    }
    why = said`the server answered ${response.status}`;
    if (response.status < 500 && response.status !== 429) break;
  }
  throw new StorageError(said`${url} cannot be read: ${why}.`);
}

async function isIntact(name: string, bytes: Uint8Array): Promise<boolean> {
  // Pages of plain http may not compute hashes.
  if (!globalThis.crypto?.subtle) return true;
  return (await contentName(bytes)) === name;
}
