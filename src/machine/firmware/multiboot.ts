/**
 * Boots a Multiboot 1 kernel: finds its header, loads the ELF segments or the flat image that the header describes,
 * places its modules, and enters it in flat protected mode with the boot information in EBX.
 *
 * Left out: setting a graphics mode for the kernel (header flag 2; the machine is in text mode 3, which is reported by
 * the absence of the fields), APM and drive tables, 64-bit ELF files.
 * References: [MULTIBOOT] 0.6.96: 3.1 (header), 3.2 (machine state), 3.3 (boot information).
 */
import { said } from "../../shared/said.ts";
import {
  BootImageError,
  CR0_ET,
  CR0_PE,
  RFLAGS_RESET,
  flatSegment,
  gdtOf,
  type BootImage,
  type MemoryRange,
  type MemoryWrite,
} from "./boot-image.ts";
import { HIGH_MEMORY, LOW_MEMORY_END } from "./e820.ts";
import { loadElf32, memoryTooSmall } from "./elf32.ts";

const HEADER_MAGIC = 0x1badb002;
const HEADER_SEARCH_BYTES = 8192;
const HEADER_ALIGNMENT = 4;
const LOADER_MAGIC = 0x2badb002;

const FLAG_MODULES_PAGE_ALIGNED = 1 << 0;
const FLAG_MEMORY_INFO = 1 << 1;
const FLAG_VIDEO_MODE = 1 << 2;
/** Flags 0–15 are demands: a loader that does not know one must not boot the kernel. */
const KNOWN_DEMANDS = FLAG_MODULES_PAGE_ALIGNED | FLAG_MEMORY_INFO | FLAG_VIDEO_MODE;
const FLAG_ADDRESS_FIELDS = 1 << 16;

const INFO_BYTES = 116;
const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const LOADER_NAME = "Posada";

/** The boot information and what it points to, below the BIOS's own area. */
const INFO_ADDR = 0x90000;
const INFO_LIMIT = 0x9f000;
const GDT_ADDR = 0x8f000;
const STACK_TOP = 0x8f000;
const CODE_SELECTOR = 0x08;
const DATA_SELECTOR = 0x10;
const PAGE_BYTES = 0x1000;
const MEMORY_MAP_ENTRY_BYTES = 24;

export interface MultibootModule {
  bytes: Uint8Array;
  /** The module's string: by custom a name, then words for the module. */
  commandLine: string;
}

export interface MultibootOptions {
  kernel: Uint8Array;
  modules: readonly MultibootModule[];
  commandLine: string;
  memoryMap: readonly MemoryRange[];
}

interface Header {
  offset: number;
  flags: number;
  view: DataView;
}

export function looksLikeMultiboot(file: Uint8Array): boolean {
  return findHeader(file) !== null;
}

/** @throws BootImageError when the file cannot be booted or does not fit into memory. */
export function multibootImage(options: MultibootOptions): BootImage {
  const header = findHeader(options.kernel);
  if (!header) throw new BootImageError("The kernel file has no Multiboot header.");
  const unknown = header.flags & 0xffff & ~KNOWN_DEMANDS;
  if (unknown !== 0)
    throw new BootImageError(
      said`The Multiboot kernel demands something that Posada does not offer (header flags ${unknown.toString(16)}h).`,
    );
  const ramEnd = Math.max(
    ...options.memoryMap.filter(({ type }) => type === 1).map(({ base, sizeBytes }) => base + sizeBytes),
  );
  const loaded =
    (header.flags & FLAG_ADDRESS_FIELDS) !== 0
      ? loadFlat(options.kernel, header, ramEnd)
      : loadElf32(options.kernel, ramEnd);
  const kernelEnd = Math.max(...loaded.memory.map(({ physAddr, bytes }) => physAddr + bytes.length));
  let moduleAddr = Math.ceil(Math.max(kernelEnd, HIGH_MEMORY) / PAGE_BYTES) * PAGE_BYTES;
  const placed = options.modules.map(({ bytes }) => {
    const at = moduleAddr;
    moduleAddr = Math.ceil((at + bytes.length) / PAGE_BYTES) * PAGE_BYTES;
    return { physAddr: at, bytes };
  });
  const end = Math.max(kernelEnd, ...placed.map(({ physAddr, bytes }) => physAddr + bytes.length));
  if (end > ramEnd) throw memoryTooSmall(end);

  const cs = flatSegment(CODE_SELECTOR, "code32");
  const data = flatSegment(DATA_SELECTOR, "data");
  const gdt = gdtOf(cs, data);
  return {
    description: "Multiboot kernel",
    memory: [
      ...loaded.memory,
      ...placed,
      { physAddr: INFO_ADDR, bytes: bootInformation(options, placed) },
      { physAddr: GDT_ADDR, bytes: gdt },
    ],
    entry: {
      mode: "protected",
      rip: loaded.entry,
      rflags: RFLAGS_RESET,
      registers: { rax: LOADER_MAGIC, rbx: INFO_ADDR, rsp: STACK_TOP },
      cr0: CR0_ET | CR0_PE,
      cr3: 0,
      cr4: 0,
      efer: 0,
      cs,
      data,
      gdt: { base: GDT_ADDR, limit: gdt.length - 1 },
      idt: { base: 0, limit: 0 },
    },
  };
}

