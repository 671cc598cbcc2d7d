/**
 * Going through a disk from its beginning to its end, in pieces, leaving out what is known to be empty; with progress,
 * and given up when asked. Nothing is ever held but some pieces.
 */
import type { BlockStore } from "../block-store.ts";
import { stretchOf } from "../formats/disk-image.ts";
import { isZero } from "../formats/fields.ts";
import { SparseBits } from "../formats/sparse-bits.ts";

export interface CopyOptions {
  /** Gives the work up: what runs rejects with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  /** What is being done: looking for what is in use, or writing. */
  phase: "scan" | "write";
  /** Of the disk. */
  doneBytes: number;
  totalBytes: number;
  /** Bytes of the disk that were really read per second, since the phase began. */
  bytesPerSecond: number;
}

export const COPY_PIECE_BYTES = 2 * 2 ** 20;

/** Reports how far a phase is. */
export class ProgressMeter {
  private readonly started = performance.now();
  private movedBytes = 0;

  constructor(
    private readonly phase: CopyProgress["phase"],
    private readonly totalBytes: number,
    private readonly options: CopyOptions,
  ) {}

  /** @throws the signal's reason */
  report(doneBytes: number, movedBytes: number): void {
    this.options.signal?.throwIfAborted();
    this.movedBytes += movedBytes;
    const seconds = (performance.now() - this.started) / 1000;
    const bytesPerSecond = seconds > 0 ? this.movedBytes / seconds : 0;
    this.options.onProgress?.({ phase: this.phase, doneBytes, totalBytes: this.totalBytes, bytesPerSecond });
  }
}

export interface Piece {
  offset: number;
  bytes: Uint8Array;
}

/**
 * All of `store` that may hold something, in pieces that begin at multiples of `unitBytes` and are at most 2 MiB (or one
 * unit) long. The next piece is being read while one is looked at.
 */
export async function* piecesOf(store: BlockStore, unitBytes: number): AsyncGenerator<Piece> {
  const pieceBytes = Math.max(unitBytes, Math.floor(COPY_PIECE_BYTES / unitBytes) * unitBytes);
  let next: Promise<Piece> | null = null;
  const settle = (piece: Promise<Piece> | null): void => void piece?.catch(() => {});
  try {
    for await (const { start, end } of usedRanges(store, unitBytes))
      for (let offset = start; offset < end; offset += pieceBytes) {
        const before: Promise<Piece> | null = next;
        next = store.read(offset, Math.min(pieceBytes, end - offset)).then((bytes) => ({ offset, bytes }));
        settle(next);
        if (before) yield await before;
      }
    if (next) yield await next;
  } finally {
    settle(next);
  }
}

/** Whole units that are not known to be zeros; the last may end with the store. */
async function* usedRanges(store: BlockStore, unitBytes: number): AsyncGenerator<{ start: number; end: number }> {
  let open: { start: number; end: number } | null = null;
  for (let offset = 0; offset < store.sizeBytes;) {
    const { lengthBytes, zero } = await stretchOf(store, offset);
    if (!zero) {
      const start = Math.floor(offset / unitBytes) * unitBytes;
      const end = Math.min(store.sizeBytes, Math.ceil((offset + lengthBytes) / unitBytes) * unitBytes);
      if (open && start <= open.end) open.end = Math.max(open.end, end);
      else {
        if (open) yield open;
        open = { start, end };
      }
      // A long range is given on early, so that reading can begin.
      if (open.end - open.start >= 64 * COPY_PIECE_BYTES) {
        yield open;
        open = { start: open.end, end: open.end };
      }
    }
    offset += lengthBytes;
  }
  if (open && open.end > open.start) yield open;
}

/** Which units of a disk hold something: a bit each. */
export class UsedMap {
  private readonly bits = new SparseBits();
  readonly units: number;
  count = 0;

  constructor(
    readonly sizeBytes: number,
    readonly unitBytes: number,
  ) {
    this.units = Math.ceil(sizeBytes / unitBytes);
  }

  add(unit: number): void {
    if (this.bits.testAndSet(unit) === false) this.count++;
  }

  has(unit: number): boolean {
    return this.bits.has(unit);
  }
}

/** Finds what is in use by reading it: formats whose tables come first need to know that before they write. */
export async function scanUsed(store: BlockStore, unitBytes: number, options: CopyOptions): Promise<UsedMap> {
  const used = new UsedMap(store.sizeBytes, unitBytes);
  const meter = new ProgressMeter("scan", store.sizeBytes, options);
  meter.report(0, 0);
  for await (const { offset, bytes } of piecesOf(store, unitBytes)) {
    for (let at = 0; at < bytes.length; at += unitBytes)
      if (!isZero(bytes.subarray(at, at + unitBytes))) used.add((offset + at) / unitBytes);
    meter.report(offset + bytes.length, bytes.length);
  }
  meter.report(store.sizeBytes, 0);
  return used;
}

/** Each used unit in its order, filled up with zeros at the end of the disk. */
export async function forEachUsed(
  store: BlockStore,
  used: UsedMap,
  options: CopyOptions,
  visit: (unit: number, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const { unitBytes } = used;
  const meter = new ProgressMeter("write", store.sizeBytes, options);
  meter.report(0, 0);
  for await (const { offset, bytes } of piecesOf(store, unitBytes)) {
    for (let at = 0; at < bytes.length; at += unitBytes) {
      const unit = (offset + at) / unitBytes;
      if (used.has(unit)) await visit(unit, filled(bytes.subarray(at, at + unitBytes), unitBytes));
    }
    meter.report(offset + bytes.length, bytes.length);
  }
  meter.report(store.sizeBytes, 0);
}

/** A last part of a unit with zeros behind it. */
export function filled(bytes: Uint8Array, unitBytes: number): Uint8Array {
  if (bytes.length === unitBytes) return bytes;
  const whole = new Uint8Array(unitBytes);
  whole.set(bytes);
  return whole;
}
