/**
 * `posada publish`: a machine as a folder for static hosts. Three machines run: one up to the state that is published, one
 * that goes on from it while what it uses is noted, and whoever opens the page.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MachineConfig, MediaSource } from "../../src/protocol/machine-config.ts";
import { isKept } from "../../src/protocol/machine-config.ts";
import { PUBLISHED_FORMAT, PUBLISHED_VERSION } from "../../src/protocol/published.ts";
import type { PublishedDefinition, PublishedMedium, PublishedRole } from "../../src/protocol/published.ts";
import type { Touched } from "../../src/protocol/replay-api.ts";
import { VmError } from "../../src/protocol/vm-api.ts";
import type { VmEvent } from "../../src/protocol/vm-api.ts";
import { configOf } from "../../src/services/machine-plan.ts";
import type { BlockStore } from "../../src/storage/block-store.ts";
import { FolderLayers } from "../../src/storage/library/folder-layers.ts";
import { LAYERS_FOLDER } from "../../src/storage/library/folder-storage.ts";
import { LayeredDisk } from "../../src/storage/library/layered-disk.ts";
import { NodeFileStore } from "../../src/storage/node-file-store.ts";
import { machineNamed } from "../../src/services/commands/names.ts";
import { openLibrary } from "../library/folder.ts";
import { NodeHost } from "../library/node-host.ts";
import { EXIT_DONE, EXIT_FAILED, guestsUrl, machineConfig, Run } from "../run.ts";
import type { Places } from "../run.ts";
import { callback, startMachine } from "../worker-link.ts";
import type { LinkedMachine } from "../worker-link.ts";
import { parsePublishOptions } from "./options.ts";
import type { PublishOptions } from "./options.ts";
import { pageOf } from "./page.ts";
import { PublishedFolder } from "./published-folder.ts";

const PICTURE_WIDTH_PX = 800;
/** What of the built site belongs to every published machine. */
const NOT_OF_THE_PAGE = new Set(["guests", "cli", "pack", "types", "posada.d.ts", "index.html"]);
const DATA = "data";
const MAX_SERIAL_BYTES = 64 << 10;
const NOTHING = new Uint8Array(0);

/** A machine as it is to be published. */
export interface Subject {
  title: string;
  config: MachineConfig;
  /** The state from which it goes on; null: it starts. */
  saved: Uint8Array | null;
  picture: Uint8Array | null;
  /** The end of what the guest wrote to COM1. */
  serial: Uint8Array;
}

/** @returns the exit status */
export async function publish(args: string[], places: Places & { site: string }): Promise<number> {
  const options = parsePublishOptions(args);
  if (!options.onlyState && !existsSync(join(places.site, "index.html")))
    throw new VmError("badMedia", `There is no built site in ${places.site}; npm run build makes it.`);
  const subject = options.machine === undefined ? await runUntil(options, places) : await ofLibrary(options, places);
  if (typeof subject === "number") return subject;
  const definition = await publishSubject(subject, options, places);
  if (!options.onlyState) await writePage(options.folder, places.site, definition, options.siteUrl);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.error(
    `${options.folder}: ${definition.title}, ${mb(definition.totalBytes)} of which ${mb(definition.firstBytes)} are loaded before its screen lives.`,
  );
  return EXIT_DONE;
}

/** Writes a machine's parts and its machine.json. */
export async function publishSubject(
  subject: Subject,
  options: PublishOptions,
  places: Places,
): Promise<PublishedDefinition> {
  const folder = new PublishedFolder(join(options.folder, DATA));
  const touched = await watched(subject, options, places);
  const definition = await writeParts(folder, subject, touched, options);
  await writeFile(join(options.folder, "machine.json"), `${JSON.stringify(definition, null, 2)}\n`);
  return definition;
}

/** What else is done with the machine while it runs up to its state. */
export interface UntilHooks {
  hear?(event: VmEvent): void;
  /** After the last step, before the state is taken. */
  before?(api: LinkedMachine["api"]): Promise<void>;
}

