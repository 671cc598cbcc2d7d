/**
 * ext2, ext3 and ext4, read-only: block maps and extents, folders (also indexed and in the inode), links. The journal is
 * not replayed; of what was not written back yet the older state is read. Not read: compressed and encrypted files.
 *
 * Reference: [EXT4] Linux, Documentation/filesystems/ext4, "Directory Entries", "The Contents of inode.i_block".
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { isZero, little } from "../formats/fields.ts";
import { damaged, ImageError } from "../formats/image-error.ts";
import { PagedReader, checkInside, readInside } from "../formats/paged-reader.ts";
import { inodeOffset, parseInode, readExtSuperblock, type ExtInode, type ExtSuperblock } from "./ext-layout.ts";
import { TreeFileSystem, type FileEntry } from "./file-system.ts";

const ROOT_INODE = 2;
const FLAG_ENCRYPTED = 0x800;
const FLAG_EXTENTS = 0x80000;
const FLAG_INLINE = 0x10000000;
const FLAG_COMPRESSED = 0x4;
const EXTENT_MAGIC = 0xf30a;
const MAX_EXTENT_DEPTH = 5;
const MAX_FOLDER_BYTES = 256 * 2 ** 20;
/** The largest file that blocks of 64 KiB and 32-bit numbers allow. */
const MAX_FILE_BYTES = 2 ** 48;
const PIECE_BYTES = 1024 * 1024;
const DIRECT_BLOCKS = 12;

interface ExtNode {
  entry: FileEntry;
  inode: ExtInode;
}

/** Neighbouring blocks of a file; `start` is null where it has a hole. */
interface Run {
  start: number | null;
  count: number;
}

export class ExtFileSystem extends TreeFileSystem<ExtNode> {
  private readonly tables: PagedReader;

  private constructor(
    private readonly store: BlockStore,
    private readonly superblock: ExtSuperblock,
    readonly kind: "ext2" | "ext3" | "ext4",
  ) {
    super();
    this.tables = new PagedReader(store);
  }

  /** @throws ImageError */
  static async open(store: BlockStore, kind: "ext2" | "ext3" | "ext4"): Promise<ExtFileSystem> {
    return new ExtFileSystem(store, await readExtSuperblock(store), kind);
  }

  /** Its journal holds what is not in its places yet. */
  get needsRecovery(): boolean {
    return this.superblock.needsRecovery;
  }

  protected readonly ignoresCase = false;

  protected root(): Promise<ExtNode> {
    return this.node(ROOT_INODE, "");
  }

  protected async *children(folder: ExtNode): AsyncGenerator<ExtNode> {
    const { inode } = folder;
    if (inode.sizeBytes > MAX_FOLDER_BYTES) damaged("ext", said`a folder of ${inode.sizeBytes} bytes`);
    if ((inode.flags & FLAG_INLINE) !== 0) {
      // The parent's number, then entries.
      yield* this.entries(inode.block.subarray(4, Math.min(60, inode.sizeBytes)));
      return;
    }
    const { blockBytes } = this.superblock;
    for await (const bytes of this.pieces(inode, inode.sizeBytes))
      for (let at = 0; at < bytes.length; at += blockBytes) yield* this.entries(bytes.subarray(at, at + blockBytes));
  }

  protected async *content({ inode, entry }: ExtNode): AsyncGenerator<Uint8Array> {
    if ((inode.flags & FLAG_INLINE) !== 0) {
      if (entry.sizeBytes > inode.block.length)
        throw new ImageError("unsupported", "Small files that are kept beside their inode are not read.");
      yield inode.block.subarray(0, entry.sizeBytes);
      return;
    }
    if ((inode.flags & FLAG_ENCRYPTED) !== 0) throw new ImageError("encrypted", "This file is encrypted.");
    if ((inode.flags & FLAG_COMPRESSED) !== 0) throw new ImageError("unsupported", "This file is compressed by its file system."); // prettier-ignore
    yield* this.pieces(inode, entry.sizeBytes);
  }

  /** Entries of one block; those of an index look like empty ones. */
  private async *entries(block: Uint8Array): AsyncGenerator<ExtNode> {
    const fields = little(block);
    for (let at = 0; at + 8 <= block.length;) {
      const [inode, entryBytes, nameBytes] = [fields.u32(at), fields.u16(at + 4), fields.u8(at + 6)];
      if (entryBytes < 8 || entryBytes % 4 !== 0 || at + entryBytes > block.length || 8 + nameBytes > entryBytes)
        damaged("ext", "a folder has an entry that does not fit");
      if (inode !== 0 && nameBytes > 0) {
        const name = new TextDecoder().decode(block.subarray(at + 8, at + 8 + nameBytes));
        if (name !== "." && name !== "..") yield await this.node(inode, name);
      }
      at += entryBytes;
    }
  }

  private async node(number: number, name: string): Promise<ExtNode> {
    const offset = await inodeOffset(this.tables, this.superblock, number);
    const inode = parseInode(little((await this.tables.read(offset, 128, said`an inode`)).slice()));
    const kind = kindOf(inode.mode);
    if (kind !== "other" && inode.sizeBytes > MAX_FILE_BYTES) damaged("ext", said`a file of ${inode.sizeBytes} bytes`);
    const entry: FileEntry = { name, kind, sizeBytes: kind === "file" ? inode.sizeBytes : 0, modified: inode.modified };
    if (kind === "link") entry.target = await this.target(inode);
    return { entry, inode };
  }

