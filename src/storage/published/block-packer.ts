/**
 * Puts blocks into packs, in the order in which they come: what is the same once, zeros not at all. Used by whoever
 * publishes a machine.
 */
import { MAX_BLOCKS_IN_PACK, placeOf } from "./block-index.ts";
import type { Pack } from "./block-index.ts";

/** Keeps a file with these contents. @returns its name, the hash of what is kept, and how long that is */
export type KeepFile = (raw: Uint8Array) => Promise<{ name: string; fileBytes: number }>;

export class BlockPacker {
  readonly packs: Pack[] = [];
  private readonly known = new Map<string, number>();
  private readonly gathered: Uint8Array;
  private blocks = 0;

  /**
   * @param blocksInPack at most 256
   * @param keep packs and keeps a pack's blocks
   */
  constructor(
    private readonly blockBytes: number,
    private readonly blocksInPack: number,
    private readonly keep: KeepFile,
    private readonly hash: (block: Uint8Array) => string,
  ) {
    if (blocksInPack > MAX_BLOCKS_IN_PACK) throw new RangeError(`at most ${MAX_BLOCKS_IN_PACK} blocks are in a pack`);
    this.gathered = new Uint8Array(blocksInPack * blockBytes);
  }

  /** @param block of blockBytes, or fewer where it is the last of a disk @returns its place */
  async add(block: Uint8Array): Promise<number> {
    if (isZero(block)) return 0;
    const hash = `${block.length}:${this.hash(block)}`;
    const known = this.known.get(hash);
    if (known !== undefined) return known;
    const place = placeOf(this.packs.length, this.blocks);
    this.known.set(hash, place);
    const at = this.blocks++ * this.blockBytes;
    this.gathered.fill(0, at, at + this.blockBytes);
    this.gathered.set(block, at);
    if (this.blocks === this.blocksInPack) await this.close();
    return place;
  }

  /** Ends the pack that is being filled. @returns how many there are now */
  async close(): Promise<number> {
    if (this.blocks > 0) {
      const { blocks } = this;
      this.blocks = 0;
      this.packs.push({ blocks, ...(await this.keep(this.gathered.slice(0, blocks * this.blockBytes))) });
    }
    return this.packs.length;
  }
}

function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}
