/**
 * A boot without firmware: chooses the loader by the file, and adds to its image what firmware would have put into
 * memory: ACPI and SMBIOS tables and the BIOS data area.
 */
import type { Unpacker } from "../../core/unpacker.ts";
import { placeAcpi } from "./acpi-loader.ts";
import { acpiTablesFor } from "./acpi-tables.ts";
import type { BoardFacts } from "./board-facts.ts";
import { BootImageError, type BootImage } from "./boot-image.ts";
import { memoryMap } from "./e820.ts";
import { linuxBootImage } from "./linux-boot.ts";
import { looksLikeLinux } from "./linux-header.ts";
import { looksLikeMultiboot, multibootImage, type MultibootModule } from "./multiboot.ts";
import { biosDataArea } from "./post.ts";
import { buildSmbios, placeSmbios } from "./smbios.ts";

/** The tables take the top of RAM, below the address where the memory map says so. */
const ACPI_AREA_BYTES = 0x10000;
const RSDP_ADDR = 0xf5000;
const SMBIOS_ANCHOR_ADDR = 0xf5100;
const SMBIOS_TABLES_ADDR = 0xf5200;

export interface DirectBootOptions {
  facts: BoardFacts;
  kernel: Uint8Array;
  /** Only Multiboot kernels take modules. */
  modules: readonly MultibootModule[];
  initrd?: Uint8Array;
  commandLine: string;
  longMode: boolean;
  /** What unpacks a Linux kernel; null: it does it itself. Not needed to see whether the files are right. */
  unpacker: Unpacker | null;
}

/** @throws BootImageError in words for people */
export function directBootImage(options: DirectBootOptions): BootImage {
  const { facts, kernel, modules, initrd, commandLine, longMode, unpacker } = options;
  const acpiBase = facts.ramBytes - ACPI_AREA_BYTES;
  const files = { kernel, commandLine, memoryMap: memoryMap(facts.ramBytes, acpiBase) };
  // A file with both headers is a Linux kernel that was made for other loaders too. One with neither gets Linux's words.
  let image: BootImage;
  if (!looksLikeLinux(kernel) && looksLikeMultiboot(kernel)) {
    const last = initrd ? [{ bytes: initrd, commandLine: "initrd" }] : [];
    image = multibootImage({ ...files, modules: [...modules, ...last] });
  } else {
    if (modules.length > 0) throw new BootImageError("A Linux kernel takes no modules, only an initrd.");
    image = linuxBootImage({ ...files, initrd, rsdpAddr: RSDP_ADDR, longMode, unpacker });
  }
  return {
    ...image,
    memory: [
      biosDataArea(facts.hasFloppyController),
      ...placeAcpi(acpiTablesFor(facts), acpiBase, RSDP_ADDR),
      ...placeSmbios(buildSmbios(facts), SMBIOS_ANCHOR_ADDR, SMBIOS_TABLES_ADDR),
      ...image.memory,
    ],
  };
}
