/**
 * The log of a VHDX file: changes to its tables that were promised but perhaps not yet made. Where a file was not closed
 * they are laid over it in memory; the file itself stays as it is.
 *
 * Reference: [MS-VHDX] 2.3.1 (entries, descriptors, data sectors), 2.3.2 (sequences), 2.3.3 (replay).
 */
import { assert } from "../../shared/assert.ts";
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { assertRange } from "../memory-store.ts";
import { crc32cWithout } from "./crc32.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { little } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { checkInside } from "./paged-reader.ts";
import type { VhdxHeader } from "./vhdx-metadata.ts";

export const LOG_SECTOR_BYTES = 4096;
const ENTRY_HEADER_BYTES = 64;
const DESCRIPTOR_BYTES = 32;
/** Logs are 1 MiB; all of one is looked at when a file was not closed. */
const MAX_LOG_BYTES = 64 * 2 ** 20;
/** Each is looked at by every read. */
const MAX_ZEROED = 4096;

interface LogEntry {
  /** In the log. */
  offset: number;
  lengthBytes: number;
  tail: number;
  sequence: bigint;
  flushedFileBytes: number;
  lastFileBytes: number;
}

/** The file as it is with its log replayed: the file itself where the log is empty. @throws ImageError */
export async function withLogReplayed(file: BlockStore, header: VhdxHeader): Promise<BlockStore> {
  if (header.logGuid === null) return file;
  const { logOffset, logBytes } = header;
  if (logBytes === 0 || logBytes % LOG_SECTOR_BYTES !== 0 || logOffset % LOG_SECTOR_BYTES !== 0)
    damaged("VHDX", "its log has no whole sectors");
  if (logBytes > MAX_LOG_BYTES) throw new ImageError("absurd", said`This VHDX image has a log of ${logBytes} bytes.`);
  checkInside(file, logOffset, logBytes, said`the log`);
  const log = new VhdxLog(await file.read(logOffset, logBytes), header.logGuid);
  const sequence = log.activeSequence();
  if (!sequence) damaged("VHDX", "it was not closed, and its log cannot be used");
  const { flushedFileBytes, lastFileBytes } = sequence.at(-1)!;
  checkInside(file, 0, flushedFileBytes, said`the end of what its log expects`);
  if (lastFileBytes > 2 * MAX_DISK_BYTES)
    throw new ImageError("absurd", said`This VHDX image says that it should have ${lastFileBytes} bytes.`);
  const replayed = new PatchedFile(file, Math.max(file.sizeBytes, lastFileBytes));
  for (const entry of sequence) log.apply(entry, replayed);
  return replayed;
}

class VhdxLog {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly guid: string,
  ) {}

  /** The valid sequence with the highest numbers, oldest entry first. [MS-VHDX] 2.3.2 */
  activeSequence(): LogEntry[] | null {
    let best: LogEntry[] | null = null;
    const seen = new Set<number>();
    for (let offset = 0; offset < this.bytes.length; offset += LOG_SECTOR_BYTES) {
      if (seen.has(offset)) continue;
      const sequence: LogEntry[] = [];
      for (let entry = this.entryAt(offset); entry;) {
        sequence.push(entry);
        seen.add(entry.offset);
        const next = this.entryAt((entry.offset + entry.lengthBytes) % this.bytes.length);
        if (!next || next.sequence !== entry.sequence + 1n || sequence.length > this.bytes.length / LOG_SECTOR_BYTES)
          break;
        entry = next;
      }
      const head = sequence.at(-1);
      if (!head) continue;
      // The head says where its sequence begins; entries before that are done already.
      const start = sequence.findIndex((entry) => entry.offset === head.tail);
      if (start < 0) continue;
      if (!best || head.sequence > best.at(-1)!.sequence) best = sequence.slice(start);
    }
    return best;
  }

  apply(entry: LogEntry, target: PatchedFile): void {
    const bytes = this.slice(entry.offset, entry.lengthBytes);
    const fields = little(bytes);
    const count = fields.u32(24);
    let dataAt = descriptorsEnd(count);
    for (let i = 0; i < count; i++) {
      const at = ENTRY_HEADER_BYTES + DESCRIPTOR_BYTES * i;
      const kind = fields.text(at, 4);
      const fileOffset = fields.u64(at + 16);
      if (kind === "zero") target.zero(fileOffset, fields.u64(at + 8));
      else {
        const sector = bytes.slice(dataAt, dataAt + LOG_SECTOR_BYTES);
        // A sector's first 8 and last 4 bytes stand in its descriptor.
        sector.set(bytes.subarray(at + 8, at + 16), 0);
        sector.set(bytes.subarray(at + 4, at + 8), LOG_SECTOR_BYTES - 4);
        target.patch(fileOffset, sector);
        dataAt += LOG_SECTOR_BYTES;
      }
    }
  }

  /** A complete, valid entry; null where there is none. [MS-VHDX] 2.3.1.1 */
  private entryAt(offset: number): LogEntry | null {
    const header = little(this.slice(offset, LOG_SECTOR_BYTES));
    if (header.text(0, 4) !== "loge" || header.guid(32) !== this.guid) return null;
    const lengthBytes = header.u32(8);
    const count = header.u32(24);
    const tail = header.u32(12);
    if (lengthBytes % LOG_SECTOR_BYTES !== 0 || lengthBytes === 0 || lengthBytes > this.bytes.length) return null;
    if (tail % LOG_SECTOR_BYTES !== 0 || tail >= this.bytes.length) return null;
    if (count * DESCRIPTOR_BYTES > lengthBytes || descriptorsEnd(count) > lengthBytes) return null;
    const bytes = this.slice(offset, lengthBytes);
    if (header.u32(4) !== crc32cWithout(bytes, 4)) return null;
    const sequence = header.bits64(16);
    if (!descriptorsAreValid(bytes, count, sequence)) return null;
    return { offset, lengthBytes, tail, sequence, flushedFileBytes: header.u64(48), lastFileBytes: header.u64(56) };
  }

  /** The log is a ring. */
  private slice(offset: number, lengthBytes: number): Uint8Array {
    const end = offset + lengthBytes;
    if (end <= this.bytes.length) return this.bytes.subarray(offset, end);
    const result = new Uint8Array(lengthBytes);
    const first = this.bytes.subarray(offset);
    result.set(first);
    result.set(this.bytes.subarray(0, lengthBytes - first.length), first.length);
    return result;
  }
}

