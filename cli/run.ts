/** `posada run`: makes the machine, does the steps of the command line in order, writes what was asked for at the end. */
import { readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { VmError } from "../src/protocol/vm-api.ts";
import type { VmEvent } from "../src/protocol/vm-api.ts";
import { asVmError } from "../src/protocol/vm-error.ts";
import type { MachineConfig } from "../src/protocol/machine-config.ts";
import { configOf } from "../src/services/machine-plan.ts";
import { loadPublished, readPublished } from "../src/services/published/published-machine.ts";
import { checkConfig } from "../src/services/config-check.ts";
import { UsageError } from "./options.ts";
import type { RunOptions } from "./options.ts";
import { openSerial } from "./serial-port.ts";
import { Watcher } from "./watcher.ts";
import { callback, startMachine } from "./worker-link.ts";
import type { LinkedMachine } from "./worker-link.ts";

export const EXIT_DONE = 0;
export const EXIT_USAGE = 2;
export const EXIT_TIMEOUT = 3;
export const EXIT_FAILED = 4;

/** How often the text screen is looked at. */
const SCREEN_PERIOD_MS = 100;

export interface Places {
  /** The built worker script. */
  workerScript: string;
  /** Where SeaBIOS and its VGA BIOS are. */
  guestsFolder: string;
}

/** How a run ended: its exit status, and a line for stderr. */
interface Ending {
  status: number;
  words?: string;
}

/** @returns the exit status */
export async function runMachine(options: RunOptions, places: Places): Promise<number> {
  const config =
    options.published === undefined
      ? machineConfig(options, places)
      : await publishedConfig(options.published, options, places);
  const run = new Run(options);
  let isDead: () => void = () => {};
  const dead = new Promise<void>((resolve) => (isDead = resolve));
  const machine = startMachine(places.workerScript, (error) => {
    isDead();
    run.end({ status: EXIT_FAILED, words: error.message });
  });
  try {
    return await run.over(machine, {
      async create(api) {
        await api.create(config);
        if (options.restore) await api.restore(await readInput(options.restore), "paused");
      },
      begin: (api) => (options.restore ? api.resume() : api.start()),
    });
  } finally {
    // What the guest wrote to disks and flash may still be under way. A worker that failed answers no more.
    const disposed = machine.api.dispose().catch((error: Error) => console.error(`posada: ${error.message}`));
    await Promise.race([disposed, dead]);
    await machine.end();
  }
}

export function machineConfig(options: RunOptions, { guestsFolder }: Places): ReturnType<typeof checkConfig> {
  const file = (path: string | undefined) => (path === undefined ? undefined : sourceFor(path));
  const bios = options.bios ?? `${guestsFolder}/bios-256k.bin`;
  const vgaBios = options.vgaBios ?? `${guestsFolder}/vgabios-stdvga.bin`;
  if (options.bios !== undefined && options.flash.length > 0)
    throw new UsageError("--bios and --pflash are two ways to say where the firmware is");
  if (options.bios === undefined && options.flash.length === 0 && !existsSync(bios))
    throw new VmError(
      "badMedia",
      `There is no firmware in ${guestsFolder}; npm run guests brings it, or name one with --bios.`,
    );
  return checkConfig({
    memoryMiB: options.memoryMiB,
    processors: options.processors,
    cpuModel: options.cpuModel,
    clock: options.clock,
    jit: options.jit,
    jitThreshold: options.jitThreshold,
    jitMaxBlock: options.jitMaxBlock,
    kernel: file(options.kernel),
    modules: options.modules.map(({ path, words }) => ({ source: sourceFor(path), commandLine: words })),
    initrd: file(options.initrd),
    commandLine: options.append,
    floppy: file(options.floppy),
    cdrom: file(options.cdrom),
    disks: options.disks.map((path) => ({ source: sourceFor(path), writable: isUrl(path) ? "discard" : "keep" })),
    bootOrder: options.boot,
    firmware: options.flash.length > 0 ? undefined : file(bios),
    flash: options.flash.map(({ path, writable }) => ({ source: sourceFor(path), writable })),
    vgaFirmware: vgaBios === "none" ? undefined : file(vgaBios),
    testDevice: options.testDevice,
  });
}

/** A machine as its machine.json says, which is a file or at an address; of the options, those about the run count. */
async function publishedConfig(path: string, options: RunOptions, places: Places): Promise<MachineConfig> {
  const url = sourceFor(path);
  const { plan } = isUrl(path)
    ? await loadPublished(url)
    : readPublished(JSON.parse(new TextDecoder().decode(await readInput(path))), url);
  const config = configOf(plan, guestsUrl(places));
  return { ...config, jit: options.jit, clock: options.clock === "instructions" ? "instructions" : "host" };
}

/** What `guests/` is beside, as configOf wants it. */
export function guestsUrl({ guestsFolder }: Places): string {
  return `${pathToFileURL(guestsFolder).href.replace(/\/guests\/?$/, "")}/`;
}

function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path);
}

