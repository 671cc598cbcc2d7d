/**
 * Floppy formats as an image's size gives them away: cylinders, heads, sectors of 512 bytes, and the data rate at which
 * the drive must be read.
 *
 * References: [82077AA] Intel 82077AA datasheet (290166), table of data rates; IBM and Microsoft (DMF) format sizes.
 */

/** Drive types as CMOS numbers them. */
export type FloppyDriveType = "360K" | "1.2M" | "720K" | "1.44M" | "2.88M";

/** Rate codes of CCR: 500, 300, 250 kbit/s, 1 Mbit/s. */
export const RATE_500K = 0;
export const RATE_300K = 1;
export const RATE_250K = 2;
export const RATE_1M = 3;

export interface FloppyFormat {
  cylinders: number;
  heads: number;
  sectors: number;
  /** CCR codes that read it: a 300 kbit/s rate reads double density in a 360 rpm drive. */
  rates: readonly number[];
  /** The drive that such a floppy belongs into. */
  drive: FloppyDriveType;
}

export const SECTOR_BYTES = 512;

const DOUBLE_DENSITY = [RATE_250K, RATE_300K];
const HIGH_DENSITY = [RATE_500K];
const EXTRA_DENSITY = [RATE_1M];

const FORMATS: readonly FloppyFormat[] = [
  { cylinders: 40, heads: 1, sectors: 8, rates: DOUBLE_DENSITY, drive: "360K" },
  { cylinders: 40, heads: 1, sectors: 9, rates: DOUBLE_DENSITY, drive: "360K" },
  { cylinders: 40, heads: 2, sectors: 8, rates: DOUBLE_DENSITY, drive: "360K" },
  { cylinders: 40, heads: 2, sectors: 9, rates: DOUBLE_DENSITY, drive: "360K" },
  { cylinders: 80, heads: 2, sectors: 8, rates: DOUBLE_DENSITY, drive: "720K" },
  { cylinders: 80, heads: 2, sectors: 9, rates: DOUBLE_DENSITY, drive: "720K" },
  { cylinders: 80, heads: 2, sectors: 10, rates: DOUBLE_DENSITY, drive: "720K" },
  { cylinders: 82, heads: 2, sectors: 10, rates: DOUBLE_DENSITY, drive: "720K" },
  { cylinders: 80, heads: 2, sectors: 15, rates: HIGH_DENSITY, drive: "1.2M" },
  { cylinders: 80, heads: 2, sectors: 18, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 82, heads: 2, sectors: 18, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 83, heads: 2, sectors: 18, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 20, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 21, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 82, heads: 2, sectors: 21, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 83, heads: 2, sectors: 21, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 22, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 23, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 24, rates: HIGH_DENSITY, drive: "1.44M" },
  { cylinders: 80, heads: 2, sectors: 36, rates: EXTRA_DENSITY, drive: "2.88M" },
  { cylinders: 80, heads: 2, sectors: 39, rates: EXTRA_DENSITY, drive: "2.88M" },
  { cylinders: 80, heads: 2, sectors: 40, rates: EXTRA_DENSITY, drive: "2.88M" },
];

export const formatBytes = (format: FloppyFormat): number =>
  format.cylinders * format.heads * format.sectors * SECTOR_BYTES;

/**
 * The format of an image of `sizeBytes`: the one of that size, else the smallest that holds it (images are often cut
 * after their last used sector). @returns undefined for what is larger than any floppy, or empty.
 */
export function formatForSize(sizeBytes: number): FloppyFormat | undefined {
  if (sizeBytes <= 0) return undefined;
  const exact = FORMATS.find((format) => formatBytes(format) === sizeBytes);
  if (exact) return exact;
  // A cut image is most likely of a common size.
  const common = FORMATS.filter(
    ({ cylinders, heads, sectors }) => cylinders === 80 && heads === 2 && sectors % 9 === 0,
  );
  const larger = (formats: readonly FloppyFormat[]): FloppyFormat | undefined =>
    formats.filter((format) => formatBytes(format) >= sizeBytes).sort((a, b) => formatBytes(a) - formatBytes(b))[0];
  return larger(common) ?? larger(FORMATS);
}
