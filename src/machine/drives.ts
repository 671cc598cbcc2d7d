/**
 * Which drive sits where on the two IDE channels: disks on the primary channel, the CD-ROM drive as the secondary
 * master (empty or not, so that a CD can be put in later), a third disk as the secondary slave. And which kind of floppy
 * drive the machine has.
 */
import { said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import type { CmosDiskGeometry } from "./chipset/cmos-layout.ts";
import { formatForSize, type FloppyDriveType } from "./devices/floppy/floppy-formats.ts";
import { AtaDisk } from "./devices/ide/ata-disk.ts";
import { AtapiCdrom } from "./devices/ide/atapi-cdrom.ts";
import type { IdeDrive } from "./devices/ide/ide-drive.ts";
import { MachineError } from "./machine-error.ts";

export type IdePositions = [IdeDrive | null, IdeDrive | null, IdeDrive | null, IdeDrive | null];

/** Positions are channel * 2 + unit. */
const DISK_POSITIONS = [0, 1, 3] as const;
export const CDROM_POSITION = 2;
/** Up to here INT 13h reaches a disk by cylinder, head and sector without translation. */
const CHS_CYLINDERS = 1024;

export class Drives {
  readonly positions: IdePositions = [null, null, null, null];
  readonly disks: AtaDisk[];
  readonly cdrom: AtapiCdrom;

  /** @throws MachineError when there are more disks than places */
  constructor(disks: readonly BlockStore[], cdrom: BlockStore | null) {
    if (disks.length > DISK_POSITIONS.length)
      throw new MachineError(
        "config",
        said`A machine takes ${DISK_POSITIONS.length} disks; ${disks.length} were given.`,
      );
    this.disks = disks.map((store, i) => new AtaDisk({ store, serial: `PD${String(i + 1).padStart(5, "0")}` }));
    this.cdrom = new AtapiCdrom({ store: cdrom });
    this.disks.forEach((disk, i) => (this.positions[DISK_POSITIONS[i]!] = disk));
    this.positions[CDROM_POSITION] = this.cdrom;
  }

  get diskPositions(): number[] {
    return DISK_POSITIONS.slice(0, this.disks.length);
  }

  /** By position, for the set-up bytes in CMOS. */
  cmosGeometries(): (CmosDiskGeometry | null)[] {
    return this.positions.map((drive) => {
      if (!(drive instanceof AtaDisk)) return null;
      const { cylinders, heads, sectorsPerTrack } = drive.geometry;
      return { cylinders, heads, sectors: sectorsPerTrack, translation: cylinders <= CHS_CYLINDERS ? "none" : "lba" };
    });
  }

  activity(): { disk: { readBytes: number; writtenBytes: number }; cdrom: { readBytes: number } } {
    const sum = (field: "bytesRead" | "bytesWritten"): number =>
      this.disks.reduce((total, disk) => total + disk.activity[field], 0);
    return {
      disk: { readBytes: sum("bytesRead"), writtenBytes: sum("bytesWritten") },
      cdrom: { readBytes: this.cdrom.activity.bytesRead },
    };
  }
}

/** A drive that takes the image, of the two kinds that PCs had last; 3.5 inches where there is no image yet. */
export function floppyDriveFor(image: BlockStore | null): FloppyDriveType {
  const needed = image ? formatForSize(image.sizeBytes)?.drive : undefined;
  if (needed === "360K" || needed === "1.2M") return "1.2M";
  return needed === "2.88M" ? "2.88M" : "1.44M";
}
