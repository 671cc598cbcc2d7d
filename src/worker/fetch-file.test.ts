import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchFile } from "./fetch-file.ts";
import { webOpener } from "./media.ts";

const BYTES = new Uint8Array(200_000).map((_, i) => i * 31);
const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const SUM = sumOf(BYTES);
/** /file says its length; /stream does not; /endless never ends. */
const server = createServer((request, response) => {
  if (request.url === "/file") return void response.writeHead(200, { "Content-Length": BYTES.length }).end(BYTES);
  if (request.url === "/stream") return void response.writeHead(200).end(BYTES);
  response.writeHead(200);
  const more = () => {
    while (response.write(BYTES));
  };
  response.on("drain", more);
  more();
});
let at = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const load = (path: string, expected?: { sha256?: string; sizeBytes?: number }) =>
  fetchFile(at + path, "kernel", () => {}, expected);

test("the right file is had, whether or not the server says its length", async () => {
  for (const path of ["/file", "/stream"]) {
    expect(sumOf(await load(path))).toBe(SUM);
    expect(sumOf(await load(path, { sha256: SUM.toUpperCase(), sizeBytes: BYTES.length }))).toBe(SUM);
  }
});

test("another file is refused: by its length before it is read, by its checksum after", async () => {
  const other = /is not the file that was asked for: it has .* bytes/;
  await expect(load("/file", { sizeBytes: 7 })).rejects.toThrow(other);
  await expect(load("/stream", { sizeBytes: 7 })).rejects.toThrow(other);
  await expect(load("/stream", { sizeBytes: BYTES.length + 1 })).rejects.toThrow(other);
  await expect(load("/file", { sha256: "0".repeat(64) })).rejects.toMatchObject({
    code: "badMedia",
    message: expect.stringMatching(/SHA-256/) as string,
  });
});

test("a server that sends more than it should is cut off", async () => {
  await expect(load("/endless", { sizeBytes: 1_000_000 })).rejects.toThrow(/at least \d+ bytes/);
});

test("a medium with a checksum is read whole; one with a length alone is held to that", async () => {
  const open = (path: string, expected: object) =>
    webOpener.open({ checked: { url: at + path, ...expected } }, "CD", () => {});
  expect(await (await open("/file", { sha256: SUM })).read(0, 4)).toEqual(BYTES.slice(0, 4));
  await expect(open("/file", { sha256: "1".repeat(64) })).rejects.toThrow(/SHA-256/);
  expect((await open("/file", { sizeBytes: BYTES.length })).sizeBytes).toBe(BYTES.length);
  await expect(open("/file", { sizeBytes: 3 })).rejects.toThrow(/200000 bytes, but 3 were expected/);
});
