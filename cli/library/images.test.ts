/** `posada convert` and `posada media` at work on an image that is made here. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { UsageError } from "../../src/services/commands/usage-error.ts";
import { SparseMemoryStore } from "../../src/storage/memory-store.ts";
import { fillDisk, hasProgram, runProgram } from "../../src/storage/test-support/tools.ts";
import { libraryCommand, runLibraryCommand } from "./commands.ts";

const run = (...args: string[]): Promise<void> => runLibraryCommand(libraryCommand(args)!);
const convertImage = (args: string[]): Promise<void> => run("convert", ...args);

describe("what is wrong with the words of posada convert and posada media", () => {
  it.each([
    [["convert", "a"], /needs an image and the name/],
    [["convert", "a", "b", "c"], /needs an image and the name/],
    [["convert", "a", "b"], /--format is needed/],
    [["convert", "a", "b.vhdx"], /--format is needed/],
    [["convert", "a", "b", "--format", "zip"], /--format can be raw, .* not "zip"/],
    [["convert", "a", "b.raw", "--from-format", "iso"], /--from-format can be/],
    [["convert", "a", "b.raw", "--partitions", "1,x"], /--partitions needs numbers from 1 on, not "x"/],
    [["convert", "a", "b.raw", "--wrong"], /Unknown option '--wrong'/],
    [["media", "ls"], /needs a file/],
    [["media", "cat", "f"], /needs the path/],
    [["media", "info", "f", "/x"], /"\/x" is more than this takes/],
    [["media", "ls", "f", "/", "--partition", "0"], /--partition needs numbers from 1 on/],
  ])("%j is told", async (args, message) => {
    await expect(run(...args)).rejects.toThrow(UsageError);
    await expect(run(...args)).rejects.toThrow(message);
  });
});

describe("posada convert and posada media", () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "posada-cli-"));
    const disk = new SparseMemoryStore(6 * 2 ** 20);
    await fillDisk(disk, 51, [0, 3 * 2 ** 20]);
    await writeFile(path("disk.raw"), await disk.read(0, disk.sizeBytes));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a command writes to stdout. */
  async function outputOf(args: string[]): Promise<string> {
    const parts: Uint8Array[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((bytes, done) => {
      parts.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
      (done as unknown as () => void)();
      return true;
    });
    try {
      await run("media", ...args);
    } finally {
      spy.mockRestore();
    }
    return Buffer.concat(parts).toString();
  }

  it("goes through all formats and comes back the same", async () => {
    let last = "disk.raw";
    for (const next of ["a.qcow2", "b.vmdk", "c.vdi", "d.vhd", "e.ova", "f.img"]) {
      await convertImage([path(last), path(next), "--quiet"]);
      last = next;
    }
    expect(Buffer.compare(await readFile(path("f.img")), await readFile(path("disk.raw")))).toBe(0);
    expect(await outputOf(["info", path("a.qcow2")])).toMatch(
      /image: {2}qcow2, version 3\ndisk: {3}6 MB \(6291456 bytes\)/,
    );
    expect(await outputOf(["info", path("e.ova")])).toMatch(/machine: e: 1 processors, 1024 MB, bios\ndisk: {4}e-disk1.vmdk, 6 MB, ide/); // prettier-ignore
  });

  it("refuses in one line, and leaves nothing behind", async () => {
    const before = await readdir(folder);
    await writeFile(path("bad.qcow2"), (await readFile(path("disk.raw"))).fill(0).fill("QFI\xfb", 0, 4, "latin1"));
    await expect(convertImage([path("bad.qcow2"), path("new.raw")])).rejects.toThrow(/bad\.qcow2: QCOW images of version 0 are not read\.$/); // prettier-ignore
    await expect(convertImage([path("none"), path("new.raw")])).rejects.toThrow(/There is no file/);
    await expect(convertImage([path("disk.raw"), path("disk.raw")])).rejects.toThrow(/cannot be the old one/);
    await expect(convertImage([path("disk.raw"), path("new.vdi"), "--partitions", "1"])).rejects.toThrow(
      /no partition/,
    );
    expect((await readdir(folder)).filter((name) => !before.includes(name))).toEqual(["bad.qcow2"]);
  });

  it.skipIf(!hasProgram("mke2fs") || !hasProgram("sfdisk"))("shows partitions and files", async () => {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(path("tree/etc"), { recursive: true });
    await writeFile(path("tree/etc/hostname"), "posada\n");
    const image = Buffer.alloc(12 * 2 ** 20);
    await writeFile(path("whole.img"), image);
    runProgram("sfdisk", ["-q", path("whole.img")], { input: "label: dos\nstart=2048, size=4096, type=82\nstart=6144, size=16384, type=83, bootable\n" }); // prettier-ignore
    runProgram("mke2fs", ["-q", "-F", "-t", "ext4", "-L", "root", "-E", `offset=${6144 * 512}`, "-d", path("tree"), path("whole.img"), "8M"]); // prettier-ignore
    await convertImage([path("whole.img"), path("whole.qcow2"), "--quiet"]);
    const info = await outputOf(["info", path("whole.qcow2")]);
    expect(info).toMatch(
      /table: {2}mbr\n +1 +2 MB at 2048 +Linux swap\n +2 +8 MB at 6144 +Linux, starts: ext4 "root", 8 MB/,
    );
    expect(JSON.parse(await outputOf(["info", path("whole.qcow2"), "--json"]))).toMatchObject({ image: { format: "qcow2" }, table: { scheme: "mbr", partitions: [{ number: 1 }, { fileSystem: { label: "root" } }] } }); // prettier-ignore
    expect(await outputOf(["ls", path("whole.qcow2"), "/etc"])).toMatch(
      /^ +7 {2}20\d\d-\d\d-\d\d \d\d:\d\d {2}hostname\n$/,
    );
    expect(await outputOf(["cat", path("whole.qcow2"), "/etc/hostname"])).toBe("posada\n");
    expect(await outputOf(["cat", path("whole.qcow2"), "etc/hostname", "--partition", "2"])).toBe("posada\n");
    await expect(run("media", "ls", path("whole.qcow2"), "--partition", "1")).rejects.toThrow(
      /No file system is recognised/,
    );
    await convertImage([path("whole.qcow2"), path("part.vdi"), "--partitions", "2", "--quiet"]);
    expect(await outputOf(["cat", path("part.vdi"), "/etc/hostname"])).toBe("posada\n");
  });
});
