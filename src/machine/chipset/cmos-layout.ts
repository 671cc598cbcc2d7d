/**
 * What a PC BIOS finds in CMOS memory: the AT's set-up bytes and the ones by which QEMU tells SeaBIOS about the machine.
 *
 * References: [AT] IBM PC/AT Technical Reference, "CMOS RAM"; [SEABIOS] docs, "Runtime config: CMOS".
 */
import type { BootDevice } from "../../protocol/machine-config.ts";

export const CMOS_CENTURY = 0x32;
/** The checksum at 0x2E (high byte first) covers these bytes. */
export const CMOS_CHECKSUM_FIRST = 0x10;
export const CMOS_CHECKSUM_LAST = 0x2d;
export const CMOS_CHECKSUM_HIGH = 0x2e;

const CMOS_FLOPPY_TYPES = 0x10;
const CMOS_DISK_TYPES = 0x12;
const CMOS_EQUIPMENT = 0x14;
const CMOS_BASE_MEMORY = 0x15;
const CMOS_EXTENDED_MEMORY = 0x17;
const CMOS_DISK0_EXTENDED_TYPE = 0x19;
const CMOS_DISK1_EXTENDED_TYPE = 0x1a;
/** Cylinders, heads, write precompensation, control, landing zone, sectors of a type 47 disk: nine bytes each. */
const CMOS_DISK0_GEOMETRY = 0x1b;
const CMOS_DISK1_GEOMETRY = 0x24;
const CMOS_EXTENDED_MEMORY_COPY = 0x30;
const CMOS_MEMORY_ABOVE_16M = 0x34;
const CMOS_BOOT_THIRD = 0x38;
const CMOS_DISK_TRANSLATION = 0x39;
const CMOS_BOOT_FIRST_SECOND = 0x3d;
const CMOS_MEMORY_ABOVE_4G = 0x5b;
const CMOS_PROCESSORS = 0x5f;

const EQUIPMENT_FLOPPY = 0x01;
const EQUIPMENT_FPU = 0x02;
const EQUIPMENT_MOUSE = 0x04;
const EQUIPMENT_SECOND_FLOPPY = 0x40;
/** 0x38 bit 0: boot a floppy even without the 0x55AA signature, as floppies often are. */
const BOOT_NO_SIGNATURE_CHECK = 0x01;
const DISK_TYPE_EXTENDED = 0x0f;
const DISK_TYPE_USER = 47;

/** Drive types as the AT's set-up numbers them; `null` is no drive. */
export type CmosFloppyType = null | "360K" | "1.2M" | "720K" | "1.44M" | "2.88M";

export interface CmosDiskGeometry {
  cylinders: number;
  heads: number;
  sectors: number;
  /** How the BIOS should present it to INT 13h. */
  translation: "none" | "lba" | "large" | "rechs";
}

export interface CmosSetup {
  memoryBytesBelow4G: number;
  memoryBytesAbove4G: number;
  processors: number;
  floppies: [CmosFloppyType, CmosFloppyType];
  /** Disks in the order of the IDE positions: primary master and slave, secondary master and slave. */
  disks: (CmosDiskGeometry | null)[];
  bootOrder: readonly BootDevice[];
}

const FLOPPY_CODES: Record<Exclude<CmosFloppyType, null>, number> = {
  "360K": 1,
  "1.2M": 2,
  "720K": 3,
  "1.44M": 4,
  "2.88M": 5,
};
const BOOT_CODES: Record<BootDevice, number> = { floppy: 1, disk: 2, cdrom: 3 };
const TRANSLATION_CODES: Record<CmosDiskGeometry["translation"], number> = { none: 0, lba: 1, large: 2, rechs: 3 };

/** Bytes to hand to `RtcCmos.setBytes`. */
export function cmosSetup(setup: CmosSetup): Map<number, number> {
  const bytes = new Map<number, number>();
  const put16 = (index: number, value: number): void => {
    bytes.set(index, value & 0xff);
    bytes.set(index + 1, (value >> 8) & 0xff);
  };

  const floppyCode = (type: CmosFloppyType): number => (type === null ? 0 : FLOPPY_CODES[type]);
  const [floppyA, floppyB] = setup.floppies;
  bytes.set(CMOS_FLOPPY_TYPES, (floppyCode(floppyA) << 4) | floppyCode(floppyB));
  bytes.set(
    CMOS_EQUIPMENT,
    EQUIPMENT_FPU |
      EQUIPMENT_MOUSE |
      (floppyA || floppyB ? EQUIPMENT_FLOPPY : 0) |
      (floppyA && floppyB ? EQUIPMENT_SECOND_FLOPPY : 0),
  );

  put16(CMOS_BASE_MEMORY, 640);
  const extendedKiB = Math.min(0xffff, Math.max(0, setup.memoryBytesBelow4G / 1024 - 1024));
  put16(CMOS_EXTENDED_MEMORY, extendedKiB);
  put16(CMOS_EXTENDED_MEMORY_COPY, extendedKiB);
  const above16M64K = Math.max(0, (setup.memoryBytesBelow4G - 16 * 1024 * 1024) / 65536);
  put16(CMOS_MEMORY_ABOVE_16M, Math.min(0xffff, Math.floor(above16M64K)));
  const above4G64K = Math.floor(setup.memoryBytesAbove4G / 65536);
  put16(CMOS_MEMORY_ABOVE_4G, above4G64K & 0xffff);
  bytes.set(CMOS_MEMORY_ABOVE_4G + 2, Math.floor(above4G64K / 0x10000) & 0xff);
  bytes.set(CMOS_PROCESSORS, setup.processors - 1);

  const [first = 0, second = 0, third = 0] = setup.bootOrder.map((device) => BOOT_CODES[device]);
  bytes.set(CMOS_BOOT_FIRST_SECOND, first | (second << 4));
  bytes.set(CMOS_BOOT_THIRD, (third << 4) | BOOT_NO_SIGNATURE_CHECK);

  const [disk0, disk1] = setup.disks;
  bytes.set(CMOS_DISK_TYPES, (disk0 ? DISK_TYPE_EXTENDED << 4 : 0) | (disk1 ? DISK_TYPE_EXTENDED : 0));
  const putDisk = (geometry: CmosDiskGeometry, typeIndex: number, index: number): void => {
    bytes.set(typeIndex, DISK_TYPE_USER);
    put16(index, geometry.cylinders);
    bytes.set(index + 2, geometry.heads);
    put16(index + 3, 0xffff);
    bytes.set(index + 5, 0xc0 | (geometry.heads > 8 ? 0x08 : 0));
    put16(index + 6, geometry.cylinders);
    bytes.set(index + 8, geometry.sectors);
  };
  if (disk0) putDisk(disk0, CMOS_DISK0_EXTENDED_TYPE, CMOS_DISK0_GEOMETRY);
  if (disk1) putDisk(disk1, CMOS_DISK1_EXTENDED_TYPE, CMOS_DISK1_GEOMETRY);
  const translation = setup.disks
    .slice(0, 4)
    .reduce((byte, disk, position) => byte | (disk ? TRANSLATION_CODES[disk.translation] << (position * 2) : 0), 0);
  bytes.set(CMOS_DISK_TRANSLATION, translation);
  return bytes;
}
