/**
 * ISO 9660 with Rock Ridge (names, links, modes, times, relocated folders) or Joliet, read-only. Rock Ridge is taken
 * before Joliet; without either, names lose their version and are shown as they stand.
 *
 * References: [ECMA-119] 8.4 (volume descriptors), 9.1 (directory records), [SUSP] 5 (system use fields), [RRIP] 4,
 * [Joliet] "SVD escape sequences".
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { little, type Fields } from "../formats/fields.ts";
import { damaged } from "../formats/image-error.ts";
import { PagedReader, readInside } from "../formats/paged-reader.ts";
import { TreeFileSystem, type FileEntry } from "./file-system.ts";

const BLOCK = 2048;
const FIRST_DESCRIPTOR = 16;
const MAX_DESCRIPTORS = 64;
const DESCRIPTOR_PRIMARY = 1;
const DESCRIPTOR_SUPPLEMENTARY = 2;
const DESCRIPTOR_END = 255;
const FLAG_FOLDER = 2;
const FLAG_MORE_EXTENTS = 0x80;
const MAX_FOLDER_BYTES = 64 * 2 ** 20;
const MAX_CONTINUATIONS = 64;
const PIECE_BYTES = 1024 * 1024;

interface Extent {
  block: number;
  lengthBytes: number;
}

interface IsoNode {
  entry: FileEntry;
  extents: Extent[];
}

interface Volume {
  blockBytes: number;
  root: Extent;
  joliet: boolean;
}

/** What Rock Ridge says of an entry. */
interface RockRidge {
  name: string | null;
  mode: number | null;
  target: string | null;
  modified: Date | null;
  /** The block where a folder really is, moved because it was too deep. */
  childBlock: number | null;
  /** This one was moved: it is shown where it belongs. */
  relocated: boolean;
}

export class IsoFileSystem extends TreeFileSystem<IsoNode> {
  readonly kind = "iso9660";
  private readonly folders: PagedReader;

  private constructor(
    private readonly store: BlockStore,
    private readonly volume: Volume,
    /** Bytes to skip in each system use area; null where there is no Rock Ridge. */
    private readonly rockRidgeSkip: number | null,
  ) {
    super();
    this.folders = new PagedReader(store);
  }

  /** @throws ImageError */
  static async open(store: BlockStore): Promise<IsoFileSystem> {
    const { primary, joliet } = await readVolumes(store);
    const skip = await rockRidgeSkip(store, primary);
    return new IsoFileSystem(store, skip === null ? (joliet ?? primary) : primary, skip);
  }

  protected get ignoresCase(): boolean {
    return this.rockRidgeSkip === null;
  }

  protected async root(): Promise<IsoNode> {
    return { entry: { name: "", kind: "folder", sizeBytes: 0, modified: null }, extents: [this.volume.root] };
  }

  protected async *children(folder: IsoNode): AsyncGenerator<IsoNode> {
    const { blockBytes } = this.volume;
    const { block, lengthBytes } = folder.extents[0]!;
    if (lengthBytes > MAX_FOLDER_BYTES) damaged("ISO 9660", said`a folder of ${lengthBytes} bytes`);
    let open: IsoNode | null = null;
    for (let at = 0; at < lengthBytes;) {
      const start = block * blockBytes + at;
      const recordBytes = (await this.folders.read(start, 1, said`a folder`))[0]!;
      if (recordBytes === 0) {
        // Records do not go over the end of a block.
        at = (Math.floor(at / BLOCK) + 1) * BLOCK;
        continue;
      }
      if (recordBytes < 34) damaged("ISO 9660", "a folder has an entry that is too short");
      const record = little((await this.folders.read(start, recordBytes, said`a folder`)).slice());
      at += recordBytes;
      const node = await this.nodeOf(record);
      if (!node) continue;
      if (open && open.entry.name === node.entry.name && node.entry.kind === "file") {
        open.extents.push(...node.extents);
        open.entry.sizeBytes += node.entry.sizeBytes;
      } else {
        if (open) yield open;
        open = node;
      }
      if ((record.u8(25) & FLAG_MORE_EXTENTS) !== 0) continue;
      yield open;
      open = null;
    }
    if (open) yield open;
  }