/** The header lies, 4-byte aligned, wholly in the first 8 KiB; magic, flags and checksum add up to zero. */
function findHeader(file: Uint8Array): Header | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = Math.min(file.length, HEADER_SEARCH_BYTES) - 12;
  for (let offset = 0; offset <= end; offset += HEADER_ALIGNMENT) {
    if (view.getUint32(offset, true) !== HEADER_MAGIC) continue;
    const flags = view.getUint32(offset + 4, true);
    if ((HEADER_MAGIC + flags + view.getUint32(offset + 8, true)) >>> 0 === 0) return { offset, flags, view };
  }
  return null;
}

/** The address fields of the header ("a.out kludge"). [MULTIBOOT] 3.1.3 */
function loadFlat(
  file: Uint8Array,
  { offset, view }: Header,
  ramEnd: number,
): { memory: MemoryWrite[]; entry: number } {
  if (offset + 32 > file.length) throw new BootImageError("The Multiboot kernel is cut off in its header.");
  const at = (index: number): number => view.getUint32(offset + 12 + index * 4, true);
  const [headerAddr, loadAddr, loadEnd, bssEnd, entry] = [at(0), at(1), at(2), at(3), at(4)];
  const fileOffset = offset - (headerAddr - loadAddr);
  if (loadAddr > headerAddr || fileOffset < 0)
    throw new BootImageError("The Multiboot header is wrong: it lies outside the part of the file that it has loaded.");
  const wanted = loadEnd === 0 ? file.length - fileOffset : loadEnd - loadAddr;
  if (wanted < 0) throw new BootImageError("The Multiboot header is wrong: the image ends before it begins.");
  if (fileOffset + wanted > file.length)
    throw new BootImageError(
      said`The Multiboot kernel is cut off: its header announces ${fileOffset + wanted} bytes, and ${file.length} are there.`,
    );
  const memory: MemoryWrite[] = [{ physAddr: loadAddr, bytes: file.subarray(fileOffset, fileOffset + wanted) }];
  const bssStart = loadAddr + wanted;
  if (bssEnd > ramEnd) throw memoryTooSmall(bssEnd);
  if (bssEnd > bssStart) memory.push({ physAddr: bssStart, bytes: new Uint8Array(bssEnd - bssStart) });
  return { memory, entry };
}

function bootInformation(
  { commandLine, modules: files, memoryMap }: MultibootOptions,
  modules: readonly MemoryWrite[],
): Uint8Array {
  const bytes = new Uint8Array(INFO_LIMIT - INFO_ADDR);
  const view = new DataView(bytes.buffer);
  let next = INFO_BYTES;
  const place = (data: Uint8Array): number => {
    if (next + data.length > bytes.length) throw new BootImageError("The kernel's command line is too long.");
    bytes.set(data, next);
    const address = INFO_ADDR + next;
    next = (next + data.length + 3) & ~3;
    return address;
  };
  const text = (value: string): number => place(new TextEncoder().encode(`${value}\0`));

  const upper = memoryMap.find(({ base, type }) => base === HIGH_MEMORY && type === 1)?.sizeBytes ?? 0;
  view.setUint32(0, INFO_MEMORY | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME, true);
  view.setUint32(4, LOW_MEMORY_END / 1024 - 1, true);
  view.setUint32(8, upper / 1024, true);
  view.setUint32(16, text(`kernel ${commandLine}`.trim()), true);

  const list = new Uint8Array(modules.length * 16);
  const listView = new DataView(list.buffer);
  modules.forEach(({ physAddr, bytes: module }, i) => {
    listView.setUint32(i * 16, physAddr, true);
    listView.setUint32(i * 16 + 4, physAddr + module.length, true);
    listView.setUint32(i * 16 + 8, text(files[i]!.commandLine), true);
  });
  view.setUint32(20, modules.length, true);
  view.setUint32(24, place(list), true);

  // Each entry begins with its own size, which does not count that field.
  const map = new Uint8Array(memoryMap.length * MEMORY_MAP_ENTRY_BYTES);
  const mapView = new DataView(map.buffer);
  memoryMap.forEach(({ base, sizeBytes, type }, i) => {
    const at = i * MEMORY_MAP_ENTRY_BYTES;
    mapView.setUint32(at, MEMORY_MAP_ENTRY_BYTES - 4, true);
    mapView.setBigUint64(at + 4, BigInt(base), true);
    mapView.setBigUint64(at + 12, BigInt(sizeBytes), true);
    mapView.setUint32(at + 20, type, true);
  });
  view.setUint32(44, map.length, true);
  view.setUint32(48, place(map), true);
  view.setUint32(64, text(LOADER_NAME), true);
  return bytes.slice(0, next);
}
