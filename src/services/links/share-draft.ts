/**
 * A link in the making: title, description, and for each file of a machine an address under which others can have it,
 * with its length and checksum. Files that are only here have none until the person gives one; without it they are left
 * out. Fires "change".
 */
import { urlOf } from "../../protocol/machine-config.ts";
import type { MediaSource } from "../../protocol/machine-config.ts";
import type { MachinePlan, Medium } from "../machine-plan.ts";
import { measure } from "./checksum.ts";
import { encodeLink } from "./link-code.ts";
import { toBase64Url } from "./base64url.ts";
import { LinkError } from "./link-error.ts";
import type { LinkProblem } from "./link-error.ts";
import { FILE_ROLES, readDefinition } from "./machine-definition.ts";
import type { DefinedFile, DefinedRole, DefinedState, MachineDefinition } from "./machine-definition.ts";
import { askSize } from "./server-size.ts";

/** What is longer is read piece by piece when it is used, and gets no checksum. */
export const MOST_SUMMED_BYTES = 64 * 2 ** 20;

/** What is known of files without reading them. */
export type KnownFile = { sizeBytes: number; sha256?: string } | undefined;

export interface SharedFile {
  role: DefinedRole;
  name: string;
  /** Where others find it; "" where it is only here. */
  url: string;
  /** Whether it came from an address, so that nobody has to give one. */
  hasAddress: boolean;
  /** summing: its checksum is on its way; failed: its server does not deliver. */
  state: "summing" | "ready" | "failed";
  sizeBytes: number | null;
  sha256: string | null;
}

/** A link with more is not taken everywhere: what has changed goes into a file then. */
export const MOST_LINK_CHARS = 32 * 1024;

/** A machine as it is at a moment. */
export interface Moment {
  difference: Uint8Array<ArrayBuffer>;
  sha256: string;
  /** Where others find the file, where it does not fit into the link. */
  url: string;
}

export class ShareDraft extends EventTarget {
  title: string;
  description = "";
  readonly files: readonly SharedFile[];
  private readonly sources = new Map<SharedFile, MediaSource>();
  private stopped = false;
  /** What has changed since the published state from which the machine went on; null: the link is of a start. */
  moment: Moment | null = null;

  constructor(
    private readonly plan: MachinePlan,
    private readonly baseUrl: string,
    private readonly known: (url: string) => KnownFile = () => undefined,
    private readonly doFetch: typeof fetch = (input, init) => fetch(input, init),
  ) {
    super();
    this.title = plan.title;
    const one = (role: DefinedRole, medium: Medium): SharedFile => {
      const url = urlOf(medium.source);
      // What this browser alone can reach is as good as a file of its own.
      const hasAddress = url !== null && /^https?:/.test(new URL(url, baseUrl).protocol);
      const file: SharedFile = {
        role,
        name: medium.name,
        url: hasAddress ? relative(url, baseUrl) : "",
        hasAddress,
        state: "summing",
        sizeBytes: null,
        sha256: null,
      };
      this.sources.set(file, medium.source);
      return file;
    };
    this.files = [
      ...FILE_ROLES.flatMap((role) => (plan[role] ? [one(role, plan[role])] : [])),
      ...plan.disks.map((disk) => one("disk", disk)),
    ];
  }

  get summing(): boolean {
    return this.files.some(({ state }) => state === "summing");
  }

  /** Finds lengths and checksums. What a library keeps has changed since it had them, and goes without. */
  async sumUp(): Promise<void> {
    await Promise.all(this.files.map((file) => this.sum(file, this.sources.get(file)!)));
  }

  /** Whether the link may be of a moment: the machine went on from a published state that others can reach. */
  get canHaveMoment(): boolean {
    const { savedState, firmware, vgaFirmware } = this.plan;
    const url = savedState?.source.published.url;
    // Definitions have no firmware: the machine of a published page is reached by that page's own address.
    if (url === undefined || firmware || vgaFirmware) return false;
    return /^https?:/.test(new URL(url, this.baseUrl).protocol) && this.files.every(({ hasAddress }) => hasAddress);
  }

  /** @param difference null: the link is of a start again */
  async setMoment(difference: Uint8Array | null): Promise<void> {
    const bytes = difference as Uint8Array<ArrayBuffer> | null;
    this.moment = bytes && { difference: bytes, sha256: (await measure(new Blob([bytes]).stream()))!.sha256, url: "" };
    this.changed();
  }

  setMomentUrl(url: string): void {
    if (this.moment) this.moment.url = url.trim();
    this.changed();
  }

