/**
 * A machine definition: plain data that describes a whole machine, with its files by address and checksum. It is what
 * links hold and what `<posada-machine src>` reads. Definitions come from strangers: everything is checked, nothing is
 * passed on unread, and what a definition may not say it cannot say: files of the reader's own, contents in place of an
 * address, disks that are written to where they came from, another definition.
 */
import type { BootDevice, CpuModel } from "../../protocol/machine-config.ts";
import { BOOT_DEVICES, CPU_MODELS, MAX_DISKS, MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "../config-check.ts";
import { LinkError } from "./link-error.ts";
import type { LinkFault } from "./link-error.ts";

export interface DefinedFile {
  /** http or https; or relative to the page that opens the definition. */
  url: string;
  /** What people call it; absent: the end of the address. */
  name?: string;
  /** Hexadecimal. The file is used only if this is its checksum. */
  sha256?: string;
  /** The file is used only if this is its length. */
  sizeBytes?: number;
}

export interface MachineDefinition {
  title: string;
  description?: string;
  memoryMiB?: number;
  processors?: number;
  cpuModel?: CpuModel;
  bootOrder?: BootDevice[];
  kernel?: DefinedFile;
  initrd?: DefinedFile;
  commandLine?: string;
  floppy?: DefinedFile;
  cdrom?: DefinedFile;
  /** What the guest writes to them lives as long as the machine. */
  disks?: DefinedFile[];
  /** The machine goes on from it in place of a start. */
  state?: DefinedState;
}

/** A published state, and what has changed since. */
export interface DefinedState {
  /** The file that lists the parts of the published state. Its name is the hash of its contents, and those of the parts are in it. */
  list: DefinedFile;
  /** Of all parts, as far as they are loaded; for whoever is asked. */
  partsBytes?: number;
  /** In base64url, or a file. */
  difference: string | DefinedFile;
}

export const FILE_ROLES = ["kernel", "initrd", "floppy", "cdrom"] as const;
export type DefinedRole = (typeof FILE_ROLES)[number] | "disk" | "state" | "difference";

const MAX_TITLE = 120;
const MAX_DESCRIPTION = 2000;
const MAX_URL = 2048;
/** What kernels take. */
const MAX_COMMAND_LINE = 2047;
const MAX_SHOWN = 80;
/** Processors of a machine in this version. */
const MAX_CPUS = 1;
const KNOWN: readonly string[] = [
  "title", "description", "memoryMiB", "processors", "cpuModel", "bootOrder", ...FILE_ROLES, "commandLine", "disks", "state",
] satisfies (keyof MachineDefinition)[]; // prettier-ignore
const KNOWN_OF_FILE: readonly string[] = ["url", "name", "sha256", "sizeBytes"] satisfies (keyof DefinedFile)[];

const KNOWN_OF_STATE: readonly string[] = ["list", "partsBytes", "difference"] satisfies (keyof DefinedState)[];
const MAX_DIFFERENCE = 64 * 1024;
/** What a list of parts is called. */
const LIST_NAME = /(^|\/)[0-9a-f]{32}$/;

/** Control characters, and those that turn the direction of what stands around them. [UAX9] 2 */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** "<a", "</a", "<!--": what a page would take for markup if it did not know better. */
const MARKUP = /<[a-z!/?]/i;

type Fields = Record<string, unknown>;

function refuse(fault: LinkFault, field: string, value?: unknown): never {
  // Only what is short by nature is shown: a list may be nested without end.
  const shown = typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
  const short = shown !== undefined && shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
  throw new LinkError({ fault, field, ...(short === undefined ? {} : { value: short }) });
}

function fieldsOf(value: unknown, field: string, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse("wrongField", field, value);
  for (const name of Object.keys(value))
    if (!known.includes(name)) refuse("unknownField", field === "" ? name : `${field}.${name}`);
  return value as Fields;
}

function words(value: unknown, field: string, most: number): string {
  if (typeof value !== "string" || value.length > most) refuse("wrongField", field, value);
  if (HIDDEN.test(value) || MARKUP.test(value)) refuse("notPlainText", field);
  return value;
}

function wholeNumber(value: unknown, field: string, least: number, most: number): number {
  const fits = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
  return fits ? value : refuse("wrongField", field, value);
}

function oneOf<T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  return allowed.find((each) => each === value) ?? refuse("wrongField", field, value);
}

function list(value: unknown, field: string, most: number): unknown[] {
  return Array.isArray(value) && value.length <= most ? value : refuse("wrongField", field, value);
}

/**
 * The address that `url` means on a page, as it will be asked for.
 * @throws LinkError `notFetchable` for anything but http and https, and for addresses that carry a password
 */
export function addressOf(url: string, baseUrl: string, field: string): string {
  if (!URL.canParse(url, baseUrl)) refuse("wrongField", field, url);
  const address = new URL(url, baseUrl);
  const isOfTheWeb = address.protocol === "http:" || address.protocol === "https:";
  if (!isOfTheWeb || address.username !== "" || address.password !== "") refuse("notFetchable", field, url);
  address.hash = "";
  return address.href;
}

