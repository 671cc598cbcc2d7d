import { describe, expect, it } from "vitest";
import { CpioWriter } from "./cpio.mjs";

/** Reads an archive back: header fields are eight hexadecimal digits each after the magic number. */
function read(archive) {
  const entries = [];
  for (let at = 0; at < archive.length;) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index) => parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameBytes = field(11);
    const name = archive.toString("utf8", at + 110, at + 110 + nameBytes - 1);
    const dataAt = (at + 110 + nameBytes + 3) & ~3;
    const size = field(6);
    entries.push({
      name,
      inode: field(0),
      mode: field(1),
      device: [field(9), field(10)],
      data: archive.subarray(dataAt, dataAt + size),
    });
    at = (dataAt + size + 3) & ~3;
  }
  return entries;
}

describe("CpioWriter", () => {
  it("writes entries that read back, each with its own inode, and ends with the trailer", () => {
    const archive = new CpioWriter()
      .directory("bin")
      .file("bin/one", "x", 0o755)
      .symlink("bin/two", "one")
      .characterDevice("console", 5, 1)
      .finish();
    const entries = read(archive);
    expect(entries.map(({ name }) => name)).toEqual(["bin", "bin/one", "bin/two", "console", "TRAILER!!!"]);
    expect(entries.map(({ mode }) => mode.toString(8))).toEqual(["40755", "100755", "120777", "20600", "0"]);
    expect(new Set(entries.map(({ inode }) => inode)).size).toBe(5);
    expect(entries[1].data.toString()).toBe("x");
    expect(entries[2].data.toString()).toBe("one");
    expect(entries[3].device).toEqual([5, 1]);
    expect(archive.length % 4).toBe(0);
  });

  it("gives the same bytes for the same input", () => {
    const make = () => new CpioWriter().file("a", "b").finish();
    expect(make().equals(make())).toBe(true);
  });
});
