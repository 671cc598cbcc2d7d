import { describe, expect, it, vi } from "vitest";
import { openHttp } from "./http-range-store.ts";

const FILE = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 31) & 0xff);
const URL = "https://example.org/disk.img";

interface Behaviour {
  ranges?: boolean;
  /** Hidden from other origins by CORS. */
  hideContentRange?: boolean;
  encoding?: string;
  etags?: string[];
  failures?: number;
  status?: number;
  lie?: number;
}

function server(behaviour: Behaviour = {}) {
  const requests: string[] = [];
  let failures = behaviour.failures ?? 0;
  const serve = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    const range = /^bytes=(\d+)-(\d+)$/.exec((init.headers as Record<string, string> | undefined)?.Range ?? "");
    requests.push(`${init.method ?? "GET"} ${range ? `${range[1]}-${range[2]}` : "all"}`);
    if (behaviour.status) return new Response("", { status: behaviour.status });
    const headers: Record<string, string> = {};
    if (behaviour.encoding) headers["Content-Encoding"] = behaviour.encoding;
    const etag = behaviour.etags?.[Math.min(requests.length, behaviour.etags.length) - 1];
    if (etag) headers.ETag = etag;
    if (init.method === "HEAD" || !range || behaviour.ranges === false)
      return new Response(init.method === "HEAD" ? null : FILE.slice(), {
        headers: { ...headers, "Content-Length": "10000" },
      });
    if (requests.length > 1 && failures-- > 0) throw new TypeError("Failed to fetch");
    const start = Number(range[1]);
    const end = Math.min(Number(range[2]) + 1, FILE.length);
    if (!behaviour.hideContentRange) headers["Content-Range"] = `bytes ${start}-${end - 1}/10000`;
    return new Response(FILE.slice(start, end - (requests.length > 1 ? (behaviour.lie ?? 0) : 0)), {
      status: 206,
      headers,
    });
  };
  const options = { fetch: serve as typeof fetch, chunkBytes: 1000, cacheBytes: 3000, retryMs: 1 };
  return { requests, options };
}

describe("openHttp", () => {
  it("reads by ranges, joins neighbours and keeps what it read", async () => {
    const { requests, options } = server();
    const store = await openHttp(URL, options);
    expect(store.sizeBytes).toBe(10_000);
    expect(await store.read(500, 2000)).toEqual(FILE.slice(500, 2500));
    expect(await store.read(1500, 1000)).toEqual(FILE.slice(1500, 2500));
    expect(requests).toEqual(["GET 0-999", "GET 1000-2999"]);
    expect(await store.read(9990, 10)).toEqual(FILE.slice(9990));
    expect(requests[2]).toBe("GET 9000-9999");
  });

  it("asks once for a chunk that two readers want, and forgets the least recently used", async () => {
    const { requests, options } = server();
    const store = await openHttp(URL, options);
    await Promise.all([store.read(5000, 10), store.read(5500, 10)]);
    expect(requests.length).toBe(2);
    await store.read(6000, 1);
    await store.read(7000, 1);
    await store.read(5000, 1);
    expect(requests.length).toBe(4);
    await store.read(0, 1);
    expect(requests.length).toBe(5);
  });

  it("learns the size by HEAD where Content-Range is hidden", async () => {
    const { requests, options } = server({ hideContentRange: true });
    const store = await openHttp(URL, options);
    expect([store.sizeBytes, requests[1]]).toEqual([10_000, "HEAD all"]);
    expect(await store.read(4000, 10)).toEqual(FILE.slice(4000, 4010));
  });

  it.each([
    ["ignores ranges", { ranges: false }],
    ["encodes its answers", { encoding: "gzip" }],
  ])("downloads the whole file from a server that %s", async (_name, behaviour) => {
    const { options } = server(behaviour);
    const seen: number[] = [];
    const store = await openHttp(URL, { ...options, onProgress: (done) => seen.push(done) });
    expect(await store.read(0, 10_000)).toEqual(FILE);
    expect(seen.at(-1)).toBe(10_000);
  });

  it("tries again after a broken connection", async () => {
    const { requests, options } = server({ failures: 2 });
    const store = await openHttp(URL, options);
    expect(await store.read(3000, 5)).toEqual(FILE.slice(3000, 3005));
    expect(requests.length).toBe(4);
  });

  it("gives up in words after several failures", async () => {
    const { options } = server({ failures: 99 });
    const store = await openHttp(URL, options);
    await expect(store.read(3000, 5)).rejects.toThrow(/cannot be reached/);
  });

  it("notices that the file changed", async () => {
    const { options } = server({ etags: ['"a"', '"b"'] });
    const store = await openHttp(URL, options);
    await expect(store.read(3000, 5)).rejects.toThrow(/has changed/);
  });

  it("notices an answer of the wrong length", async () => {
    const { options } = server({ lie: 1 });
    const store = await openHttp(URL, options);
    await expect(store.read(3000, 5)).rejects.toThrow(/999 bytes where 1000/);
  });

  it.each([
    [404, /There is no file at https:\/\/example.org\/disk.img/],
    [403, /does not allow access/],
    [416, /is empty/],
    [503, /problem of its own/],
    [400, /refused/],
  ])("words status %i", async (status, text) => {
    await expect(openHttp(URL, server({ status }).options)).rejects.toThrow(text);
  });

  it("words a server that cannot be reached", async () => {
    const broken = () => Promise.reject(new TypeError("Failed to fetch"));
    const attempt = () => openHttp(URL, { fetch: broken as typeof fetch });
    await expect(attempt()).rejects.toThrow(/cannot be read: the server cannot be reached\.$/);
    vi.stubGlobal("location", {}); // as in a page
    await expect(attempt()).rejects.toThrow(/reached, or it does not allow this page .*CORS/);
    vi.unstubAllGlobals();
  });
});
