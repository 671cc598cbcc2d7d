/**
 * Ready-made machines that a person keeps for offline use: their files are put where the service worker finds them, and so are
 * the parts of their saved states. A file that is another one by now than the list of guests says is brought anew; parts are
 * named by their contents, and go when no machine has them any more. Fires "change".
 */
import { urlOf } from "../../protocol/machine-config.ts";
import type { GuestCatalogue, ReadyMachine } from "../guest-library.ts";
import { RunningSum } from "../../storage/ovf/manifest.ts";
import { GUEST_CACHE, PART_CACHE } from "./site-files.ts";

export interface Keeping {
  /** coming: on its way; kept: it starts without a network; none: not kept. */
  state: "none" | "coming" | "kept";
  doneBytes: number;
}

/** What is needed of a browser's CacheStorage. */
export type FileCaches = Pick<CacheStorage, "open">;

type Stored = Pick<Cache, "match" | "put" | "delete" | "keys">;

const NONE: Keeping = { state: "none", doneBytes: 0 };

export class OfflineGuests extends EventTarget {
  private readonly keeping = new Map<string, Keeping>();
  private readonly stops = new Map<string, AbortController>();

  constructor(
    private readonly catalogue: GuestCatalogue,
    private readonly caches: FileCaches,
    private readonly doFetch: typeof fetch = (input, init) => fetch(input, init),
  ) {
    super();
  }

  /** Whether its files are known by address. */
  canKeep(machine: ReadyMachine): boolean {
    return filesOf(machine).length > 0;
  }

  of(machine: ReadyMachine): Keeping {
    return this.keeping.get(machine.id) ?? NONE;
  }

  /** Finds out what is kept, and lets go of what has become another file, and of parts that belong to nothing now. */
  async look(): Promise<void> {
    const files = await this.caches.open(GUEST_CACHE);
    const parts = await this.caches.open(PART_CACHE);
    const current = new Set<string>();
    for (const machine of this.catalogue.machines) {
      const held = await Promise.all(filesOf(machine).map((url) => this.isCurrent(files, url)));
      const named = await this.knownParts(parts, machine);
      for (const { url } of named ?? []) current.add(url);
      const heldParts = await Promise.all((named ?? []).map(async ({ url }) => (await parts.match(url)) !== undefined));
      const isWhole = held.length > 0 && named !== null && [...held, ...heldParts].every(Boolean);
      if (isWhole) this.set(machine, { state: "kept", doneBytes: machine.wholeBytes });
    }
    for (const { url } of await parts.keys()) if (isOfGuests(url) && !current.has(url)) await parts.delete(url);
  }

  /** Rejects with what kept it from being brought; then nothing is kept of what came, but for parts. */
  async keep(machine: ReadyMachine): Promise<void> {
    if (this.of(machine).state !== "none") return;
    const stop = new AbortController();
    this.stops.set(machine.id, stop);
    let doneBytes = 0;
    const count = (bytes: number): void => {
      doneBytes += bytes;
      this.set(machine, { state: "coming", doneBytes });
    };
    count(0);
    const brought: string[] = [];
    const cache = await this.caches.open(GUEST_CACHE);
    try {
      for (const url of filesOf(machine)) {
        if (await this.isCurrent(cache, url)) continue;
        await this.bring(cache, url, stop.signal, count);
        brought.push(url);
      }
      await this.bringParts(machine, stop.signal, count);
      this.set(machine, { state: "kept", doneBytes: machine.wholeBytes });
    } catch (error) {
      for (const url of brought) await cache.delete(url);
      this.set(machine, NONE);
      if (!stop.signal.aborted) throw error;
    } finally {
      this.stops.delete(machine.id);
    }
  }

  /**
   * Has the parts of a machine's saved state, which were read before the service worker was there, at hand the next time. They
   * come from what the browser has of them where it has some.
   */
  async remember(machine: ReadyMachine): Promise<void> {
    await this.bringParts(machine, new AbortController().signal, () => {});
  }

  /** Gives up what is coming, or removes what is kept; files that other machines need stay. */
  async drop(machine: ReadyMachine): Promise<void> {
    const stop = this.stops.get(machine.id);
    if (stop) return stop.abort();
    const others = this.catalogue.machines.filter((each) => each !== machine && this.of(each).state !== "none");
    const needed = new Set(others.flatMap(filesOf));
    const cache = await this.caches.open(GUEST_CACHE);
    for (const url of filesOf(machine)) if (!needed.has(url)) await cache.delete(url);
    const parts = await this.caches.open(PART_CACHE);
    const neededParts = new Set<string>();
    for (const other of others) for (const { url } of (await this.knownParts(parts, other)) ?? []) neededParts.add(url);
    for (const { url } of (await this.knownParts(parts, machine)) ?? [])
      if (!neededParts.has(url)) await parts.delete(url);
    this.set(machine, NONE);
  }

