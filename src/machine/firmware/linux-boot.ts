/**
 * Boots a Linux kernel without firmware: places the kernel, the command line, the initial RAM disk and the "zero page", and
 * enters it by the 64-bit protocol where kernel and processor have it, else by the 32-bit one. The kernel is unpacked here
 * where that is possible; otherwise the protected-mode part is placed as it is, and unpacks itself.
 *
 * Left out: the real-mode entry (setup code needs a BIOS), kernels above 4 GiB, EFI hand-over.
 * References: [LINUX-BOOT] Documentation/arch/x86/boot.rst, "32-bit Boot Protocol", "64-bit Boot Protocol"; zero-page.rst.
 */
import type { Unpacker } from "../../core/unpacker.ts";
import { said } from "../../shared/said.ts";
import {
  BootImageError,
  CR0_ET,
  CR0_PE,
  CR0_PG,
  CR4_PAE,
  EFER_LMA,
  EFER_LME,
  RFLAGS_RESET,
  flatSegment,
  gdtOf,
  type BootImage,
  type EntryState,
  type MemoryRange,
  type MemoryWrite,
} from "./boot-image.ts";
import { HIGH_MEMORY, encodeE820 } from "./e820.ts";
import { unpackKernel, type UnpackedKernel } from "./kernel-payload/unpack-kernel.ts";
import {
  CMD_LINE_PTR,
  CODE32_START,
  LOADED_HIGH,
  LOADFLAGS,
  RAMDISK_IMAGE,
  RAMDISK_SIZE,
  SETUP_HEADER,
  TYPE_OF_LOADER,
  VID_MODE,
  readLinuxHeader,
  type LinuxHeader,
} from "./linux-header.ts";

// Where things go in low memory. The zero page stands where the old protocol had it, so that its 16-bit pointer to the
// command line can be given too.
const ZERO_PAGE = 0x90000;
const COMMAND_LINE = 0x91000;
const COMMAND_LINE_END = 0x98000;
const GDT = 0x98000;
const PAGE_TABLES = 0x99000;
const STACK_TOP = ZERO_PAGE;

/** __BOOT_CS and __BOOT_DS, as both protocols ask for. */
const BOOT_CS = 0x10;
const BOOT_DS = 0x18;
const ENTRY_64_OFFSET = 0x200;

// The zero page, struct boot_params. [LINUX-BOOT] zero-page.rst
const ZERO_PAGE_BYTES = 0x1000;
const SCREEN_INFO = 0x000;
const OLD_COMMAND_LINE_MAGIC = 0x020;
const OLD_COMMAND_LINE_OFFSET = 0x022;
const ACPI_RSDP_ADDR = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_MAX_ENTRIES = 128;
const OLD_COMMAND_LINE_MAGIC_VALUE = 0xa33f;

// struct screen_info: what the text console needs to find a VGA in mode 3.
const ORIG_VIDEO_MODE = 0x06;
const ORIG_VIDEO_COLS = 0x07;
const ORIG_VIDEO_EGA_BX = 0x0a;
const ORIG_VIDEO_LINES = 0x0e;
const ORIG_VIDEO_IS_VGA = 0x0f;
const ORIG_VIDEO_POINTS = 0x10;
const EXT_MEM_K = 0x02;

const LOADER_TYPE_UNDEFINED = 0xff;
const VID_MODE_NORMAL = 0xffff;
const PAGE_BYTES = 0x1000;
const LARGE_PAGE_BYTES = 0x200000;
const PTE_PRESENT_WRITABLE = 0x3;
const PTE_PAGE_SIZE = 0x80;
const GIB_MAPPED = 4;

export interface LinuxBootOptions {
  kernel: Uint8Array;
  initrd?: Uint8Array;
  commandLine: string;
  /** The memory map; RAM entries say how far the kernel may reach. */
  memoryMap: readonly MemoryRange[];
  /** Physical address of the ACPI RSDP. */
  rsdpAddr: number;
  /** Whether the processor model has long mode. */
  longMode: boolean;
  /** null: the kernel will have to unpack itself. */
  unpacker: Unpacker | null;
}

