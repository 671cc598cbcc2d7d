/**
 * A memory in a library, as blobs:
 *
 *   memories/ID/state   MessagePack: version, what the machine must be made of, the device states, the names of the packs,
 *                       and for each region (RAM, video memory, ROM) which of its pages are not zeros, where they are, and
 *                       their hashes. Version 1 had the places and hashes of all pages
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
const VERSION = 2;
const HASH_WORDS = 4;
const MAX_PACKS = 1 << 23;

export interface MemoryImage {
  summary: StateSummary;
  devices: DeviceState;
  packs: string[];
  /** Of each region, where its pages are. */
  regions: Uint32Array[];
  /** Of each region, a hash of each page in 4 words; computed when it is asked for, since it takes the room of the rest and more. */
  readonly hashes: Uint32Array[];
}

/** A region as it is stored: its pages that are not zeros, by their numbers. */
interface StoredRegion {
  pages: Uint8Array;
  places: Uint8Array;
  hashes: Uint8Array;
}

/** Number of the pack that a place (not 0) is in. */
export const packOf = (place: number): number => (place >>> 8) - 1;
/** Which page of its pack a place is. */
export const placeInPack = (place: number): number => place & (PAGES_IN_PACK - 1);

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
    regions: regions.map((places, n) => storedRegion(places, hashes[n]!)),
  });
}

function storedRegion(places: Uint32Array, hashes: Uint32Array): StoredRegion {
  const pages = Uint32Array.from(places.keys()).filter((page) => places[page] !== 0);
  const own = new Uint32Array(pages.length * HASH_WORDS);
  pages.forEach((page, n) => own.set(hashes.subarray(page * HASH_WORDS, (page + 1) * HASH_WORDS), n * HASH_WORDS));
  return { pages: bytesOf(pages), places: bytesOf(places.filter((place) => place !== 0)), hashes: bytesOf(own) };
}

/** The words of all pages of a region, from those of the pages that are not zeros; null where that cannot be. */
function spread(stored: StoredRegion, words: Uint8Array, wordsEach: number, pageCount: number): Uint32Array | null {
  const pages = wordsOf(stored.pages);
  const own = wordsOf(words);
  const all = new Uint32Array(pageCount * wordsEach);
  if (own.length !== pages.length * wordsEach || pages.some((page) => page >= pageCount)) return null;
  pages.forEach((page, n) => all.set(own.subarray(n * wordsEach, (n + 1) * wordsEach), page * wordsEach));
  return all;
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
  if (version !== VERSION && version !== 1)
    throw new VmError(
      "badState",
      said`The saved memory is of version ${version}; this Posada reads version ${VERSION}.`,
    );
  const pageCounts = regionBytes.map((length) => length / PAGE_BYTES);
  try {
    const packs = stored.packs as string[];
    const parts = partsOf(stored, version, pageCounts);
    const regions = parts.map(({ places }) => places());
    const fits =
      packs.length < MAX_PACKS &&
      regions.length === regionBytes.length &&
      regions.every((places, n) => places?.length === pageCounts[n]) &&
      regions.every((places) => places!.every((place) => place === 0 || packOf(place) < packs.length));
    if (!fits) throw damaged;
    return {
      summary: stored.summary as StateSummary,
      devices: stored.devices as DeviceState,
      packs,
      regions: regions as Uint32Array[],
      get hashes() {
        return parts.map(({ hashes }, n) => {
          const all = hashes();
          if (all?.length !== pageCounts[n]! * HASH_WORDS) throw damaged;
          return all;
        });
      },
    };
  } catch {
    throw damaged;
  }
}

/** How to have the places and the hashes of each region. */
function partsOf(
  stored: Record<string, unknown>,
  version: number,
  pageCounts: readonly number[],
): { places: () => Uint32Array | null; hashes: () => Uint32Array | null }[] {
  if (version === 1) {
    const hashes = stored.hashes as Uint8Array[];
    return (stored.regions as Uint8Array[]).map((places, n) => ({
      places: () => wordsOf(places),
      hashes: () => wordsOf(hashes[n]!),
    }));
  }
  return (stored.regions as StoredRegion[]).map((region, n) => ({
    places: () => spread(region, region.places, 1, pageCounts[n] ?? 0),
    hashes: () => spread(region, region.hashes, HASH_WORDS, pageCounts[n] ?? 0),
  }));
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