  /** The list of a saved state and the parts that it names, as far as the list is kept; null where it is not. */
  private async knownParts(cache: Stored, machine: ReadyMachine): Promise<Part[] | null> {
    const url = stateOf(machine);
    if (url === null) return [];
    const list = await cache.match(url);
    if (!list) return null;
    try {
      return await partsOf(url, new Uint8Array(await list.arrayBuffer()));
    } catch {
      await cache.delete(url); // it is damaged, and is brought anew
      return null;
    }
  }

  private async bringParts(
    machine: ReadyMachine,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const url = stateOf(machine);
    if (url === null) return;
    const cache = await this.caches.open(PART_CACHE);
    const list = await this.bringPart(cache, url, signal);
    onBytes(list.length);
    for (const part of await partsOf(url, list)) {
      if (part.url === url) continue;
      if (!(await cache.match(part.url))) await this.bringPart(cache, part.url, signal);
      onBytes(part.fileBytes);
    }
  }

  private async bringPart(cache: Stored, url: string, signal: AbortSignal): Promise<Uint8Array> {
    const known = await cache.match(url);
    if (known) return new Uint8Array(await known.arrayBuffer());
    // What a name says is true for good: a copy that the browser has is as good as any.
    const response = await this.doFetch(url, { signal, cache: "force-cache" });
    if (!response.ok) throw new TypeError(`The server answered ${response.status} for ${url}.`);
    const blob = await response.blob();
    await cache.put(url, new Response(blob, { headers: headersOf(response, blob) }));
    return new Uint8Array(await blob.arrayBuffer());
  }

  /** The sum that a file has is written beside it. */
  private async isCurrent(cache: Stored, url: string): Promise<boolean> {
    const held = await cache.match(url);
    if (!held) return false;
    const listed = this.sumOf(url);
    if (listed === "" || held.headers.get(SUM_HEADER) === listed) return true;
    await cache.delete(url);
    return false;
  }

  private sumOf(url: string): string {
    return this.catalogue.files.find(({ file }) => url.endsWith(`/guests/${file}`))?.sha256 ?? "";
  }

  private async bring(
    cache: Stored,
    url: string,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const response = await this.doFetch(url, { signal });
    if (!response.ok || !response.body) throw new TypeError(`The server answered ${response.status} for ${url}.`);
    const sum = new RunningSum("SHA256");
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          sum.add(piece);
          onBytes(piece.length);
          controller.enqueue(piece);
        },
      }),
    );
    const blob = await new Response(counted).blob();
    const listed = this.sumOf(url);
    const is = sum.hex();
    if (listed !== "" && is !== listed) throw new TypeError(`The file at ${url} is not the one that the list names.`);
    const headers = headersOf(response, blob);
    headers.set(SUM_HEADER, is);
    await cache.put(url, new Response(blob, { headers }));
  }

  private set(machine: ReadyMachine, keeping: Keeping): void {
    this.keeping.set(machine.id, keeping);
    this.dispatchEvent(new Event("change"));
  }
}

const SUM_HEADER = "X-Posada-SHA256";

interface Part {
  url: string;
  fileBytes: number;
}

/** As the file lies in the cache: unpacked. */
function headersOf(response: Response, blob: Blob): Headers {
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.set("Content-Length", String(blob.size));
  return headers;
}

function filesOf({ plan }: ReadyMachine): string[] {
  const media = [plan.kernel, plan.initrd, plan.cdrom, plan.floppy, ...plan.disks];
  return media.flatMap((medium) => (medium && urlOf(medium.source)) ?? []);
}

/** Address of the list of a saved state's parts. */
function stateOf({ plan }: ReadyMachine): string | null {
  return plan.savedState?.source.published.url ?? null;
}

/** The list itself and what it names. Reading lists is not part of the first look at the page. */
async function partsOf(listUrl: string, list: Uint8Array): Promise<Part[]> {
  const { partsIn } = await import("../../storage/published/part-list.ts");
  const named = partsIn(list).map(({ name, fileBytes }) => ({ url: new URL(name, listUrl).href, fileBytes }));
  return [{ url: listUrl, fileBytes: list.length }, ...named];
}

/** Parts of published machines lie elsewhere; these are of the site's own guests. */
function isOfGuests(url: string): boolean {
  return /\/guests\/saved\//.test(url);
}
