/**
 * A published disk: a read-only BlockStore whose packs come when they are read, those that the run that was watched wanted
 * before anybody asks. Unpacked ones are kept within bounds.
 *
 * Its index, packed like the packs: MessagePack of version, sizes, packs (block-index.ts) and places.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import { said } from "../../shared/said.ts";
import { StorageError, type BlockStore } from "../block-store.ts";
import { assertRange } from "../memory-store.ts";
import { MAX_BLOCKS, blockAt, damagedIndex, decodePlaces, encodePlaces, packAt, readPacks, storedPacks } from "./block-index.ts"; // prettier-ignore
import type { Pack, StoredPacks } from "./block-index.ts";
import { unpackFile, unpackFileSoon } from "./pack-codec.ts";
import type { PublishedFiles } from "./published-files.ts";

const VERSION = 1;
const CACHE_BYTES = 64 << 20;
const MAX_INDEX_BYTES = 64 << 20;

export interface DiskIndex {
  sizeBytes: number;
  blockBytes: number;
  packs: Pack[];
  first: number;
  places: Uint32Array;
}

/** An index as a file: u32 length of what follows when unpacked, then that, packed. */
export function wrapIndex(raw: Uint8Array, pack: (raw: Uint8Array) => Uint8Array): Uint8Array {
  const packed = pack(raw);
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, raw.length, true);
  bytes.set(packed, 4);
  return bytes;
}

/** @throws StorageError */
export function unwrapIndex(bytes: Uint8Array): Record<string, unknown> {
  return indexIn(unpackFile(bytes.subarray(4), indexBytes(bytes)));
}

/** The same, unpacked by the host where it can. @throws StorageError */
export async function unwrapIndexSoon(bytes: Uint8Array): Promise<Record<string, unknown>> {
  return indexIn(await unpackFileSoon(bytes.subarray(4), indexBytes(bytes)));
}

function indexBytes(file: Uint8Array): number {
  const rawBytes = file.length < 4 ? 0 : new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  if (rawBytes === 0 || rawBytes > MAX_INDEX_BYTES) throw damagedIndex();
  return rawBytes;
}

function indexIn(raw: Uint8Array): Record<string, unknown> {
  let index: unknown;
  try {
    index = new Decoder({ useBigInt64: true }).decode(raw);
  } catch {
    throw damagedIndex();
  }
  if (typeof index !== "object" || index === null) throw damagedIndex();
  return index as Record<string, unknown>;
}

export function encodeDiskIndex({ sizeBytes, blockBytes, packs, first, places }: DiskIndex): Uint8Array {
  const stored = {
    version: VERSION,
    sizeBytes,
    blockBytes,
    ...storedPacks(packs, first),
    places: encodePlaces(places),
  };
  return new Encoder({ useBigInt64: true }).encode(stored);
}

/** @throws StorageError */
export function decodeDiskIndex(bytes: Uint8Array): DiskIndex {
  const stored = unwrapIndex(bytes);
  if (Number(stored.version) !== VERSION)
    throw new StorageError(said`The published disk is of version ${Number(stored.version)}; this Posada reads version ${VERSION}.`); // prettier-ignore
  const sizeBytes = Number(stored.sizeBytes);
  const blockBytes = Number(stored.blockBytes);
  const isSize = (bytes: number) => Number.isSafeInteger(bytes) && bytes > 0;
  if (!isSize(sizeBytes) || !isSize(blockBytes) || !(stored.places instanceof Uint8Array)) throw damagedIndex();
  const { packs, first } = readPacks(stored as unknown as StoredPacks);
  const count = Math.ceil(sizeBytes / blockBytes);
  if (count > MAX_BLOCKS || stored.places.length !== count * 4) throw damagedIndex();
  return { sizeBytes, blockBytes, packs, first, places: decodePlaces(stored.places, packs) };
}

export class PublishedStore implements BlockStore {
  readonly readOnly = true;
  readonly sizeBytes: number;
  /** By number, in the order of their last use. */
  private readonly unpacked = new Map<number, Uint8Array>();
  private readonly underWay = new Map<number, Promise<Uint8Array>>();
  private readonly keep: number;

  private constructor(
    private readonly index: DiskIndex,
    private readonly files: PublishedFiles,
    /** Told of every block that is read. */
    private readonly onBlock: (block: number) => void,
  ) {
    this.sizeBytes = index.sizeBytes;
    const packBytes = Math.max(1, ...index.packs.map(({ blocks }) => blocks)) * index.blockBytes;
    this.keep = Math.max(2, Math.floor(CACHE_BYTES / packBytes));
  }

  /** @throws StorageError */
  static async open(
    name: string,
    files: PublishedFiles,
    onBlock: (block: number) => void = () => {},
  ): Promise<PublishedStore> {
    return new PublishedStore(decodeDiskIndex(await files.get(name)), files, onBlock);
  }

  /** Brings what the first run wanted, as far as there is room to keep it. What fails is told to who reads it. */
  async prefetch(): Promise<void> {
    const count = Math.min(this.index.first, this.keep);
    for (let pack = 0; pack < count; pack++) await this.pack(pack).catch(() => undefined);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const { blockBytes } = this.index;
    const result = new Uint8Array(length);
    const waits: Promise<void>[] = [];
    for (let at = 0; at < length;) {
      const block = Math.floor((offset + at) / blockBytes);
      const within = offset + at - block * blockBytes;
      const count = Math.min(blockBytes - within, length - at);
      waits.push(this.copy(block, within, result.subarray(at, at + count)));
      at += count;
    }
    await Promise.all(waits);
    return result;
  }

  async write(): Promise<void> {
    throw new StorageError("A published disk cannot be written to.");
  }

  async flush(): Promise<void> {}

  private async copy(block: number, within: number, into: Uint8Array): Promise<void> {
    this.onBlock(block);
    const place = this.index.places[block]!;
    if (place === 0) return;
    const bytes = await this.pack(packAt(place));
    const from = blockAt(place) * this.index.blockBytes + within;
    into.set(bytes.subarray(from, from + into.length));
  }

  private async pack(number: number): Promise<Uint8Array> {
    const { unpacked, underWay } = this;
    const known = unpacked.get(number);
    if (known) {
      unpacked.delete(number);
      unpacked.set(number, known);
      return known;
    }
    let coming = underWay.get(number);
    if (!coming) {
      coming = this.bring(number).finally(() => underWay.delete(number));
      underWay.set(number, coming);
    }
    return coming;
  }

  private async bring(number: number): Promise<Uint8Array> {
    const { name, blocks } = this.index.packs[number]!;
    const bytes = unpackFile(await this.files.get(name), blocks * this.index.blockBytes);
    this.unpacked.set(number, bytes);
    for (const oldest of this.unpacked.keys()) {
      if (this.unpacked.size <= this.keep) break;
      this.unpacked.delete(oldest);
    }
    return bytes;
  }
}
