/**
 * SMBIOS tables: what dmidecode and system information pages show. An anchor ("entry point") and one run of structures,
 * as fw_cfg files for firmware or placed by us.
 *
 * References: [SMBIOS] 2.8: 5.2.1 (entry point), 6.1 (structures), 7.1, 7.2, 7.4, 7.5, 7.17, 7.18, 7.20, 7.33.
 */
import type { MemoryWrite } from "./boot-image.ts";
import type { BoardFacts } from "./board-facts.ts";

export const SMBIOS_ANCHOR_FILE = "etc/smbios/smbios-anchor";
export const SMBIOS_TABLES_FILE = "etc/smbios/smbios-tables";

export interface SmbiosTables {
  /** Its table address and checksums are left open. */
  anchor: Uint8Array;
  tables: Uint8Array;
}

const ANCHOR_BYTES = 31;
const ANCHOR_CHECKSUM = 4;
const INTERMEDIATE = 16;
const INTERMEDIATE_CHECKSUM = 21;
const TABLE_ADDRESS = 24;
const VERSION = { major: 2, minor: 8 };

const UNKNOWN = 0x02;
const CHASSIS_OTHER = 0x01;
const CHASSIS_SAFE = 0x03;
const CHASSIS_SECURITY_NONE = 0x03;
const BIOS_CHARACTERISTICS_NOT_SUPPORTED = 1 << 3;
/** Virtual machine; target content distribution is on, as far as a BIOS of ours goes. [SMBIOS] 7.1.2.2 */
const BIOS_EXTENSION_VIRTUAL_MACHINE = 1 << 4;
const WAKE_UP_POWER_SWITCH = 0x06;
const PROCESSOR_CENTRAL = 0x03;
const PROCESSOR_FAMILY_OTHER = 0x01;
const PROCESSOR_ENABLED = 0x41;
const UPGRADE_OTHER = 0x01;
const NO_CACHE_HANDLE = 0xffff;
const MEMORY_ON_BOARD = 0x03;
const MEMORY_FOR_SYSTEM = 0x03;
const ECC_MULTI_BIT = 0x06;
const NO_ERROR_HANDLE = 0xfffe;
const FORM_FACTOR_DIMM = 0x09;
const MEMORY_TYPE_RAM = 0x07;
const TYPE_DETAIL_OTHER = 0x02;
const MAX_CAPACITY_KIB = 3 * 1024 * 1024;

const HANDLES = { bios: 0x0000, system: 0x0100, chassis: 0x0300, processor: 0x0400, array: 0x1000, device: 0x1100 };
const MAPPED_ADDRESS_HANDLE = 0x1300;
const BOOT_HANDLE = 0x2000;
const END_HANDLE = 0x7f00;

/** One structure: a formatted part of little-endian fields, then its strings, numbered from 1 as they are used. */
class Structure {
  private readonly fields: number[] = [];
  private readonly strings: string[] = [];

  constructor(
    private readonly type: number,
    private readonly handle: number,
  ) {}

  put(sizeBytes: number, ...values: number[]): this {
    for (const value of values)
      for (let i = 0; i < sizeBytes; i++) this.fields.push(Math.floor(value / 2 ** (8 * i)) & 0xff);
    return this;
  }

  /** A field that refers to `text`; 0 is "none". */
  text(text: string): this {
    if (text === "") return this.put(1, 0);
    this.strings.push(text);
    return this.put(1, this.strings.length);
  }

  bytes(): number[] {
    const texts = this.strings.flatMap((text) => [...new TextEncoder().encode(text), 0]);
    const length = 4 + this.fields.length;
    const header = [this.type, length, this.handle & 0xff, this.handle >>> 8];
    return [...header, ...this.fields, ...(texts.length > 0 ? texts : [0]), 0];
  }
}

