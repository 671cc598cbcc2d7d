/**
 * The kernel proper inside a bzImage: unpacked here, so that the guest does not spend the first seconds of its life on it. What
 * cannot be unpacked here (other packers, kernels that must move) unpacks itself, as on a real machine.
 *
 * Left out: address space randomisation, which is the unpacker's work; LZMA (alone), bzip2 and LZO.
 * References: [LINUX-BOOT] "payload_offset", "payload_length"; arch/x86/boot/compressed; [ELF] "Program Header"
 */
import { gunzipSync } from "fflate";
import { decompress as unpackZstd } from "fzstd";
import { UnpackError, type Unpacker } from "../../../core/unpacker.ts";
import { unpackLz4 } from "./lz4.ts";
import { unpackXz } from "./xz.ts";

export interface KernelSegment {
  physAddr: number;
  bytes: Uint8Array;
  /** What it takes in memory, zeros included. */
  memoryBytes: number;
}

export interface UnpackedKernel {
  /** Physical address. */
  entry: number;
  is64Bit: boolean;
  segments: KernelSegment[];
}

const GZIP = 0x8b1f;
const XZ = 0x587a_37fd;
const ZSTD = 0xfd2f_b528;
const LZ4_LEGACY = 0x184c_2102;
const ELF = 0x464c_457f;
const ELF_64 = 2;
const PT_LOAD = 1;
/** More than any kernel. */
const MOST_BYTES = 512 * 2 ** 20;

/** @param payload as the header says where it is; its size when unpacked stands in the last four bytes. @returns null where the guest has to do it */
export function unpackKernel(unpacker: Unpacker, payload: Uint8Array): UnpackedKernel | null {
  if (payload.length < 16) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const sizeBytes = view.getUint32(payload.length - 4, true);
  if (sizeBytes > MOST_BYTES) return null;
  try {
    const image = unpack(unpacker, payload, view.getUint32(0, true), sizeBytes);
    return image && readElf(image);
  } catch {
    // Not for the person to know: the guest's own unpacker says what is wrong, if anything is.
    return null;
  }
}

function unpack(unpacker: Unpacker, payload: Uint8Array, magic: number, sizeBytes: number): Uint8Array | null {
  const packed = payload.subarray(0, payload.length - 4);
  if (magic === XZ) return unpackXz(unpacker, packed, sizeBytes);
  if (magic === LZ4_LEGACY) return unpackLz4(unpacker, packed, sizeBytes);
  if (magic === ZSTD) return unpackZstd(packed, new Uint8Array(sizeBytes));
  // gzip ends with the size itself. [RFC1952] 2.3.1
  if ((magic & 0xffff) === GZIP) return gunzipSync(payload, { out: new Uint8Array(sizeBytes) });
  return null;
}

function readElf(image: Uint8Array): UnpackedKernel {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (view.getUint32(0, true) !== ELF) throw new UnpackError("it is no ELF file");
  const is64Bit = image[4] === ELF_64;
  const word = (at: number): number => (is64Bit ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
  const entry = word(0x18);
  const headersAt = word(is64Bit ? 0x20 : 0x1c);
  const headerBytes = view.getUint16(is64Bit ? 0x36 : 0x2a, true);
  const count = view.getUint16(is64Bit ? 0x38 : 0x2c, true);
  const [offset, physAddr, fileSize, memorySize] = is64Bit ? [8, 24, 32, 40] : [4, 12, 16, 20];
  const segments: KernelSegment[] = [];
  for (let n = 0; n < count; n++) {
    const at = headersAt + n * headerBytes;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const start = word(at + offset!);
    const bytes = image.subarray(start, start + word(at + fileSize!));
    segments.push({ physAddr: word(at + physAddr!), bytes, memoryBytes: word(at + memorySize!) });
  }
  const entered = segments.some((part) => entry >= part.physAddr && entry < part.physAddr + part.bytes.length);
  if (!entered) throw new UnpackError("its entry is in no segment");
  return { entry, is64Bit, segments };
}
