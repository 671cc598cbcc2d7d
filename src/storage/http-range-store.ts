/**
 * A read-only BlockStore over a URL: reads by HTTP ranges, in chunks that a bounded cache keeps. Where the server does
 * not do ranges, the whole file is downloaded once and kept in memory.
 *
 * References: [RFC 9110] 14 (range requests), 15.3.7 (206), 15.5.17 (416), 8.8.3 (ETag); Fetch, "CORS-safelisted
 * request-header": a simple Range needs no preflight; Content-Range is hidden from other origins unless exposed.
 */
import { whyUnreachable } from "../shared/unreachable.ts";
import { assert } from "../shared/assert.ts";
import { said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import { StorageError, type BlockStore } from "./block-store.ts";
import { assertRange, MemoryStore } from "./memory-store.ts";

/** `totalBytes` is null where the server does not say. */
export type DownloadProgress = (doneBytes: number, totalBytes: number | null) => void;

export interface HttpOptions {
  fetch?: typeof fetch;
  /** Called while a whole file is downloaded. */
  onProgress?: DownloadProgress;
  chunkBytes?: number;
  /** Most that the cache keeps. */
  cacheBytes?: number;
  /** Milliseconds before the first repetition of a failed read; doubled for each next. */
  retryMs?: number;
}

const DEFAULT_CHUNK_BYTES = 256 * 1024;
const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
const DEFAULT_RETRY_MS = 250;
const ATTEMPTS = 4;

/** @throws StorageError that says in words why the file cannot be had. */
export async function openHttp(url: string, options: HttpOptions = {}): Promise<BlockStore> {
  const doFetch = options.fetch ?? fetch;
  const chunkBytes = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
  const response = await request(doFetch, url, { headers: { Range: `bytes=0-${chunkBytes - 1}` } });
  if (response.status === 416) throw new StorageError(said`The file at ${url} is empty.`);
  if (!response.ok) throw new StorageError(explainStatus(url, response.status));
  if (response.status !== 206) return download(url, response, options);
  const first = await bodyOf(url, response);
  // Ranges of an encoded body are not ranges of the file.
  const encoded = response.headers.has("Content-Encoding");
  const sizeBytes = encoded ? undefined : (totalOf(response) ?? (await lengthByHead(doFetch, url)));
  if (sizeBytes !== undefined && first.length === Math.min(chunkBytes, sizeBytes))
    return new HttpRangeStore(url, sizeBytes, response.headers.get("ETag"), first, options);
  const whole = await request(doFetch, url, {});
  if (!whole.ok) throw new StorageError(explainStatus(url, whole.status));
  return download(url, whole, options);
}

export class HttpRangeStore implements BlockStore {
  readonly readOnly = true;
  private readonly doFetch: typeof fetch;
  private readonly chunkBytes: number;
  private readonly maxChunks: number;
  private readonly retryMs: number;
  /** In the order of their last use. */
  private readonly cache = new Map<number, Uint8Array>();
  private readonly underWay = new Map<number, Promise<Uint8Array>>();

  /** Use `openHttp`; `first` is the file's first chunk. */
  constructor(
    private readonly url: string,
    readonly sizeBytes: number,
    private readonly etag: string | null,
    first: Uint8Array,
    options: HttpOptions,
  ) {
    this.doFetch = options.fetch ?? fetch;
    this.chunkBytes = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    this.maxChunks = Math.max(1, Math.floor((options.cacheBytes ?? DEFAULT_CACHE_BYTES) / this.chunkBytes));
    this.retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
    this.cache.set(0, first);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    if (length === 0) return new Uint8Array(0);
    const firstIndex = Math.floor(offset / this.chunkBytes);
    const lastIndex = Math.floor((offset + length - 1) / this.chunkBytes);
    const chunks = await Promise.all(this.chunks(firstIndex, lastIndex));
    const result = new Uint8Array(length);
    chunks.forEach((chunk, i) => {
      const start = (firstIndex + i) * this.chunkBytes;
      const from = Math.max(0, offset - start);
      const end = Math.min(chunk.length, offset + length - start);
      result.set(chunk.subarray(from, end), start + from - offset);
    });
    return result;
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}

  /** Promises of the chunks; neighbours that are missing are fetched by one request. */
  private chunks(first: number, last: number): Promise<Uint8Array>[] {
    const promises: Promise<Uint8Array>[] = [];
    for (let index = first; index <= last;) {
      const known = this.known(index);
      if (known) {
        promises.push(known);
        index++;
        continue;
      }
      let end = index + 1;
      while (end <= last && !this.cache.has(end) && !this.underWay.has(end)) end++;
      promises.push(...this.fetchRun(index, end));
      index = end;
    }
    return promises;
  }

  private known(index: number): Promise<Uint8Array> | undefined {
    const cached = this.cache.get(index);
    if (!cached) return this.underWay.get(index);
    this.cache.delete(index);
    this.cache.set(index, cached);
    return Promise.resolve(cached);
  }

  private fetchRun(first: number, end: number): Promise<Uint8Array>[] {
    const start = first * this.chunkBytes;
    const run = this.fetchWithRetries(start, Math.min(this.sizeBytes, end * this.chunkBytes));
    const promises: Promise<Uint8Array>[] = [];
    for (let index = first; index < end; index++) {
      const from = (index - first) * this.chunkBytes;
      const promise = run.then((bytes) => bytes.slice(from, from + this.chunkBytes));
      this.underWay.set(index, promise);
      promise.then(
        (chunk) => {
          this.underWay.delete(index);
          this.keep(index, chunk);
        },
        () => this.underWay.delete(index),
      );
      promises.push(promise);
    }
    return promises;
  }

  private keep(index: number, chunk: Uint8Array): void {
    this.cache.set(index, chunk);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= this.maxChunks) return;
      this.cache.delete(oldest);
    }
  }

  private async fetchWithRetries(start: number, end: number): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.fetchRange(start, end);
      } catch (error) {
        if (attempt === ATTEMPTS || error instanceof PermanentError) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.retryMs * 2 ** (attempt - 1)));
      }
    }
  }

  private async fetchRange(start: number, end: number): Promise<Uint8Array> {
    const response = await request(this.doFetch, this.url, { headers: { Range: `bytes=${start}-${end - 1}` } });
    const changed = new PermanentError(said`The file at ${this.url} has changed since it was opened.`);
    if (response.status === 416) throw changed;
    if (response.status >= 500 || response.status === 429)
      throw new StorageError(explainStatus(this.url, response.status));
    if (!response.ok) throw new PermanentError(explainStatus(this.url, response.status));
    if (response.status !== 206)
      throw new PermanentError(said`The server of ${this.url} stopped to deliver parts of files.`);
    const etag = response.headers.get("ETag");
    if ((totalOf(response) ?? this.sizeBytes) !== this.sizeBytes || (this.etag && etag && etag !== this.etag))
      throw changed;
    const bytes = await bodyOf(this.url, response);
    if (bytes.length !== end - start)
      throw new StorageError(
        said`The server of ${this.url} sent ${bytes.length} bytes where ${end - start} were asked for.`,
      );
    return bytes;
  }
}

