/** `posada start`: runs a machine of the library in this process, which other commands can ask things of meanwhile. */
import { parseCommandLine } from "../../src/services/commands/command-line.ts";
import { englishCommands } from "../../src/services/commands/command-words.ts";
import { answerControl } from "../../src/services/commands/control-request.ts";
import { machineNamed } from "../../src/services/commands/names.ts";
import { logEventOf, MachineLog } from "../../src/services/machine-log.ts";
import { configOf } from "../../src/services/machine-plan.ts";
import type { VmEvent, VmState } from "../../src/protocol/vm-api.ts";
import { VmError } from "../../src/protocol/vm-api.ts";
import { existsSync } from "node:fs";
import { EXIT_FAILED, guestsUrl, Run } from "../run.ts";
import type { Places } from "../run.ts";
import { parseRunOptions } from "../options.ts";
import { startMachine } from "../worker-link.ts";
import { takeLibrary } from "./commands.ts";
import { serveControl } from "./control.ts";
import { openLibrary } from "./folder.ts";
import { NodeHost } from "./node-host.ts";

/** Of `posada run`, those that do not say what the machine is. */
export const RUN_OPTIONS = [
  "serial",
  "until",
  "type",
  "send",
  "screenshot",
  "screen-text",
  "stats",
  "timeout",
  "clock",
  "no-jit",
];
const FLAGS = new Set(["no-jit", "save-state"]);
const DISPOSE_MS = 10_000;

/** The words for `posada start` itself, and those that mean what they mean to `posada run`. */
function split(args: string[]): { own: string[]; run: string[] } {
  const own: string[] = [];
  const run: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = /^--([a-z-]+)/.exec(args[i]!)?.[1];
    const target = name !== undefined && RUN_OPTIONS.includes(name) ? run : own;
    target.push(args[i]!);
    if (name !== undefined && !FLAGS.has(name) && !args[i]!.includes("=") && i + 1 < args.length)
      target.push(args[++i]!);
  }
  return { own, run };
}

/** @returns the exit status, as of `posada run` */
export async function start(args: string[], places: Places): Promise<number> {
  const { own, run: runArgs } = split(args);
  const { folder, rest } = takeLibrary(own);
  const line = parseCommandLine(rest, { "save-state": {} }, englishCommands);
  const options = parseRunOptions(runArgs);
  const name = line.wordAt(0, englishCommands.args.machine);
  line.expectNoMore(1);
  const library = await openLibrary(folder);
  const { id } = machineNamed(new NodeHost(folder, library), name);
  if (!existsSync(`${places.guestsFolder}/bios-256k.bin`))
    throw new VmError("badMedia", `There is no firmware in ${places.guestsFolder}; npm run guests brings it.`);
  const begun = await library.runs.begin(id);
  let isDead: () => void = () => {};
  const dead = new Promise<void>((resolve) => (isDead = resolve));
  const run = new Run(options);
  const machine = startMachine(places.workerScript, (error) => {
    isDead();
    run.end({ status: EXIT_FAILED, words: error.message });
  });
  let state: VmState = "poweredOff";
  let isSaved = false;
  const { api } = machine;
  library.runs.attach(id, {
    api,
    get state() {
      return state;
    },
  });
  const log = new MachineLog();
  library.runs.keepLog(id, log);
  const suspend = async (): Promise<void> => {
    await library.saveState(id);
    isSaved = true;
    run.end({ status: 0 });
  };
  const control = await serveControl(folder, id, (request) => answerControl(library, id, api, request, suspend));
  try {
    return await run.over(machine, {
      create: () => {
        const config = configOf(begun.plan, guestsUrl(places));
        return api.create({
          ...config,
          jit: options.jit,
          clock: options.clock === "instructions" ? "instructions" : "host",
        });
      },
      async begin() {
        if (begun.savedMemory === null) return api.start();
        await api.restoreCaptured({ place: library.place, id: begun.savedMemory }, "paused");
        // From the first instruction on the saved state does not fit the disks any more.
        await library.runs.resumed(id);
        await api.resume();
      },
      hear(event: VmEvent) {
        if (event.type === "state") ({ state } = event);
        const noted = logEventOf(event);
        if (noted) log.add(noted);
        library.runs.receive(id, event);
      },
      async finish() {
        if (line.flag("save-state") && !isSaved && (state === "running" || state === "paused")) await suspend();
      },
    });
  } finally {
    control.close();
    const disposed = api.dispose().catch((error: Error) => console.error(`posada: ${error.message}`));
    await Promise.race([disposed, dead, new Promise((resolve) => setTimeout(resolve, DISPOSE_MS))]);
    await machine.end();
    await library.runs.end(id);
  }
}
