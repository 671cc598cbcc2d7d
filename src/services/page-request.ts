/**
 * What the page's address asks for: `?kernel=URL&initrd=URL&append=WORDS&cdrom=URL&floppy=URL&disk=URL&memory=MIB
 * &cpus=N&autostart=1&nojit&maxblock=N&threshold=N`. Every parameter is checked; what is wrong is told as data, to be worded in the reader's
 * language. Files themselves are checked when they are loaded.
 */
import type { MediaSource } from "../protocol/machine-config.ts";
import { MAX_DISKS, MAX_JIT_BLOCK, MAX_JIT_THRESHOLD, MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "./config-check.ts";
import type { CompilerSwitches, MachinePlan, Medium } from "./machine-plan.ts";

export type ParameterFault =
  | "notAUrl"
  | "notFetchable"
  | "notInRange"
  | "notASwitch"
  | "repeated"
  | "tooMany"
  | "needsKernel"
  | "empty"
  | "unknown";

export interface ParameterProblem {
  parameter: string;
  value: string;
  fault: ParameterFault;
  /** For `notInRange` and `tooMany`. */
  least?: number;
  most?: number;
}

export interface PageRequest {
  /** A machine of given media; null: none was asked for. */
  plan: MachinePlan | null;
  /** For the default guest, where no media were given. */
  memoryMiB?: number;
  /** For any machine that the address starts. */
  compiler?: CompilerSwitches;
  autostart: boolean;
  /** Where one of them is not `unknown`, nothing is to be started. */
  problems: ParameterProblem[];
}

const MEDIA = ["kernel", "initrd", "cdrom", "floppy"] as const;
const KNOWN: readonly string[] = [...MEDIA, "disk", "append", "memory", "cpus", "autostart", "nojit", "maxblock", "threshold"]; // prettier-ignore
const FETCHABLE: readonly string[] = ["http:", "https:", "blob:", "data:"];
/** Processors of a machine in this version. */
const MAX_CPUS = 1;

export function isFatal(problem: ParameterProblem): boolean {
  return problem.fault !== "unknown";
}

/** The last part of an address: what people call the file. */
export function nameOf(source: MediaSource): string {
  if (typeof source !== "string") return "";
  const url = new URL(source);
  if (url.protocol === "data:" || url.protocol === "blob:") return url.protocol.slice(0, -1);
  const last = url.pathname.split("/").findLast((part) => part !== "");
  try {
    return decodeURIComponent(last ?? url.host);
  } catch {
    return last ?? url.host; // a "%" that is no escape is part of the name
  }
}

/**
 * @param search the address's query, with or without "?"
 * @param baseUrl what relative addresses count from
 */
export function readPageRequest(search: string, baseUrl: string): PageRequest {
  const given = new URLSearchParams(search);
  const problems: ParameterProblem[] = [];
  const wrong = (parameter: string, value: string, fault: ParameterFault, limits = {}) =>
    void problems.push({ parameter, value, fault, ...limits });

  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    if (!KNOWN.includes(name)) wrong(name, values[0]!, "unknown");
    else if (name !== "disk" && values.length > 1) wrong(name, values[1]!, "repeated");
  }

  const medium = (parameter: string, value: string): Medium | undefined => {
    if (value.trim() === "") return wrong(parameter, value, "empty");
    if (!URL.canParse(value, baseUrl)) return wrong(parameter, value, "notAUrl");
    const url = new URL(value, baseUrl);
    if (!FETCHABLE.includes(url.protocol)) return wrong(parameter, value, "notFetchable");
    return { source: url.href, name: nameOf(url.href) };
  };
  const wholeNumber = (parameter: string, least: number, most: number): number | undefined => {
    const value = given.get(parameter);
    if (value === null) return undefined;
    const count = /^\d{1,9}$/.test(value.trim()) ? Number(value) : NaN;
    if (count >= least && count <= most) return count;
    return wrong(parameter, value, "notInRange", { least, most });
  };

  const plan: MachinePlan = { title: "", disks: [] };
  for (const role of MEDIA) {
    const value = given.get(role);
    const found = value === null ? undefined : medium(role, value);
    if (found) plan[role] = found;
  }
  const disks = given.getAll("disk");
  if (disks.length > MAX_DISKS) wrong("disk", disks[MAX_DISKS]!, "tooMany", { most: MAX_DISKS });
  plan.disks = disks.map((value) => medium("disk", value)).filter((disk) => disk !== undefined);
  const append = given.get("append");
  if (append) plan.commandLine = append;
  for (const name of ["initrd", "append"])
    if (given.get(name) && !given.has("kernel")) wrong(name, given.get(name)!, "needsKernel");

  const memoryMiB = wholeNumber("memory", MIN_MEMORY_MIB, MAX_MEMORY_MIB);
  const processors = wholeNumber("cpus", 1, MAX_CPUS);
  if (memoryMiB !== undefined) plan.memoryMiB = memoryMiB;
  if (processors !== undefined) plan.processors = processors;

  const jitMaxBlock = wholeNumber("maxblock", 1, MAX_JIT_BLOCK);
  const jitThreshold = wholeNumber("threshold", 0, MAX_JIT_THRESHOLD);
  const compiler: CompilerSwitches = {
    ...(readSwitch(given.get("nojit"), (value) => wrong("nojit", value, "notASwitch")) ? { jit: false } : {}),
    ...(jitMaxBlock === undefined ? {} : { jitMaxBlock }),
    ...(jitThreshold === undefined ? {} : { jitThreshold }),
  };
  const hasSwitches = Object.keys(compiler).length > 0;
  if (hasSwitches) plan.compiler = compiler;

  const first = plan.cdrom ?? plan.floppy ?? plan.disks[0] ?? plan.kernel;
  plan.title = first?.name ?? "";
  const autostart = readSwitch(given.get("autostart"), (value) => wrong("autostart", value, "notASwitch"));
  return {
    plan: first ? plan : null,
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(hasSwitches ? { compiler } : {}),
    autostart,
    // The grave ones first.
    problems: [...problems.filter(isFatal), ...problems.filter((problem) => !isFatal(problem))],
  };
}

function readSwitch(value: string | null, wrong: (value: string) => void): boolean {
  switch (value?.toLowerCase()) {
    case undefined:
    case "0":
    case "false":
    case "no":
      return false;
    case "1":
    case "true":
    case "yes":
    case "":
      return true;
    default:
      wrong(value!);
      return false;
  }
}