/** Trying again does not help. */
class PermanentError extends StorageError {}

async function request(doFetch: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await doFetch(url, init);
  } catch {
    throw new StorageError(said`${url} cannot be read: ${whyUnreachable()}.`);
  }
}

async function bodyOf(url: string, response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new StorageError(said`Reading ${url} broke off.`);
  }
}

/** "bytes 0-99/1234" → 1234; undefined where hidden or unknown. */
function totalOf(response: Response): number | undefined {
  const total = /\/(\d+)\s*$/.exec(response.headers.get("Content-Range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

async function lengthByHead(doFetch: typeof fetch, url: string): Promise<number | undefined> {
  const response = await request(doFetch, url, { method: "HEAD" });
  const length = Number(response.headers.get("Content-Length") ?? NaN);
  return response.ok && !response.headers.has("Content-Encoding") && length > 0 ? length : undefined;
}

async function download(url: string, response: Response, options: HttpOptions): Promise<BlockStore> {
  const announced = response.headers.has("Content-Encoding") ? NaN : Number(response.headers.get("Content-Length"));
  const totalBytes = announced > 0 ? announced : null;
  const parts: Uint8Array[] = [];
  let doneBytes = 0;
  try {
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      parts.push(next.value);
      doneBytes += next.value.length;
      options.onProgress?.(doneBytes, totalBytes);
    }
  } catch {
    throw new StorageError(said`The download of ${url} broke off after ${doneBytes} bytes.`);
  }
  if (totalBytes !== null && doneBytes !== totalBytes)
    throw new StorageError(said`The download of ${url} is incomplete: ${doneBytes} of ${totalBytes} bytes came.`);
  if (doneBytes === 0) throw new StorageError(said`The file at ${url} is empty.`);
  const bytes = new Uint8Array(doneBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new MemoryStore(bytes, { readOnly: true });
}

function explainStatus(url: string, status: number): Said {
  switch (status) {
    case 401:
    case 403:
      return said`The server does not allow access to ${url} (status ${status}).`;
    case 404:
    case 410:
      return said`There is no file at ${url} (status ${status}).`;
    default:
      return status >= 500
        ? said`The server of ${url} has a problem of its own (status ${status}).`
        : said`The server refused to deliver ${url} (status ${status}).`;
  }
}
