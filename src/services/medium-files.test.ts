/** Media made by Debian's tools (mtools, e2fsprogs, fdisk) are looked into. */
import { truncate, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { NodeFileStore } from "../storage/node-file-store.ts";
import { scratchFolder } from "../storage/test-support/scratch-folder.ts";
import { hasProgram, runProgram } from "../storage/test-support/tools.ts";
import { MediumFiles } from "./medium-files.ts";

const scratch = scratchFolder();

describe.skipIf(!hasProgram("mformat") || !hasProgram("sfdisk"))("a medium's files (mtools, fdisk)", () => {
  it("volumes with what they are, files of those that are read, a floppy without partitions", async () => {
    const path = scratch.path("disk.img");
    await writeFile(path, "");
    await truncate(path, 34 * 2 ** 20);
    runProgram("sfdisk", ["-q", path], { input: "label: dos\nstart=2048, size=32768, type=6\nstart=34816, size=32768, type=83\n" }); // prettier-ignore
    const part = `${path}@@1M`;
    runProgram("mformat", ["-i", part, "-T", "32768", "-h", "16", "-s", "63", "-v", "DATA", "::"]);
    await writeFile(scratch.path("letter.txt"), "Dear innkeeper");
    runProgram("mcopy", ["-i", part, scratch.path("letter.txt"), "::letter.txt"]);
    const files = await MediumFiles.open(await NodeFileStore.open(path, { readOnly: true }));
    expect(files.volumes).toMatchObject([
      { number: 1, readable: true, facts: { kind: "fat16", label: "DATA" } },
      { number: 2, readable: false, facts: null, typeName: "Linux" },
    ]);
    const volume = await files.openVolume(0);
    expect((await volume.list("")).map(({ name }) => name)).toContain("letter.txt");
    let text = "";
    for await (const piece of volume.read("letter.txt")) text += new TextDecoder().decode(piece);
    expect(text).toBe("Dear innkeeper");
    await files.close();

    const floppy = scratch.path("floppy.img");
    runProgram("mformat", ["-C", "-f", "1440", "-i", floppy, "::"]);
    const other = await MediumFiles.open(await NodeFileStore.open(floppy, { readOnly: true }));
    expect(other.volumes).toMatchObject([{ number: null, readable: true, facts: { kind: "fat12" } }]);
    await other.close();
  });
});
