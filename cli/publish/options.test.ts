import { describe, expect, test } from "vitest";
import { UsageError } from "../options.ts";
import { parsePublishOptions } from "./options.ts";
import { pageOf } from "./page.ts";

describe("the words of publish", () => {
  test("its own and those of run are told apart", () => {
    const options = parsePublishOptions([
      ...["out", "--title", "-x-", "--memory", "64", "--floppy", "a.img", "--until", "A:\\>", "--no-jit"],
      ...["--rehearse", "dir\\n", "--rehearse=ver\\n", "--watch", "0.5"],
    ]);
    expect(options).toMatchObject({ folder: "out", machine: undefined, title: "-x-", watchSeconds: 0.5, cold: false });
    expect(options.rehearse).toEqual(["dir\n", "ver\n"]);
    expect(options.run).toMatchObject({ memoryMiB: 64, floppy: "a.img", jit: false });
    expect(options.run.steps).toEqual([{ kind: "until", text: "A:\\>" }]);
    expect(parsePublishOptions(["out", "Debian", "--library", "/l"])).toMatchObject({
      machine: "Debian",
      library: "/l",
    });
  });

  test.each([
    [[], /the folder/],
    [["a", "b", "c"], /one word too many/],
    [["a", "--watch", "soon"], /--watch needs a number/],
    [["a", "b", "--cdrom", "x.iso"], /has its media/],
    [["a", "--frobnicate", "x"], /frobnicate/],
  ])("%j is refused", (args, words) => {
    expect(() => parsePublishOptions(args)).toThrow(UsageError);
    expect(() => parsePublishOptions(args)).toThrow(words);
  });
});

test("what a person calls a machine is text in its page, and no markup", () => {
  const site = '<head><title>Posada</title><meta\n name="description"\n content="old" /></head>';
  const definition = { title: '<script>"&', description: '"><img>', picture: "data/0.png" };
  const page = pageOf(site, definition as Parameters<typeof pageOf>[1]);
  expect(page).toContain("<title>&lt;script&gt;&quot;&amp;</title>");
  expect(page).toContain('name="description" content="&quot;&gt;&lt;img&gt;"');
  expect(page).toContain('property="og:image" content="data/0.png"');
  expect(page).not.toContain("old");
});