/** Runs the machine of the command line up to where it is published. @returns the exit status where it did not get there */
export async function runUntil(
  options: PublishOptions,
  places: Places,
  hooks: UntilHooks = {},
): Promise<Subject | number> {
  const { run: runOptions, cold } = options;
  const config = discarding(machineConfig(runOptions, places));
  const media = runOptions.kernel ?? runOptions.cdrom ?? runOptions.floppy ?? runOptions.disks[0];
  const title = options.title ?? (media === undefined ? "Posada" : basename(media));
  if (cold) return { title, config, saved: null, picture: null, serial: NOTHING };
  let saved: Uint8Array | null = null;
  let picture: Uint8Array | null = null;
  let serial = Buffer.alloc(0);
  const run = new Run(runOptions);
  const machine = startMachine(places.workerScript, (error) => run.end({ status: EXIT_FAILED, words: error.message }));
  try {
    const { api } = machine;
    const status = await run.over(machine, {
      create: () => api.create(config),
      begin: () => api.start(),
      hear(event) {
        hooks.hear?.(event);
        if (event.type === "serial" && event.port === 0)
          serial = Buffer.concat([serial, event.bytes]).subarray(-MAX_SERIAL_BYTES);
      },
      async finish() {
        const state = await api.state();
        if (state !== "running" && state !== "paused") return;
        await hooks.before?.(api);
        picture = await api.thumbnail(PICTURE_WIDTH_PX);
        saved = await api.save();
      },
    });
    if (status !== EXIT_DONE) return status;
  } finally {
    await machine.end();
  }
  if (!saved)
    throw new VmError("wrongState", "The machine is off: there is nothing to go on from. Publish it with --cold.");
  return { title, config, saved, picture, serial: new Uint8Array(serial) };
}

async function ofLibrary(options: PublishOptions, places: Places): Promise<Subject> {
  const library = await openLibrary(options.library);
  const { id, name } = machineNamed(new NodeHost(options.library, library), options.machine!);
  const begun = await library.runs.begin(id);
  try {
    const config = discarding(configOf(begun.plan, guestsUrl(places)));
    const title = options.title ?? name;
    if (begun.savedMemory === null || options.cold)
      return { title, config, saved: null, picture: null, serial: NOTHING };
    const { savedMemory } = begun;
    return await withMachine(places, config, async ({ api }) => {
      await api.restoreCaptured({ place: library.place, id: savedMemory }, "paused");
      const picture = await api.thumbnail(PICTURE_WIDTH_PX);
      return { title, config, saved: await api.save(), picture, serial: NOTHING };
    });
  } finally {
    await library.runs.end(id);
  }
}

/** What the guest writes belongs to the state, not to the images. */
function discarding(config: MachineConfig): MachineConfig {
  return { ...config, disks: config.disks.map(({ source }) => ({ source, writable: "discard" })) };
}

/** Has a machine go on from the state, and notes what it uses. */
async function watched({ config, saved }: Subject, options: PublishOptions, places: Places): Promise<Touched> {
  return withMachine(places, config, async ({ api }, whenOff) => {
    if (saved) await api.restore(saved, "paused");
    await api.watchTouched();
    if (saved) await api.resume();
    else await api.start();
    const pause = (seconds: number) =>
      Promise.race([whenOff, new Promise((resolve) => setTimeout(resolve, seconds * 1000))]);
    for (const text of options.rehearse) {
      await api.typeText(text);
      await pause(options.watchSeconds);
    }
    await pause(options.watchSeconds);
    return api.touched();
  });
}

async function withMachine<T>(
  places: Places,
  config: MachineConfig,
  use: (machine: LinkedMachine, whenOff: Promise<void>) => Promise<T>,
): Promise<T> {
  let died: (error: VmError) => void = () => {};
  const death = new Promise<never>((_, reject) => (died = reject));
  death.catch(() => undefined);
  const machine = startMachine(places.workerScript, died);
  let off: () => void = () => {};
  const whenOff = new Promise<void>((resolve) => (off = resolve));
  const hear = (event: VmEvent): void => {
    if (event.type === "state" && (event.state === "poweredOff" || event.state === "aborted")) off();
  };
  try {
    await machine.api.subscribe(callback(hear));
    await machine.api.create(config);
    return await Promise.race([use(machine, whenOff), death]);
  } finally {
    await machine.end();
  }
}

