import { expect, test } from "vitest";
import { DownloadSink } from "./download-sink.ts";

test("what is written and skipped, in order", async () => {
  const sink = new DownloadSink();
  const buffer = new Uint8Array([1, 2, 3]);
  await sink.write(buffer);
  buffer.fill(9); // used again by whoever wrote it
  await sink.skip(5 * 2 ** 20);
  await sink.write(new Uint8Array([4]));
  const bytes = new Uint8Array(await sink.blob().arrayBuffer());
  expect(bytes).toHaveLength(3 + 5 * 2 ** 20 + 1);
  expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  expect(bytes.at(-1)).toBe(4);
  expect(bytes.subarray(3, -1).some((byte) => byte !== 0)).toBe(false);
});
