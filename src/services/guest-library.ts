/**
 * The ready-made machines and where their files come from: `guests/manifest.json`, written by `npm run guests`. It is
 * read once and checked, since a hosted page may stand beside an older or a hand-made manifest.
 */
import { VmError } from "../protocol/vm-api.ts";
import type { CpuModel } from "../protocol/machine-config.ts";
import { said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { MachinePlan } from "./machine-plan.ts";

export interface GuestFile {
  file: string;
  title: string;
  package: string;
  version: string;
  licence: string;
  /** Addresses of the source code. */
  sources: string[];
  sizeBytes: number;
  /** Hexadecimal; "" where the manifest has none. */
  sha256: string;
}

export interface ReadyMachine {
  id: string;
  title: string;
  memoryMiB: number;
  /** Bytes to load before it starts, or goes on from its saved state. */
  sizeBytes: number;
  /** Bytes of all that it may need. */
  wholeBytes: number;
  /** Of its first file: the kernel or the medium. */
  version: string;
  plan: MachinePlan;
}

export interface GuestCatalogue {
  files: GuestFile[];
  /** The first is the default. */
  machines: ReadyMachine[];
}

type Fields = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const list = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter((entry): entry is Fields => typeof entry === "object" && entry !== null) : [];

function readFile(entry: Fields): GuestFile {
  return {
    file: text(entry.file),
    title: text(entry.title) || text(entry.file),
    package: text(entry.package),
    version: text(entry.version),
    licence: text(entry.licence),
    sources: text(entry.source)
      .split(" ")
      .filter((address) => /^https?:\/\//.test(address)),
    sizeBytes: number(entry.sizeBytes),
    sha256: text(entry.sha256),
  };
}

const MEDIA = ["kernel", "initrd", "cdrom", "floppy"] as const;
const DEFAULT_MEMORY_MIB = 256;

function readMachine(entry: Fields, files: GuestFile[], folderUrl: string): ReadyMachine | null {
  const title = text(entry.title) || text(entry.id);
  const memoryMiB = number(entry.memoryMiB) || DEFAULT_MEMORY_MIB;
  const plan: MachinePlan = { title, memoryMiB, disks: [] };
  const parts: GuestFile[] = [];
  const medium = (name: string) => {
    const file = files.find((known) => known.file === name);
    if (file) parts.push(file);
    return { name: file?.title ?? name, source: new URL(name, folderUrl).href };
  };
  for (const role of MEDIA) if (text(entry[role])) plan[role] = medium(text(entry[role]));
  if (text(entry.disk)) plan.disks.push(medium(text(entry.disk)));
  if (text(entry.commandLine)) plan.commandLine = text(entry.commandLine);
  if (parts.length === 0) return null;
  const known = { id: text(entry.id), title, memoryMiB, version: parts[0]!.version, plan };
  const mediaBytes = parts.reduce((sum, file) => sum + file.sizeBytes, 0);
  const state = entry.savedState as Fields | undefined;
  if (state && text(state.file) && number(state.memoryMiB)) {
    plan.savedState = {
      source: { published: { url: new URL(text(state.file), folderUrl).href, name: title } },
      memoryMiB: number(state.memoryMiB),
      processors: number(state.processors) || 1,
      cpuModel: text(state.cpuModel) as CpuModel,
      partsBytes: number(state.totalBytes),
      isOptional: true,
    };
    const wholeBytes = mediaBytes + number(state.totalBytes);
    return { ...known, sizeBytes: number(state.firstBytes), wholeBytes };
  }
  return { ...known, sizeBytes: mediaBytes, wholeBytes: mediaBytes };
}

/** @param folderUrl of the folder that holds the files, with "/" at its end */
export function readCatalogue(manifest: unknown, folderUrl: string): GuestCatalogue {
  const { files, machines } = (typeof manifest === "object" && manifest !== null ? manifest : {}) as Fields;
  const known = list(files)
    .map(readFile)
    .filter(({ file }) => file !== "");
  return {
    files: known,
    machines: list(machines)
      .map((entry) => readMachine(entry, known, folderUrl))
      .filter((machine) => machine !== null),
  };
}

/** @throws VmError `unreachable` when there is no manifest: then no guests were brought. */
export async function loadCatalogue(baseUrl: string, doFetch: typeof fetch = fetch): Promise<GuestCatalogue> {
  const folderUrl = new URL("guests/", baseUrl).href;
  const missing = (why: Said) =>
    new VmError("unreachable", said`The list of ready-made machines (guests/manifest.json) cannot be read: ${why}.`);
  let response: Response;
  try {
    response = await doFetch(new URL("manifest.json", folderUrl));
  } catch {
    throw missing(said`the server is not reachable`);
  }
  if (!response.ok) throw missing(said`the server answered ${response.status}`);
  try {
    return readCatalogue(await response.json(), folderUrl);
  } catch {
    throw missing(said`it is not JSON`);
  }
}
