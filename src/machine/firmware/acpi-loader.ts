/**
 * Puts the ACPI tables in place: as the three files with which fw_cfg lets firmware do it ("etc/table-loader" is a
 * script of its own small language), or by doing it ourselves for boots without firmware.
 *
 * Reference: [SEABIOS] docs, and the fw_cfg "table loader" interface: 128-byte commands ALLOCATE, ADD_POINTER,
 * ADD_CHECKSUM with 56-byte file names.
 */
import { TABLES_ALIGNMENT, type AcpiTables } from "./acpi-tables.ts";
import type { MemoryWrite } from "./boot-image.ts";

export const ACPI_TABLES_FILE = "etc/acpi/tables";
export const ACPI_RSDP_FILE = "etc/acpi/rsdp";
export const TABLE_LOADER_FILE = "etc/table-loader";

const COMMAND_BYTES = 128;
const FILE_NAME_BYTES = 56;
const COMMAND_ALLOCATE = 1;
const COMMAND_ADD_POINTER = 2;
const COMMAND_ADD_CHECKSUM = 3;
const ZONE_HIGH = 1;
/** Below 1 MiB, where operating systems look for the RSDP. */
const ZONE_FSEG = 2;
const RSDP_ALIGNMENT = 16;

const FILE_OF = { tables: ACPI_TABLES_FILE, rsdp: ACPI_RSDP_FILE } as const;

/** The script for "etc/table-loader". */
export function tableLoaderScript({ pointers, checksums }: AcpiTables): Uint8Array {
  const commands: Uint8Array[] = [];
  const command = (code: number, fill: (view: DataView, putName: (at: number, name: string) => void) => void): void => {
    const bytes = new Uint8Array(COMMAND_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, code, true);
    fill(view, (at, name) => bytes.set(new TextEncoder().encode(name), at));
    commands.push(bytes);
  };
  const allocate = (file: string, alignment: number, zone: number): void =>
    command(COMMAND_ALLOCATE, (view, putName) => {
      putName(4, file);
      view.setUint32(4 + FILE_NAME_BYTES, alignment, true);
      view.setUint8(8 + FILE_NAME_BYTES, zone);
    });

  allocate(ACPI_TABLES_FILE, TABLES_ALIGNMENT, ZONE_HIGH);
  allocate(ACPI_RSDP_FILE, RSDP_ALIGNMENT, ZONE_FSEG);
  for (const { file, offset, sizeBytes } of pointers)
    command(COMMAND_ADD_POINTER, (view, putName) => {
      putName(4, FILE_OF[file]);
      putName(4 + FILE_NAME_BYTES, ACPI_TABLES_FILE);
      view.setUint32(4 + 2 * FILE_NAME_BYTES, offset, true);
      view.setUint8(8 + 2 * FILE_NAME_BYTES, sizeBytes);
    });
  // After the pointers: the sums cover them.
  for (const { file, offset, start, length } of checksums)
    command(COMMAND_ADD_CHECKSUM, (view, putName) => {
      putName(4, FILE_OF[file]);
      view.setUint32(4 + FILE_NAME_BYTES, offset, true);
      view.setUint32(8 + FILE_NAME_BYTES, start, true);
      view.setUint32(12 + FILE_NAME_BYTES, length, true);
    });
  const script = new Uint8Array(commands.length * COMMAND_BYTES);
  commands.forEach((bytes, i) => script.set(bytes, i * COMMAND_BYTES));
  return script;
}

/** The same for given addresses: `tablesAddr` is a multiple of TABLES_ALIGNMENT, `rsdpAddr` of 16. */
export function placeAcpi(acpi: AcpiTables, tablesAddr: number, rsdpAddr: number): MemoryWrite[] {
  const files = { tables: acpi.tables.slice(), rsdp: acpi.rsdp.slice() };
  for (const { file, offset, sizeBytes } of acpi.pointers) {
    const view = new DataView(files[file].buffer);
    const target = view.getUint32(offset, true) + tablesAddr;
    if (sizeBytes === 8) view.setBigUint64(offset, BigInt(target), true);
    else view.setUint32(offset, target, true);
  }
  for (const { file, offset, start, length } of acpi.checksums) {
    const bytes = files[file];
    bytes[offset] = 0;
    bytes[offset] = -bytes.subarray(start, start + length).reduce((sum, byte) => sum + byte, 0);
  }
  return [
    { physAddr: tablesAddr, bytes: files.tables },
    { physAddr: rsdpAddr, bytes: files.rsdp },
  ];
}
