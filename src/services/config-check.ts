/** From what a person or a page asks for to a whole MachineConfig; every problem is one sentence that names the option. */
import { defaultConfig } from "../protocol/machine-config.ts";
import type {
  BootDevice,
  CpuModel,
  DiskConfig,
  FlashConfig,
  MachineConfig,
  MediaSource,
  ModuleConfig,
} from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";

export const CPU_MODELS: readonly CpuModel[] = ["default", "486", "pentium", "pentium3", "x86-64-v2"];
export const BOOT_DEVICES: readonly BootDevice[] = ["disk", "cdrom", "floppy"];
/** The least that firmware works with, and what lies below the PCI hole. */
export const MIN_MEMORY_MIB = 2;
export const MAX_MEMORY_MIB = 3072;
/** Two IDE channels with two drives each; one place is the CD drive's. */
export const MAX_DISKS = 3;
export const MAX_FLASH_CHIPS = 2;
export const MAX_JIT_THRESHOLD = 1_000_000;
export const MAX_JIT_BLOCK = 200;
export const MAX_PROCESSOR_SHARES = 1000;

const OPTIONS: readonly string[] = [
  "name",
  "memoryMiB",
  "processors",
  "cpuModel",
  "kernel",
  "modules",
  "initrd",
  "commandLine",
  "floppy",
  "cdrom",
  "disks",
  "bootOrder",
  "firmware",
  "vgaFirmware",
  "savedState",
  "takesState",
  "savedStateDifference",
  "savedStateIsOptional",
  "flash",
  "clock",
  "jit",
  "jitThreshold",
  "jitMaxBlock",
  "onTripleFault",
  "testDevice",
  "executionCapPercent",
  "processorShares",
] satisfies (keyof MachineConfig)[];

function bad(sentence: Said | string): never {
  throw new VmError("badConfig", sentence);
}

function show(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  return (
    allowed.find((word) => word === value) ?? bad(said`${name} is ${show(value)}; it can be ${allowed.join(", ")}.`)
  );
}

function wholeNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    bad(said`${name} is ${show(value)}; it can be a whole number from ${least} to ${most}.`);
  return value;
}

function text(name: string, value: unknown): string {
  return typeof value === "string" ? value : bad(said`${name} is ${show(value)}; it must be text.`);
}

function yesOrNo(name: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : bad(said`${name} is ${show(value)}; it can be true or false.`);
}

function media(name: string, value: unknown): MediaSource {
  if (value instanceof URL) return value.href;
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) {
    if (value.byteLength === 0) bad(said`${name} is empty (0 bytes).`);
    return value;
  }
  if (typeof Blob === "function" && value instanceof Blob) {
    if (value.size === 0) bad(said`${name} is empty (0 bytes).`);
    return value;
  }
  if (typeof value === "string" && value !== "") return value;
  const kinds = ["kept", "checked", "published"];
  if (typeof value === "object" && value !== null && kinds.some((kind) => kind in value)) return value as MediaSource;
  return bad(said`${name} is ${show(value)}; it can be a URL, a Blob, an ArrayBuffer or a Uint8Array.`);
}

function disk(name: string, value: unknown): DiskConfig {
  // A bare source is a disk whose writes are not kept.
  const isEntry = typeof value === "object" && value !== null && "source" in value;
  const entry = isEntry ? (value as Partial<DiskConfig>) : { source: value };
  const writable = (entry as Partial<DiskConfig>).writable;
  return {
    source: media(name, entry.source),
    writable: writable === undefined ? "discard" : oneOf(`writable of ${name}`, writable, ["discard", "keep"]),
  };
}

function flashChip(name: string, value: unknown): FlashConfig {
  const isEntry = typeof value === "object" && value !== null && "source" in value;
  const entry: Record<string, unknown> = isEntry ? { ...value } : { source: value };
  return {
    source: media(name, entry.source),
    writable:
      entry.writable === undefined
        ? "discard"
        : oneOf(`writable of ${name}`, entry.writable, ["no", "discard", "keep"]),
  };
}