function file(value: unknown, field: string, baseUrl: string): DefinedFile {
  const { url, name, sha256, sizeBytes } = fieldsOf(value, field, KNOWN_OF_FILE);
  if (typeof url !== "string" || url === "" || url.length > MAX_URL) refuse("wrongField", `${field}.url`, url);
  addressOf(url, baseUrl, `${field}.url`);
  const isSum = typeof sha256 === "string" && /^[0-9a-f]{64}$/i.test(sha256);
  if (sha256 !== undefined && !isSum) refuse("wrongField", `${field}.sha256`, sha256);
  return {
    url,
    ...(name === undefined ? {} : { name: words(name, `${field}.name`, MAX_TITLE) }),
    ...(isSum ? { sha256: sha256.toLowerCase() } : {}),
    ...(sizeBytes === undefined
      ? {}
      : { sizeBytes: wholeNumber(sizeBytes, `${field}.sizeBytes`, 1, Number.MAX_SAFE_INTEGER) }),
  };
}

function state(value: unknown, baseUrl: string): DefinedState {
  const { list, partsBytes, difference } = fieldsOf(value, "state", KNOWN_OF_STATE);
  const listed = file(list, "state.list", baseUrl);
  if (!LIST_NAME.test(new URL(listed.url, baseUrl).pathname)) refuse("wrongField", "state.list.url", listed.url);
  const isText = typeof difference === "string" && /^[\w-]+$/.test(difference) && difference.length <= MAX_DIFFERENCE;
  return {
    list: listed,
    ...(partsBytes === undefined
      ? {}
      : { partsBytes: wholeNumber(partsBytes, "state.partsBytes", 0, Number.MAX_SAFE_INTEGER) }),
    difference: isText ? difference : file(difference, "state.difference", baseUrl),
  };
}

/**
 * @param value parsed JSON, or what the attributes of an element say
 * @param baseUrl what relative addresses count from
 * @throws LinkError
 */
export function readDefinition(value: unknown, baseUrl: string): MachineDefinition {
  const given = fieldsOf(value, "", KNOWN);
  const definition: MachineDefinition = { title: words(given.title ?? "", "title", MAX_TITLE).trim() };
  const take = <K extends keyof MachineDefinition>(name: K, read: (value: unknown) => MachineDefinition[K]) => {
    if (given[name] !== undefined) definition[name] = read(given[name]);
  };
  take("description", (value) => words(value, "description", MAX_DESCRIPTION));
  take("memoryMiB", (value) => wholeNumber(value, "memoryMiB", MIN_MEMORY_MIB, MAX_MEMORY_MIB));
  take("processors", (value) => wholeNumber(value, "processors", 1, MAX_CPUS));
  take("cpuModel", (value) => oneOf(value, "cpuModel", CPU_MODELS));
  take("bootOrder", (value) =>
    list(value, "bootOrder", BOOT_DEVICES.length).map((each, i) => oneOf(each, `bootOrder.${i}`, BOOT_DEVICES)),
  );
  for (const role of FILE_ROLES) take(role, (value) => file(value, role, baseUrl));
  take("commandLine", (value) => {
    // What looks like markup means nothing to a kernel, and is shown as text.
    if (typeof value !== "string" || value.length > MAX_COMMAND_LINE) refuse("wrongField", "commandLine", value);
    return HIDDEN.test(value) ? refuse("notPlainText", "commandLine") : value;
  });
  take("disks", (value) => list(value, "disks", MAX_DISKS).map((each, i) => file(each, `disks.${i}`, baseUrl)));
  take("state", (value) => state(value, baseUrl));
  if (new Set(definition.bootOrder).size < (definition.bootOrder?.length ?? 0)) refuse("wrongField", "bootOrder");
  for (const name of ["initrd", "commandLine"] as const)
    if (definition[name] !== undefined && !definition.kernel) refuse("needsKernel", name);
  if (filesOf(definition).length === 0) refuse("nothing", "");
  return definition;
}

/** Every file with its part, in the order in which people name them. */
export function filesOf(definition: MachineDefinition): { role: DefinedRole; file: DefinedFile; field: string }[] {
  const single = FILE_ROLES.flatMap((role) => {
    const file = definition[role];
    return file ? [{ role, file, field: role }] : [];
  });
  const disks = (definition.disks ?? []).map((file, i) => ({ role: "disk" as const, file, field: `disks.${i}` }));
  const { state: saved } = definition;
  const ofState = saved
    ? [
        { role: "state" as const, file: saved.list, field: "state.list" },
        ...(typeof saved.difference === "string"
          ? []
          : [{ role: "difference" as const, file: saved.difference, field: "state.difference" }]),
      ]
    : [];
  return [...single, ...disks, ...ofState];
}
