/**
 * Which files of the site are served from where: the rules of the service worker, without a service worker.
 *
 *   page    a document of the app: from the app's cache, so that it opens without a network
 *   app     a file of the app, of the version that is in use
 *   part    a file named by the hash of what is in it: kept when it is first read
 *   guest   a file of a guest: from what a person keeps for offline use, else from the network
 *   fresh   a list that may change: from the network, and as it was last seen without one
 *   network everything else
 *
 * References: [RFC 9110] 14.1.2 (byte ranges), 15.3.7 (206); [HTML] 7.1.3 (cross-origin opener and embedder policies).
 */

export type Place = "page" | "app" | "part" | "guest" | "fresh" | "network";

/** Files that a person keeps; named here since the page fills it and the worker reads it. */
export const GUEST_CACHE = "posada-guests";
export const PART_CACHE = "posada-parts";
/** With the version behind it. */
export const APP_CACHE = "posada-app-";

/** Documents of the app by what they are called from the scope on. */
const DOCUMENTS: Record<string, string> = { "": "index.html", "index.html": "index.html", "embed.html": "embed.html" };
const PART = /(^|\/)[0-9a-f]{32}(\.png)?$/;

export interface Asked {
  method: string;
  url: string;
  mode: string;
}

/**
 * @param scope of the service worker: the site's root
 * @param isOfApp whether a path, counted from the scope, is in the app's cache
 */
export function placeOf({ method, url, mode }: Asked, scope: string, isOfApp: (path: string) => boolean): Place {
  const path = pathIn(url, scope);
  if (method !== "GET" || path === null) return "network";
  if (mode === "navigate") return DOCUMENTS[path] === undefined ? "network" : "page";
  if (isOfApp(path)) return "app";
  if (PART.test(path)) return "part";
  if (!path.startsWith("guests/")) return "network";
  return path.endsWith(".json") ? "fresh" : "guest";
}

/** Without query and fragment; null: not of this site. */
export function pathIn(url: string, scope: string): string | null {
  const plain = url.replace(/[?#].*$/, "");
  return plain.startsWith(scope) ? plain.slice(scope.length) : null;
}

/** The file that a document's address means. */
export function documentAt(url: string, scope: string): string {
  return DOCUMENTS[pathIn(url, scope) ?? ""] ?? "index.html";
}

/** What a page needs to be isolated, where its host does not send it. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The same with the headers for isolation. A frame's page takes no opener policy, and is embedded by anybody. */
export function isolated(response: Response): Response {
  // Redirects and errors of the network cannot be built anew.
  if (response.type === "opaque" || response.type === "opaqueredirect" || response.type === "error") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) headers.set(name, value);
  if (!headers.has("Cross-Origin-Resource-Policy")) headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  const empty = response.status === 204 || response.status === 304;
  return new Response(empty ? null : response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

/** A part of a whole file, as a server would send it; the whole where the header asks for nothing that is understood. */
export async function withRange(whole: Response, range: string | null): Promise<Response> {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === undefined) return whole;
  const blob = await whole.blob();
  const first = Number(from);
  const last = Math.min(to ? Number(to) : Infinity, blob.size - 1);
  const headers = new Headers(whole.headers);
  if (first > last) {
    headers.set("Content-Range", `bytes */${blob.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Range", `bytes ${first}-${last}/${blob.size}`);
  headers.set("Content-Length", String(last - first + 1));
  return new Response(blob.slice(first, last + 1), { status: 206, headers });
}
