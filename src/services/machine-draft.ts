/**
 * A machine that is being thought out in the wizard: what it is made from, what was recognised on that, and the settings,
 * which follow the system until a person has set them.
 */
import type { LibraryApi, MachineRecord, MediumKind, Slot } from "../protocol/library.ts";
import { isChecked, urlOf } from "../protocol/machine-config.ts";
import type { CpuModel, MediaSource } from "../protocol/machine-config.ts";
import { BlobStore } from "../storage/blob-store.ts";
import { isMemory } from "./preferences.ts";
import type { Jobs } from "./jobs.ts";
import { measure } from "./links/checksum.ts";
import { freeName } from "./machine-list.ts";
import type { MachinePlan, Medium } from "./machine-plan.ts";
import { planOf, takeIn } from "./media-intake.ts";
import type { FileProblem } from "./media-intake.ts";
import { recogniseSystem } from "./systems/recognise-system.ts";
import { isSystemId, systemInfo } from "./systems/system-catalogue.ts";
import type { SystemId } from "./systems/system-catalogue.ts";
import { defaultsFor } from "./systems/system-defaults.ts";
import type { SystemFinding } from "./systems/system-finding.ts";

/** Disks larger than this are refused by the library. */
export const MAX_NEW_DISK_MIB = 2 * 1024 * 1024;

export class MachineDraft extends EventTarget {
  name = "";
  osId: SystemId = "other";
  /** null: not looked at, or not recognised. */
  finding: SystemFinding | null = null;
  looking = false;
  memoryMiB = defaultsFor("other").memoryMiB;
  cpuModel: CpuModel = "default";
  /** Of a new disk; 0: none. */
  diskMiB = defaultsFor("other").diskMiB;
  group = "";
  notes = "";
  /** What the machine is made from; empty: nothing yet. */
  plan: MachinePlan = { title: "", disks: [] };
  problems: FileProblem[] = [];
  /** What a person has set stays as it is. */
  private readonly own = new Set<"name" | "osId" | "memoryMiB" | "cpuModel" | "diskMiB">();
  private turn = 0;

  constructor(private readonly taken: () => readonly { name: string }[]) {
    super();
    this.followName("");
  }

  get leastMemoryMiB(): number {
    return systemInfo(this.osId).leastMemoryMiB;
  }

  /** What keeps it from being made. */
  get faults(): ("name" | "nameTaken" | "memory" | "disk")[] {
    const name = this.name.trim();
    const faults: ("name" | "nameTaken" | "memory" | "disk")[] = [];
    if (name === "") faults.push("name");
    else if (this.taken().some((other) => other.name.toLowerCase() === name.toLowerCase())) faults.push("nameTaken");
    if (!isMemory(this.memoryMiB)) faults.push("memory");
    if (!Number.isInteger(this.diskMiB) || this.diskMiB < 0 || this.diskMiB > MAX_NEW_DISK_MIB) faults.push("disk");
    return faults;
  }

  set<K extends "name" | "osId" | "memoryMiB" | "cpuModel" | "diskMiB">(key: K, value: MachineDraft[K]): void {
    this.own.add(key);
    Object.assign(this, { [key]: value });
    if (key === "osId") this.followSystem();
    this.changed();
  }

  change(change: Partial<Pick<MachineDraft, "group" | "notes">>): void {
    Object.assign(this, change);
    this.changed();
  }

  /** Looks at the files, and proposes what fits. A later call goes before an earlier one. */
  async useFiles(files: readonly File[]): Promise<void> {
    const turn = ++this.turn;
    this.looking = true;
    this.changed();
    const { clear, unclear, problems, warnings } = await takeIn(files);
    // What does not say what it is would be asked about in the page; here it is taken as a disk.
    const taken = [...clear, ...unclear.map(({ file }) => ({ file, role: "disk" as const }))];
    const plan = planOf(taken);
    const first = plan.cdrom ?? plan.disks[0] ?? plan.floppy ?? plan.kernel;
    const source = first?.source;
    const finding = source instanceof Blob ? await this.look(source) : null;
    if (turn !== this.turn) return;
    this.looking = false;
    this.plan = plan;
    this.problems = [...problems, ...warnings];
    this.found(finding, plan.title.replace(/\.[^.]{1,6}$/, ""));
  }

  /** A ready-made machine, whose files stay where they are. */
  useReady(plan: MachinePlan, title: string): void {
    this.turn++;
    this.looking = false;
    this.problems = [];
    this.plan = plan;
    const finding: SystemFinding = { system: "debian", label: title, version: "", bits: null, installer: true, certainty: 2 }; // prettier-ignore
    this.found(finding, title);
    if (!this.own.has("memoryMiB") && plan.memoryMiB !== undefined) this.memoryMiB = plan.memoryMiB;
    if (!this.own.has("diskMiB")) this.diskMiB = 0;
    this.changed();
  }