function bootModule(name: string, value: unknown): ModuleConfig {
  const isEntry = typeof value === "object" && value !== null && "source" in value;
  const entry: Record<string, unknown> = isEntry ? { ...value } : { source: value };
  return { source: media(name, entry.source), commandLine: text(`command line of ${name}`, entry.commandLine ?? "") };
}

function list(name: string, value: unknown): unknown[] {
  return Array.isArray(value) ? value : bad(said`${name} is ${show(value)}; it must be a list.`);
}

/**
 * Fills in defaults and checks everything that can be checked without reading the media.
 * @param asked options by their names in MachineConfig; what is undefined counts as absent
 * @throws VmError `badConfig`
 */
export function checkConfig(asked: Readonly<Record<string, unknown>>): MachineConfig {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== null));
  for (const name of Object.keys(given))
    if (!OPTIONS.includes(name)) bad(said`"${name}" is no option of a machine; options are ${OPTIONS.join(", ")}.`);

  const config: MachineConfig = {
    ...defaultConfig,
    modules: [],
    disks: [],
    flash: [],
    bootOrder: [...defaultConfig.bootOrder],
  };
  const take = <K extends keyof MachineConfig>(name: K, check: (name: string, value: unknown) => MachineConfig[K]) => {
    if (given[name] !== undefined) config[name] = check(name, given[name]);
  };
  take("name", text);
  take("memoryMiB", (name, value) => wholeNumber(name, value, MIN_MEMORY_MIB, MAX_MEMORY_MIB));
  take("processors", (name, value) => {
    const count = wholeNumber(name, value, 1, 16);
    return count === 1
      ? count
      : bad(said`processors is ${count}; this version of Posada runs machines with 1 processor.`);
  });
  take("cpuModel", (name, value) => oneOf(name, value, CPU_MODELS));
  take("kernel", media);
  take("modules", (name, value) => list(name, value).map((entry, i) => bootModule(`module ${i + 1}`, entry)));
  take("initrd", media);
  take("commandLine", text);
  take("floppy", media);
  take("cdrom", media);
  take("disks", (name, value) => list(name, value).map((entry, i) => disk(`disk ${i + 1}`, entry)));
  take("bootOrder", (name, value) => list(name, value).map((entry) => oneOf(name, entry, BOOT_DEVICES)));
  take("firmware", media);
  take("vgaFirmware", media);
  take("savedState", (name, value) => {
    const source = media(name, value);
    return typeof source === "object" && "published" in source ? source : bad(said`${name} is no published state.`);
  });
  take("takesState", yesOrNo);
  take("savedStateDifference", media);
  take("savedStateIsOptional", yesOrNo);
  take("flash", (name, value) => list(name, value).map((entry, i) => flashChip(`flash ${i + 1}`, entry)));
  take("clock", (name, value) => oneOf(name, value, ["host", "instructions"]));
  take("jit", yesOrNo);
  take("jitThreshold", (name, value) => wholeNumber(name, value, 0, MAX_JIT_THRESHOLD));
  take("jitMaxBlock", (name, value) => wholeNumber(name, value, 1, MAX_JIT_BLOCK));
  take("onTripleFault", (name, value) => oneOf(name, value, ["reset", "stop"]));
  take("testDevice", yesOrNo);
  take("executionCapPercent", (name, value) => wholeNumber(name, value, 1, 100));
  take("processorShares", (name, value) => wholeNumber(name, value, 1, MAX_PROCESSOR_SHARES));

  if (config.disks.length > MAX_DISKS)
    bad(said`${config.disks.length} disks were given; a machine has room for ${MAX_DISKS}.`);
  if (config.flash.length > MAX_FLASH_CHIPS)
    bad(said`${config.flash.length} flash images were given; a machine has room for ${MAX_FLASH_CHIPS}.`);
  if (config.modules.length > 0 && config.kernel === undefined) bad("Modules were given without a kernel.");
  if (config.initrd !== undefined && config.kernel === undefined) bad("An initrd was given without a kernel.");
  if (config.commandLine && config.kernel === undefined) bad("A kernel command line was given without a kernel.");
  if (new Set(config.bootOrder).size < config.bootOrder.length) bad("bootOrder names a device twice.");
  return config;
}
