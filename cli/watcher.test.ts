import { expect, test } from "vitest";
import { Watcher } from "./watcher.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a text is met across pieces, and only once", () => {
  const watcher = new Watcher();
  watcher.serial(bytes("Welcome to Deb"));
  expect(watcher.meets("Debian")).toBe(false);
  watcher.serial(bytes("ian\r\n~ # "));
  expect(watcher.meets("Debian")).toBe(true);
  expect(watcher.meets("Debian")).toBe(false);
  expect(watcher.meets("~ # ")).toBe(true);
});

test("a UTF-8 character may be split between pieces", () => {
  const watcher = new Watcher();
  const text = bytes("español");
  watcher.serial(text.subarray(0, 5));
  watcher.serial(text.subarray(5));
  expect(watcher.meets("español")).toBe(true);
});

test("colors do not hide a text", () => {
  const watcher = new Watcher();
  watcher.serial(bytes("\x1b[1;32mlo\x1b[0mgin:"));
  expect(watcher.meets("login:")).toBe(true);
});

test("what stood on the screen when a text was met does not count again", () => {
  const watcher = new Watcher();
  watcher.screenIs(["Starting", "#"]);
  expect(watcher.meets("# ")).toBe(true);
  watcher.screenIs(["Starting", "# uname -m"]);
  expect(watcher.meets("# ")).toBe(false);
  watcher.screenIs(["# uname -m", "x86_64", "#"]);
  expect(watcher.meets("x86_64")).toBe(true);
});

test("a second equal prompt counts", () => {
  const watcher = new Watcher();
  watcher.screenIs(["A:\\>"]);
  expect(watcher.meets("A:\\>")).toBe(true);
  watcher.screenIs(["A:\\>dir", "file", "A:\\>"]);
  expect(watcher.meets("A:\\>")).toBe(true);
});

test("says what was last seen", () => {
  const watcher = new Watcher();
  watcher.serial(bytes("one\r\n\x1b[31mtwo\x1b[0m\r\n"));
  watcher.screenIs(["", "screen line", ""]);
  expect(watcher.lastSeen()).toBe("last on the serial line:\n  one\n  two\nlast on the screen:\n  screen line");
});