/** @throws BootImageError when the files cannot be booted or do not fit into memory. */
export function linuxBootImage(options: LinuxBootOptions): BootImage {
  const header = readLinuxHeader(options.kernel);
  if (header.has64BitEntry && !options.longMode)
    throw new BootImageError(
      "This kernel is for 64-bit processors, and the machine's processor model has 32 bits only.",
    );
  const ramEnd = Math.max(
    ...options.memoryMap.filter(({ type }) => type === 1).map((range) => range.base + range.sizeBytes),
  );
  const unpacked = options.unpacker && unpackedKernel(options.unpacker, header, ramEnd);
  const loadAddr = unpacked ? header.preferredAddress : chooseLoadAddress(header, ramEnd);
  const kernelEnd = loadAddr + Math.max(header.kernel.length, header.initSizeBytes);
  if (kernelEnd > ramEnd) throw tooSmall(kernelEnd, ramEnd);

  const memory: MemoryWrite[] = unpacked?.segments.slice() ?? [{ physAddr: loadAddr, bytes: header.kernel }];
  const initrd = options.initrd;
  let initrdAddr = 0;
  if (initrd && initrd.length > 0) {
    const top = Math.min(ramEnd, header.initrdAddrMax + 1);
    initrdAddr = Math.floor((top - initrd.length) / PAGE_BYTES) * PAGE_BYTES;
    if (initrdAddr < kernelEnd) throw tooSmall(kernelEnd + initrd.length + PAGE_BYTES, ramEnd);
    memory.push({ physAddr: initrdAddr, bytes: initrd });
  }
  memory.push({ physAddr: COMMAND_LINE, bytes: commandLineBytes(header, options.commandLine) });
  memory.push({ physAddr: ZERO_PAGE, bytes: zeroPage(header, options, loadAddr, initrdAddr) });

  const long = header.has64BitEntry;
  const cs = flatSegment(BOOT_CS, long ? "code64" : "code32");
  const data = flatSegment(BOOT_DS, "data");
  const gdt = gdtOf(cs, data);
  memory.push({ physAddr: GDT, bytes: gdt });
  if (long) memory.push({ physAddr: PAGE_TABLES, bytes: identityPageTables(PAGE_TABLES) });
  const entry: EntryState = {
    mode: long ? "long" : "protected",
    rip: unpacked?.entry ?? (long ? loadAddr + ENTRY_64_OFFSET : loadAddr),
    rflags: RFLAGS_RESET,
    registers: { rsi: ZERO_PAGE, rsp: STACK_TOP },
    cr0: long ? (CR0_PG | CR0_ET | CR0_PE) >>> 0 : CR0_ET | CR0_PE,
    cr3: long ? PAGE_TABLES : 0,
    cr4: long ? CR4_PAE : 0,
    efer: long ? EFER_LME | EFER_LMA : 0,
    cs,
    data,
    gdt: { base: GDT, limit: gdt.length - 1 },
    idt: { base: 0, limit: 0 },
  };
  return { description: `Linux ${header.release.split(" ")[0] ?? ""}, ${long ? 64 : 32}-bit entry`, memory, entry };
}

/** Null where the kernel has to unpack itself: also where it cannot be at the place that it was linked for. */
function unpackedKernel(unpacker: Unpacker, header: LinuxHeader, ramEnd: number): UnpackedKernel | null {
  const first = header.preferredAddress;
  const end = first + header.initSizeBytes;
  if (first < HIGH_MEMORY || end > ramEnd) return null;
  const kernel = unpackKernel(unpacker, header.payload);
  const fits = kernel?.segments.every((part) => part.physAddr >= first && part.physAddr + part.memoryBytes <= end);
  return kernel && fits && kernel.is64Bit === header.has64BitEntry ? kernel : null;
}

function tooSmall(neededBytes: number, ramEnd: number): BootImageError {
  const mib = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  return new BootImageError(
    said`The machine's memory is too small for this kernel and its initial RAM disk: they need about ${mib(neededBytes)} MiB, and ${mib(ramEnd)} MiB are there.`,
  );
}

