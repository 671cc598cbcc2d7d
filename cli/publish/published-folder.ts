/** Writes the parts of a published machine into a folder: disks and files as blocks, the saved state as pages. */
import { createHash } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Touched } from "../../src/protocol/replay-api.ts";
import type { BlockStore } from "../../src/storage/block-store.ts";
import { BlockPacker } from "../../src/storage/published/block-packer.ts";
import { encodeDiskIndex, wrapIndex } from "../../src/storage/published/published-store.ts";
import { encodeStateIndex } from "../../src/worker/published-memory.ts";
import { checkState, loadRegions, readSummary } from "../../src/worker/saved-state.ts";
import { compress, compressFirst } from "./compress.ts";

const PAGE_BYTES = 4096;
const PAGES_IN_PACK = 256;
const DISK_BLOCK_BYTES = 64 * 1024;
const DISK_BLOCKS_IN_PACK = 16;
/** Of files that are always read whole. */
const FILE_BLOCK_BYTES = 256 * 1024;
const FILE_BLOCKS_IN_PACK = 64;
const READ_BYTES = 1 << 20;
const NAME_DIGITS = 32;
/** What static hosts take. Packs are far below it; whoever changes their sizes is told. */
const MAX_FILE_BYTES = 25_000_000;

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, NAME_DIGITS);

/** A part that was written: the file that lists it, and what it takes. */
export interface WrittenPart {
  list: string;
  /** Bytes that are read before it is of use; all of its bytes. */
  firstBytes: number;
  totalBytes: number;
}

export class PublishedFolder {
  /** By name. */
  private readonly written = new Map<string, number>();

  constructor(readonly path: string) {}

  get totalBytes(): number {
    return [...this.written.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Keeps a file under the hash of its contents. */
  async keep(bytes: Uint8Array, suffix = ""): Promise<string> {
    if (bytes.length > MAX_FILE_BYTES) throw new Error(`internal error: a file of ${bytes.length} bytes is published`);
    const name = `${hashOf(bytes)}${suffix}`;
    await mkdir(this.path, { recursive: true });
    const path = join(this.path, name);
    const isThere = await stat(path).then(({ size }) => size === bytes.length, () => false); // prettier-ignore
    if (!isThere) await writeFile(path, bytes);
    this.written.set(name, bytes.length);
    return name;
  }

  /**
   * A disk, CD or floppy, whose blocks are read one by one.
   * @param reads what a run that was watched read, in its order
   */
  async disk(store: BlockStore, reads: readonly [offset: number, lengthBytes: number][]): Promise<WrittenPart> {
    const order = new Set<number>();
    for (const [offset, length] of reads)
      for (let block = Math.floor(offset / DISK_BLOCK_BYTES); block * DISK_BLOCK_BYTES < offset + length; block++)
        order.add(block);
    return this.blocks(store, DISK_BLOCK_BYTES, DISK_BLOCKS_IN_PACK, order);
  }

  /** A kernel or a firmware, which is read whole. */
  async file(store: BlockStore): Promise<WrittenPart> {
    return this.blocks(store, FILE_BLOCK_BYTES, FILE_BLOCKS_IN_PACK, new Set());
  }

  /**
   * @param saved a saved state
   * @param touched what a run that went on from it used
   * @param serial what the guest had written to COM1
   */
  async state(saved: Uint8Array, { ramPages, regionBytes }: Touched, serial: Uint8Array): Promise<WrittenPart> {
    const { summary, bodyOffset } = readSummary(saved);
    const regions = regionBytes.map((bytes) => new Uint8Array(bytes));
    const devices = await checkState(saved, bodyOffset, regions);
    await loadRegions(saved, bodyOffset, regions);
    let pack = compressFirst;
    const packer = this.packer(PAGE_BYTES, PAGES_IN_PACK, (raw) => pack(raw));
    const places = regions.map((region) => new Uint32Array(region.length / PAGE_BYTES));
    const take = async (region: number, page: number): Promise<void> => {
      const bytes = regions[region]!.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      places[region]![page] = await packer.add(bytes);
    };
    // Video memory and ROM must be there; of RAM, what was used, in that order.
    for (const region of [1, 2]) for (let page = 0; page < places[region]!.length; page++) await take(region, page);
    const wanted = ramPages.filter((page) => page < places[0]!.length);
    for (const page of wanted) await take(0, page);
    const first = await packer.close();
    pack = compress;
    const taken = new Set(wanted);
    for (let page = 0; page < places[0]!.length; page++) if (!taken.has(page)) await take(0, page);
    await packer.close();
    const { packs } = packer;
    return this.listed(encodeStateIndex({ summary, devices, packs, first, regions: places, serial }), packs, first);
  }

  private async blocks(
    store: BlockStore,
    blockBytes: number,
    blocksInPack: number,
    order: Set<number>,
  ): Promise<WrittenPart> {
    const { sizeBytes } = store;
    const packer = this.packer(blockBytes, blocksInPack);
    const places = new Uint32Array(Math.ceil(sizeBytes / blockBytes));
    const lengthOf = (block: number) => Math.min(blockBytes, sizeBytes - block * blockBytes);
    for (const block of order) {
      if (block >= places.length) continue;
      places[block] = await packer.add(await store.read(block * blockBytes, lengthOf(block)));
    }
    const first = await packer.close();
    for (let at = 0; at < sizeBytes; at += READ_BYTES) {
      const bytes = await store.read(at, Math.min(READ_BYTES, sizeBytes - at));
      for (let within = 0; within < bytes.length; within += blockBytes) {
        const block = (at + within) / blockBytes;
        if (!order.has(block)) places[block] = await packer.add(bytes.subarray(within, within + blockBytes));
      }
    }
    await packer.close();
    const { packs } = packer;
    return this.listed(encodeDiskIndex({ sizeBytes, blockBytes, packs, first, places }), packs, first);
  }

  private async listed(
    index: Uint8Array,
    packs: readonly { fileBytes: number }[],
    first: number,
  ): Promise<WrittenPart> {
    const list = wrapIndex(index, compressFirst);
    const sum = (some: readonly { fileBytes: number }[]) => some.reduce((bytes, pack) => bytes + pack.fileBytes, 0);
    return {
      list: await this.keep(list),
      firstBytes: list.length + sum(packs.slice(0, first)),
      totalBytes: list.length + sum(packs),
    };
  }

  private packer(blockBytes: number, blocksInPack: number, pack = compress): BlockPacker {
    const keep = async (raw: Uint8Array) => {
      const file = pack(raw);
      return { name: await this.keep(file), fileBytes: file.length };
    };
    return new BlockPacker(blockBytes, blocksInPack, keep, hashOf);
  }
}
