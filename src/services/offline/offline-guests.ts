/**
 * Ready-made machines that a person keeps for offline use: their files are put where the service worker finds them.
 * A file that is another one by now than the list of guests says is brought anew. Fires "change".
 */
import { urlOf } from "../../protocol/machine-config.ts";
import type { GuestCatalogue, ReadyMachine } from "../guest-library.ts";
import { RunningSum } from "../../storage/ovf/manifest.ts";
import { GUEST_CACHE } from "./site-files.ts";

export interface Keeping {
  /** coming: on its way; kept: it starts without a network; none: not kept. */
  state: "none" | "coming" | "kept";
  doneBytes: number;
}

/** What is needed of a browser's CacheStorage. */
export type FileCaches = Pick<CacheStorage, "open">;

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

  /** Finds out what is kept, and lets go of what has become another file. */
  async look(): Promise<void> {
    const cache = await this.caches.open(GUEST_CACHE);
    for (const machine of this.catalogue.machines) {
      const held = await Promise.all(filesOf(machine).map((url) => this.isCurrent(cache, url)));
      if (held.length > 0 && held.every(Boolean)) this.set(machine, { state: "kept", doneBytes: machine.sizeBytes });
    }
  }

  /** Rejects with what kept it from being brought; then nothing is kept of what came. */
  async keep(machine: ReadyMachine): Promise<void> {
    if (this.of(machine).state !== "none") return;
    const stop = new AbortController();
    this.stops.set(machine.id, stop);
    this.set(machine, { state: "coming", doneBytes: 0 });
    const brought: string[] = [];
    const cache = await this.caches.open(GUEST_CACHE);
    try {
      let doneBytes = 0;
      for (const url of filesOf(machine)) {
        if (await this.isCurrent(cache, url)) continue;
        await this.bring(cache, url, stop.signal, (bytes) => {
          doneBytes += bytes;
          this.set(machine, { state: "coming", doneBytes });
        });
        brought.push(url);
      }
      this.set(machine, { state: "kept", doneBytes: machine.sizeBytes });
    } catch (error) {
      for (const url of brought) await cache.delete(url);
      this.set(machine, NONE);
      if (!stop.signal.aborted) throw error;
    } finally {
      this.stops.delete(machine.id);
    }
  }

  /** Gives up what is coming, or removes what is kept; files that other machines need stay. */
  async drop(machine: ReadyMachine): Promise<void> {
    const stop = this.stops.get(machine.id);
    if (stop) return stop.abort();
    const others = this.catalogue.machines.filter((each) => each !== machine && this.of(each).state !== "none");
    const needed = new Set(others.flatMap(filesOf));
    const cache = await this.caches.open(GUEST_CACHE);
    for (const url of filesOf(machine)) if (!needed.has(url)) await cache.delete(url);
    this.set(machine, NONE);
  }

  /** The sum that a file has is written beside it. */
  private async isCurrent(cache: Cache, url: string): Promise<boolean> {
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

  private async bring(cache: Cache, url: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
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
    const headers = new Headers(response.headers);
    headers.delete("Content-Encoding");
    headers.set("Content-Length", String(blob.size));
    headers.set(SUM_HEADER, is);
    await cache.put(url, new Response(blob, { headers }));
  }

  private set(machine: ReadyMachine, keeping: Keeping): void {
    this.keeping.set(machine.id, keeping);
    this.dispatchEvent(new Event("change"));
  }
}

const SUM_HEADER = "X-Posada-SHA256";

function filesOf({ plan }: ReadyMachine): string[] {
  const media = [plan.kernel, plan.initrd, plan.cdrom, plan.floppy, ...plan.disks];
  return media.flatMap((medium) => (medium && urlOf(medium.source)) ?? []);
}