/** Kernels that can move go where they like to be (unpacking then needs no copy), or low when memory is short. */
function chooseLoadAddress(header: LinuxHeader, ramEnd: number): number {
  if (!header.loadedHigh) return header.code32Start;
  const preferred = header.preferredAddress;
  if (!header.relocatable) return preferred || HIGH_MEMORY;
  const aligned = (address: number): number => Math.ceil(address / header.alignment) * header.alignment;
  if (preferred >= HIGH_MEMORY && preferred + header.initSizeBytes <= ramEnd) return aligned(preferred);
  return aligned(HIGH_MEMORY);
}

function commandLineBytes(header: LinuxHeader, commandLine: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${commandLine}\0`);
  const room = Math.min(header.commandLineBytes + 1, COMMAND_LINE_END - COMMAND_LINE);
  if (bytes.length > room)
    throw new BootImageError(
      said`The kernel's command line is too long: ${bytes.length - 1} bytes, and this kernel takes ${room - 1}.`,
    );
  return bytes;
}

function zeroPage(header: LinuxHeader, options: LinuxBootOptions, loadAddr: number, initrdAddr: number): Uint8Array {
  const page = new Uint8Array(ZERO_PAGE_BYTES);
  const view = new DataView(page.buffer);
  page.set(header.setupHeader, SETUP_HEADER);

  page[SCREEN_INFO + ORIG_VIDEO_MODE] = 3;
  page[SCREEN_INFO + ORIG_VIDEO_COLS] = 80;
  view.setUint16(SCREEN_INFO + ORIG_VIDEO_EGA_BX, 0x0003, true); // colour, 256 KiB
  page[SCREEN_INFO + ORIG_VIDEO_LINES] = 25;
  page[SCREEN_INFO + ORIG_VIDEO_IS_VGA] = 1;
  view.setUint16(SCREEN_INFO + ORIG_VIDEO_POINTS, 16, true);

  const extendedKiB = options.memoryMap
    .filter(({ type, base }) => type === 1 && base === HIGH_MEMORY)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes / 1024, 0);
  view.setUint16(SCREEN_INFO + EXT_MEM_K, Math.min(extendedKiB, 0xfc00), true);
  view.setUint32(ALT_MEM_K, extendedKiB, true);
  view.setBigUint64(ACPI_RSDP_ADDR, BigInt(options.rsdpAddr), true);
  const ranges = options.memoryMap.slice(0, E820_MAX_ENTRIES);
  page[E820_ENTRIES] = ranges.length;
  page.set(encodeE820(ranges), E820_TABLE);

  view.setUint16(VID_MODE, VID_MODE_NORMAL, true);
  page[TYPE_OF_LOADER] = LOADER_TYPE_UNDEFINED;
  if (header.loadedHigh) page[LOADFLAGS]! |= LOADED_HIGH;
  view.setUint32(CODE32_START, loadAddr, true);
  view.setUint32(RAMDISK_IMAGE, initrdAddr, true);
  view.setUint32(RAMDISK_SIZE, options.initrd?.length ?? 0, true);
  if (header.protocol >= 0x0202) view.setUint32(CMD_LINE_PTR, COMMAND_LINE, true);
  else {
    view.setUint16(OLD_COMMAND_LINE_MAGIC, OLD_COMMAND_LINE_MAGIC_VALUE, true);
    view.setUint16(OLD_COMMAND_LINE_OFFSET, COMMAND_LINE - ZERO_PAGE, true);
  }
  return page;
}

/** PML4, PDPT and four page directories that map the first 4 GiB onto themselves in 2 MiB pages. [SDM3] 4.5 */
function identityPageTables(base: number): Uint8Array {
  const bytes = new Uint8Array((2 + GIB_MAPPED) * PAGE_BYTES);
  const view = new DataView(bytes.buffer);
  const put = (at: number, entry: number): void => view.setBigUint64(at, BigInt(entry), true);
  put(0, base + PAGE_BYTES + PTE_PRESENT_WRITABLE);
  for (let gib = 0; gib < GIB_MAPPED; gib++) {
    const directory = (2 + gib) * PAGE_BYTES;
    put(PAGE_BYTES + gib * 8, base + directory + PTE_PRESENT_WRITABLE);
    for (let i = 0; i < 512; i++)
      put(directory + i * 8, (gib * 512 + i) * LARGE_PAGE_BYTES + (PTE_PAGE_SIZE | PTE_PRESENT_WRITABLE));
  }
  return bytes;
}
