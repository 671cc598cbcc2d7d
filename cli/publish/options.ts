/** The words of `posada publish`: its own, and those of `posada run`, which say what the machine is and what is done with it before. */
import { parseArgs } from "node:util";
import { defaultLibrary } from "../library/folder.ts";
import { parseRunOptions, unescapeText, UsageError } from "../options.ts";
import type { RunOptions } from "../options.ts";

export const PUBLISH_USAGE = `publish DIR [MACHINE] [--title TEXT] [--description TEXT] [--url ADDRESS] [--rehearse TEXT]... [--watch SECONDS] [--cold]
                            a folder for any static host with a page that goes on from the machine's state at a click:
                            MACHINE of the library, if it is suspended from there; else a machine of run's options
                            (--memory … --disk), as it is after its --until, --type and --send. What it uses in a run
                            that is watched, in which the --rehearse texts are typed, comes first to who opens the page
                            --url: where the folder will stand, for previews of links to it
                            --cold: without a state; it starts when it is opened`;

const own = {
  title: { type: "string" },
  description: { type: "string" },
  rehearse: { type: "string", multiple: true },
  watch: { type: "string" },
  url: { type: "string" },
  cold: { type: "boolean" },
  "only-state": { type: "boolean" },
  library: { type: "string" },
} as const;
/** Options of `posada run` without a value. */
const RUN_FLAGS = new Set(["no-jit", "test-device"]);
const DEFAULT_WATCH_SECONDS = 3;

export interface PublishOptions {
  folder: string;
  machine: string | undefined;
  library: string;
  title: string | undefined;
  description: string | undefined;
  /** Of the folder on the web, with "/" at its end, where that is known. */
  siteUrl: string | undefined;
  /** Typed while the machine is watched. */
  rehearse: string[];
  /** Of the machine's time, after the last text. */
  watchSeconds: number;
  cold: boolean;
  /** Neither a page nor media: for those who have them. */
  onlyState: boolean;
  run: RunOptions;
}

/** @throws UsageError */
export function parsePublishOptions(args: string[]): PublishOptions {
  const { mine, runs } = split(args);
  let parsed;
  try {
    parsed = parseArgs({ args: mine, options: own, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
  const { values, positionals } = parsed;
  const [folder, machine, more] = positionals;
  if (!folder) throw new UsageError("this needs the folder to write to");
  if (more !== undefined) throw new UsageError(`"${more}" is one word too many`);
  const watch = values.watch === undefined ? DEFAULT_WATCH_SECONDS : Number(values.watch);
  if (!(watch >= 0)) throw new UsageError(`--watch needs a number of seconds, not "${values.watch}"`);
  const run = parseRunOptions(runs);
  if (machine !== undefined && (run.kernel ?? run.cdrom ?? run.floppy ?? run.disks[0]) !== undefined)
    throw new UsageError(
      "a machine of the library has its media; --kernel, --cdrom, --floppy and --disk are for others",
    );
  return {
    folder,
    machine,
    library: values.library ?? defaultLibrary(),
    title: values.title,
    description: values.description,
    siteUrl: values.url === undefined ? undefined : folderUrl(values.url),
    rehearse: (values.rehearse ?? []).map(unescapeText),
    watchSeconds: watch,
    cold: values.cold ?? false,
    onlyState: values["only-state"] ?? false,
    run,
  };
}

function folderUrl(address: string): string {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new UsageError(`--url needs an address of the web, not "${address}"`);
  return address.endsWith("/") ? address : `${address}/`;
}

function split(args: string[]): { mine: string[]; runs: string[] } {
  const mine: string[] = [];
  const runs: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const name = /^--([a-z-]+)/.exec(arg)?.[1];
    if (name === undefined) {
      mine.push(arg);
      continue;
    }
    const isMine = Object.hasOwn(own, name);
    const isFlag = isMine ? own[name as keyof typeof own].type === "boolean" : RUN_FLAGS.has(name);
    const target = isMine ? mine : runs;
    const takesNext = !isFlag && !arg.includes("=") && i + 1 < args.length;
    // A value may begin with a dash, which is taken only with an equals sign.
    target.push(takesNext ? `${arg}=${args[++i]!}` : arg);
  }
  return { mine, runs };
}