export function buildSmbios(facts: BoardFacts): SmbiosTables {
  const ramMib = facts.ramBytes / 2 ** 20;
  const structures = [
    new Structure(0, HANDLES.bios)
      .text("Posada")
      .text("1")
      .put(2, 0xe800)
      .text("01/01/2026")
      .put(1, 0)
      .put(8, BIOS_CHARACTERISTICS_NOT_SUPPORTED)
      .put(1, 0, BIOS_EXTENSION_VIRTUAL_MACHINE, 0, 1, 0xff, 0xff),
    new Structure(1, HANDLES.system)
      .text("Posada")
      .text("Posada PC")
      .text("i440FX")
      .text("")
      .put(8, 0, 0) // no UUID is given: all zero is "not present"
      .put(1, WAKE_UP_POWER_SWITCH)
      .text("")
      .text(""),
    new Structure(3, HANDLES.chassis)
      .text("Posada")
      .put(1, CHASSIS_OTHER)
      .text("")
      .text("")
      .text("")
      .put(1, CHASSIS_SAFE, CHASSIS_SAFE, CHASSIS_SAFE, CHASSIS_SECURITY_NONE)
      .put(4, 0)
      .put(1, 0, 0, 0, 0)
      .text(""),
    ...Array.from({ length: facts.processors }, (_, index) => processorStructure(index)),
    new Structure(16, HANDLES.array)
      .put(1, MEMORY_ON_BOARD, MEMORY_FOR_SYSTEM, ECC_MULTI_BIT)
      .put(4, MAX_CAPACITY_KIB)
      .put(2, NO_ERROR_HANDLE, 1)
      .put(8, 0),
    new Structure(17, HANDLES.device)
      .put(2, HANDLES.array, NO_ERROR_HANDLE, 0xffff, 0xffff, ramMib)
      .put(1, FORM_FACTOR_DIMM, 0)
      .text("DIMM 0")
      .text("")
      .put(1, MEMORY_TYPE_RAM)
      .put(2, TYPE_DETAIL_OTHER, 0)
      .text("Posada")
      .text("")
      .text("")
      .text("")
      .put(1, 0)
      .put(4, 0)
      .put(2, 0, 0, 0, 0),
    new Structure(19, MAPPED_ADDRESS_HANDLE)
      .put(4, 0, facts.ramBytes / 1024 - 1)
      .put(2, HANDLES.array)
      .put(1, 1)
      .put(8, 0, 0),
    new Structure(32, BOOT_HANDLE).put(1, 0, 0, 0, 0, 0, 0, 0),
    new Structure(127, END_HANDLE),
  ];
  const encoded = structures.map((structure) => structure.bytes());
  const tables = Uint8Array.from(encoded.flat());

  const anchor = new Uint8Array(ANCHOR_BYTES);
  const view = new DataView(anchor.buffer);
  anchor.set(new TextEncoder().encode("_SM_"));
  anchor[5] = ANCHOR_BYTES;
  anchor[6] = VERSION.major;
  anchor[7] = VERSION.minor;
  view.setUint16(8, Math.max(...encoded.map((bytes) => bytes.length)), true);
  anchor.set(new TextEncoder().encode("_DMI_"), INTERMEDIATE);
  view.setUint16(22, tables.length, true);
  view.setUint16(28, structures.length, true);
  anchor[30] = (VERSION.major << 4) | VERSION.minor;
  return { anchor, tables };
}

function processorStructure(index: number): Structure {
  return new Structure(4, HANDLES.processor + index)
    .text(`CPU ${index}`)
    .put(1, PROCESSOR_CENTRAL, PROCESSOR_FAMILY_OTHER)
    .text("Posada")
    .put(8, 0)
    .text("Posada")
    .put(1, 0)
    .put(2, 0, 0, 0)
    .put(1, PROCESSOR_ENABLED, UPGRADE_OTHER)
    .put(2, NO_CACHE_HANDLE, NO_CACHE_HANDLE, NO_CACHE_HANDLE)
    .text("")
    .text("")
    .text("")
    .put(1, 1, 1, 1)
    .put(2, UNKNOWN, PROCESSOR_FAMILY_OTHER);
}

/** Places both parts; `anchorAddr` is a multiple of 16 in 0xF0000–0xFFFFF. */
export function placeSmbios(smbios: SmbiosTables, anchorAddr: number, tablesAddr: number): MemoryWrite[] {
  const anchor = smbios.anchor.slice();
  const negativeSum = (from: number): number => -anchor.subarray(from).reduce((sum, byte) => sum + byte, 0);
  new DataView(anchor.buffer).setUint32(TABLE_ADDRESS, tablesAddr, true);
  anchor[INTERMEDIATE_CHECKSUM] = negativeSum(INTERMEDIATE);
  anchor[ANCHOR_CHECKSUM] = negativeSum(0);
  return [
    { physAddr: anchorAddr, bytes: anchor },
    { physAddr: tablesAddr, bytes: smbios.tables },
  ];
}
