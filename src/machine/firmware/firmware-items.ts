/**
 * What SeaBIOS learns about the machine through fw_cfg: processors, memory, boot order, and the tables that it hands on
 * to the operating system. Option ROMs come from the PCI devices that they belong to.
 *
 * References: [FW-CFG]; [SEABIOS] docs, "Runtime config" (bootorder, etc/*).
 */
import type { BootDevice } from "../../protocol/machine-config.ts";
import { ACPI_RSDP_FILE, ACPI_TABLES_FILE, TABLE_LOADER_FILE, tableLoaderScript } from "./acpi-loader.ts";
import { acpiTablesFor } from "./acpi-tables.ts";
import type { BoardFacts } from "./board-facts.ts";
import { MEMORY_RAM } from "./boot-image.ts";
import { encodeE820 } from "./e820.ts";
import { FwCfgKey, type FwCfg } from "./fw-cfg.ts";
import { SMBIOS_ANCHOR_FILE, SMBIOS_TABLES_FILE, buildSmbios } from "./smbios.ts";

export interface FirmwareItems {
  facts: BoardFacts;
  bootOrder: readonly BootDevice[];
  /** IDE positions (channel * 2 + unit) with a disk, and with a CD drive. */
  diskPositions: readonly number[];
  cdromPositions: readonly number[];
}

const MAX_PROCESSORS = 8;

export function fillFwCfg(fwCfg: FwCfg, items: FirmwareItems): void {
  const { facts } = items;
  fwCfg.setNumber(FwCfgKey.RAM_SIZE, 8, facts.ramBytes);
  fwCfg.setNumber(FwCfgKey.NOGRAPHIC, 2, 0);
  fwCfg.setNumber(FwCfgKey.NB_CPUS, 2, facts.processors);
  fwCfg.setNumber(FwCfgKey.MAX_CPUS, 2, Math.max(facts.processors, MAX_PROCESSORS));
  fwCfg.setNumber(FwCfgKey.BOOT_MENU, 2, 0);
  fwCfg.setNumber(FwCfgKey.IRQ0_OVERRIDE, 1, 1);
  // No NUMA nodes: zero of them, and no processor assigned.
  fwCfg.setItem(FwCfgKey.NUMA, new Uint8Array(8 * (1 + Math.max(facts.processors, MAX_PROCESSORS))));
  for (const key of [FwCfgKey.KERNEL_SIZE, FwCfgKey.INITRD_SIZE, FwCfgKey.CMDLINE_SIZE, FwCfgKey.SETUP_SIZE])
    fwCfg.setNumber(key, 4, 0);

  fwCfg.setFile("etc/e820", encodeE820([{ base: 0, sizeBytes: facts.ramBytes, type: MEMORY_RAM }]));
  fwCfg.setFile("bootorder", new TextEncoder().encode(`${bootPaths(items).join("\n")}\0`));
  const acpi = acpiTablesFor(facts);
  fwCfg.setFile(ACPI_TABLES_FILE, acpi.tables);
  fwCfg.setFile(ACPI_RSDP_FILE, acpi.rsdp);
  fwCfg.setFile(TABLE_LOADER_FILE, tableLoaderScript(acpi));
  const smbios = buildSmbios(facts);
  fwCfg.setFile(SMBIOS_ANCHOR_FILE, smbios.anchor);
  fwCfg.setFile(SMBIOS_TABLES_FILE, smbios.tables);
}

/** Open Firmware paths of what to boot from, first choice first; firmware tries what is not listed after them. */
export function bootPaths({
  bootOrder,
  diskPositions,
  cdromPositions,
}: Pick<FirmwareItems, "bootOrder" | "diskPositions" | "cdromPositions">): string[] {
  const ide = (position: number): string => `/pci@i0cf8/ide@1,1/drive@${position >> 1}/disk@${position & 1}`;
  const paths: Record<BootDevice, string[]> = {
    disk: diskPositions.map(ide),
    cdrom: cdromPositions.map(ide),
    floppy: ["/pci@i0cf8/isa@1/fdc@03f0/floppy@0"],
  };
  return bootOrder.flatMap((device) => paths[device]);
}
