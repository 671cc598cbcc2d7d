import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../../src/storage/test-support/scratch-folder.ts";
import { hasProgram, runProgram, SeededRandom } from "../../src/storage/test-support/tools.ts";
import { UsageError } from "../options.ts";
import { sizeOf } from "../../src/services/commands/command-line.ts";
import { libraryCommands } from "../../src/services/commands/command-table.ts";
import { englishCommands } from "../../src/services/commands/command-words.ts";
import { spanishCommands } from "../../src/services/commands/command-words-es.ts";
import { libraryCommand, runLibraryCommand } from "./commands.ts";
import { defaultLibrary } from "./folder.ts";

const scratch = scratchFolder();
let library = "";
let count = 0;
let said: string[] = [];

beforeEach(() => {
  library = scratch.path(`library-${count++}`);
  vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text));
});
afterEach(() => vi.restoreAllMocks());

/** What a command prints. */
async function posada(...args: string[]): Promise<string> {
  said = [];
  const found = libraryCommand(args);
  if (!found) throw new Error(`no command ${args[0]}`);
  await runLibraryCommand({ ...found, args: [...found.args, "--library", library] });
  return said.join("\n");
}

function image(name: string, mebibytes = 2): string {
  const bytes = Buffer.alloc(mebibytes << 20);
  bytes.set(new SeededRandom(7).bytes(100_000), 4096);
  bytes.set([0x55, 0xaa], 510);
  writeFileSync(scratch.path(name), bytes);
  return scratch.path(name);
}

describe("commands about a library", () => {
  it("make, show, change, copy and remove machines", async () => {
    expect(await posada("list")).toMatch(/no machine/);
    const id = await posada(
      "create",
      "Debian",
      "--new-disk",
      "2G",
      "--memory",
      "128",
      "--os",
      "debian",
      "--group",
      "Work",
    );
    expect(await posada("list")).toMatch(/Work\/Debian +powered off +debian +128 MiB +never/);
    await posada("modify", "Debian", "--memory", "256", "--name", "Bookworm", "--notes", "the old one", "--cap", "40");
    expect(await posada("info", "Bookworm")).toMatch(
      /Memory: +256 MiB[^]*at most 40 %[^]*disk0: +Debian disk \(2 GB\)[^]*Notes: +the old one/,
    );
    expect(await posada("info", id.slice(0, 5), "--json")).toContain('"memoryMiB": 256');
    await posada("clone", "Bookworm", "Copy");
    await posada("snapshot", "take", "Bookworm", "First", "--description", "fresh");
    await posada("snapshot", "take", "Bookworm");
    expect(await posada("snapshot", "list", "Bookworm")).toMatch(/^First \(off, .*\n {2}Snapshot 2 .* \*$/);
    await posada("snapshot", "restore", "Bookworm", "First");
    await posada("snapshot", "rename", "Bookworm", "First", "Fresh");
    await posada("snapshot", "delete", "Bookworm", "Snapshot 2");
    expect(await posada("snapshot", "list", "Bookworm")).toMatch(/^Fresh .* \*$/);
    await posada("delete", "Bookworm");
    expect(await posada("list")).not.toMatch(/Bookworm/);
    expect(await posada("media", "list")).toMatch(/Copy \(Debian disk\) +disk +2 GB/);
  });

  it.skipIf(!hasProgram("qemu-img"))("bring images in and carry them away as qemu-img knows them", async () => {
    const raw = image("source.img", 40);
    for (const format of ["qcow2", "vmdk", "vdi", "vpc", "vhdx"]) {
      const packed = scratch.path(`source.${format}`);
      runProgram("qemu-img", ["convert", "-f", "raw", "-O", format, ...(format === "vpc" ? ["-o", "force_size=on"] : []), raw, packed]); // prettier-ignore
      await posada("import", packed, "--name", format);
      for (const [ending, driver] of [["qcow2", "qcow2"], ["vmdk", "vmdk"], ["vdi", "vdi"], ["vhd", "vpc"], ["img", "raw"]] as const) {
        const out = scratch.path(`${count}-${format}.${ending}`);
        await posada("export", format, out);
        expect(runProgram("qemu-img", ["compare", "-f", "raw", "-F", driver, raw, out])).toMatch(/identical/);
      } // prettier-ignore
    }
  });

  it("carry a machine away as a package and bring it back", async () => {
    const disk = await posada("import", image("boot.img", 40), "--name", "boot");
    await posada("create", "One", "--disk0", disk, "--memory", "64");
    const ova = scratch.path("one.ova");
    await posada("export", "One", ova);
    await posada("import", ova, "--name", "Two");
    expect(await posada("info", "Two")).toMatch(/Memory: +64 MiB/);
    const out = scratch.path("two.img");
    await posada("export", "Two", out);
    expect(readFileSync(out).equals(readFileSync(scratch.path("boot.img")))).toBe(true);
    await expect(posada("export", "Two", out)).rejects.toThrow(/is there already/);
  });

  it.each([
    [["info", "Nobody"], /there is no machine "Nobody"/],
    [["create"], /needs a name for the machine/],
    [["create", "x", "--new-disk", "big"], /"big" is no size/],
    [["create", "x", "--memory", "lots"], /--memory needs a number/],
    [["create", "x", "--disk0", "none", "y"], /"y" is more than this takes/],
    [["create", "x", "--cdrom", "gone.iso"], /there is no medium "gone.iso"/],
    [["list", "--nothing"], /Unknown option '--nothing'/],
    [["media", "link", "cdrom", "ftp://x"], /no address on the web/],
    [["pause", "x"], /there is no machine "x"/],
  ])("say what is wrong with %j", async (args, words) => {
    await expect(posada(...args)).rejects.toThrow(words);
    await expect(posada(...args)).rejects.toBeInstanceOf(UsageError);
  });

  it("refuse a file that is not what it should be", async () => {
    writeFileSync(scratch.path("page.iso"), "<!DOCTYPE html><html></html>");
    await expect(posada("import", scratch.path("page.iso"))).rejects.toThrow(/web page/);
    await expect(posada("import", scratch.path("missing.iso"))).rejects.toThrow(/There is no file/);
    expect(await posada("media", "list")).toMatch(/no medium/);
  });

  it("all have a line of help", () => {
    for (const [name, { usage }] of Object.entries(libraryCommands)) {
      expect(usage.startsWith(name)).toBe(true);
      for (const { about } of [englishCommands, spanishCommands]) expect(about[name], name).toMatch(/\w/);
    }
  });
});

describe("places and sizes", () => {
  it("are what the system or the person says", () => {
    expect(defaultLibrary({ POSADA_LIBRARY: "/x" })).toBe("/x");
    expect(defaultLibrary({ XDG_DATA_HOME: "/d" }, "linux")).toBe(join("/d", "posada"));
    expect(["2G", "1.5M", "64k", "1000"].map((text) => sizeOf(text, englishCommands))).toEqual([
      2 ** 31,
      3 << 19,
      65536,
      1024,
    ]);
  });
});
