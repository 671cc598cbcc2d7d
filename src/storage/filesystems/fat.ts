/**
 * FAT12, FAT16 and FAT32 with long names, read-only. Short names come in the case that Windows NT notes for them.
 *
 * Reference: [FAT] Microsoft, FAT: General Overview of On-Disk Format 1.03. Times are local and are given as UTC.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { little } from "../formats/fields.ts";
import { damaged } from "../formats/image-error.ts";
import { PagedReader, checkInside, readInside } from "../formats/paged-reader.ts";
import { fatGeometry, type FatGeometry } from "./fat-geometry.ts";
import { TreeFileSystem, type FileEntry } from "./file-system.ts";

const ENTRY_BYTES = 32;
const ATTR_VOLUME = 0x08;
const ATTR_FOLDER = 0x10;
const ATTR_LONG_NAME = 0x0f;
const DELETED = 0xe5;
/** A folder has at most this many entries. [FAT] "Directory" */
const MAX_FOLDER_BYTES = 65536 * ENTRY_BYTES;
/** Neighbouring clusters are read together, up to this. */
const MAX_RUN_BYTES = 1024 * 1024;

interface FatNode {
  entry: FileEntry;
  /** 0 is the root folder of FAT12 and FAT16, or an empty file. */
  cluster: number;
}

export class FatFileSystem extends TreeFileSystem<FatNode> {
  readonly kind: FatGeometry["kind"];
  private readonly table: PagedReader;

  private constructor(
    private readonly store: BlockStore,
    private readonly geometry: FatGeometry,
  ) {
    super();
    this.kind = geometry.kind;
    this.table = new PagedReader(store);
  }

  /** @throws ImageError */
  static async open(store: BlockStore): Promise<FatFileSystem> {
    const geometry = fatGeometry(await readInside(store, 0, 512, said`the boot sector`));
    if (!geometry) damaged("FAT", "its boot sector makes no sense");
    checkInside(store, geometry.fatOffset, geometry.fatBytes, said`the file allocation table`);
    return new FatFileSystem(store, geometry);
  }

  protected readonly ignoresCase = true;

  protected async root(): Promise<FatNode> {
    return { entry: { name: "", kind: "folder", sizeBytes: 0, modified: null }, cluster: this.geometry.rootCluster };
  }

  protected async *children(folder: FatNode): AsyncGenerator<FatNode> {
    const long = new LongName();
    for await (const bytes of this.folderBytes(folder.cluster)) {
      for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
        const raw = bytes.subarray(at, at + ENTRY_BYTES);
        if (raw[0] === 0) return;
        if (raw[0] === DELETED) long.clear();
        else if ((raw[11]! & 0x3f) === ATTR_LONG_NAME) long.add(raw);
        else if ((raw[11]! & ATTR_VOLUME) !== 0) long.clear();
        else {
          const node = nodeOf(raw, long.take(raw), this.kind === "fat32");
          if (node.entry.name !== "." && node.entry.name !== "..") yield node;
        }
      }
    }
  }

  protected async *content({ entry, cluster }: FatNode): AsyncGenerator<Uint8Array> {
    let left = entry.sizeBytes;
    if (left === 0) return;
    for await (const bytes of this.runs(cluster, left)) {
      yield bytes.subarray(0, Math.min(left, bytes.length));
      left -= bytes.length;
      if (left <= 0) return;
    }
    damaged("FAT", "a file is shorter than its folder says");
  }

  private async *folderBytes(cluster: number): AsyncGenerator<Uint8Array> {
    const { rootOffset, rootBytes } = this.geometry;
    if (cluster === 0) yield await readInside(this.store, rootOffset, rootBytes, said`the root folder`);
    else yield* this.runs(cluster, MAX_FOLDER_BYTES);
  }

  /** A chain of clusters, at most as many as `maxBytes` need. */
  private async *runs(first: number, maxBytes: number): AsyncGenerator<Uint8Array> {
    const { clusterBytes, dataOffset, clusters } = this.geometry;
    let left = Math.ceil(maxBytes / clusterBytes);
    let steps = 0;
    let cluster: number | null = first;
    while (cluster !== null && left > 0) {
      const start: number = cluster;
      let count = 0;
      while (cluster === start + count && left > 0 && count * clusterBytes < MAX_RUN_BYTES) {
        if (start + count < 2 || start + count >= clusters + 2)
          damaged("FAT", said`a chain leads to cluster ${start + count}, which does not exist`);
        if (++steps > clusters) damaged("FAT", "a chain of clusters comes back to itself");
        cluster = await this.next(start + count);
        count++;
        left--;
      }
      yield await readInside(
        this.store,
        dataOffset + (start - 2) * clusterBytes,
        count * clusterBytes,
        said`a cluster`,
      );
    }
  }

  /** null at the end of a chain. [FAT] "FAT data structure" */
  private async next(cluster: number): Promise<number | null> {
    const { kind, fatOffset } = this.geometry;
    if (kind === "fat32") {
      const value = little(await this.table.read(fatOffset + cluster * 4, 4, said`the file allocation table`)).u32(0) & 0x0fffffff; // prettier-ignore
      return value >= 0x0ffffff8 ? null : value;
    }
    if (kind === "fat16") {
      const value = little(await this.table.read(fatOffset + cluster * 2, 2, said`the file allocation table`)).u16(0);
      return value >= 0xfff8 ? null : value;
    }
    const at = fatOffset + cluster + (cluster >> 1);
    const pair = little(await this.table.read(at, 2, said`the file allocation table`)).u16(0);
    const value = cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
    return value >= 0xff8 ? null : value;
  }
}

