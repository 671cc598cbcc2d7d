import { expect, test } from "vitest";
import { ProgramReply, startMessage } from "./program-link.ts";
import type { ProgramResult } from "./program-link.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The end of a program, told in pieces as a serial line brings it. */
async function told(text: string, finish = false): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const reply = new ProgramReply(() => {}, resolve);
    for (let at = 0; at < text.length; at += 7) reply.receive(bytes(text.slice(at, at + 7)));
    if (finish) reply.finish();
  });
}

test("files go to the guest as lines, and come back as they were", async () => {
  const big = new Uint8Array(100_000).map((_, i) => i * 31);
  const message = new TextDecoder().decode(
    await startMessage([
      { name: "a.txt", bytes: bytes("hello") },
      { name: "../b", bytes: big },
    ]),
  );
  const [count, ...lines] = message.trimEnd().split("\n");
  expect(Number(count)).toBe(lines.length);
  expect(lines.every((line) => line.length <= 76)).toBe(true);

  const { status, files } = await told(`noise\nready\nexit 3\n${lines.join("\n")}\nend\n`);
  expect(status).toBe(3);
  // A name leads to no other folder.
  expect(files.map(({ name }) => name)).toEqual(["a.txt", ".._b"]);
  expect(files[0]!.bytes).toEqual(bytes("hello"));
  expect(files[1]!.bytes).toEqual(big);
});

test("without files there is nothing but their number", async () => {
  expect(new TextDecoder().decode(await startMessage([]))).toBe("0\n");
  expect(await told("ready\nexit 0\nend\n")).toEqual({ status: 0, files: [] });
});

test("a machine that ends before its program tells", async () => {
  expect(await told("ready\nexit", true)).toEqual({ status: null, files: [] });
  expect(await told("ready\nexit 9\nAAAA\n", true)).toEqual({ status: 9, files: [] });
});

test("the guest is told to begin once it is ready, and nothing counts before or after", async () => {
  let begun = 0;
  const ends: ProgramResult[] = [];
  const reply = new ProgramReply(
    () => begun++,
    (result) => ends.push(result),
  );
  reply.receive(bytes("exit 5\nend\n"));
  expect([begun, ends]).toEqual([0, []]);
  reply.receive(bytes("ready\r\nready\nexit 1\r\nend\nexit 2\nend\n"));
  reply.finish();
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect([begun, ends]).toEqual([1, [{ status: 1, files: [] }]]);
});
