/** SHA-256 of what comes as a stream, in little memory. */
import { RunningSum } from "../../storage/ovf/manifest.ts";

export interface Measured {
  sha256: string;
  sizeBytes: number;
}

/** @returns null where it becomes longer than `mostBytes`; then the rest is not read. */
export async function measure(
  stream: ReadableStream<Uint8Array>,
  mostBytes = Infinity,
  onProgress: (doneBytes: number) => void = () => {},
): Promise<Measured | null> {
  const sum = new RunningSum("SHA256");
  const reader = stream.getReader();
  let sizeBytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    sizeBytes += next.value.length;
    if (sizeBytes > mostBytes) {
      await reader.cancel();
      return null;
    }
    sum.add(next.value);
    onProgress(sizeBytes);
  }
  return { sha256: sum.hex(), sizeBytes };
}
