import { describe, expect, test } from "vitest";
import { agentLines } from "../pack/agent.ts";
import { packedHtml } from "../pack/html.ts";
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
    [["a", "--url", "here"], /address of the web/],
    [["a", "--frobnicate", "x"], /frobnicate/],
  ])("%j is refused", (args, words) => {
    expect(() => parsePublishOptions(args)).toThrow(UsageError);
    expect(() => parsePublishOptions(args)).toThrow(words);
  });
});

test("what a person calls a machine is text in its page, and no markup", () => {
  const site = '<head><title>Posada</title><meta\n name="description"\n content="old" /></head>';
  const definition = { title: '<script>"&', description: '"><img>', picture: "data/0.png" };
  const page = pageOf(site, definition as Parameters<typeof pageOf>[1], undefined);
  expect(page).toContain("<title>&lt;script&gt;&quot;&amp;</title>");
  expect(page).toContain('name="description" content="&quot;&gt;&lt;img&gt;"');
  expect(page).toContain('property="og:image" content="data/0.png"');
  expect(page).not.toContain("old");
  const there = pageOf(site, definition as Parameters<typeof pageOf>[1], "https://a.example/b/");
  expect(there).toContain('property="og:image" content="https://a.example/b/data/0.png"');
  expect(there).toContain('property="og:url" content="https://a.example/b/"');
  const packed = packedHtml({
    ...{ title: "</title><script>", description: undefined, definition: { title: "</script><b>" }, files: new Map() },
    ...{ script: 'a = "</script><!--"', parts: { worker: bytesOf("w"), core: bytesOf("c"), unpacker: bytesOf("u") } },
  });
  expect(packed.match(/<\/script>/g)).toHaveLength(5); // those that end the five elements
  expect(packed).not.toContain("<b>");
});

test("the script of a packed program comes to the guest whole, whatever is in the command", () => {
  const command = `echo "it's ${"long ".repeat(300)}" | sed 's/\\\\/x/'`;
  const pieces = agentLines(command).flatMap((line) => /^echo '([^']*)' \| base64 -d/.exec(line)?.[1] ?? []);
  const script = Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString();
  expect(script).toContain(`(\n${command}\n)\nstatus=$?`);
  expect(agentLines(command).every((line) => line.length < 1000)).toBe(true);
});

const bytesOf = (text: string) => new TextEncoder().encode(text);
