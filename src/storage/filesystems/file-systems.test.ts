/** File systems made by Debian's tools: what is put in is listed and read back. (dosfstools, mtools, e2fsprogs, xorriso.) */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readlink, readdir, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { NodeFileStore } from "../node-file-store.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { hasProgram, runProgram, SeededRandom } from "../test-support/tools.ts";
import { compareFileSystems } from "./compare.ts";
import type { FileSystem } from "./file-system.ts";
import { openFileSystem } from "./open-file-system.ts";
import { recogniseFileSystem } from "./recognise.ts";

const MIB = 2 ** 20;
const LONG_NAME = "a rather long name with spaces, and ñandú – 漢字.text";

async function makeTree(folder: string, links: boolean): Promise<void> {
  const random = new SeededRandom(31);
  await mkdir(join(folder, "sub", "deeper", "and deeper"), { recursive: true });
  await mkdir(join(folder, "many"));
  await writeFile(join(folder, "EMPTY.TXT"), "");
  await writeFile(join(folder, "readme.txt"), "Hello, partition.\n");
  await writeFile(join(folder, "sub", LONG_NAME), "long");
  await writeFile(join(folder, "sub", "deeper", "and deeper", "big.bin"), random.bytes(3 * MIB + 777));
  await writeFile(join(folder, "sub", "sparse.bin"), "start");
  await truncate(join(folder, "sub", "sparse.bin"), MIB);
  for (let i = 0; i < 300; i++) await writeFile(join(folder, "many", `file number ${i}.dat`), `content ${i}`);
  if (!links) return;
  await symlink("../readme.txt", join(folder, "sub", "short link"));
  await symlink(`/sub/${"./".repeat(60)}deeper`, join(folder, "long link"));
  await symlink("loop", join(folder, "loop"));
}

