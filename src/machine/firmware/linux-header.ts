/**
 * Reads the header of a Linux kernel for x86 (bzImage, or the older zImage) and says clearly what is wrong with a file
 * that has none. Boot protocol 2.00 and later; what came before (1995) has no header to go by.
 * Reference: [LINUX-BOOT] Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { BootImageError } from "./boot-image.ts";

export const SETUP_HEADER = 0x1f1;
const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
const BOOT_FLAG = 0x1fe;
const HEADER_LENGTH = 0x201;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const KERNEL_VERSION = 0x20e;
export const VID_MODE = 0x1fa;
export const TYPE_OF_LOADER = 0x210;
export const LOADFLAGS = 0x211;
export const CODE32_START = 0x214;
export const RAMDISK_IMAGE = 0x218;
export const RAMDISK_SIZE = 0x21c;
export const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE_KERNEL = 0x234;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

const BOOT_FLAG_VALUE = 0xaa55;
/** "HdrS" */
const HEADER_MAGIC_VALUE = 0x53726448;
export const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;

const SECTOR_BYTES = 512;
/** setup_sects was left zero by the oldest kernels, and meant this. */
const DEFAULT_SETUP_SECTS = 4;
const DEFAULT_INITRD_ADDR_MAX = 0x37ffffff;
const DEFAULT_CMDLINE_SIZE = 255;
const ELF_MAGIC = 0x464c457f;
const GZIP_MAGIC = 0x8b1f;

export interface LinuxHeader {
  /** Protocol version, major in the high byte: 0x020F is 2.15. */
  protocol: number;
  /** "6.1.0-50-amd64 (…)"; empty where the kernel names none. */
  release: string;
  /** The setup header as it stands in the file, from SETUP_HEADER on. */
  setupHeader: Uint8Array;
  /** The part that runs in protected or long mode. */
  kernel: Uint8Array;
  loadedHigh: boolean;
  code32Start: number;
  initrdAddrMax: number;
  alignment: number;
  relocatable: boolean;
  has64BitEntry: boolean;
  commandLineBytes: number;
  /** Where the kernel would like to be, and how much it needs from there while it unpacks itself. */
  preferredAddress: number;
  initSizeBytes: number;
  /** What the kernel unpacks when it starts; empty where the header does not tell. */
  payload: Uint8Array;
}

/** @throws BootImageError when the file is no kernel, or not all of it. */
export function readLinuxHeader(file: Uint8Array): LinuxHeader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (
    file.length < HEADER_MAGIC + 6 ||
    view.getUint16(BOOT_FLAG, true) !== BOOT_FLAG_VALUE ||
    view.getUint32(HEADER_MAGIC, true) !== HEADER_MAGIC_VALUE
  )
    throw new BootImageError(said`The kernel file is no Linux kernel (bzImage) and no Multiboot kernel${guess(view)}.`);
  const protocol = view.getUint16(VERSION, true);
  const headerEnd = HEADER_MAGIC + view.getUint8(HEADER_LENGTH);
  const kernelAt = ((view.getUint8(SETUP_SECTS) || DEFAULT_SETUP_SECTS) + 1) * SECTOR_BYTES;
  // Before 2.04 only the low half of the field was defined. [LINUX-BOOT] "syssize"
  const sizeParagraphs = protocol >= 0x0204 ? view.getUint32(SYSSIZE, true) : view.getUint16(SYSSIZE, true);
  const kernelBytes = sizeParagraphs * 16;
  // Without the top half a size above 1 MiB is only known modulo 1 MiB. The last paragraph may be shorter than 16 bytes.
  const needed = kernelAt + kernelBytes - 15;
  if (headerEnd > file.length || file.length <= kernelAt || file.length < needed)
    throw new BootImageError(
      said`The kernel file is cut off: its header announces ${kernelAt + kernelBytes} bytes, and ${file.length} are there.`,
    );

  const has = (version: number, offset: number, length: number): boolean =>
    protocol >= version && offset + length <= headerEnd;
  const u32 = (version: number, offset: number, otherwise: number): number =>
    has(version, offset, 4) ? view.getUint32(offset, true) : otherwise;
  const relocatable = has(0x0205, RELOCATABLE_KERNEL, 1) && view.getUint8(RELOCATABLE_KERNEL) !== 0;
  const payloadAt = kernelAt + u32(0x0208, PAYLOAD_OFFSET, 0);
  const preferred = has(0x020a, PREF_ADDRESS, 8) ? view.getBigUint64(PREF_ADDRESS, true) : 0n;
  return {
    protocol,
    release: releaseName(file, view),
    setupHeader: file.slice(SETUP_HEADER, headerEnd),
    kernel: file.subarray(kernelAt),
    loadedHigh: (view.getUint8(LOADFLAGS) & LOADED_HIGH) !== 0,
    code32Start: view.getUint32(CODE32_START, true),
    initrdAddrMax: u32(0x0203, INITRD_ADDR_MAX, DEFAULT_INITRD_ADDR_MAX),
    alignment: Math.max(u32(0x0205, KERNEL_ALIGNMENT, 0x1000), 0x1000),
    relocatable,
    has64BitEntry: has(0x020c, XLOADFLAGS, 2) && (view.getUint16(XLOADFLAGS, true) & XLF_KERNEL_64) !== 0,
    commandLineBytes: u32(0x0206, CMDLINE_SIZE, DEFAULT_CMDLINE_SIZE),
    preferredAddress: preferred <= 0xffffffffn ? Number(preferred) : 0,
    initSizeBytes: u32(0x020a, INIT_SIZE, 0),
    payload: file.subarray(payloadAt, payloadAt + u32(0x0208, PAYLOAD_LENGTH, 0)),
  };
}

/** Whether the file has a Linux header at all, whole or not. */
export function looksLikeLinux(file: Uint8Array): boolean {
  if (file.length < HEADER_MAGIC + 4) return false;
  return new DataView(file.buffer, file.byteOffset).getUint32(HEADER_MAGIC, true) === HEADER_MAGIC_VALUE;
}

/** A zero-terminated string in the setup code, of which the header tells the place. */
function releaseName(file: Uint8Array, view: DataView): string {
  const pointer = view.getUint16(KERNEL_VERSION, true);
  const start = pointer === 0 ? 0 : pointer + SECTOR_BYTES;
  if (start === 0 || start >= file.length) return "";
  const end = file.indexOf(0, start);
  return new TextDecoder("latin1").decode(file.subarray(start, Math.min(end < 0 ? start : end, start + 200)));
}

/** What else the file might be, to say it in the message. */
function guess(view: DataView): Said {
  if (view.byteLength >= 4 && view.getUint32(0, true) === ELF_MAGIC)
    return said` (it is an ELF file without a Multiboot header; for Linux, use the bzImage, not vmlinux)`;
  if (view.byteLength >= 2 && view.getUint16(0, true) === GZIP_MAGIC) return said` (it is compressed with gzip)`;
  if (view.byteLength < SECTOR_BYTES) return said` (it has only ${view.byteLength} bytes)`;
  return said``;
}