const descriptorsEnd = (count: number): number =>
  Math.ceil((ENTRY_HEADER_BYTES + DESCRIPTOR_BYTES * count) / LOG_SECTOR_BYTES) * LOG_SECTOR_BYTES;

function descriptorsAreValid(bytes: Uint8Array, count: number, sequence: bigint): boolean {
  const fields = little(bytes);
  let dataAt = descriptorsEnd(count);
  for (let i = 0; i < count; i++) {
    const at = ENTRY_HEADER_BYTES + DESCRIPTOR_BYTES * i;
    const kind = fields.text(at, 4);
    if (fields.bits64(at + 24) !== sequence || fields.u64(at + 16) % LOG_SECTOR_BYTES !== 0) return false;
    if (kind === "zero" && fields.u64(at + 8) % LOG_SECTOR_BYTES === 0) continue;
    if (kind !== "desc" || dataAt + LOG_SECTOR_BYTES > bytes.length) return false;
    const high = BigInt(fields.u32(dataAt + 4));
    const low = BigInt(fields.u32(dataAt + LOG_SECTOR_BYTES - 4));
    if (fields.text(dataAt, 4) !== "data" || ((high << 32n) | low) !== sequence) return false;
    dataAt += LOG_SECTOR_BYTES;
  }
  return true;
}

/** A file under changes that are kept in memory, sectors of 4 KiB and stretches of zeros, in their order. */
class PatchedFile implements BlockStore {
  readonly readOnly = true;
  private readonly sectors = new Map<number, Uint8Array>();
  private readonly zeros: { start: number; end: number }[] = [];

  constructor(
    private readonly file: BlockStore,
    readonly sizeBytes: number,
  ) {}

  patch(offset: number, sector: Uint8Array): void {
    if (offset + LOG_SECTOR_BYTES > this.sizeBytes)
      damaged("VHDX", "its log changes what is behind the end of the file");
    this.sectors.set(offset, sector);
  }

  zero(offset: number, lengthBytes: number): void {
    const end = offset + lengthBytes;
    if (end > this.sizeBytes) damaged("VHDX", "its log changes what is behind the end of the file");
    if (this.zeros.length >= MAX_ZEROED) throw new ImageError("absurd", "The log of this VHDX image has no end.");
    for (const at of this.sectors.keys()) if (at >= offset && at < end) this.sectors.delete(at);
    this.zeros.push({ start: offset, end });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    const present = Math.min(length, this.file.sizeBytes - offset);
    if (present > 0) result.set(await this.file.read(offset, present));
    // Sectors are patched after they were zeroed, else they would be gone from the map.
    for (const { start, end } of this.zeros)
      if (start < offset + length && end > offset)
        result.fill(0, Math.max(0, start - offset), Math.min(length, end - offset));
    const first = Math.floor(offset / LOG_SECTOR_BYTES) * LOG_SECTOR_BYTES;
    if (this.sectors.size === 0) return result;
    for (let at = first; at < offset + length; at += LOG_SECTOR_BYTES) {
      const sector = this.sectors.get(at);
      if (!sector) continue;
      const from = Math.max(0, offset - at);
      result.set(sector.subarray(from, Math.min(LOG_SECTOR_BYTES, offset + length - at)), at + from - offset);
    }
    return result;
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    await this.file.close?.();
  }
}
