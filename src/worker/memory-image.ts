/**
 * A memory in a library, as blobs:
 *
 *   memories/ID/state   MessagePack: version, what the machine must be made of, the device states, the names of the packs,
 *                       and for each region (RAM, video memory, ROM) where its pages are
 *   packs/NAME          up to 256 pages of 4 KiB, one after the other
 *
 * Where a page is: 0 for zeros, else (number of the pack in the list + 1) * 256 + its place in the pack. Packs are never
 * changed; later memories name those of earlier ones for pages that are the same, so a page that does not change is kept
 * once, however many snapshots there are. A pack is garbage when no memory names it.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import type { DeviceState } from "../machine/device.ts";
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";
import type { StateSummary } from "./saved-state.ts";

export const PAGE_BYTES = 4096;
export const PAGES_IN_PACK = 256;
export const PACK_BYTES = PAGES_IN_PACK * PAGE_BYTES;
const VERSION = 1;
const MAX_PACKS = 1 << 23;

export interface MemoryImage {
  summary: StateSummary;
  devices: DeviceState;
  packs: string[];
  /** Of each region, where its pages are. */
  regions: Uint32Array[];
  /** Of each region, a hash of each page in 4 words. */
  hashes: Uint32Array[];
}

export const stateName = (id: string): string => `memories/${id}/state`;
export const packName = (pack: string): string => `packs/${pack}`;

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.slice().buffer);

export function encodeImage({ summary, devices, packs, regions, hashes }: MemoryImage): Uint8Array {
  return new Encoder({ useBigInt64: true, ignoreUndefined: true }).encode({
    version: VERSION,
    summary,
    devices,
    packs,
    regions: regions.map(bytesOf),
    hashes: hashes.map(bytesOf),
  });
}

/** @param regionBytes of the machine that is to take it @throws VmError */
export function decodeImage(bytes: Uint8Array, regionBytes: readonly number[]): MemoryImage {
  const damaged = new VmError("badState", "The saved memory of this machine is damaged.");
  let stored: Record<string, unknown>;
  try {
    stored = new Decoder({ useBigInt64: true }).decode(bytes) as Record<string, unknown>;
  } catch {
    throw damaged;
  }
  const version = Number(stored.version);
  if (version !== VERSION)
    throw new VmError(
      "badState",
      said`The saved memory is of version ${version}; this Posada reads version ${VERSION}.`,
    );
  const packs = stored.packs as string[];
  const regions = (stored.regions as Uint8Array[]).map(wordsOf);
  const hashes = (stored.hashes as Uint8Array[]).map(wordsOf);
  const image = {
    summary: stored.summary as StateSummary,
    devices: stored.devices as DeviceState,
    packs,
    regions,
    hashes,
  };
  const fits =
    packs.length < MAX_PACKS &&
    regions.length === regionBytes.length &&
    regions.every((places, n) => places.length * PAGE_BYTES === regionBytes[n]) &&
    regions.every((places) => places.every((place) => place === 0 || (place >>> 8) - 1 < packs.length));
  if (!fits) throw damaged;
  return image;
}

/**
 * 128 bits for a page: four sums of its words, each word mixed in by a multiplication with an odd number of its own lane,
 * with a finish that lets every bit count. Not for contents that somebody makes to collide: a guest could only spoil its
 * own snapshots.
 */
export function hashPage(words: Uint32Array, at: number, into: Uint32Array, out: number): void {
  let a = 0x9e3779b1;
  let b = 0x85ebca77;
  let c = 0xc2b2ae3d;
  let d = 0x27d4eb2f;
  for (let i = at, end = at + PAGE_BYTES / 4; i < end; i += 4) {
    a = Math.imul(a ^ words[i]!, 0x01000193) + (d >>> 15);
    b = Math.imul(b ^ words[i + 1]!, 0x5bd1e995) + (a >>> 13);
    c = Math.imul(c ^ words[i + 2]!, 0x1b873593) + (b >>> 14);
    d = Math.imul(d ^ words[i + 3]!, 0xcc9e2d51) + (c >>> 16);
  }
  into[out] = finished(a ^ (b >>> 3), c);
  into[out + 1] = finished(b ^ (c >>> 5), d);
  into[out + 2] = finished(c ^ (d >>> 7), a);
  into[out + 3] = finished(d ^ (a >>> 9), b);
}

function finished(value: number, other: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x7feb352d) + other;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

export function isZeroPage(words: Uint32Array, at: number): boolean {
  for (let i = at, end = at + PAGE_BYTES / 4; i < end; i += 4)
    if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) !== 0) return false;
  return true;
}