/** Everything below a folder of the real file system, as lines. */
async function realTree(folder: string, below = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`;
    if (entry.isSymbolicLink()) lines.push(`${path} -> ${await readlink(join(folder, path))}`);
    else if (entry.isDirectory()) lines.push(`${path}/`, ...(await realTree(folder, path)));
    else
      lines.push(
        `${path} ${createHash("sha1")
          .update(await readFile(join(folder, path)))
          .digest("hex")}`,
      );
  }
  return lines.sort();
}

async function imageTree(files: FileSystem, below = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await files.list(below)) {
    const path = `${below}/${entry.name}`;
    if (path === "/lost+found") continue;
    if (entry.kind === "link") lines.push(`${path} -> ${entry.target}`);
    else if (entry.kind === "folder") lines.push(`${path}/`, ...(await imageTree(files, path)));
    else {
      const hash = createHash("sha1");
      let sizeBytes = 0;
      for await (const piece of files.read(path)) {
        hash.update(piece);
        sizeBytes += piece.length;
      }
      expect(sizeBytes).toBe(entry.sizeBytes);
      lines.push(`${path} ${hash.digest("hex")}`);
    }
  }
  return lines.sort();
}

const skipUnless = (...programs: string[]) => describe.skipIf(!programs.every(hasProgram));

const stores: NodeFileStore[] = [];
afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

async function openStore(path: string): Promise<NodeFileStore> {
  const store = await NodeFileStore.open(path, { readOnly: true });
  stores.push(store);
  return store;
}

const open = async (path: string): Promise<FileSystem> => openFileSystem(await openStore(path));

async function makeFile(path: string, sizeBytes: number): Promise<void> {
  await writeFile(path, "");
  await truncate(path, sizeBytes);
}

skipUnless("mkfs.fat", "mcopy")("FAT (dosfstools, mtools)", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  beforeAll(async () => {
    await mkdir(scratch.path("tree"));
    await makeTree(scratch.path("tree"), false);
  });

  it.each([
    ["fat12", 8, ["-F", "12"]],
    ["fat16", 32, ["-F", "16", "-s", "2"]],
    ["fat32", 80, ["-F", "32", "-s", "1"]],
  ] as const)("%s", async (kind, sizeMib, options) => {
    const path = scratch.path(`${kind}.img`);
    await makeFile(path, sizeMib * MIB);
    runProgram("mkfs.fat", [...options, "-n", "MY DISK", "-i", "1234ABCD", path]);
    const items = (await readdir(scratch.path("tree"))).map((name) => scratch.path(join("tree", name)));
    runProgram("mcopy", ["-s", "-m", "-i", path, ...items, "::"]);
    const files = await open(path);
    expect(files.kind).toBe(kind);
    expect(await imageTree(files)).toEqual(await realTree(scratch.path("tree")));
    const facts = await recogniseFileSystem(await openStore(path));
    expect(facts).toMatchObject({ kind, label: "MY DISK", uuid: "1234-ABCD", sizeBytes: sizeMib * MIB });
    // Names are found whatever their case; times are those of the files.
    expect((await files.stat("README.TXT")).sizeBytes).toBe(18);
    await expect(files.list("readme.txt")).rejects.toThrow(/is a file, not a folder/);
    await expect(files.stat("sub/none")).rejects.toMatchObject({ code: "missing" });
  });
});

skipUnless("mke2fs")("ext2, ext3, ext4 (e2fsprogs)", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  beforeAll(async () => {
    await mkdir(scratch.path("tree"));
    await makeTree(scratch.path("tree"), true);
  });

  it.each([
    ["ext2", "ext2", []],
    ["ext2", "ext2 with blocks of 4 KB", ["-b", "4096"]],
    ["ext3", "ext3", []],
    ["ext4", "ext4", []],
    ["ext4", "ext4 with blocks of 1 KB, 64 bit", ["-b", "1024", "-O", "64bit"]],
    ["ext4", "ext4 with blocks of 64 KB", ["-b", "65536"]],
    ["ext4", "ext4 with meta groups", ["-b", "1024", "-O", "meta_bg,^resize_inode", "-g", "256"]],
    ["ext4", "ext4 without extents and indexes", ["-O", "^extent,^dir_index,^64bit"]],
    ["ext4", "ext4 with small inodes", ["-I", "128"]],
  ] as const)("%s: %s", async (kind, name, options) => {
    const path = scratch.path("ext.img");
    await makeFile(path, 64 * MIB);
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    runProgram("mke2fs", ["-q", "-F", "-t", kind, ...options, "-L", "my system", "-U", uuid, "-d", scratch.path("tree"), path]); // prettier-ignore
    const files = await open(path);
    expect(await imageTree(files)).toEqual(await realTree(scratch.path("tree")));
    const facts = await recogniseFileSystem(await openStore(path));
    expect(facts, name).toMatchObject({ kind, label: "my system", uuid, sizeBytes: 64 * MIB });
    expect(facts!.freeBytes).toBeGreaterThan(30 * MIB);
    expect((await files.stat("sub/short link")).sizeBytes).toBe(18);
    expect((await files.list("long link/and deeper")).map((entry) => entry.name)).toEqual(["big.bin"]);
    await expect(files.stat("loop")).rejects.toMatchObject({ code: "cyclic" });
    const { mtime } = await stat(scratch.path("tree/readme.txt"));
    expect(Math.abs((await files.stat("readme.txt")).modified!.getTime() - mtime.getTime())).toBeLessThan(1000);
  });
});

skipUnless("mke2fs", "debugfs")("two states of a file system (e2fsprogs)", () => {
  const scratch = scratchFolder();

  it("differ by what was added, removed and changed", async () => {
    await mkdir(scratch.path("tree/keep/deep"), { recursive: true });
    for (const name of ["same", "longer", "secret", "gone", "keep/deep/inner"]) await writeFile(scratch.path(`tree/${name}`), `${name}: some words`); // prettier-ignore
    await makeFile(scratch.path("before"), 4 * MIB);
    runProgram("mke2fs", ["-q", "-F", "-t", "ext4", "-d", scratch.path("tree"), scratch.path("before")]);
    await copyFile(scratch.path("before"), scratch.path("after"));
    await writeFile(scratch.path("new file"), "new");
    const at = (await readFile(scratch.path("after"))).indexOf("secret: some words");
    const script = ["rm longer", `write "${scratch.path("new file")}" longer`, "rm gone", "mkdir fresh", `write "${scratch.path("new file")}" fresh/one`]; // prettier-ignore
    runProgram("debugfs", ["-w", "-f", "-", scratch.path("after")], { input: `${script.join("\n")}\n` });
    // As a program does that puts the time back.
    const file = await NodeFileStore.open(scratch.path("after"), { readOnly: false });
    await file.write(at, new TextEncoder().encode("SECRET"));
    await file.close();
    const [before, after] = [await open(scratch.path("before")), await open(scratch.path("after"))];
    const changes = async (contents: boolean): Promise<string[]> => {
      const lines: string[] = [];
      for await (const { path, change } of compareFileSystems(before, after, { contents }))
        lines.push(`${change} ${path}`);
      return lines;
    };
    const expected = ["added /fresh", "added /fresh/one", "removed /gone", "changed /longer"];
    expect(await changes(false)).toEqual(expected);
    expect(await changes(true)).toEqual([...expected, "changed /secret"]);
    await expect(compareFileSystems(before, after, { signal: AbortSignal.abort(new Error("enough")) }).next()).rejects.toThrow("enough"); // prettier-ignore
  });
});

skipUnless("xorriso")("ISO 9660 (xorriso)", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  beforeAll(async () => {
    await mkdir(scratch.path("tree"));
    await makeTree(scratch.path("tree"), true);
    await mkdir(scratch.path("tree/1/2/3/4/5/6/7/8/9"), { recursive: true });
    await writeFile(scratch.path("tree/1/2/3/4/5/6/7/8/9/deep"), "deep");
  });
  const make = (path: string, ...options: string[]): string =>
    runProgram("xorriso", ["-as", "mkisofs", "-quiet", "-V", "MY_CD", ...options, "-o", path, scratch.path("tree")]);

  it("Rock Ridge: names, links, depth", async () => {
    make(scratch.path("rock.iso"), "-R");
    const files = await open(scratch.path("rock.iso"));
    const shownTree = (await imageTree(files)).filter((line) => !line.startsWith("/rr_moved"));
    expect(shownTree).toEqual(await realTree(scratch.path("tree")));
    const facts = await recogniseFileSystem(await openStore(scratch.path("rock.iso")));
    expect(facts).toMatchObject({ kind: "iso9660", label: "MY_CD" });
    await expect(files.stat("loop")).rejects.toMatchObject({ code: "cyclic" });
  });

  it("Joliet: names without links", async () => {
    make(scratch.path("joliet.iso"), "-J", "-joliet-long", "--norock");
    const files = await open(scratch.path("joliet.iso"));
    const real = (await realTree(scratch.path("tree"))).filter((line) => !line.includes("->"));
    expect(await imageTree(files)).toEqual(real);
  });

  it("neither: short names", async () => {
    make(scratch.path("plain.iso"), "--norock");
    const files = await open(scratch.path("plain.iso"));
    let text = "";
    for await (const piece of files.read("/README.TXT")) text += new TextDecoder().decode(piece);
    expect(text).toBe("Hello, partition.\n");
  });
});

describe("file systems that are only recognised", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  it.each([
    ["ntfs", "mkfs.ntfs", ["-q", "-F", "-f", "-L", "my label"], 16],
    ["xfs", "mkfs.xfs", ["-q", "-f", "-L", "my label"], 320],
    ["btrfs", "mkfs.btrfs", ["-q", "-f", "-L", "my label"], 128],
    ["swap", "mkswap", ["-L", "my label"], 8],
    ["exfat", "mkfs.exfat", [], 16],
  ] as const)("%s by %s", async (kind, program, options, sizeMib) => {
    if (!hasProgram(program)) return console.warn(`${kind}: skipped, ${program} is missing`);
    const path = scratch.path(kind);
    await makeFile(path, sizeMib * MIB);
    runProgram(program, [...options, path]);
    const store = await openStore(path);
    const facts = await recogniseFileSystem(store);
    expect(facts).toMatchObject({ kind, ...(kind === "exfat" ? {} : { label: "my label" }) });
    expect(facts!.sizeBytes).toBeGreaterThan(0.9 * sizeMib * MIB);
    expect(facts!.sizeBytes).toBeLessThanOrEqual(sizeMib * MIB);
    await expect(openFileSystem(store)).rejects.toThrow(`Files of a ${kind} file system are not read.`);
  });

  it("nothing in nothing", async () => {
    await makeFile(scratch.path("nothing"), MIB);
    const store = await openStore(scratch.path("nothing"));
    expect(await recogniseFileSystem(store)).toBeNull();
  });
});