  /** A short target is in the inode. */
  private async target(inode: ExtInode): Promise<string> {
    const inside = (inode.flags & FLAG_EXTENTS) === 0 && inode.sizeBytes < 60;
    if (inside || (inode.flags & FLAG_INLINE) !== 0) return new TextDecoder().decode(inode.block.subarray(0, Math.min(60, inode.sizeBytes))); // prettier-ignore
    for await (const piece of this.pieces(inode, Math.min(inode.sizeBytes, 4096)))
      return new TextDecoder().decode(piece);
    return "";
  }

  /** The first `sizeBytes` of a file. */
  private async *pieces(inode: ExtInode, sizeBytes: number): AsyncGenerator<Uint8Array> {
    const { blockBytes, blocks } = this.superblock;
    let left = sizeBytes;
    const runs = (inode.flags & FLAG_EXTENTS) !== 0 ? this.extentRuns(inode) : this.mappedRuns(inode, Math.ceil(sizeBytes / blockBytes)); // prettier-ignore
    for await (const { start, count } of runs) {
      if (left <= 0) return;
      if (start !== null && start + count > blocks) damaged("ext", "a file lies behind the end of its file system");
      const runBytes = Math.min(left, count * blockBytes);
      for (let at = 0; at < runBytes; at += PIECE_BYTES) {
        const length = Math.min(PIECE_BYTES, runBytes - at);
        yield start === null
          ? new Uint8Array(length)
          : await readInside(this.store, start * blockBytes + at, length, said`a file`);
      }
      left -= runBytes;
    }
    // A hole at the end.
    for (; left > 0; left -= PIECE_BYTES) yield new Uint8Array(Math.min(PIECE_BYTES, left));
  }

  private async *extentRuns(inode: ExtInode): AsyncGenerator<Run> {
    let next = 0;
    for await (const { first, start, count } of this.extentsIn(inode.block, MAX_EXTENT_DEPTH)) {
      if (first < next) damaged("ext", "the parts of a file are not in order");
      if (first > next) yield { start: null, count: first - next };
      yield { start, count };
      next = first + count;
    }
  }

  private async *extentsIn(node: Uint8Array, depthLimit: number): AsyncGenerator<Run & { first: number }> {
    const fields = little(node);
    const [entries, depth] = [fields.u16(2), fields.u16(6)];
    if (fields.u16(0) !== EXTENT_MAGIC || 12 + 12 * entries > node.length || depth > depthLimit)
      damaged("ext", "the list of a file's parts makes no sense");
    for (let i = 0; i < entries; i++) {
      const at = 12 + 12 * i;
      if (depth > 0) {
        const child = fields.u32(at + 4) + fields.u16(at + 8) * 2 ** 32;
        const { blockBytes } = this.superblock;
        const bytes = await this.tables.read(child * blockBytes, blockBytes, said`the list of a file's parts`);
        // A part that lists nothing would let a small file system send readers round for ever.
        if (little(bytes).u16(6) !== depth - 1 || little(bytes).u16(2) === 0)
          damaged("ext", "the list of a file's parts makes no sense");
        yield* this.extentsIn(bytes.slice(), depth - 1);
        continue;
      }
      const length = fields.u16(at + 4);
      // Longer than 32768: set aside, not written yet; reads as zeros.
      const unwritten = length > 32768;
      if (length === 0) damaged("ext", "a part of a file has no length");
      const start = fields.u32(at + 8) + fields.u16(at + 6) * 2 ** 32;
      yield { first: fields.u32(at), start: unwritten ? null : start, count: unwritten ? length - 32768 : length };
    }
  }

  /** Twelve blocks, then blocks of numbers, of one, two and three levels. */
  private async *mappedRuns(inode: ExtInode, count: number): AsyncGenerator<Run> {
    const fields = little(inode.block);
    let left = count;
    for (let i = 0; i < DIRECT_BLOCKS && left > 0; i++, left--) yield { start: fields.u32(i * 4) || null, count: 1 };
    for (let level = 1; level <= 3 && left > 0; level++) {
      for await (const run of this.indirect(fields.u32((DIRECT_BLOCKS + level - 1) * 4), level, left)) {
        yield run;
        left -= run.count;
      }
    }
    if (left > 0) damaged("ext", "a file is longer than its blocks can be");
  }

  private async *indirect(block: number, level: number, wanted: number): AsyncGenerator<Run> {
    const perBlock = this.superblock.blockBytes / 4;
    const covers = Math.min(wanted, perBlock ** level);
    if (block === 0) return yield { start: null, count: covers };
    const offset = block * this.superblock.blockBytes;
    checkInside(this.store, offset, this.superblock.blockBytes, said`the list of a file's blocks`);
    const numbers = (
      await this.tables.read(offset, this.superblock.blockBytes, said`the list of a file's blocks`)
    ).slice();
    if (level > 1 && isZero(numbers)) return yield { start: null, count: covers };
    const fields = little(numbers);
    let left = covers;
    for (let i = 0; i < perBlock && left > 0;) {
      if (level > 1) {
        const part = Math.min(left, perBlock ** (level - 1));
        yield* this.indirect(fields.u32(i * 4), level - 1, part);
        left -= part;
        i++;
        continue;
      }
      const start = fields.u32(i * 4);
      let count = 1;
      while (i + count < perBlock && count < left && fields.u32((i + count) * 4) === (start === 0 ? 0 : start + count))
        count++;
      yield { start: start || null, count };
      left -= count;
      i += count;
    }
  }
}

function kindOf(mode: number): FileEntry["kind"] {
  switch (mode & 0o170000) {
    case 0o100000:
      return "file";
    case 0o040000:
      return "folder";
    case 0o120000:
      return "link";
    default:
      return "other";
  }
}
