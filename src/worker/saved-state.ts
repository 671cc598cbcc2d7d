/**
 * The file format of a saved machine:
 *
 *   8 bytes   "POSADAVM"
 *   u32       format version
 *   u32       length of the summary, then the summary (MessagePack): what the machine must be made of
 *   gzip of:  u32 length + MessagePack of the device states,
 *             then regions of memory as runs of pages that are not all zero: u8 region, u32 first page, u32 page count,
 *             bytes; and a last run of region 0xFF
 *
 * Numbers are little-endian. The summary is outside the compressed part, so that a state of another machine is refused
 * before anything is unpacked. A state is read twice: once to be checked as a whole (gzip carries a CRC), once to be
 * taken, so that bad input changes nothing and no second copy of the memory is needed.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import type { DeviceState } from "../machine/device.ts";
import type { CpuModel } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";

export const FORMAT_VERSION = 1;
const MAGIC = new TextEncoder().encode("POSADAVM");
const PAGE_BYTES = 4096;
const RUN_HEADER_BYTES = 9;
const LAST_RUN = 0xff;
/** Device states hold no guest memory; more than this is a damaged length. */
const MAX_DEVICE_BYTES = 256 << 20;
const MAX_SUMMARY_BYTES = 64 << 10;
/** Pages handed to the compressor at once. */
const PAGES_AT_ONCE = 256;

/** What a machine must be made of to take a state. */
export interface StateSummary {
  memoryMiB: number;
  processors: number;
  cpuModel: CpuModel;
}

/** Memories by region number: their place in the list. */
export type Regions = Uint8Array[];

const encoder = () => new Encoder({ useBigInt64: true, ignoreUndefined: true });
const decoder = () => new Decoder({ useBigInt64: true });

function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value, true));
  return bytes;
}

/** The regions must not change until the promise resolves. */
export async function packState(summary: StateSummary, devices: DeviceState, regions: Regions): Promise<Uint8Array> {
  const head = encoder().encode(summary);
  const chunks = [MAGIC, u32(FORMAT_VERSION, head.length), head];
  const compressor = new CompressionStream("gzip");
  const writer = compressor.writable.getWriter();
  const writing = (async () => {
    for (const piece of statePieces(devices, regions)) {
      await writer.ready;
      // The stream keeps a reference, and typed arrays over wasm memory are not accepted everywhere: hence a copy.
      await writer.write(piece.slice());
    }
    await writer.close();
  })();
  const reading = collect(compressor.readable, chunks);
  await Promise.all([writing, reading]);
  return joined(chunks);
}

function* statePieces(devices: DeviceState, regions: Regions): Generator<Uint8Array<ArrayBufferLike>> {
  const states = encoder().encode(devices);
  yield u32(states.length);
  yield states;
  for (const [number, region] of regions.entries()) yield* regionPieces(number, region);
  yield runHeader(LAST_RUN, 0, 0);
}

function* regionPieces(number: number, region: Uint8Array): Generator<Uint8Array> {
  // Most pages that are in use say so in their first words; a region is as large as the guest's memory.
  const words = new Int32Array(region.buffer, region.byteOffset, region.byteLength >> 2);
  const wordsInPage = PAGE_BYTES >> 2;
  const pages = region.length / PAGE_BYTES;
  const isZero = (page: number) => {
    const end = (page + 1) * wordsInPage;
    for (let i = page * wordsInPage; i < end; i += 4)
      if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) !== 0) return false;
    return true;
  };
  for (let page = 0; page < pages;) {
    if (isZero(page)) {
      page++;
      continue;
    }
    let end = page + 1;
    while (end < pages && end - page < PAGES_AT_ONCE && !isZero(end)) end++;
    yield runHeader(number, page, end - page);
    yield region.subarray(page * PAGE_BYTES, end * PAGE_BYTES);
    page = end;
  }
}

function runHeader(region: number, firstPage: number, pages: number): Uint8Array {
  const bytes = new Uint8Array(RUN_HEADER_BYTES);
  bytes[0] = region;
  bytes.set(u32(firstPage, pages), 1);
  return bytes;
}

async function collect(stream: ReadableStream<Uint8Array>, into: Uint8Array[]): Promise<void> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) into.push(next.value);
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