  /** Whether what has changed is too much for the link itself. */
  get needsFile(): boolean {
    if (!this.moment) return false;
    // What is much too long is no definition at all.
    if ((this.moment.difference.length * 4) / 3 > MOST_LINK_CHARS) return true;
    return encodeLink(this.definition(true)).length > MOST_LINK_CHARS;
  }

  stop(): void {
    this.stopped = true;
  }

  set(words: Partial<Pick<ShareDraft, "title" | "description">>): void {
    Object.assign(this, words);
    this.changed();
  }

  setUrl(file: SharedFile, url: string): void {
    file.url = url.trim();
    this.changed();
  }

  /**
   * @param inLink whether what has changed is to stand in the link, however much it is
   * @throws LinkError where something that was written cannot be in a link
   */
  definition(inLink = !this.needsFile): MachineDefinition {
    const given = this.files.filter(({ url }) => url !== "");
    const defined = ({ url, name, sizeBytes, sha256 }: SharedFile): DefinedFile => ({
      url,
      ...(name && name !== nameIn(url) ? { name } : {}),
      ...(sizeBytes === null ? {} : { sizeBytes }),
      ...(sha256 === null ? {} : { sha256 }),
    });
    const { memoryMiB, processors, cpuModel, bootOrder, commandLine } = this.plan;
    const single = Object.fromEntries(given.flatMap((f) => (f.role === "disk" ? [] : [[f.role, defined(f)]])));
    const disks = given.filter(({ role }) => role === "disk").map(defined);
    const all = {
      title: this.title.trim(),
      ...(this.description.trim() ? { description: this.description.trim() } : {}),
      memoryMiB,
      processors,
      cpuModel,
      bootOrder,
      ...("kernel" in single ? { commandLine } : {}),
      ...single,
      ...(disks.length > 0 ? { disks } : {}),
      ...(this.moment ? { state: this.state(this.moment, inLink) } : {}),
    };
    const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return readDefinition(present, this.baseUrl);
  }

  /** The whole address, or why there is none. */
  link(): { url: string } | { problem: LinkProblem } {
    try {
      const page = new URL(this.baseUrl);
      page.search = "";
      page.hash = encodeLink(this.definition());
      return { url: page.href };
    } catch (error) {
      if (error instanceof LinkError) return { problem: error.problem };
      throw error;
    }
  }

  private state({ difference, sha256, url }: Moment, inLink: boolean): DefinedState {
    const { source, partsBytes } = this.plan.savedState!;
    return {
      list: { url: relative(source.published.url, this.baseUrl) },
      ...(partsBytes ? { partsBytes } : {}),
      difference: inLink ? toBase64Url(difference) : { url, sha256, sizeBytes: difference.length },
    };
  }

  private async sum(file: SharedFile, source: MediaSource): Promise<void> {
    try {
      Object.assign(file, await this.facts(source), { state: "ready" });
    } catch {
      file.state = "failed"; // shown; the link goes without
    }
    if (!this.stopped) this.changed();
  }

  private async facts(source: MediaSource): Promise<Partial<Pick<SharedFile, "sizeBytes" | "sha256">>> {
    if (typeof source === "object" && ("kept" in source || "published" in source)) return {};
    if (typeof source === "object" && "checked" in source && source.checked.sha256 !== undefined)
      return { sha256: source.checked.sha256, sizeBytes: source.checked.sizeBytes ?? null };
    const url = urlOf(source);
    if (url === null) {
      const blob = source instanceof Blob ? source : new Blob([source as BlobPart]);
      if (blob.size > MOST_SUMMED_BYTES) return { sizeBytes: blob.size };
      return { ...(await measure(blob.stream())) };
    }
    const known = this.known(new URL(url, this.baseUrl).href);
    if (known) return known;
    const answer = await askSize(url, this.doFetch);
    if (answer.kind === "missing" || answer.kind === "unreachable") throw new Error(answer.kind);
    if (answer.kind === "size" && answer.sizeBytes > MOST_SUMMED_BYTES) return { sizeBytes: answer.sizeBytes };
    const response = await this.doFetch(url);
    if (!response.ok || !response.body) throw new Error(String(response.status));
    return (await measure(response.body, MOST_SUMMED_BYTES)) ?? {};
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

/** Beside the page: as it is called from there, so that the link is short. */
function relative(url: string, baseUrl: string): string {
  const folder = new URL(".", baseUrl).href;
  const absolute = new URL(url, baseUrl).href;
  const path = absolute.slice(folder.length);
  // A name with ":" would be taken for a scheme.
  return absolute.startsWith(folder) && path !== "" && !/^[^/]*:/.test(path) ? path : absolute;
}

function nameIn(url: string): string {
  return url.split("/").at(-1) ?? "";
}
