/**
 * Brings files and media to the machine: kernels and firmware as bytes, disks as stores. What can go wrong is said in
 * words with the file's role and where it came from.
 */
import type { MediaSource } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { BlockStore } from "../storage/block-store.ts";

/** "kernel", "CD", …: the word by which messages name a file. */
export type MediaRole = string;
export type Progress = (what: MediaRole, doneBytes: number, totalBytes: number | null) => void;

export interface MediaOpener {
  /** All of a file. */
  bytes(source: MediaSource, role: MediaRole, progress: Progress): Promise<Uint8Array>;
  /** A medium that is read piece by piece where its source allows that. */
  store(source: MediaSource, role: MediaRole, progress: Progress): Promise<BlockStore>;
}

/** Bytes of a URL, Blob or buffer, by what every host has. */
export async function loadBytes(source: MediaSource, role: MediaRole, progress: Progress): Promise<Uint8Array> {
  if (typeof source === "string") return fetchBytes(source, role, progress);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  try {
    return new Uint8Array(await source.arrayBuffer());
  } catch (error) {
    throw new VmError("badMedia", `The ${role} could not be read: ${(error as Error).message}`);
  }
}

async function fetchBytes(url: string, role: MediaRole, progress: Progress): Promise<Uint8Array> {
  const response = await fetchOrExplain(url, role);
  const header = Number(response.headers.get("Content-Length"));
  // The length of an encoded body is not that of the bytes.
  const totalBytes = header > 0 && !response.headers.get("Content-Encoding") ? header : null;
  const chunks: Uint8Array[] = [];
  let doneBytes = 0;
  try {
    const reader = response.body!.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      doneBytes += next.value.length;
      progress(role, doneBytes, totalBytes);
    }
  } catch {
    throw new VmError("unreachable", `Reading the ${role} from ${url} broke off after ${doneBytes} bytes.`);
  }
  if (totalBytes !== null && doneBytes < totalBytes)
    throw new VmError("unreachable", `The ${role} from ${url} is cut short: ${doneBytes} of ${totalBytes} bytes came.`);
  const all = new Uint8Array(doneBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

async function fetchOrExplain(url: string, role: MediaRole): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    // The browser does not tell a page which of the two it was.
    throw new VmError(
      "unreachable",
      `The ${role} at ${url} cannot be read: the server is not reachable, or it does not allow this page to read the file (CORS).`,
    );
  }
  if (!response.ok)
    throw new VmError(
      "unreachable",
      `The ${role} at ${url} cannot be read: the server answered ${response.status} ${response.statusText}.`.replace(
        / \.$/,
        ".",
      ),
    );
  return response;
}
