/**
 * Tar archives, as OVA packages are: entries listed without reading their contents, and written one after the other.
 * Read: ustar with prefixes, GNU long names, pax paths and sizes. Names that lead out of a folder are refused.
 *
 * References: POSIX.1-2017 pax, "ustar Interchange Format", "pax Extended Header"; GNU tar manual, "Basic Tar Format".
 */
import { said } from "../../shared/said.ts";
import { SliceStore } from "../composed-store.ts";
import type { BlockStore } from "../block-store.ts";
import type { ByteSink } from "../convert/byte-sink.ts";
import { bytesOf, isZero, latin1 } from "../formats/fields.ts";
import { damaged, ImageError } from "../formats/image-error.ts";
import { shown } from "../formats/open-context.ts";
import { readInside } from "../formats/paged-reader.ts";

export const TAR_BLOCK = 512;
const MAX_ENTRIES = 10_000;
/** Of long names and pax headers. */
const MAX_EXTRA_BYTES = 64 * 1024;

export interface TarEntry {
  name: string;
  /** The contents; closing it leaves the archive open. */
  store: BlockStore;
}

/** The plain files of an archive. @throws ImageError */
export async function listTar(archive: BlockStore): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  let extra: { name?: string; sizeBytes?: number } = {};
  for (let at = 0, count = 0; at + TAR_BLOCK <= archive.sizeBytes; count++) {
    const header = await archive.read(at, TAR_BLOCK);
    if (isZero(header)) break;
    if (count >= MAX_ENTRIES) throw new ImageError("absurd", said`This archive has more than ${MAX_ENTRIES} entries.`);
    if (!checksumIsRight(header)) damaged("tar", said`its entry at byte ${at} has a wrong checksum`);
    const kind = String.fromCharCode(header[156]!);
    const sizeBytes = extra.sizeBytes ?? numberIn(header, 124, 12);
    at += TAR_BLOCK;
    if (!(at + sizeBytes <= archive.sizeBytes)) throw new ImageError("truncated", "This archive is cut short.");
    if (kind === "L" || kind === "x") extra = { ...extra, ...(await extraOf(archive, at, sizeBytes, kind)) };
    else if (kind !== "g") {
      const name = checkedName(extra.name ?? plainName(header));
      if (kind === "0" || kind === "\0" || kind === "7") entries.push({ name, store: new SliceStore(archive, at, sizeBytes) });
      else if (kind !== "5") throw new ImageError("unsupported", said`This archive has "${shown(name)}", which is no plain file.`); // prettier-ignore
      extra = {};
    }
    at += Math.ceil(sizeBytes / TAR_BLOCK) * TAR_BLOCK;
  }
  return entries;
}

/** A name from a package: a plain relative one, or it is refused. @throws ImageError "unsupported" */
export function checkedName(name: string): string {
  const plain = name.replace(/^(\.\/)+/, "");
  const outside = plain === "" || /^[/\\]|^[A-Za-z]:|\0/.test(plain) || plain.split(/[/\\]/).includes("..");
  if (outside)
    throw new ImageError(
      "unsupported",
      said`The name "${shown(name)}" leads out of its package; nothing of it is used.`,
    );
  return plain;
}

function plainName(header: Uint8Array): string {
  const field = (at: number, length: number): string =>
    new TextDecoder().decode(header.subarray(at, at + length)).replace(/\0.*$/s, "");
  const isUstar = latin1(header.subarray(257, 262)) === "ustar" && header[262] === 0;
  const prefix = isUstar ? field(345, 155) : "";
  return prefix === "" ? field(0, 100) : `${prefix}/${field(0, 100)}`;
}

async function extraOf(archive: BlockStore, at: number, sizeBytes: number, kind: "L" | "x") {
  if (sizeBytes > MAX_EXTRA_BYTES) damaged("tar", "a name has no end");
  const text = new TextDecoder().decode(await readInside(archive, at, sizeBytes, said`a name`));
  if (kind === "L") return { name: text.replace(/\0.*$/s, "") };
  const found: { name?: string; sizeBytes?: number } = {};
  // Records are "LENGTH KEY=VALUE\n".
  for (const record of text.split("\n")) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/.exec(record) ?? [];
    if (key === "path") found.name = value!;
    if (key === "size" && /^\d{1,15}$/.test(value!)) found.sizeBytes = Number(value);
  }
  return found;
}

/** Octal digits, or base 256 where the first bit is set. */
function numberIn(header: Uint8Array, at: number, length: number): number {
  const bytes = header.subarray(at, at + length);
  if ((bytes[0]! & 0x80) !== 0) return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, bytes[0]! & 0x7f);
  const digits = latin1(bytes).replace(/\0.*$/s, "").trim();
  if (!/^[0-7]*$/.test(digits)) damaged("tar", "a length is no number");
  return digits === "" ? 0 : parseInt(digits, 8);
}

function checksumIsRight(header: Uint8Array): boolean {
  return checksumOf(header) === numberIn(header, 148, 8);
}

/** With its own place taken as blanks. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

const LARGEST_OCTAL = 8 ** 11;

/** Writes an entry's header; its contents, and zeros up to a whole block, come after it. */
export async function writeTarHeader(sink: ByteSink, name: string, sizeBytes: number): Promise<void> {
  const header = new Uint8Array(TAR_BLOCK);
  const put = (at: number, text: string): void => header.set(bytesOf(text), at);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  if (sizeBytes < LARGEST_OCTAL) put(124, octal(sizeBytes, 11));
  else for (let i = 11, value = sizeBytes; i > 0; i--, value = Math.floor(value / 256)) header[124 + i] = value % 256;
  if (sizeBytes >= LARGEST_OCTAL) header[124] = 0x80;
  put(136, octal(Math.floor(Date.now() / 1000), 11));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, `${checksumOf(header).toString(8).padStart(6, "0")}\0 `);
  await sink.write(header);
}