function sourceFor(path: string): string {
  return isUrl(path) ? path : pathToFileURL(resolve(path)).href;
}

/** What is done with a machine beside the steps: in `posada run` it is made and switched on, and that is all. */
export interface RunHooks {
  /** Makes the machine, after its events are heard. */
  create(api: LinkedMachine["api"]): Promise<void>;
  /** Has it run. */
  begin(api: LinkedMachine["api"]): Promise<void>;
  hear?(event: VmEvent): void;
  /** After the last step, before the results are written. */
  finish?(): Promise<void>;
}

export class Run {
  private readonly watcher = new Watcher();
  private finish: (ending: Ending) => void = () => {};
  private readonly ended = new Promise<Ending>((resolve) => (this.finish = resolve));
  private failure: string | null = null;
  private news: () => void = () => {};
  private writeSerial: (bytes: Uint8Array) => void = () => {};
  private waitingFor: string | null = null;
  private isOff = false;

  constructor(private readonly options: RunOptions) {}

  end(ending: Ending): void {
    this.finish(ending);
    this.news();
  }

  async over({ api }: LinkedMachine, hooks: RunHooks): Promise<number> {
    const { options } = this;
    await api.subscribe(
      callback((event: VmEvent) => {
        hooks.hear?.(event);
        this.heard(event);
      }),
    );
    await hooks.create(api);
    if (options.trace) await api.trace(options.trace);
    const serial = await openSerial(
      options.serial,
      (bytes) => void api.serialWrite(0, bytes).catch(() => undefined),
      () => this.end({ status: EXIT_DONE }),
    ).catch((error: Error) => {
      throw new UsageError(`--serial: ${error.message}`);
    });
    this.writeSerial = serial.write;

    const seconds = options.timeoutSeconds;
    const timer = seconds === undefined ? undefined : setTimeout(() => this.timedOut(api, seconds), seconds * 1000);
    const onSignal = () => this.end({ status: 130 });
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    void this.play(api, hooks);
    const ending = await this.ended;
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);