  protected async *content({ extents }: IsoNode): AsyncGenerator<Uint8Array> {
    for (const { block, lengthBytes } of extents)
      for (let at = 0; at < lengthBytes; at += PIECE_BYTES)
        yield await readInside(this.store, block * this.volume.blockBytes + at, Math.min(PIECE_BYTES, lengthBytes - at), said`a file`); // prettier-ignore
  }

  /** null for "." and "..", and for what is shown elsewhere. [ECMA-119] 9.1 */
  private async nodeOf(record: Fields): Promise<IsoNode | null> {
    const nameBytes = record.u8(32);
    if (33 + nameBytes > record.length) damaged("ISO 9660", "a name is longer than its entry");
    if (nameBytes === 1 && record.u8(33) <= 1) return null;
    const rock = this.rockRidgeSkip === null ? null : await this.rockRidge(record, nameBytes);
    if (rock?.relocated) return null;
    let folder = (record.u8(25) & FLAG_FOLDER) !== 0;
    let extent = { block: record.u32(2) + record.u8(1), lengthBytes: record.u32(10) };
    if (rock?.childBlock !== null && rock?.childBlock !== undefined) {
      folder = true;
      extent = await this.folderAt(rock.childBlock);
    }
    const kind = folder ? "folder" : kindOf(rock?.mode ?? null);
    const entry: FileEntry = {
      name: rock?.name ?? this.plainName(record.slice(33, nameBytes)),
      kind,
      sizeBytes: kind === "file" ? extent.lengthBytes : 0,
      modified: rock?.modified ?? recordTime(record.slice(18, 7)),
    };
    if (kind === "link") entry.target = rock?.target?.replace("\0", "") ?? "";
    return { entry, extents: [extent] };
  }

  private plainName(bytes: Uint8Array): string {
    const name = this.volume.joliet
      ? new TextDecoder("utf-16be").decode(bytes)
      : new TextDecoder("latin1").decode(bytes);
    return name.replace(/;\d+$/, "").replace(/\.$/, "");
  }

  /** The length of a moved folder is in its own first entry. */
  private async folderAt(block: number): Promise<Extent> {
    const self = little(await this.folders.read(block * this.volume.blockBytes, 34, said`a folder`));
    return { block, lengthBytes: self.u32(10) };
  }

  private async rockRidge(record: Fields, nameBytes: number): Promise<RockRidge> {
    const rock: RockRidge = {
      name: null,
      mode: null,
      target: null,
      modified: null,
      childBlock: null,
      relocated: false,
    };
    const start = 33 + nameBytes + (nameBytes % 2 === 0 ? 1 : 0) + this.rockRidgeSkip!;
    let area = record.bytes.subarray(start);
    for (let areas = 0; areas < MAX_CONTINUATIONS; areas++) {
      const next = readArea(area, rock);
      if (!next) return rock;
      area = await this.folders.read(next.block * this.volume.blockBytes + next.offset, next.lengthBytes, said`a name`);
    }
    damaged("ISO 9660", "what belongs to a name has no end");
  }
}

/** One system use area. @returns where it goes on. [SUSP] 5, [RRIP] 4.1 */
function readArea(area: Uint8Array, rock: RockRidge): { block: number; offset: number; lengthBytes: number } | null {
  const fields = little(area);
  let next: { block: number; offset: number; lengthBytes: number } | null = null;
  for (let at = 0; at + 4 <= area.length;) {
    const [signature, lengthBytes] = [fields.text(at, 2), fields.u8(at + 2)];
    if (lengthBytes < 4 || at + lengthBytes > area.length) return next;
    const body = area.subarray(at + 4, at + lengthBytes);
    const view = little(body);
    if (signature === "CE" && body.length >= 24)
      next = { block: view.u32(0), offset: view.u32(8), lengthBytes: Math.min(view.u32(16), BLOCK) }; // prettier-ignore
    else if (signature === "NM" && body.length >= 1) {
      // Flags 2 and 4 stand for "." and "..".
      if ((body[0]! & 6) === 0) rock.name = (rock.name ?? "") + new TextDecoder().decode(body.subarray(1));
    } else if (signature === "PX" && body.length >= 4) rock.mode = view.u32(0);
    else if (signature === "SL" && body.length >= 1) rock.target = joinTarget(rock.target, body.subarray(1));
    else if (signature === "TF" && body.length >= 1) rock.modified = timeOf(body);
    else if (signature === "CL" && body.length >= 4) rock.childBlock = view.u32(0);
    else if (signature === "RE") rock.relocated = true;
    else if (signature === "ST") return next;
    at += lengthBytes;
  }
  return next;
}

