/**
 * The memory map that firmware reports (INT 15h E820h), in the form that fw_cfg ("etc/e820"), the Linux zero page and
 * Multiboot share: what is RAM, what is taken. The machine has no memory above 4 GiB.
 * References: [ACPI] 15.1; [LINUX-BOOT] "e820_table".
 */
import { MEMORY_ACPI, MEMORY_RAM, MEMORY_RESERVED, type MemoryRange } from "./boot-image.ts";

/** Conventional memory ends where the extended BIOS data area begins. */
export const EBDA_PHYS_ADDR = 0x9fc00;
export const LOW_MEMORY_END = 0xa0000;
/** From here to 1 MiB: firmware, and the ACPI and SMBIOS anchors that systems look for by signature. */
export const ANCHOR_AREA = 0xe0000;
export const HIGH_MEMORY = 0x100000;
export const E820_ENTRY_BYTES = 20;

/** For boots without firmware: RAM with the EBDA, the anchors and the ACPI tables (at its top) taken out. */
export function memoryMap(ramBytes: number, acpiBase: number): MemoryRange[] {
  return [
    { base: 0, sizeBytes: EBDA_PHYS_ADDR, type: MEMORY_RAM },
    { base: EBDA_PHYS_ADDR, sizeBytes: LOW_MEMORY_END - EBDA_PHYS_ADDR, type: MEMORY_RESERVED },
    { base: ANCHOR_AREA, sizeBytes: HIGH_MEMORY - ANCHOR_AREA, type: MEMORY_RESERVED },
    { base: HIGH_MEMORY, sizeBytes: acpiBase - HIGH_MEMORY, type: MEMORY_RAM },
    { base: acpiBase, sizeBytes: ramBytes - acpiBase, type: MEMORY_ACPI },
  ].filter(({ sizeBytes }) => sizeBytes > 0);
}

/** Entries of 20 bytes: base, length, type. */
export function encodeE820(ranges: readonly MemoryRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * E820_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  ranges.forEach(({ base, sizeBytes, type }, index) => {
    const at = index * E820_ENTRY_BYTES;
    view.setBigUint64(at, BigInt(base), true);
    view.setBigUint64(at + 8, BigInt(sizeBytes), true);
    view.setUint32(at + 16, type, true);
  });
  return bytes;
}
