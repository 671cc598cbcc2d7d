/**
 * Fetches a whole file, and holds it to what is known of it: its length from the first byte on, its checksum at the end.
 * Nothing of a file that is not the right one is handed on.
 *
 * References: [FIPS 180-4] 6.2 (SHA-256); [RFC 9110] 8.6 (Content-Length).
 */
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";
import type { Part, Said } from "../shared/said.ts";
import { whyUnreachable } from "../shared/unreachable.ts";
import { RunningSum } from "../storage/ovf/manifest.ts";
import { roleWords } from "./role-words.ts";

export interface ExpectedFile {
  /** Hexadecimal. */
  sha256?: string;
  sizeBytes?: number;
}

type Progress = (what: string, doneBytes: number, totalBytes: number | null) => void;

/** @throws VmError that says in words why the file cannot be had */
export async function fetchFile(
  url: string,
  role: string,
  progress: Progress,
  expected: ExpectedFile = {},
): Promise<Uint8Array> {
  const response = await fetchOrExplain(url, role);
  const header = Number(response.headers.get("Content-Length"));
  // The length of an encoded body is not that of the bytes.
  const totalBytes = header > 0 && !response.headers.get("Content-Encoding") ? header : null;
  const wanted = expected.sizeBytes ?? Infinity;
  const another = (why: Said) =>
    new VmError("badMedia", said`The ${roleWords(role)} from ${url} is not the file that was asked for: ${why}.`);
  const otherSize = (what: Part) => another(said`it has ${what} bytes, and ${wanted} were expected`);
  const reader = response.body!.getReader();
  if (totalBytes !== null && expected.sizeBytes !== undefined && totalBytes !== wanted) {
    await reader.cancel();
    throw otherSize(String(totalBytes));
  }
  const sum = expected.sha256 === undefined ? null : new RunningSum("SHA256");
  const chunks: Uint8Array[] = [];
  let doneBytes = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      doneBytes += next.value.length;
      if (doneBytes > wanted) break;
      sum?.add(next.value);
      progress(role, doneBytes, totalBytes ?? expected.sizeBytes ?? null);
    }
  } catch {
    throw new VmError(
      "unreachable",
      said`Reading the ${roleWords(role)} from ${url} broke off after ${doneBytes} bytes.`,
    );
  }
  if (doneBytes > wanted) {
    await reader.cancel();
    throw otherSize(said`at least ${doneBytes}`);
  }
  if (totalBytes !== null && doneBytes < totalBytes)
    throw new VmError(
      "unreachable",
      said`The ${roleWords(role)} from ${url} is cut short: ${doneBytes} of ${totalBytes} bytes came.`,
    );
  if (expected.sizeBytes !== undefined && doneBytes !== wanted) throw otherSize(String(doneBytes));
  if (sum && sum.hex() !== expected.sha256!.toLowerCase()) throw another(said`its SHA-256 is another one`);
  const all = new Uint8Array(doneBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

async function fetchOrExplain(url: string, role: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new VmError("unreachable", said`The ${roleWords(role)} at ${url} cannot be read: ${whyUnreachable()}.`);
  }
  if (!response.ok)
    throw new VmError(
      "unreachable",
      said`The ${roleWords(role)} at ${url} cannot be read: the server answered ${`${response.status} ${response.statusText}`.trim()}.`,
    );
  return response;
}
