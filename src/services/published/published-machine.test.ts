import { expect, test } from "vitest";
import { configOf } from "../machine-plan.ts";
import { loadPublished, readPublished } from "./published-machine.ts";

const URL_OF = "https://a.example/lesson/machine.json";
const HASH = "0123456789abcdef0123456789abcdef";
const definition = {
  format: "posada-machine",
  version: 1,
  title: "A lesson",
  description: "What it teaches",
  picture: `data/${HASH}.png`,
  memoryMiB: 64,
  processors: 1,
  cpuModel: "default",
  bootOrder: ["disk", "cdrom", "floppy"],
  commandLine: "quiet",
  media: {
    kernel: { name: "vmlinuz", sizeBytes: 10, list: `data/${HASH}` },
    disk0: { name: "a disk", sizeBytes: 10, list: `data/${HASH}` },
    disk1: { name: "elsewhere", sizeBytes: 10, url: "https://b.example/disk.img" },
  },
  state: `data/${HASH}`,
  firstBytes: 100,
  totalBytes: 1000,
};
const at = `https://a.example/lesson/data/${HASH}`;

test("a plan is made of what lies beside the definition", () => {
  const { title, description, picture, plan } = readPublished(definition, URL_OF);
  expect([title, description, picture]).toEqual(["A lesson", "What it teaches", `${at}.png`]);
  expect(plan).toMatchObject({
    memoryMiB: 64,
    commandLine: "quiet",
    kernel: { name: "vmlinuz", source: { published: { url: at } } },
    disks: [
      { name: "a disk", source: { published: { url: at } }, writable: "discard" },
      { source: "https://b.example/disk.img" },
    ],
  });
});

test("a machine that is to have other memory starts anew", () => {
  const { plan } = readPublished(definition, URL_OF);
  expect(configOf(plan, "https://a.example/").savedState).toMatchObject({ published: { url: at } });
  expect(configOf({ ...plan, memoryMiB: 128 }, "https://a.example/").savedState).toBeUndefined();
});

test.each([
  [{ format: "else" }, /no description/],
  [{ version: 2 }, /version 2.*reads version 1/],
  [{ memoryMiB: "64" }, /memoryMiB is no number/],
  [{ title: 7 }, /title is no text/],
  [{ cpuModel: "z80" }, /processor/],
  [{ bootOrder: ["network"] }, /bootOrder/],
  [{ state: "../../etc/passwd" }, /parts of its state/],
  [{ state: `https://evil.example/${HASH}` }, /parts of its state/],
  [{ media: { disk0: { name: "x", list: `//evil.example/${HASH}` } } }, /parts of its disk0/],
  [{ media: { disk0: { name: "x", url: "file:///etc/passwd" } } }, /no http address/],
  [{ media: { disk0: { name: "x", url: "javascript:alert(1)" } } }, /no http address/],
  [{ picture: "javascript:alert(1)" }, /picture/],
])("%j is refused in words", (change, words) => {
  expect(() => readPublished({ ...definition, ...change }, URL_OF)).toThrow(words);
});

test("what keeps it from being read is named", async () => {
  const answer = (response: Response) => (() => Promise.resolve(response)) as typeof fetch;
  await expect(loadPublished(URL_OF, answer(new Response("", { status: 404 })))).rejects.toThrow(/answered 404/);
  await expect(loadPublished(URL_OF, answer(new Response("<html>")))).rejects.toThrow(/not JSON/);
  const offline = () => Promise.reject(new TypeError("failed"));
  await expect(loadPublished(URL_OF, offline)).rejects.toThrow(/not reachable/);
});