const damaged = () =>
  new VmError("badState", "The saved state is damaged or cut short; the machine was left as it is.");

/** @throws VmError when this is no saved state, or one of a version that this Posada does not read. */
export function readSummary(saved: Uint8Array): { summary: StateSummary; bodyOffset: number } {
  const isState = saved.length >= MAGIC.length + 8 && MAGIC.every((byte, i) => saved[i] === byte);
  if (!isState) throw new VmError("badState", "This file is not a saved Posada machine.");
  const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  const version = view.getUint32(MAGIC.length, true);
  if (version !== FORMAT_VERSION)
    throw new VmError(
      "badState",
      said`The saved state has format version ${version}; this Posada reads version ${FORMAT_VERSION}.`,
    );
  const length = view.getUint32(MAGIC.length + 4, true);
  const start = MAGIC.length + 8;
  if (length > MAX_SUMMARY_BYTES || start + length > saved.length) throw damaged();
  try {
    const summary = decoder().decode(saved.subarray(start, start + length)) as StateSummary;
    return { summary, bodyOffset: start + length };
  } catch {
    throw damaged();
  }
}

/** A stream of bytes from which exactly so many are taken at a time. */
class ByteReader {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private chunk: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader();
  }

  /** Calls `visit` with pieces that together are the next `length` bytes. */
  async each(length: number, visit: (piece: Uint8Array, offset: number) => void): Promise<void> {
    for (let done = 0; done < length;) {
      if (this.at === this.chunk.length && !(await this.fill())) throw damaged();
      const count = Math.min(length - done, this.chunk.length - this.at);
      visit(this.chunk.subarray(this.at, this.at + count), done);
      this.at += count;
      done += count;
    }
  }

  async take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await this.each(length, (piece, offset) => bytes.set(piece, offset));
    return bytes;
  }

  async atEnd(): Promise<boolean> {
    return this.at === this.chunk.length && !(await this.fill());
  }

  async cancel(): Promise<void> {
    await this.reader.cancel().catch(() => undefined);
  }

  private async fill(): Promise<boolean> {
    do {
      const next = await this.reader.read();
      if (next.done) return false;
      this.chunk = next.value;
      this.at = 0;
    } while (this.chunk.length === 0);
    return true;
  }
}

/**
 * Reads the body and hands each run of pages to `onPages`.
 * @throws VmError when anything is wrong with it, up to the checksum at its end.
 */
async function walk(
  saved: Uint8Array,
  bodyOffset: number,
  regionBytes: number[],
  onPages: (region: number, offset: number, bytes: Uint8Array) => void,
): Promise<DeviceState> {
  const unpacked = new Blob([saved.subarray(bodyOffset) as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const reader = new ByteReader(unpacked);
  try {
    const [deviceBytes] = words(await reader.take(4));
    if (deviceBytes! > MAX_DEVICE_BYTES) throw damaged();
    const devices = decoder().decode(await reader.take(deviceBytes!)) as DeviceState;
    for (;;) {
      const header = await reader.take(RUN_HEADER_BYTES);
      const region = header[0]!;
      if (region === LAST_RUN) break;
      const [firstPage, pages] = words(header.subarray(1));
      const offset = firstPage! * PAGE_BYTES;
      const length = pages! * PAGE_BYTES;
      if (offset + length > (regionBytes[region] ?? 0)) throw damaged();
      await reader.each(length, (piece, at) => onPages(region, offset + at, piece));
    }
    if (!(await reader.atEnd())) throw damaged();
    return devices;
  } catch (error) {
    throw error instanceof VmError ? error : damaged();
  } finally {
    await reader.cancel();
  }
}

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * 4, true));
}

/** Checks all of a state without taking anything. @returns its device states. */
export function checkState(saved: Uint8Array, bodyOffset: number, regions: Regions): Promise<DeviceState> {
  return walk(
    saved,
    bodyOffset,
    regions.map((region) => region.length),
    () => {},
  );
}

/** Fills the regions with what a checked state holds. */
export async function loadRegions(saved: Uint8Array, bodyOffset: number, regions: Regions): Promise<void> {
  for (const region of regions) region.fill(0);
  const sizes = regions.map((region) => region.length);
  await walk(saved, bodyOffset, sizes, (region, offset, bytes) => regions[region]!.set(bytes, offset));
}
