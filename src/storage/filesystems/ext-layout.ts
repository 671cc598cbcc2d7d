/** Superblock, groups and inodes of ext2, ext3 and ext4. [EXT4] "Super Block", "Group Descriptors", "Inode Table" */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { little, type Fields } from "../formats/fields.ts";
import { damaged, ImageError } from "../formats/image-error.ts";
import { readInside, type PagedReader } from "../formats/paged-reader.ts";

const SUPERBLOCK_AT = 1024;
const MAGIC = 0xef53;
const INCOMPAT_64BIT = 0x80;
const INCOMPAT_META_BG = 0x10;
const INCOMPAT_JOURNAL = 0x4;
/** Compression, a journal alone, and what is not known. */
const INCOMPAT_READ = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000; // prettier-ignore
const RO_SPARSE_SUPER = 0x1;
const COMPAT_SPARSE_SUPER2 = 0x200;

export interface ExtSuperblock {
  blockBytes: number;
  blocks: number;
  inodes: number;
  inodesPerGroup: number;
  inodeBytes: number;
  descriptorBytes: number;
  blocksPerGroup: number;
  firstDataBlock: number;
  /** From this group of descriptors on, each is in its own groups. */
  firstMetaGroup: number | null;
  sparse: boolean;
  backupGroups: number[] | null;
  /** The journal was not replayed: what is read may be older than what was written last. */
  needsRecovery: boolean;
  hasExtents: boolean;
}

/** @throws ImageError */
export async function readExtSuperblock(store: BlockStore): Promise<ExtSuperblock> {
  const fields = little((await readInside(store, SUPERBLOCK_AT, 1024, said`the superblock`)).slice());
  if (fields.u16(56) !== MAGIC) damaged("ext", "it has no superblock");
  const incompatible = fields.u32(96);
  if ((incompatible & ~INCOMPAT_READ) !== 0) throw new ImageError("unsupported", "This ext file system has features that are not read here."); // prettier-ignore
  const logBlock = fields.u32(24);
  if (logBlock > 6) damaged("ext", "blocks that are larger than 64 KB");
  const wide = (incompatible & INCOMPAT_64BIT) !== 0;
  const revision = fields.u32(76);
  const block: ExtSuperblock = {
    blockBytes: 1024 * 2 ** logBlock,
    blocks: fields.u32(4) + (wide ? fields.u32(336) * 2 ** 32 : 0),
    inodes: fields.u32(0),
    inodesPerGroup: fields.u32(40),
    inodeBytes: revision === 0 ? 128 : fields.u16(88),
    descriptorBytes: wide ? fields.u16(254) : 32,
    blocksPerGroup: fields.u32(32),
    firstDataBlock: fields.u32(20),
    firstMetaGroup: (incompatible & INCOMPAT_META_BG) !== 0 ? fields.u32(260) : null,
    sparse: (fields.u32(100) & RO_SPARSE_SUPER) !== 0,
    backupGroups: (fields.u32(92) & COMPAT_SPARSE_SUPER2) !== 0 ? [fields.u32(588), fields.u32(592)] : null,
    needsRecovery: (incompatible & INCOMPAT_JOURNAL) !== 0,
    hasExtents: (incompatible & 0x40) !== 0,
  };
  const { inodeBytes, descriptorBytes, inodesPerGroup, blocksPerGroup, blockBytes } = block;
  if (inodeBytes < 128 || inodeBytes > blockBytes) damaged("ext", said`inodes of ${inodeBytes} bytes`);
  if (descriptorBytes < 32 || descriptorBytes > 1024 || (wide && descriptorBytes < 64)) damaged("ext", said`group descriptors of ${descriptorBytes} bytes`); // prettier-ignore
  if (inodesPerGroup === 0 || blocksPerGroup === 0) damaged("ext", "its groups are empty");
  return block;
}

/** Where an inode is in the store. @throws ImageError */
export async function inodeOffset(tables: PagedReader, block: ExtSuperblock, inode: number): Promise<number> {
  if (inode < 1 || inode > block.inodes) damaged("ext", said`inode ${inode} does not exist`);
  const group = Math.floor((inode - 1) / block.inodesPerGroup);
  const descriptor = little(await tables.read(descriptorOffset(block, group), block.descriptorBytes, said`the group descriptors`)); // prettier-ignore
  const table = descriptor.u32(8) + (block.descriptorBytes >= 64 ? descriptor.u32(40) * 2 ** 32 : 0);
  if (table === 0 || table >= block.blocks) damaged("ext", said`the inodes of group ${group} are nowhere`);
  return table * block.blockBytes + ((inode - 1) % block.inodesPerGroup) * block.inodeBytes;
}

function descriptorOffset(block: ExtSuperblock, group: number): number {
  const { blockBytes, descriptorBytes, firstDataBlock, firstMetaGroup } = block;
  const perBlock = Math.floor(blockBytes / descriptorBytes);
  const meta = Math.floor(group / perBlock);
  const within = (group % perBlock) * descriptorBytes;
  if (firstMetaGroup === null || meta < firstMetaGroup) return (firstDataBlock + 1 + meta) * blockBytes + within;
  const first = meta * perBlock;
  const start = firstDataBlock + first * block.blocksPerGroup + (hasSuperblock(block, first) ? 1 : 0);
  return start * blockBytes + within;
}

/** Group 0, 1, and powers of 3, 5 and 7, where not all groups have one. */
function hasSuperblock({ sparse, backupGroups }: ExtSuperblock, group: number): boolean {
  if (backupGroups) return group === 0 || backupGroups.includes(group);
  if (!sparse || group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

export interface ExtInode {
  mode: number;
  sizeBytes: number;
  modified: Date;
  flags: number;
  /** 60 bytes: a block map, the root of an extent tree, or what is short enough. */
  block: Uint8Array;
  /** In units of 512 bytes; 0 for a link that is in the inode. */
  sectors: number;
}

export function parseInode(fields: Fields): ExtInode {
  const mode = fields.u16(0);
  // Of all but files the place of the size's upper half was used for other things.
  const isFile = (mode & 0o170000) === 0o100000;
  return {
    mode,
    sizeBytes: fields.u32(4) + (isFile ? fields.u32(108) * 2 ** 32 : 0),
    modified: new Date(fields.u32(16) * 1000),
    flags: fields.u32(32),
    block: fields.bytes.slice(40, 100),
    sectors: fields.u32(28),
  };
}
