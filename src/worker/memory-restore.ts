/** Fills the memory of a machine that stands still with one that was captured, as far as it cannot come later. */
import { VmError } from "../protocol/vm-api.ts";
import type { BlobKeeper, OpenPiece } from "../storage/library/blob-keeper.ts";
import { decodeImage, isZeroPage, packName, packOf, PAGE_BYTES, placeInPack, stateName } from "./memory-image.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { Regions } from "./saved-state.ts";

export const RAM_REGION = 0;
/** Packs that are being read at once. */
const READS_AT_ONCE = 8;

/** What the memory is, without its pages. @throws VmError */
export async function readImage(blobs: BlobKeeper, id: string, regions: Regions): Promise<MemoryImage> {
  const bytes = await blobs.get(stateName(id));
  if (!bytes) throw new VmError("badState", "The saved memory of this machine is not in the library any more.");
  return decodeImage(bytes, regions.map((region) => region.length)); // prettier-ignore
}

/** The packs of RAM that can be read at any moment, by their numbers. */
export function openPacks(blobs: BlobKeeper, image: MemoryImage): Promise<(OpenPiece | undefined)[]> {
  return blobs.open(image.packs.map(packName));
}

/**
 * @param late packs of which the pages of the first region come later; others are there when this resolves
 * @param blank regions that are known to be zeros: what is to be zeros there is not touched, and takes no memory of the host
 * @throws VmError where a part of it is missing; then the memory is of no use
 */
export async function fillRegions(
  blobs: BlobKeeper,
  image: MemoryImage,
  regions: Regions,
  late: readonly (OpenPiece | undefined)[] = [],
  blank: readonly Uint8Array[] = [],
): Promise<void> {
  /** Of each pack, its pages: place in the pack, region, page; three words each. */
  const wanted: number[][] = image.packs.map(() => []);
  image.regions.forEach((places, region) => {
    const memory = regions[region]!;
    const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    const isBlank = blank.includes(memory);
    places.forEach((place, page) => {
      if (place === 0) {
        // Writing takes memory of the host, looking does not.
        if (isBlank || isZeroPage(words, (page * PAGE_BYTES) / 4)) return;
        memory.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      } else if (region !== RAM_REGION || !late[packOf(place)])
        wanted[packOf(place)]!.push(placeInPack(place), region, page);
    });
  });
  let next = 0;
  const readOn = async (): Promise<void> => {
    while (next < image.packs.length) {
      const number = next++;
      const pages = wanted[number]!;
      if (pages.length === 0) continue;
      const inPack = pages.filter((_, i) => i % 3 === 0);
      const start = Math.min(...inPack);
      const piece = late[number];
      const bytes = piece
        ? piece.readNow(start * PAGE_BYTES, (Math.max(...inPack) + 1 - start) * PAGE_BYTES)
        : (await blobs.get(packName(image.packs[number]!)))?.subarray(start * PAGE_BYTES);
      for (let i = 0; i < pages.length; i += 3) {
        const from = (pages[i]! - start) * PAGE_BYTES;
        if (!bytes || from + PAGE_BYTES > bytes.length)
          throw new VmError("badState", "A part of the saved memory of this machine is not in the library any more.");
        regions[pages[i + 1]!]!.set(bytes.subarray(from, from + PAGE_BYTES), pages[i + 2]! * PAGE_BYTES);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readOn));
}
