/**
 * An .xz file of one block, as Linux packs its kernels: LZMA2, with or without the filter for x86 code in front. Checked by
 * CRC-32 where the file has one; other checks are not looked at.
 * References: [XZ-FORMAT] 1.2.0; [LZMA-SDK] "x86 BCJ filter"
 */
import { crc32 } from "../../../storage/formats/crc32.ts";
import { Lzma2Decoder, UnpackError } from "./lzma2.ts";

const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const CHECK_CRC32 = 1;
const FILTER_X86 = 4;
const FILTER_LZMA2 = 0x21;

/** A cursor over numbers of variable length. */
class Cursor {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new UnpackError("it is cut off");
    return byte;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 42) throw new UnpackError("a number that is too long");
    }
  }
}

/** @param mostBytes what it may become at most. @throws UnpackError */
export function unpackXz(file: Uint8Array, mostBytes: number): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES + FOOTER_BYTES) throw new UnpackError("it is cut off");
  const check = file[7]! & 0x0f;
  const sizeBytes = unpackedBytes(file, view);
  if (sizeBytes > mostBytes) throw new UnpackError("it is larger than it says");
  const block = new Cursor(file, HEADER_BYTES);
  const headerBytes = (block.byte() + 1) * 4;
  const filters = readFilters(block);
  const output = new Uint8Array(sizeBytes);
  const end = new Lzma2Decoder(file, output).run(HEADER_BYTES + headerBytes);
  if (filters.includes(FILTER_X86)) undoX86Filter(output);
  if (check === CHECK_CRC32 && view.getUint32((end + 3) & ~3, true) !== crc32(output))
    throw new UnpackError("its checksum is wrong");
  return output;
}

function readFilters(block: Cursor): number[] {
  const flags = block.byte();
  if (flags & 0x40) block.number();
  if (flags & 0x80) block.number();
  const filters: number[] = [];
  for (let i = 0; i <= (flags & 3); i++) {
    filters.push(block.number());
    const properties = block.number();
    block.at += properties;
    if (filters[i] === FILTER_X86 && properties !== 0) throw new UnpackError("a filter with an offset");
  }
  if (filters.at(-1) !== FILTER_LZMA2 || filters.slice(0, -1).some((filter) => filter !== FILTER_X86))
    throw new UnpackError("filters that are not known");
  return filters;
}

/** From the index at the end of the file, which must be of one block. */
function unpackedBytes(file: Uint8Array, view: DataView): number {
  const indexBytes = (view.getUint32(file.length - 8, true) + 1) * 4;
  const index = new Cursor(file, file.length - FOOTER_BYTES - indexBytes);
  if (index.at < 0 || index.byte() !== 0 || index.number() !== 1) throw new UnpackError("it is not of one block");
  index.number();
  return index.number();
}

/** Targets of CALL and JMP stand as addresses counted from the start; they become distances again. */
function undoX86Filter(bytes: Uint8Array): void {
  const isPlain = (byte: number): boolean => byte === 0 || byte === 0xff;
  const allowed = [true, true, true, false, true, false, false, false];
  const maskBits = [0, 1, 2, 2, 3, 3, 3, 3];
  let previous = -5;
  let mask = 0;
  for (let i = 0; i + 5 <= bytes.length; i++) {
    if ((bytes[i]! & 0xfe) !== 0xe8) continue;
    const distance = i - previous;
    previous = i;
    if (distance > 3 || distance < 0) mask = 0;
    else {
      mask = (mask << (distance - 1)) & 7;
      if (mask !== 0 && (!allowed[mask] || isPlain(bytes[i + 4 - maskBits[mask]!]!))) {
        mask = (mask << 1) | 1;
        continue;
      }
    }
    if (!isPlain(bytes[i + 4]!)) {
      mask = (mask << 1) | 1;
      continue;
    }
    let source = (bytes[i + 1]! | (bytes[i + 2]! << 8) | (bytes[i + 3]! << 16) | (bytes[i + 4]! << 24)) >>> 0;
    let target: number;
    for (;;) {
      target = (source - (i + 5)) >>> 0;
      if (mask === 0) break;
      const shift = maskBits[mask]! * 8;
      if (!isPlain((target >>> (24 - shift)) & 0xff)) break;
      source = (target ^ (2 ** (32 - shift) - 1)) >>> 0;
    }
    bytes[i + 1] = target;
    bytes[i + 2] = target >>> 8;
    bytes[i + 3] = target >>> 16;
    bytes[i + 4] = target & 0x0100_0000 ? 0xff : 0;
    i += 4;
    mask = 0;
  }
}
