/** Fills the memory of a machine that stands still with one that was captured. */
import { VmError } from "../protocol/vm-api.ts";
import type { BlobKeeper } from "../storage/library/blob-keeper.ts";
import { decodeImage, packName, PAGE_BYTES, stateName } from "./memory-image.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { Regions } from "./saved-state.ts";

/** Packs that are being read at once. */
const READS_AT_ONCE = 8;

/** What the memory is, without its pages. @throws VmError */
export async function readImage(blobs: BlobKeeper, id: string, regions: Regions): Promise<MemoryImage> {
  const bytes = await blobs.get(stateName(id));
  if (!bytes) throw new VmError("badState", "The saved memory of this machine is not in the library any more.");
  return decodeImage(bytes, regions.map((region) => region.length)); // prettier-ignore
}

/**
 * @param blank regions that are known to be zeros: what is to be zeros there is not touched, and takes no memory of the host
 * @throws VmError where a part of it is missing; then the memory is of no use
 */
export async function fillRegions(
  blobs: BlobKeeper,
  image: MemoryImage,
  regions: Regions,
  blank: readonly Uint8Array[] = [],
): Promise<void> {
  /** Of each pack, its pages: place in the pack, region, page; three words each. */
  const wanted: number[][] = image.packs.map(() => []);
  image.regions.forEach((places, region) => {
    const memory = regions[region]!;
    const isBlank = blank.includes(memory);
    places.forEach((place, page) => {
      if (place === 0) {
        if (!isBlank) memory.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      } else wanted[(place >>> 8) - 1]!.push(place & 0xff, region, page);
    });
  });
  let next = 0;
  const readOn = async (): Promise<void> => {
    while (next < image.packs.length) {
      const number = next++;
      const bytes = await blobs.get(packName(image.packs[number]!));
      const pages = wanted[number]!;
      for (let i = 0; i < pages.length; i += 3) {
        const from = pages[i]! * PAGE_BYTES;
        if (!bytes || from + PAGE_BYTES > bytes.length)
          throw new VmError("badState", "A part of the saved memory of this machine is not in the library any more.");
        regions[pages[i + 1]!]!.set(bytes.subarray(from, from + PAGE_BYTES), pages[i + 2]! * PAGE_BYTES);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readOn));
}