/** The parts of a long name stand before the short one, last part first. [FAT] "Long directory entries" */
class LongName {
  private parts: string[] = [];
  private checksum = -1;
  private expected = 0;

  clear(): void {
    this.parts = [];
    this.expected = 0;
  }

  add(raw: Uint8Array): void {
    const order = raw[0]!;
    if ((order & 0x40) !== 0) {
      this.parts = [];
      this.expected = order & 0x3f;
      this.checksum = raw[13]!;
    }
    if ((order & 0x3f) !== this.expected || this.expected === 0 || raw[13] !== this.checksum) return this.clear();
    this.expected--;
    const units = [...raw.subarray(1, 11), ...raw.subarray(14, 26), ...raw.subarray(28, 32)];
    this.parts.unshift(new TextDecoder("utf-16le").decode(Uint8Array.from(units)));
  }

  /** The name, where it belongs to this short entry. */
  take(raw: Uint8Array): string | null {
    const name = this.parts.join("").replace(/\0.*$/s, "");
    const whole = this.parts.length > 0 && this.expected === 0;
    this.clear();
    let sum = 0;
    for (let i = 0; i < 11; i++) sum = (((sum & 1) << 7) + (sum >> 1) + raw[i]!) & 0xff;
    return whole && sum === this.checksum && name !== "" ? name : null;
  }
}

function nodeOf(raw: Uint8Array, longName: string | null, isFat32: boolean): FatNode {
  const fields = little(raw);
  const folder = (raw[11]! & ATTR_FOLDER) !== 0;
  const cluster = fields.u16(26) + (isFat32 ? (fields.u16(20) & 0x0fff) * 65536 : 0);
  return {
    entry: {
      name: longName ?? shortName(raw),
      kind: folder ? "folder" : "file",
      sizeBytes: folder ? 0 : fields.u32(28),
      modified: dosTime(fields.u16(24), fields.u16(22)),
    },
    cluster,
  };
}

/** Bits 3 and 4 of byte 12: base and extension are in small letters. */
function shortName(raw: Uint8Array): string {
  const part = (from: number, to: number, small: boolean): string => {
    const text = new TextDecoder("latin1").decode(raw.subarray(from, to)).trimEnd();
    return small ? text.toLowerCase() : text;
  };
  const first = raw[0] === 0x05 ? "\u00e5" + part(1, 8, (raw[12]! & 8) !== 0) : part(0, 8, (raw[12]! & 8) !== 0);
  const extension = part(8, 11, (raw[12]! & 16) !== 0);
  return extension === "" ? first : `${first}.${extension}`;
}

function dosTime(date: number, time: number): Date | null {
  if (date === 0) return null;
  return new Date(Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2)); // prettier-ignore
}
