/**
 * An .xz file of one stream, as Linux packs its kernels: blocks of LZMA2, with or without the filter for x86 code in front.
 * Checked by CRC-32 where the file has it; other checks are not looked at.
 *
 * Left out: several streams, other filters, filters that begin elsewhere than at 0.
 * Reference: [XZ-FORMAT] 1.2.0
 */
import { UnpackError, type Unpacker, type Unpacking } from "../../../core/unpacker.ts";

const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const CHECK_CRC32 = 1;
const FILTER_X86 = 4;
const FILTER_LZMA2 = 0x21;
/** Of a check, by its kind. [XZ-FORMAT] 2.1.1.2 */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

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
export function unpackXz(unpacker: Unpacker, file: Uint8Array, mostBytes: number): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES + FOOTER_BYTES) throw new UnpackError("it is cut off");
  const check = file[7]! & 0x0f;
  const blocks = blockSizes(file, view);
  const sizeBytes = blocks.reduce((sum, bytes) => sum + bytes, 0);
  if (sizeBytes > mostBytes) throw new UnpackError("it is larger than it says");
  const work = unpacker.open(file, sizeBytes);
  let at = HEADER_BYTES;
  let out = 0;
  for (const blockBytes of blocks) {
    const checkAt = unpackBlock(work, file, at, out, out + blockBytes);
    const isWrong =
      check === CHECK_CRC32 &&
      (checkAt + 4 > file.length || view.getUint32(checkAt, true) !== work.crc32(out, out + blockBytes));
    if (isWrong) throw new UnpackError("its checksum is wrong");
    at = checkAt + CHECK_BYTES[check]!;
    out += blockBytes;
  }
  return work.output;
}

/** @returns where its check stands */
function unpackBlock(work: Unpacking, file: Uint8Array, at: number, out: number, outEnd: number): number {
  const block = new Cursor(file, at);
  const headerBytes = (block.byte() + 1) * 4;
  const filters = readFilters(block);
  const end = work.lzma2(at + headerBytes, out, outEnd);
  if (filters.includes(FILTER_X86)) work.undoX86(out, outEnd);
  return (end + 3) & ~3;
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
  const [before = FILTER_X86, ...more] = filters.slice(0, -1);
  if (filters.at(-1) !== FILTER_LZMA2 || before !== FILTER_X86 || more.length > 0)
    throw new UnpackError("filters that are not known");
  return filters;
}

/** What each block becomes, from the index at the end of the file. */
function blockSizes(file: Uint8Array, view: DataView): number[] {
  const indexBytes = (view.getUint32(file.length - 8, true) + 1) * 4;
  const index = new Cursor(file, file.length - FOOTER_BYTES - indexBytes);
  if (index.at < HEADER_BYTES || index.byte() !== 0) throw new UnpackError("its index is not where it should be");
  const count = index.number();
  // A record takes two bytes at least.
  if (count > indexBytes / 2) throw new UnpackError("its index is too short");
  return Array.from({ length: count }, () => {
    index.number();
    return index.number();
  });
}
