/** `posada start`: runs a machine of the library in this process, which other commands can ask things of meanwhile. */
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { configOf } from "../../src/services/machine-plan.ts";
import type { VmEvent, VmState } from "../../src/protocol/vm-api.ts";
import { VmError } from "../../src/protocol/vm-api.ts";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { EXIT_FAILED, Run } from "../run.ts";
import type { Places } from "../run.ts";
import { parseRunOptions } from "../options.ts";
import { startMachine } from "../worker-link.ts";
import type { LinkedMachine } from "../worker-link.ts";
import { fail, machineNamed, parseCommandLine, openLibrary, wordAt } from "./arguments.ts";
import { serveControl } from "./control.ts";
import type { ControlRequest } from "./control.ts";

/** Of `posada run`, those that do not say what the machine is. */
const RUN_OPTIONS = [
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
  const line = parseCommandLine(own, { "save-state": { type: "boolean" } });
  const options = parseRunOptions(runArgs);
  const name = wordAt(line, 0, "the name of a machine");
  const library = await openLibrary(line.library);
  const { id } = machineNamed(library, name);
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
  const suspend = async (): Promise<void> => {
    await library.saveState(id);
    isSaved = true;
    run.end({ status: 0 });
  };
  const control = await serveControl(line.library, id, (request) => handle(library, id, api, request, suspend));
  try {
    return await run.over(machine, {
      create: () => {
        const config = configOf(begun.plan, `${pathToFileURL(places.guestsFolder).href.replace(/\/guests\/?$/, "")}/`);
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

async function handle(
  library: MachineLibrary,
  id: string,
  api: LinkedMachine["api"],
  request: ControlRequest,
  suspend: () => Promise<void>,
): Promise<unknown> {
  switch (request.do) {
    case "pause":
    case "resume":
    case "reset":
    case "powerOff":
    case "pressPowerButton":
      return api[request.do]();
    case "stats":
      return api.stats();
    case "saveState":
      return suspend();
    case "tidy":
      return library.tidy();
    case "takeSnapshot":
      return library.takeSnapshot(id, request.name, { description: request.description });
    case "deleteSnapshot":
      return library.deleteSnapshot(id, request.snapshot);
    case "clone":
      return library.clone(id, { name: request.name, how: request.full ? "full" : "linked" });
    default:
      return fail(`a running machine cannot be asked that`);
  }
}
