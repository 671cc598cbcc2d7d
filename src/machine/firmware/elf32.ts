/**
 * Loads the program segments of a 32-bit x86 ELF executable at their physical addresses.
 * Left out: sections, symbols, relocation, 64-bit files. Reference: [ELF] "Program Header".
 */
import { said } from "../../shared/said.ts";
import { BootImageError, type MemoryWrite } from "./boot-image.ts";

const ELF_MAGIC = 0x464c457f;
const CLASS_OFFSET = 4;
const CLASS_32 = 1;
const DATA_OFFSET = 5;
const DATA_LITTLE_ENDIAN = 1;
const MACHINE = 18;
const MACHINE_386 = 3;
const ENTRY = 24;
const PROGRAM_HEADERS = 28;
const PROGRAM_HEADER_SIZE = 42;
const PROGRAM_HEADER_COUNT = 44;
const HEADER_BYTES = 52;

const SEGMENT_LOAD = 1;
const SEGMENT_BYTES = 32;

/**
 * @param ramEnd where RAM ends; what reaches beyond is refused before it is made
 * @returns what to place, zero-filled parts included, and the entry as a physical address
 * @throws BootImageError when this is no such file, or not all of it
 */
export function loadElf32(file: Uint8Array, ramEnd: number): { memory: MemoryWrite[]; entry: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || view.getUint32(0, true) !== ELF_MAGIC)
    throw new BootImageError("The kernel file is no ELF file and its Multiboot header gives no addresses.");
  if (
    file[CLASS_OFFSET] !== CLASS_32 ||
    file[DATA_OFFSET] !== DATA_LITTLE_ENDIAN ||
    view.getUint16(MACHINE, true) !== MACHINE_386
  )
    throw new BootImageError("The kernel is an ELF file, but not for 32-bit x86.");
  const table = view.getUint32(PROGRAM_HEADERS, true);
  const size = view.getUint16(PROGRAM_HEADER_SIZE, true);
  const count = view.getUint16(PROGRAM_HEADER_COUNT, true);
  if (size < SEGMENT_BYTES || table + size * count > file.length) throw cutOff(table + size * count, file);

  const memory: MemoryWrite[] = [];
  let entry = view.getUint32(ENTRY, true);
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    const field = (index: number): number => view.getUint32(at + index * 4, true);
    const [type, offset, virtAddr, physAddr, fileBytes, memoryBytes] = [
      field(0),
      field(1),
      field(2),
      field(3),
      field(4),
      field(5),
    ];
    if (type !== SEGMENT_LOAD || memoryBytes === 0) continue;
    if (offset + fileBytes > file.length) throw cutOff(offset + fileBytes, file);
    if (physAddr + memoryBytes > ramEnd) throw memoryTooSmall(physAddr + memoryBytes);
    // Kernels linked to run high give their entry as a virtual address. [MULTIBOOT] leaves this open; loaders translate.
    if (entry >= virtAddr && entry < virtAddr + memoryBytes && virtAddr !== physAddr)
      entry = entry - virtAddr + physAddr;
    memory.push({ physAddr, bytes: file.subarray(offset, offset + Math.min(fileBytes, memoryBytes)) });
    if (memoryBytes > fileBytes)
      memory.push({ physAddr: physAddr + fileBytes, bytes: new Uint8Array(memoryBytes - fileBytes) });
  }
  if (memory.length === 0) throw new BootImageError("The kernel's ELF file has nothing to load.");
  return { memory, entry };
}

export function memoryTooSmall(neededBytes: number): BootImageError {
  return new BootImageError(
    said`The machine's memory is too small for this kernel: it reaches up to ${Math.ceil(neededBytes / 2 ** 20)} MiB.`,
  );
}

function cutOff(needed: number, file: Uint8Array): BootImageError {
  return new BootImageError(
    said`The kernel's ELF file is cut off: it announces ${needed} bytes, and ${file.length} are there.`,
  );
}
