import { expect, test } from "vitest";
import { loadCatalogue, readCatalogue } from "./guest-library.ts";

const FOLDER = "https://posada.example/guests/";
const manifest = {
  files: [
    { file: "vmlinuz", title: "Kernel", package: "linux", version: "6.1", licence: "GPL-2.0", source: "https://a/ https://b/", sizeBytes: 10 },
    { file: "initrd.gz", title: "Root", package: "busybox", version: "1.35", licence: "GPL-2.0", source: "", sizeBytes: 5 },
  ],
  machines: [
    { id: "debian", title: "Debian", kernel: "vmlinuz", initrd: "initrd.gz", commandLine: "quiet", memoryMiB: 128 },
    { id: "broken", title: "No file of it is here", kernel: "elsewhere" },
  ],
}; // prettier-ignore

test("a machine is planned from its files, whose sizes add up", () => {
  const { files, machines } = readCatalogue(manifest, FOLDER);
  expect(files[0]!.sources).toEqual(["https://a/", "https://b/"]);
  expect(machines).toHaveLength(1);
  expect(machines[0]).toMatchObject({ id: "debian", memoryMiB: 128, sizeBytes: 15, version: "6.1" });
  expect(machines[0]!.plan).toEqual({
    title: "Debian",
    memoryMiB: 128,
    disks: [],
    commandLine: "quiet",
    kernel: { name: "Kernel", source: `${FOLDER}vmlinuz` },
    initrd: { name: "Root", source: `${FOLDER}initrd.gz` },
  });
});

test("a machine with a saved state goes on from it, or starts where that is of no use", () => {
  const savedState = {
    file: "saved/x",
    memoryMiB: 64,
    processors: 1,
    cpuModel: "default",
    firstBytes: 3,
    totalBytes: 7,
  };
  const [machine] = readCatalogue(
    { ...manifest, machines: [{ ...manifest.machines[0]!, savedState }] },
    FOLDER,
  ).machines;
  expect(machine).toMatchObject({ sizeBytes: 3, wholeBytes: 22 });
  expect(machine!.plan.savedState).toMatchObject({
    source: { published: { url: `${FOLDER}saved/x` } },
    memoryMiB: 64,
    isOptional: true,
  });
});

test.each([null, [], "text", { files: 3, machines: [7] }])("%j is an empty catalogue", (value) => {
  expect(readCatalogue(value, FOLDER)).toEqual({ files: [], machines: [] });
});

test("what keeps the manifest from being read is named", async () => {
  const answer = (response: Response) => (() => Promise.resolve(response)) as typeof fetch;
  await expect(loadCatalogue(FOLDER, answer(new Response("", { status: 404 })))).rejects.toThrow(/answered 404/);
  await expect(loadCatalogue(FOLDER, answer(new Response("<html>")))).rejects.toThrow(/not JSON/);
  const offline = () => Promise.reject(new TypeError("failed"));
  await expect(loadCatalogue(FOLDER, offline)).rejects.toThrow(/not reachable/);
});