/** Components of a link. [RRIP] 4.1.3 */
function joinTarget(before: string | null, body: Uint8Array): string {
  let target = before ?? "";
  for (let at = 0; at + 2 <= body.length; at += 2 + body[at + 1]!) {
    const flags = body[at]!;
    const text = new TextDecoder().decode(body.subarray(at + 2, at + 2 + body[at + 1]!));
    const part = (flags & 2) !== 0 ? "." : (flags & 4) !== 0 ? ".." : text;
    if ((flags & 8) !== 0) target = "/";
    // Whether a part went on from the one before is noted at its end by a mark that names cannot have.
    else target = target === "" || target.endsWith("/") ? target + part : target.endsWith("\0") ? target.slice(0, -1) + part : `${target}/${part}`; // prettier-ignore
    if ((flags & 1) !== 0) target += "\0";
  }
  return target;
}

/** The second time of those that are there is that of the last change. [RRIP] 4.1.6 */
function timeOf(body: Uint8Array): Date | null {
  const flags = body[0]!;
  if ((flags & 2) === 0) return null;
  const long = (flags & 0x80) !== 0;
  const at = 1 + ((flags & 1) !== 0 ? (long ? 17 : 7) : 0);
  return long ? null : recordTime(body.subarray(at, at + 7));
}

function recordTime(bytes: Uint8Array): Date | null {
  if (bytes.length < 7 || bytes[1] === 0) return null;
  const [year, month, day, hour, minute, second] = bytes as unknown as number[];
  const zoneMinutes = new Int8Array([bytes[6]!])[0]! * 15;
  return new Date(Date.UTC(1900 + year!, month! - 1, day, hour, minute, second) - zoneMinutes * 60_000);
}

function kindOf(mode: number | null): FileEntry["kind"] {
  switch ((mode ?? 0o100000) & 0o170000) {
    case 0o100000:
      return "file";
    case 0o120000:
      return "link";
    case 0o040000:
      return "folder";
    default:
      return "other";
  }
}

async function readVolumes(store: BlockStore): Promise<{ primary: Volume; joliet: Volume | null }> {
  let primary: Volume | null = null;
  let joliet: Volume | null = null;
  for (let i = FIRST_DESCRIPTOR; i < FIRST_DESCRIPTOR + MAX_DESCRIPTORS; i++) {
    const fields = little(await readInside(store, i * BLOCK, BLOCK, said`a volume descriptor`));
    if (fields.text(1, 5) !== "CD001") break;
    const type = fields.u8(0);
    if (type === DESCRIPTOR_END) break;
    if (type === DESCRIPTOR_PRIMARY && !primary) primary = volumeOf(fields, false);
    // UCS-2, levels 1 to 3.
    if (type === DESCRIPTOR_SUPPLEMENTARY && ["%/@", "%/C", "%/E"].includes(fields.text(88, 3))) joliet = volumeOf(fields, true); // prettier-ignore
  }
  if (!primary) damaged("ISO 9660", "it has no primary volume descriptor");
  return { primary, joliet };
}

function volumeOf(fields: Fields, joliet: boolean): Volume {
  const blockBytes = fields.u16(128);
  if (![512, 1024, 2048].includes(blockBytes)) damaged("ISO 9660", said`blocks of ${blockBytes} bytes`);
  return { blockBytes, root: { block: fields.u32(156 + 2), lengthBytes: fields.u32(156 + 10) }, joliet };
}

/** The root folder's own entry begins with an SP field where there is Rock Ridge. [SUSP] 5.3 */
async function rockRidgeSkip(store: BlockStore, { blockBytes, root }: Volume): Promise<number | null> {
  const start = root.block * blockBytes;
  const recordBytes = (await readInside(store, start, 1, said`the root folder`))[0]!;
  if (recordBytes < 34 + 7) return null;
  const fields = little(await readInside(store, start, recordBytes, said`the root folder`));
  return fields.text(34, 2) === "SP" && fields.u8(38) === 0xbe && fields.u8(39) === 0xef ? fields.u8(40) : null;
}
