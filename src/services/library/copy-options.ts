/** The options of a job as those of the copying below it. */
import type { JobOptions } from "../../protocol/library.ts";
import type { CopyOptions } from "../../storage/convert/copy-loop.ts";

export function copyOptions({ signal, onProgress }: JobOptions): CopyOptions {
  return {
    ...(signal ? { signal } : {}),
    ...(onProgress
      ? { onProgress: ({ phase, ...rest }) => onProgress({ ...rest, phase: phase === "scan" ? "reading" : "writing" }) }
      : {}),
  };
}
