/**
 * What changed on a disk between two of its states, as two snapshots have them: the files of each volume that were added,
 * removed or changed. Volumes are the same where they begin at the same place.
 */
import type { FileChange } from "../storage/filesystems/compare.ts";
import { compareFileSystems } from "../storage/filesystems/compare.ts";
import type { MediumFiles, Volume } from "./medium-files.ts";

export type { FileChange } from "../storage/filesystems/compare.ts";

export interface VolumeChanges {
  volume: Volume;
  /** only in one of the two; not readable: its file system is none that is read. */
  state: "compared" | "added" | "removed" | "unreadable";
  changes: FileChange[];
  /** There are more. */
  cut: boolean;
}

/** A list that is longer is of no use to a person, and takes its time. */
export const MOST_CHANGES = 5000;

/** @throws StorageError, or the signal's reason */
export async function changesBetween(
  before: MediumFiles,
  after: MediumFiles,
  options: { signal?: AbortSignal; onFound?: (count: number) => void } = {},
): Promise<VolumeChanges[]> {
  const results: VolumeChanges[] = [];
  let count = 0;
  for (const [i, volume] of after.volumes.entries()) {
    const result: VolumeChanges = { volume, state: "compared", changes: [], cut: false };
    results.push(result);
    const was = before.volumes.findIndex(({ startBytes }) => startBytes === volume.startBytes);
    if (was < 0) result.state = "added";
    else if (!volume.readable || !before.volumes[was]!.readable) result.state = "unreadable";
    else
      for await (const change of compareFileSystems(await before.openVolume(was), await after.openVolume(i), options)) {
        if (result.changes.length === MOST_CHANGES) {
          result.cut = true;
          break;
        }
        result.changes.push(change);
        options.onFound?.(++count);
      }
  }
  for (const volume of before.volumes)
    if (!after.volumes.some(({ startBytes }) => startBytes === volume.startBytes))
      results.push({ volume, state: "removed", changes: [], cut: false });
  return results;
}
