/**
 * A published machine as a page has it: its `machine.json`, read and checked, and the plan of a machine that it makes. Whoever
 * wrote it is a stranger: every field is looked at, parts are taken from beside it only, and media elsewhere only by http.
 */
import type { BootDevice, CpuModel, MediaSource } from "../../protocol/machine-config.ts";
import { PUBLISHED_FORMAT, PUBLISHED_MEDIA, PUBLISHED_VERSION } from "../../protocol/published.ts";
import type { PublishedProgram, PublishedRole } from "../../protocol/published.ts";
import { VmError } from "../../protocol/vm-api.ts";
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { BOOT_DEVICES, CPU_MODELS } from "../config-check.ts";
import type { MachinePlan, Medium } from "../machine-plan.ts";

export interface PublishedMachine {
  title: string;
  description: string;
  /** Address of a picture of its screen. */
  picture: string | null;
  plan: MachinePlan;
  /** Set where it is there for one program. */
  program: PublishedProgram | null;
  /** Bytes of files until its screen lives, and of all. */
  firstBytes: number;
  totalBytes: number;
}

const PART = /^([a-z0-9-]+\/)*[0-9a-f]{32}$/;
const PICTURE = /^([a-z0-9-]+\/)*[0-9a-f]{32}\.png$/;
const MAX_TEXT = 10_000;

type Fields = Record<string, unknown>;

/**
 * @param url of machine.json
 * @param files all files by name, where they are not beside it
 * @throws VmError `badConfig`
 */
export function readPublished(definition: unknown, url: string, files?: Record<string, Uint8Array>): PublishedMachine {
  const wrong = (what: Said) =>
    new VmError("badConfig", said`The published machine at ${url} cannot be used: ${what}.`);
  if (typeof definition !== "object" || definition === null) throw wrong(said`it is no description of a machine`);
  const fields = definition as Fields;
  if (fields.format !== PUBLISHED_FORMAT) throw wrong(said`it is no description of a machine`);
  if (fields.version !== PUBLISHED_VERSION)
    throw wrong(said`it has version ${String(fields.version)}, and this Posada reads version ${PUBLISHED_VERSION}`);
  const text = (name: string): string => {
    const value = fields[name] ?? "";
    if (typeof value !== "string" || value.length > MAX_TEXT) throw wrong(said`its ${name} is no text`);
    return value;
  };
  const count = (name: string): number => {
    const value = fields[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw wrong(said`its ${name} is no number`);
    return value;
  };
  const part = (list: unknown, name: string): MediaSource => {
    if (typeof list !== "string" || !PART.test(list)) throw wrong(said`the parts of its ${name} are nowhere`);
    return { published: { url: new URL(list, url).href, name, ...(files ? { files } : {}) } };
  };

  const cpuModel = CPU_MODELS.find((model) => model === fields.cpuModel);
  if (!cpuModel) throw wrong(said`it wants a processor that is not known here`);
  const order = fields.bootOrder;
  if (!Array.isArray(order) || !order.every((word) => BOOT_DEVICES.includes(word as BootDevice)))
    throw wrong(said`its bootOrder names what is no boot device`);
  const title = text("title");
  const plan: MachinePlan = {
    title,
    memoryMiB: count("memoryMiB"),
    processors: count("processors"),
    cpuModel: cpuModel satisfies CpuModel,
    bootOrder: order as BootDevice[],
    disks: [],
  };
  if (text("commandLine")) plan.commandLine = text("commandLine");
  const media = (fields.media ?? {}) as Fields;
  for (const role of PUBLISHED_MEDIA) {
    const medium = media[role] as Fields | undefined;
    if (!medium) continue;
    const name = typeof medium.name === "string" ? medium.name.slice(0, MAX_TEXT) : role;
    put(plan, role, { name, source: medium.url === undefined ? part(medium.list, role) : linked(medium.url, wrong) });
  }
  if (fields.state !== undefined)
    plan.savedState = {
      source: part(fields.state, "state") as Extract<MediaSource, { published: unknown }>,
      memoryMiB: plan.memoryMiB!,
      processors: plan.processors!,
      cpuModel,
    };
  const picture = text("picture");
  if (picture && !PICTURE.test(picture)) throw wrong(said`its picture is no file beside it`);
  return {
    title,
    description: text("description"),
    picture: picture ? new URL(picture, url).href : null,
    plan,
    program: fields.program ? { files: (fields.program as Fields).files === true } : null,
    firstBytes: count("firstBytes"),
    totalBytes: count("totalBytes"),
  };
}

/** @throws VmError */
export async function loadPublished(url: string, doFetch: typeof fetch = fetch): Promise<PublishedMachine> {
  const missing = (why: Said) => new VmError("unreachable", said`The machine at ${url} cannot be read: ${why}.`);
  let response: Response;
  try {
    response = await doFetch(url);
  } catch {
    throw missing(said`the server is not reachable`);
  }
  if (!response.ok) throw missing(said`the server answered ${response.status}`);
  let definition: unknown;
  try {
    definition = await response.json();
  } catch {
    throw missing(said`it is not JSON`);
  }
  return readPublished(definition, response.url || url);
}

function linked(url: unknown, wrong: (what: Said) => VmError): string {
  if (typeof url !== "string" || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw wrong(said`one of its media is at no http address`);
  return url;
}

function put(plan: MachinePlan, role: PublishedRole, medium: Medium): void {
  if (role === "disk0" || role === "disk1" || role === "disk2") plan.disks.push({ ...medium, writable: "discard" });
  else plan[role] = medium;
}
