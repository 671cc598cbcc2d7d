/** The BIOS parameter block of a FAT file system: where its parts are, and which kind it is. [FAT] "Boot sector", "FAT type" */
import { isPowerOfTwo, little } from "../formats/fields.ts";

export interface FatGeometry {
  kind: "fat12" | "fat16" | "fat32";
  sectorBytes: number;
  clusterBytes: number;
  sectors: number;
  /** Data clusters; the first has number 2. */
  clusters: number;
  fatOffset: number;
  fatBytes: number;
  /** FAT12 and FAT16: where the root folder is, and its length. */
  rootOffset: number;
  rootBytes: number;
  dataOffset: number;
  /** FAT32: the first cluster of the root folder. */
  rootCluster: number;
}

/** null where this is no FAT boot sector. */
export function fatGeometry(head: Uint8Array): FatGeometry | null {
  if (head.length < 512 || head[510] !== 0x55 || head[511] !== 0xaa) return null;
  const fields = little(head);
  const [sectorBytes, perCluster, reserved, fats] = [fields.u16(11), fields.u8(13), fields.u16(14), fields.u8(16)];
  if (!isPowerOfTwo(sectorBytes) || sectorBytes < 512 || sectorBytes > 4096 || !isPowerOfTwo(perCluster)) return null;
  if (reserved === 0 || fats === 0 || fats > 4) return null;
  const rootEntries = fields.u16(17);
  const sectors = fields.u16(19) || fields.u32(32);
  const fatSectors = fields.u16(22) || fields.u32(36);
  if (sectors === 0 || fatSectors === 0) return null;
  const rootSectors = Math.ceil((rootEntries * 32) / sectorBytes);
  const dataSector = reserved + fats * fatSectors + rootSectors;
  const clusters = Math.floor((sectors - dataSector) / perCluster);
  if (clusters <= 0) return null;
  const isFat32 = fields.u16(22) === 0;
  if (isFat32 !== (rootEntries === 0)) return null;
  return {
    kind: isFat32 ? "fat32" : clusters < 4085 ? "fat12" : "fat16",
    sectorBytes,
    clusterBytes: perCluster * sectorBytes,
    sectors,
    clusters,
    fatOffset: reserved * sectorBytes,
    fatBytes: fatSectors * sectorBytes,
    rootOffset: (reserved + fats * fatSectors) * sectorBytes,
    rootBytes: rootEntries * 32,
    dataOffset: dataSector * sectorBytes,
    rootCluster: isFat32 ? fields.u32(44) : 0,
  };
}
