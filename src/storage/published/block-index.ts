/**
 * Where the blocks of something published are: a disk's, or a region's of memory. Blocks stand one after the other in packs,
 * each a file; what is the same is there once, and zeros are nowhere.
 *
 * A place is a number: 0 for zeros, else (number of the pack in the list + 1) * 256 + which block of the pack. Packs stand in
 * the order in which a run that was watched wanted them; the first of them are all that it wanted.
 *
 * As bytes: the differences from place to place, which are mostly 1, so that they pack to little.
 */
import { StorageError } from "../block-store.ts";

export const MAX_BLOCKS_IN_PACK = 256;
const MAX_PACKS = 1 << 23;
/** More than the largest disk has; what claims more is damaged. */
export const MAX_BLOCKS = 1 << 26;

/** A file with blocks: its name is the hash of its contents. */
export interface Pack {
  name: string;
  blocks: number;
  /** As it lies there. */
  fileBytes: number;
}

/** What an index says of its packs, as MessagePack carries it. */
export interface StoredPacks {
  packs: [name: string, blocks: number, fileBytes: number][];
  /** How many of them the run that was watched wanted. */
  first: number;
}

export const placeOf = (pack: number, block: number): number => (pack + 1) * MAX_BLOCKS_IN_PACK + block;
export const packAt = (place: number): number => (place >>> 8) - 1;
export const blockAt = (place: number): number => place & 0xff;

export function encodePlaces(places: Uint32Array): Uint8Array {
  const differences = new Uint32Array(places.length);
  for (let i = 0, before = 0; i < places.length; i++) {
    differences[i] = places[i]! - before;
    before = places[i]!;
  }
  return littleEndian(differences);
}

/** @throws StorageError where one leads to no block of these packs */
export function decodePlaces(bytes: Uint8Array, packs: readonly Pack[]): Uint32Array {
  if (bytes.length % 4 !== 0) throw damagedIndex();
  // Hosts are little-endian, as WebAssembly is.
  const places = new Uint32Array(bytes.slice().buffer);
  for (let i = 0, before = 0; i < places.length; i++) {
    // Differences are modulo 2^32.
    const place = (before = places[i] = (places[i]! + before) >>> 0);
    if (place === 0) continue;
    const pack = packs[packAt(place)];
    if (!pack || blockAt(place) >= pack.blocks) throw damagedIndex();
  }
  return places;
}

/** @throws StorageError */
export function readPacks({ packs, first }: StoredPacks): { packs: Pack[]; first: number } {
  const isList = Array.isArray(packs) && packs.length < MAX_PACKS;
  if (!isList || !Number.isInteger(first) || first < 0 || first > packs.length) throw damagedIndex();
  return {
    first,
    packs: packs.map(([name, blocks, fileBytes]) => {
      // A name is a hash and nothing else: it cannot lead out of the folder.
      const isPack =
        typeof name === "string" &&
        /^[0-9a-f]{32}$/.test(name) &&
        Number.isInteger(blocks) &&
        blocks > 0 &&
        blocks <= MAX_BLOCKS_IN_PACK;
      if (!isPack) throw damagedIndex();
      return { name, blocks, fileBytes: Number(fileBytes) || 0 };
    }),
  };
}

export const storedPacks = (packs: readonly Pack[], first: number): StoredPacks => ({
  packs: packs.map(({ name, blocks, fileBytes }) => [name, blocks, fileBytes]),
  first,
});

export function damagedIndex(): StorageError {
  return new StorageError("The published machine's list of its parts is damaged.");
}

function littleEndian(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, true));
  return bytes;
}
