import { describe, expect, it } from "vitest";
import type { MachineRecord, MediumRecord } from "../../protocol/library.ts";
import { libraryCommands } from "./command-table.ts";
import { englishCommands } from "./command-words.ts";
import { commonBeginning, complete } from "./completion.ts";
import { helpAbout, helpList } from "./help.ts";
import { quoted, splitLine, splitTyped } from "./split-line.ts";

const words = (line: string) => splitLine(line, englishCommands);

describe("a typed line", () => {
  it.each([
    ["", []],
    ["  list  --json ", ["list", "--json"]],
    [`start "Old Debian"`, ["start", "Old Debian"]],
    [`create 'it"s' --notes ''`, ["create", 'it"s', "--notes", ""]],
    [`a\\ b "c\\"d" 'e\\f'`, ["a b", 'c"d', "e\\f"]],
    [`--append="a b"c`, ["--append=a bc"]],
  ])("%j is %j", (line, expected) => expect(words(line)).toEqual(expected));

  it("says that a quotation mark is open", () => expect(() => words(`start "Old`)).toThrow(/not closed/));

  it.each(["plain", "Old Debian", "it's", 'a"b', "back\\slash", "", `both ' and "`])("%j comes back from its quotes", (word) =>
    expect(words(quoted(word))).toEqual([word]),
  ); // prettier-ignore

  it("knows where the last word begins", () => {
    expect(splitTyped(`start "Old D`)).toEqual({ words: ["start", "Old D"], lastFrom: 6, open: '"' });
    expect(splitTyped("start ")).toEqual({ words: ["start", ""], lastFrom: 6, open: "" });
  });
});

describe("completion", () => {
  const machine = (name: string, snapshots: string[] = []) =>
    ({ id: `id-${name}`, name, snapshots: snapshots.map((each) => ({ id: each, name: each })) }) as MachineRecord;
  const known = {
    machines: [machine("Debian", ["Fresh", "First"]), machine("Old Debian"), machine("DOS")],
    media: [{ name: "debian.iso" }, { name: "Disk" }] as MediumRecord[],
  };
  const of = (...typed: string[]) => complete(libraryCommands, known, typed).words;

  it.each([
    [["sn"], ["snapshot"]],
    [["s"], ["savestate", "snapshot", "stats"]],
    [
      ["snapshot", "re"],
      ["rename", "restore"],
    ],
    [
      ["pause", "d"],
      ["Debian", "DOS"],
    ],
    [["pause", "Debian", ""], []],
    [
      ["snapshot", "restore", "Debian", "f"],
      ["First", "Fresh"],
    ],
    [
      ["clone", "Debian", "x", "--snapshot", ""],
      ["First", "Fresh"],
    ],
    [
      ["export", "de"],
      ["Debian", "debian.iso"],
    ],
    [
      ["modify", "DOS", "--cdrom", "d"],
      ["debian.iso", "Disk"],
    ],
    [
      ["modify", "DOS", "--cdrom=d"],
      ["--cdrom=debian.iso", "--cdrom=Disk"],
    ],
    [["delete", "--k"], ["--keep-media"]],
    [["media", "link", "c"], ["cdrom"]],
    [
      ["import", "x", "--kind", "f"],
      ["file", "floppy"],
    ],
    [["nothing", "x"], []],
  ])("%j goes on with %j", (typed, expected) => expect(of(...typed)).toEqual(expected));

  it("leaves files to those who know them", () => {
    expect(complete(libraryCommands, known, ["import", ""]).files).toBe(true);
    expect(complete(libraryCommands, known, ["convert", "a", ""]).files).toBe(true);
    expect(complete(libraryCommands, known, ["start", ""]).files).toBe(false);
  });

  it("finds what words begin with", () => {
    expect(commonBeginning(["snapshot", "snap", "SNAPPY"])).toBe("snap");
    expect(commonBeginning([])).toBe("");
  });
});

describe("help", () => {
  it("lists all commands, tells about one, and about those that begin alike", () => {
    const list = helpList(libraryCommands, englishCommands);
    for (const name of Object.keys(libraryCommands)) expect(list).toContain(`  ${name}`);
    expect(helpAbout(libraryCommands, ["snapshot", "take"], englishCommands)).toMatch(/^usage: snapshot take MACHINE/);
    expect(helpAbout(libraryCommands, ["media"], englishCommands)).toMatch(/media list[^]*media cat/);
    expect(() => helpAbout(libraryCommands, ["dance"], englishCommands)).toThrow(/no command "dance"/);
  });
});
