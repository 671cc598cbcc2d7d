/**
 * The service worker of the site: the app opens without a network, guests that a person keeps start without one, and pages
 * are cross-origin isolated where their host sends no headers.
 *
 * A new version is loaded beside the one that is in use, and takes over when no page of the old one is open any more, or
 * when the page says so because no machine is on: what a running machine still has to load is there until then.
 */
import { APP_CACHE, documentAt, GUEST_CACHE, isolated, PART_CACHE, placeOf, withRange } from "../services/offline/site-files.ts"; // prettier-ignore
import type { Place } from "../services/offline/site-files.ts";

/** As far as the library of types for Workers does not know it. */
interface Scope {
  readonly __WB_MANIFEST: { url: string; revision: string | null }[];
  readonly registration: { scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install", listener: (event: InstallEvent) => void): void;
  addEventListener(type: "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}
interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void;
}
/** [URLPATTERN] 1: not in the library of types yet. */
declare class URLPattern {
  constructor(parts: { baseURL: string; pathname: string });
}
interface InstallEvent extends ExtendableEvent {
  addRoutes?(rule: {
    condition: { urlPattern: URLPattern; requestMethod: string };
    source: { cacheName: string };
  }): Promise<void>;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
declare const self: Scope;

const FILES = self.__WB_MANIFEST;
const { scope } = self.registration;
const paths = new Set(FILES.map(({ url }) => url));
const cacheName = APP_CACHE + versionOf(FILES);
/** Small files of guests without which no machine starts. */
const NEEDED = ["guests/bios-256k.bin", "guests/vgabios-stdvga.bin", "guests/manifest.json"];

/** The same files, the same version. */
function versionOf(files: typeof FILES): string {
  let hash = 5381;
  for (const char of JSON.stringify(files)) hash = (Math.imul(hash, 33) ^ char.charCodeAt(0)) >>> 0;
  return hash.toString(36);
}

self.addEventListener("install", (event) => {
  routeAssets(event);
  event.waitUntil(install());
});

/** Where the browser can, it takes files with a hash in their names out of the cache without asking here. [SW] static routing */
function routeAssets(event: InstallEvent): void {
  if (!event.addRoutes) return;
  const urlPattern = new URLPattern({ baseURL: scope, pathname: "./assets/*" });
  event.waitUntil(
    event.addRoutes({ condition: { urlPattern, requestMethod: "GET" }, source: { cacheName } }).catch(() => undefined), // then it asks here
  );
}

async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await Promise.all(FILES.map((file) => bring(cache, file)));
  const guests = await caches.open(GUEST_CACHE);
  // A site without guests is one, too.
  await Promise.all(NEEDED.map((path) => guests.add(new URL(path, scope).href).catch(() => undefined)));
}

/** Files with a hash in their name are taken from an earlier version, where it has them. */
async function bring(cache: Cache, { url, revision }: (typeof FILES)[number]): Promise<void> {
  const address = new URL(url, scope).href;
  const isHashed = revision === null;
  const known = isHashed ? await caches.match(address) : undefined;
  // What the page has loaded a moment ago need not come again.
  const response = known ?? (await fetch(address, { cache: isHashed ? "force-cache" : "reload" }));
  if (!response.ok) throw new TypeError(`${address}: ${response.status}`);
  await cache.put(address, isolated(response));
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith(APP_CACHE) && name !== cacheName) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("message", ({ data }) => {
  if (data === "takeOver") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const place = placeOf(event.request, scope, (path) => paths.has(path));
  // Pages of others beside the site stay as their host sends them.
  if (place !== "network") event.respondWith(answer(event, place).then(isolated));
});

async function answer(event: FetchEvent, place: Exclude<Place, "network">): Promise<Response> {
  const { request } = event;
  switch (place) {
    case "page":
      return (await kept(cacheName, new URL(documentAt(request.url, scope), scope).href)) ?? fetch(request);
    case "app":
      return (await kept(cacheName, withoutQuery(request.url))) ?? fetch(request);
    case "part":
      return part(event);
    case "guest": {
      const whole = await kept(GUEST_CACHE, withoutQuery(request.url));
      return whole ? withRange(whole, request.headers.get("Range")) : fetch(request);
    }
    case "fresh":
      return fresh(event);
  }
}

const opened = new Map<string, Promise<Cache>>();

/** A cache, opened once for all that is asked while this worker lives. */
function cacheOf(name: string): Promise<Cache> {
  let cache = opened.get(name);
  if (!cache) opened.set(name, (cache = caches.open(name)));
  return cache;
}

async function kept(name: string, address: string): Promise<Response | undefined> {
  return (await cacheOf(name)).match(address);
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, "");
}

/** Named by what is in it, so it never changes. */
async function part(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const cache = await cacheOf(PART_CACHE);
  const known = await cache.match(request.url);
  if (known) return withRange(known, request.headers.get("Range"));
  const response = await fetch(request);
  // A full disk keeps nobody from going on.
  if (response.status === 200) event.waitUntil(cache.put(request.url, response.clone()).catch(() => undefined));
  return response;
}

async function fresh(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const cache = await cacheOf(GUEST_CACHE);
  try {
    const response = await fetch(request);
    if (response.status === 200) event.waitUntil(cache.put(request.url, response.clone()).catch(() => undefined));
    return response;
  } catch (error) {
    const last = await cache.match(request.url);
    if (last) return last;
    throw error;
  }
}
