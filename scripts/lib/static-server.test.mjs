import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as ask } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveFolder } from "./static-server.mjs";

const SCRIPT = "export const text = 'the same and the same again';\n".repeat(50);
let folder;
let server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "posada-site-"));
  writeFileSync(join(folder, "page.js"), SCRIPT);
  writeFileSync(join(folder, "disk.img"), new Uint8Array(4096));
  server = await serveFolder(folder, 0);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function get(path, headers = {}) {
  return new Promise((resolve, reject) => {
    ask({ port: server.address().port, host: "127.0.0.1", path, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    })
      .on("error", reject)
      .end();
  }); // prettier-ignore
}

test("code goes compressed to whoever takes that, and says so", async () => {
  const { headers, body } = await get("/page.js", { "Accept-Encoding": "br;q=1.0, gzip" });
  expect(headers["content-encoding"]).toBe("gzip");
  expect(headers.vary).toBe("Accept-Encoding");
  expect(Number(headers["content-length"])).toBe(body.length);
  expect(body.length).toBeLessThan(SCRIPT.length / 10);
  expect(gunzipSync(body).toString()).toBe(SCRIPT);
});

test.each([{}, { "Accept-Encoding": "identity" }, { "Accept-Encoding": "gzip;q=0, *;q=0.5" }])(
  "with %o it goes as it is",
  async (asked) => {
    const { headers, body } = await get("/page.js", asked);
    expect(headers["content-encoding"]).toBeUndefined();
    expect(body.toString()).toBe(SCRIPT);
  },
);

test("ranges are of the file as it is, and images are never compressed", async () => {
  const part = await get("/page.js", { "Accept-Encoding": "gzip", Range: "bytes=7-11" });
  expect([part.status, part.body.toString(), part.headers["content-encoding"]]).toEqual([206, "const", undefined]);
  const image = await get("/disk.img", { "Accept-Encoding": "gzip" });
  expect([image.headers["content-encoding"], image.body.length]).toEqual([undefined, 4096]);
});

test("a file that changes goes as it is now", async () => {
  await get("/page.js", { "Accept-Encoding": "gzip" });
  writeFileSync(join(folder, "page.js"), "export {};\n");
  const { body } = await get("/page.js", { "Accept-Encoding": "gzip" });
  expect(gunzipSync(body).toString()).toBe("export {};\n");
});
