/**
 * A static file server with the headers for isolation and security, byte ranges and compression; for `npm start` and the
 * browser tests.
 *
 * References: [RFC 9110] 12.5.3 (Accept-Encoding), 14.1.2 (byte ranges).
 */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { isolationHeaders } from "./isolation.mjs";
import { securityHeaders } from "./security.mjs";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
};

/** These never change. */
const NAMED_BY_CONTENTS = /[/\\](assets[/\\][^/\\]+-[\w-]{8}\.\w+|[0-9a-f]{32}(\.png)?)$/;

/** As hosts of static sites commonly do; images of disks are read by ranges, which are of the file as it is. */
const COMPRESSED = new Set([".html", ".js", ".mjs", ".css", ".json", ".webmanifest", ".svg", ".wasm", ".txt", ".md"]);
const MOST_COMPRESSED_BYTES = 4 << 20;
/** Files as they were compressed last, by path. */
const compressed = new Map();

function gzipped(path) {
  const { mtimeMs, size } = statSync(path);
  const known = compressed.get(path);
  if (known?.mtimeMs === mtimeMs && known.size === size) return known.bytes;
  const bytes = gzipSync(readFileSync(path));
  compressed.set(path, { mtimeMs, size, bytes });
  return bytes;
}

/** Whether gzip was asked for by name and not refused. */
function takesGzip(header = "") {
  return header.split(",").some((each) => {
    const [coding, ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
    return coding === "gzip" && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function sizeOf(path) {
  try {
    const status = statSync(path);
    return status.isDirectory() ? "folder" : status.size;
  } catch {
    return null;
  }
}

/** One byte range of RFC 9110 14.1.2; undefined for none, null for one that cannot be met. */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(size - 1, Number(match[2]));
  return first <= last ? { first, last } : null;
}

/**
 * Answers requests with the files of `folder`, with the isolation headers and byte ranges.
 * @param options.headers sent with everything, in place of the isolation headers
 * @param options.compress what is text or code is sent compressed to whoever takes that
 */
export function fileHandler(folder, { headers: always = isolationHeaders, compress = true } = {}) {
  return (request, response, pathname = new URL(request.url, "http://localhost").pathname) => {
    const answer = (status, headers = {}) => response.writeHead(status, { ...always, ...headers });
    if (request.method !== "GET" && request.method !== "HEAD") return void answer(405).end();
    let path;
    try {
      path = join(folder, normalize(decodeURIComponent(pathname)));
    } catch {
      return void answer(400).end();
    }
    if (sizeOf(path) === "folder") path = join(path, "index.html");
    const size = sizeOf(path);
    if (typeof size !== "number") return void answer(404, { "Content-Type": "text/plain" }).end("not found\n");
    const range = rangeOf(request.headers.range, size);
    if (range === null) return void answer(416, { "Content-Range": `bytes */${size}` }).end();
    const { first, last } = range ?? { first: 0, last: size - 1 };
    const mayCompress = compress && COMPRESSED.has(extname(path)) && size > 0 && size <= MOST_COMPRESSED_BYTES;
    const body = mayCompress && !range && takesGzip(request.headers["accept-encoding"]) ? gzipped(path) : null;
    const address = `/${relative(folder, path).split(sep).join("/")}`;
    answer(range ? 206 : 200, {
      ...securityHeaders(address, extname(path) === ".html" ? readFileSync(path, "utf8") : null),
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Length": body ? body.length : last - first + 1,
      "Accept-Ranges": "bytes",
      ...(mayCompress ? { Vary: "Accept-Encoding" } : {}),
      ...(body ? { "Content-Encoding": "gzip" } : {}),
      "Cache-Control": NAMED_BY_CONTENTS.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
      ...(range ? { "Content-Range": `bytes ${first}-${last}/${size}` } : {}),
    });
    if (request.method === "HEAD" || size === 0) return void response.end();
    if (body) return void response.end(body);
    createReadStream(path, { start: first, end: last })
      .on("error", () => response.destroy())
      .pipe(response);
  };
}

/** Serves `folder`; resolves to the server once it listens (port 0 = any free port). */
export function serveFolder(folder, port, host = "127.0.0.1") {
  const handle = fileHandler(folder);
  const server = createServer((request, response) => handle(request, response));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
