/**
 * What a person asks for, before it is a machine: media with their names, and settings that may be left to us. A plan
 * becomes a MachineConfig by `configOf`, which checks everything.
 */
import type {
  BootDevice,
  CpuModel,
  ExecutionLimits,
  MachineConfig,
  MediaSource,
  PublishedSource,
} from "../protocol/machine-config.ts";
import { checkConfig } from "./config-check.ts";

/** An image or file, and what people call it. */
export interface Medium {
  source: MediaSource;
  name: string;
}

export interface DiskMedium extends Medium {
  /** Absent: discard. */
  writable?: "discard" | "keep";
}

export interface MachineParts {
  kernel?: Medium;
  initrd?: Medium;
  commandLine?: string;
  floppy?: Medium;
  cdrom?: Medium;
  disks: DiskMedium[];
}

/** For looking into the compiler: switched off, and its limits. */
export type CompilerSwitches = Partial<Pick<MachineConfig, "jit" | "jitThreshold" | "jitMaxBlock">>;

export interface MachinePlan extends MachineParts {
  title: string;
  memoryMiB?: number;
  processors?: number;
  cpuModel?: CpuModel;
  compiler?: CompilerSwitches;
  /** Absent: what is given starts first, in the order of old PCs: floppy, CD, disk. */
  bootOrder?: BootDevice[];
  limits?: Partial<ExecutionLimits>;
  /** Absent: the firmware in guests/. */
  firmware?: Medium;
  vgaFirmware?: Medium;
  /** From which it goes on where it has this memory and processor. */
  savedState?: SavedState;
  /** It is going to be given a captured state. */
  takesState?: boolean;
}

/** A state, and what the machine must have to take it. */
export interface SavedState {
  source: PublishedSource;
  memoryMiB: number;
  processors: number;
  cpuModel: CpuModel;
  /** Of all its parts, where that is known. */
  partsBytes?: number;
  /** What has changed since, where a link says that. */
  difference?: MediaSource;
  /** Where it cannot be had, or is of another version of Posada, the machine starts anew. */
  isOptional?: boolean;
}

/** The person's own settings, which go before what a ready-made machine proposes. */
export interface MachineSettings {
  memoryMiB?: number;
  cpuModel?: CpuModel;
  bootOrder?: BootDevice[];
}

export function automaticBootOrder(parts: MachineParts): BootDevice[] {
  const given: [BootDevice, boolean][] = [
    ["floppy", parts.floppy !== undefined],
    ["cdrom", parts.cdrom !== undefined],
    ["disk", parts.disks.length > 0],
  ];
  const present = given.filter(([, isGiven]) => isGiven).map(([device]) => device);
  const absent = given.filter(([, isGiven]) => !isGiven).map(([device]) => device);
  return [...present, ...absent];
}

export function withSettings(plan: MachinePlan, settings: MachineSettings): MachinePlan {
  const chosen = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { ...plan, ...chosen };
}

/**
 * @param baseUrl where guests/ with the firmware stands: the page's own address
 * @throws VmError `badConfig`
 */
export function configOf(plan: MachinePlan, baseUrl: string): MachineConfig {
  const beside = (file: string) => new URL(`guests/${file}`, baseUrl).href;
  const config = checkConfig({
    name: plan.title,
    memoryMiB: plan.memoryMiB,
    processors: plan.processors,
    cpuModel: plan.cpuModel,
    ...plan.compiler,
    ...plan.limits,
    kernel: plan.kernel?.source,
    initrd: plan.initrd?.source,
    commandLine: plan.commandLine,
    floppy: plan.floppy?.source,
    cdrom: plan.cdrom?.source,
    disks: plan.disks.map(({ source, writable }) => ({ source, writable: writable ?? "discard" })),
    bootOrder: plan.bootOrder ?? automaticBootOrder(plan),
    firmware: plan.firmware?.source ?? beside("bios-256k.bin"),
    vgaFirmware: plan.vgaFirmware?.source ?? beside("vgabios-stdvga.bin"),
    takesState: plan.takesState,
  });
  const { savedState } = plan;
  // A person who wants another processor or more memory gets that, and a start.
  const takesState =
    savedState !== undefined &&
    (["memoryMiB", "processors", "cpuModel"] as const).every((name) => savedState[name] === config[name]);
  if (!takesState) return config;
  const { difference } = savedState;
  if (difference !== undefined) config.savedStateDifference = difference;
  return { ...config, savedState: savedState.source, savedStateIsOptional: savedState.isOptional ?? false };
}