async function writeParts(
  folder: PublishedFolder,
  { title, config, saved, picture, serial }: Subject,
  touched: Touched,
  options: PublishOptions,
): Promise<PublishedDefinition> {
  const media: PublishedDefinition["media"] = {};
  let firstBytes = 0;
  const add = async (role: PublishedRole, source: MediaSource | undefined): Promise<void> => {
    if (source === undefined || options.onlyState) return;
    const isFile = role === "kernel" || role === "initrd" || role === "firmware" || role === "vgaFirmware";
    const medium = await writeMedium(folder, source, isFile ? null : (touched.reads[role] ?? []));
    media[role] = medium.medium;
    // A kernel is only read by a machine that starts.
    if (!saved || (role !== "kernel" && role !== "initrd")) firstBytes += medium.firstBytes;
  };
  await add("kernel", config.kernel);
  await add("initrd", config.initrd);
  await add("cdrom", config.cdrom);
  await add("floppy", config.floppy);
  for (const [i, { source }] of config.disks.entries()) await add(`disk${i}` as PublishedRole, source);
  await add("firmware", config.firmware);
  await add("vgaFirmware", config.vgaFirmware);
  const state = saved ? await folder.state(saved, touched, serial) : null;
  const { memoryMiB, processors, cpuModel, bootOrder, commandLine } = config;
  return {
    format: PUBLISHED_FORMAT,
    version: PUBLISHED_VERSION,
    title,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(picture && !options.onlyState ? { picture: `${DATA}/${await folder.keep(picture, ".png")}` } : {}),
    memoryMiB,
    processors,
    cpuModel,
    bootOrder,
    // Words are for a kernel that comes along.
    ...(commandLine === undefined || !media.kernel ? {} : { commandLine }),
    media,
    ...(state ? { state: `${DATA}/${state.list}` } : {}),
    firstBytes: firstBytes + (state?.firstBytes ?? 0),
    totalBytes: folder.totalBytes,
  };
}

/** @param reads null for a file that is read whole */
async function writeMedium(
  folder: PublishedFolder,
  source: MediaSource,
  reads: Touched["reads"][string] | null,
): Promise<{ medium: PublishedMedium; firstBytes: number }> {
  if (typeof source === "string" && !source.startsWith("file:")) {
    const name = decodeURIComponent(new URL(source).pathname.split("/").at(-1) ?? "");
    return { medium: { name, sizeBytes: 0, url: source }, firstBytes: 0 };
  }
  const { store, name } = await openSource(source);
  try {
    const part = reads === null ? await folder.file(store) : await folder.disk(store, reads);
    const medium = { name, sizeBytes: store.sizeBytes, list: `${DATA}/${part.list}` };
    return { medium, firstBytes: reads === null ? part.totalBytes : part.firstBytes };
  } finally {
    await store.close?.();
  }
}

async function openSource(source: MediaSource): Promise<{ store: BlockStore; name: string }> {
  if (typeof source === "string") {
    const path = fileURLToPath(source);
    return { store: await NodeFileStore.open(path, { readOnly: true }), name: basename(path) };
  }
  if (!isKept(source) || source.kept.place.kind !== "folder")
    throw new VmError("badConfig", "Only files and media of a library can be published.");
  const { place, layers, sizeBytes, name } = source.kept;
  const keeper = new FolderLayers(join(place.path, LAYERS_FOLDER));
  const stack = await Promise.all(layers.map((id) => keeper.open(id, false)));
  return { store: await LayeredDisk.open(stack, { sizeBytes, writable: false }), name };
}

/** The page and what it is made of. */
async function writePage(
  folder: string,
  site: string,
  definition: PublishedDefinition,
  siteUrl: string | undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, "assets"), { recursive: true, force: true });
  for (const name of await readdir(site))
    if (!NOT_OF_THE_PAGE.has(name)) await cp(join(site, name), join(folder, name), { recursive: true });
  const page = await readFile(join(site, "index.html"), "utf8");
  await writeFile(join(folder, "index.html"), pageOf(page, definition, siteUrl));
}