    // What was written last may still be under way from the worker.
    await api.state().catch(() => undefined);
    await serial.close();
    await hooks.finish?.();
    if (ending.words) console.error(`posada: ${ending.words}`);
    await this.writeResults(api);
    return ending.status;
  }

  private heard(event: VmEvent): void {
    if (event.type === "serial" && event.port === 0) {
      this.writeSerial(event.bytes);
      this.watcher.serial(event.bytes);
      this.news();
    } else if (event.type === "exit") this.end({ status: event.status });
    else if (event.type === "error") {
      if (event.code === "storage") console.error(`posada: ${event.message}`);
      else this.failure = event.message;
    } else if (event.type === "state" && event.state === "aborted")
      this.end({ status: EXIT_FAILED, words: this.failure ?? event.reason ?? "the machine failed" });
    else if (event.type === "state" && event.state === "poweredOff") {
      this.isOff = true;
      this.news();
    }
  }

  private missed(): void {
    this.end({
      status: EXIT_TIMEOUT,
      words: `the guest switched itself off before "${this.waitingFor}" was seen; ${this.watcher.lastSeen()}`,
    });
  }

  private async timedOut(api: LinkedMachine["api"], seconds: number): Promise<void> {
    await this.lookAtScreen(api);
    const what = this.waitingFor === null ? "" : ` waiting for "${this.waitingFor}"`;
    this.end({ status: EXIT_TIMEOUT, words: `timed out after ${seconds} s${what}; ${this.watcher.lastSeen()}` });
  }

  /** Does the steps in order. */
  private async play(api: LinkedMachine["api"], hooks: RunHooks): Promise<void> {
    const { steps, instructions } = this.options;
    try {
      if (instructions !== undefined) {
        await api.runInstructions(instructions);
        return this.end({ status: EXIT_DONE });
      }
      await hooks.begin(api);
      this.waitingFor = steps.find((step) => step.kind === "until")?.text ?? null;
      for (const step of steps) {
        if (step.kind === "until") {
          this.waitingFor = step.text;
          if (!(await this.until(api, step.text))) return this.missed();
          this.waitingFor = steps.slice(steps.indexOf(step) + 1).find((later) => later.kind === "until")?.text ?? null;
        } else if (this.isOff) break;
        else if (step.kind === "type") await api.typeText(step.text);
        else await api.serialWrite(0, new TextEncoder().encode(step.text));
      }
      if (this.waitingFor !== null) return this.missed();
      const waited = steps.some((step) => step.kind === "until");
      while (!waited && !this.isOff) await new Promise<void>((resolve) => (this.news = resolve));
      this.end({ status: EXIT_DONE });
    } catch (error) {
      const { code, message } = asVmError(error);
      // A guest that switches itself off while it is typed to.
      if (code === "wrongState" && this.isOff)
        return this.waitingFor === null ? this.end({ status: EXIT_DONE }) : this.missed();
      this.end({ status: code === "badConfig" ? EXIT_USAGE : EXIT_FAILED, words: message });
    }
  }

  /** @returns false where the machine went off before the text came */
  private async until(api: LinkedMachine["api"], text: string): Promise<boolean> {
    for (;;) {
      const wasOff = this.isOff;
      await this.lookAtScreen(api);
      if (this.watcher.meets(text)) return true;
      if (wasOff) return false;
      const heard = new Promise<void>((resolve) => (this.news = resolve));
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise<void>((resolve) => (timer = setTimeout(resolve, SCREEN_PERIOD_MS)));
      await Promise.race([heard, pause]);
      clearTimeout(timer);
    }
  }

  private async lookAtScreen(api: LinkedMachine["api"]): Promise<void> {
    this.watcher.screenIs(await api.screenText());
  }

  private async writeResults(api: LinkedMachine["api"]): Promise<void> {
    const { screenshot, screenText, stats, coverage, save } = this.options;
    if (screenshot) await output(screenshot, await api.screenshot());
    if (screenText) {
      const lines = await api.screenText();
      if (lines === null) console.error(`posada: the screen is in a graphics mode; ${screenText} has no text`);
      await output(screenText, lines === null ? "" : `${lines.join("\n")}\n`);
    }
    if (stats) await output(stats, `${JSON.stringify(await api.stats(), null, 2)}\n`);
    if (coverage) {
      const counts = await api.coverage();
      if (counts === null) throw new UsageError("--coverage needs a core that counts (npm run coverage builds one)");
      await output(coverage, JSON.stringify(counts));
    }
    if (save) await output(save, await api.save());
  }
}

async function readInput(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new VmError("badState", error.message);
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

async function output(path: string, data: Uint8Array | string): Promise<void> {
  await writeFile(path, data).catch((error: Error) => {
    throw new UsageError(`cannot write ${path}: ${error.message}`);
  });
}
