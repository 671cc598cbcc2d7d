import { expect, test } from "vitest";
import { documentAt, isolated, placeOf, withRange } from "./site-files.ts";

const SCOPE = "https://posada.example/app/";
const OF_APP = ["index.html", "embed.html", "assets/index-1.js", "core.wasm"];
const place = (path: string, mode = "cors", method = "GET") =>
  placeOf({ url: new URL(path, SCOPE).href, mode, method }, SCOPE, (each) => OF_APP.includes(each));

test.each([
  ["./", "navigate", "page"],
  ["./?cdrom=a.iso", "navigate", "page"],
  ["index.html", "navigate", "page"],
  ["embed.html?origin=https://a.example", "navigate", "page"],
  ["examples/index.html", "navigate", "network"],
  ["my/page.html", "navigate", "network"],
  ["assets/index-1.js", "cors", "app"],
  ["assets/index-2.js", "cors", "network"],
  ["guests/manifest.json", "cors", "fresh"],
  ["guests/vmlinuz", "cors", "guest"],
  ["guests/saved/0123456789abcdef0123456789abcdef", "cors", "part"],
  ["published/0123456789abcdef0123456789abcdef.png", "no-cors", "part"],
  ["published/0123456789abcdef0123456789abcdef0", "cors", "network"],
  ["https://other.example/app/index.html", "cors", "network"],
  ["https://posada.example/", "navigate", "network"],
])("%s (%s) is of the %s", (path, mode, expected) => {
  expect(place(path, mode)).toBe(expected);
});

test("what is not read is the network's", () => {
  expect(place("guests/vmlinuz", "cors", "HEAD")).toBe("network");
  expect(place("index.html", "navigate", "POST")).toBe("network");
});

test("the app opens at its folder, whatever the query", () => {
  expect(documentAt(`${SCOPE}?x=1#y`, SCOPE)).toBe("index.html");
  expect(documentAt(`${SCOPE}embed.html?x=1`, SCOPE)).toBe("embed.html");
});

test("headers for isolation are added where the host sends none, and left where it does", async () => {
  const bare = isolated(new Response("x", { headers: { "Content-Type": "text/html" } }));
  expect(Object.fromEntries(bare.headers)).toMatchObject({
    "content-type": "text/html",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  });
  expect(await bare.text()).toBe("x");
  const own = isolated(
    new Response(null, { status: 304, headers: { "Cross-Origin-Embedder-Policy": "credentialless" } }),
  );
  expect(own.headers.get("Cross-Origin-Embedder-Policy")).toBe("credentialless");
  expect(own.status).toBe(304);
});

test("a kept file is read in parts as from a server", async () => {
  const part = async (range: string | null) => {
    const response = await withRange(new Response("0123456789"), range);
    return [response.status, response.headers.get("Content-Range"), await response.text()];
  };
  expect(await part("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
  expect(await part("bytes=7-")).toEqual([206, "bytes 7-9/10", "789"]);
  expect(await part("bytes=0-999")).toEqual([206, "bytes 0-9/10", "0123456789"]);
  expect(await part("bytes=10-")).toEqual([416, "bytes */10", ""]);
  expect(await part(null)).toEqual([200, null, "0123456789"]);
  expect(await part("lines=1-2")).toEqual([200, null, "0123456789"]);
});