  /** What a machine is made of that was only tried until now, with its settings. */
  async usePlan(plan: MachinePlan, title: string): Promise<void> {
    const first = plan.cdrom ?? plan.disks[0] ?? plan.floppy ?? plan.kernel;
    if (!first || urlOf(first.source) !== null) this.useReady(plan, title);
    else {
      const turn = ++this.turn;
      const finding = first.source instanceof Blob ? await this.look(first.source) : null;
      if (turn !== this.turn) return;
      this.plan = plan;
      this.found(finding, title.replace(/\.[^.]{1,6}$/, ""));
    }
    if (plan.memoryMiB !== undefined) this.set("memoryMiB", plan.memoryMiB);
    if (plan.cpuModel !== undefined) this.set("cpuModel", plan.cpuModel);
  }

  /** Made from nothing: an empty machine. */
  useNothing(): void {
    this.turn++;
    this.looking = false;
    this.problems = [];
    this.plan = { title: "", disks: [] };
    this.found(null, "");
  }

  /**
   * Brings the media into the library and makes the machine. What was brought for a machine that is not made after all is
   * removed again.
   */
  async make(library: LibraryApi, jobs: Jobs): Promise<MachineRecord> {
    const name = this.name.trim();
    const brought: string[] = [];
    const media: Partial<Record<Slot, string>> = {};
    const bring = async (slot: Slot, kind: MediumKind, { source, name: title }: Medium) => {
      const record = await (typeof source === "string" && kind !== "disk"
        ? library.addUrlMedium(kind, source, freeName(title, library.media))
        : jobs.run(
            "import",
            title,
            async (job) =>
            library.importMedium(await blobOf(source, job.signal), { ...job, kind, name: freeName(title, library.media) }), // prettier-ignore
          ));
      brought.push(record.id);
      media[slot] = record.id;
    };
    const { plan } = this;
    try {
      for (const [i, disk] of plan.disks.entries()) await bring(`disk${i as 0 | 1 | 2}`, "disk", disk);
      if (plan.cdrom) await bring("cdrom", "cdrom", plan.cdrom);
      if (plan.floppy) await bring("floppy", "floppy", plan.floppy);
      if (plan.kernel) await bring("kernel", "file", plan.kernel);
      if (plan.initrd) await bring("initrd", "file", plan.initrd);
      if (this.diskMiB > 0 && plan.disks.length < 3) {
        const disk = await library.createDisk(freeName(name, library.media), this.diskMiB * 2 ** 20);
        brought.push(disk.id);
        media[`disk${plan.disks.length as 0 | 1 | 2}`] = disk.id;
      }
      return await library.create({
        name,
        group: this.group,
        osId: this.osId,
        notes: this.notes,
        media,
        hardware: {
          memoryMiB: this.memoryMiB,
          cpuModel: this.cpuModel,
          bootOrder: plan.bootOrder ?? defaultsFor(this.osId).bootOrder,
          ...(plan.commandLine === undefined ? {} : { commandLine: plan.commandLine }),
        },
      });
    } catch (error) {
      for (const id of brought) await library.removeMedium(id).catch(() => undefined);
      throw error;
    }
  }

  private async look(file: Blob): Promise<SystemFinding | null> {
    try {
      return await recogniseSystem(new BlobStore(file));
    } catch {
      return null; // making the machine tells why the file cannot be read
    }
  }

  private found(finding: SystemFinding | null, title: string): void {
    this.finding = finding;
    if (!this.own.has("osId")) this.osId = finding?.system ?? "other";
    this.followSystem();
    this.followName(finding?.label || (finding ? systemInfo(finding.system).name : title));
    this.changed();
  }

  private followSystem(): void {
    const { memoryMiB, diskMiB, cpuModel } = defaultsFor(this.osId, this.finding?.bits ?? null);
    if (!this.own.has("memoryMiB")) this.memoryMiB = memoryMiB;
    if (!this.own.has("cpuModel")) this.cpuModel = cpuModel;
    // A machine that starts from a disk has one.
    if (!this.own.has("diskMiB")) this.diskMiB = this.plan.disks.length > 0 ? 0 : diskMiB;
  }

  private followName(proposal: string): void {
    if (!this.own.has("name")) this.name = freeName(proposal.replace(/[/\\]/g, " ").trim() || "PC", this.taken());
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

async function blobOf(source: MediaSource, signal: AbortSignal): Promise<Blob> {
  if (source instanceof Blob) return source;
  const url = urlOf(source);
  if (url === null) return new Blob([source as BlobPart]);
  const response = await fetch(url, { signal });
  if (!response.ok) throw new TypeError(`The server answered ${response.status} for ${url}.`);
  const blob = await response.blob();
  const sha256 = isChecked(source) ? source.checked.sha256 : undefined;
  if (sha256 !== undefined && (await measure(blob.stream()))?.sha256 !== sha256)
    throw new TypeError(`The file at ${url} is not the one that was asked for: its SHA-256 is another one.`);
  return blob;
}

/** Of a stored machine: what is not known is "other". */
export function systemOf(osId: string): SystemId {
  return isSystemId(osId) ? osId : "other";
}
