/** The `posada` command. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LibraryError } from "../src/protocol/library.ts";
import { asVmError } from "../src/protocol/vm-error.ts";
import { StorageError } from "../src/storage/block-store.ts";
import { inOurWords } from "../src/services/commands/other-managers.ts";
import { completions, completionScript } from "./completion.ts";
import { disassembleFile } from "./disassemble.ts";
import { helpOf, LIBRARY_USAGE, libraryCommand, runLibraryCommand } from "./library/commands.ts";
import { start } from "./library/start.ts";
import { parseRunOptions, USAGE, UsageError } from "./options.ts";
import { pack, PACK_USAGE } from "./pack/pack.ts";
import { PUBLISH_USAGE } from "./publish/options.ts";
import { publish } from "./publish/publish.ts";
import { EXIT_FAILED, EXIT_USAGE, runMachine } from "./run.ts";

const EXIT_INTERRUPTED = 130;

/** dist/cli, where this is built to. */
const here = dirname(fileURLToPath(import.meta.url));

async function main(typed: string[]): Promise<number> {
  if (typed[0] === "__complete") {
    console.log(await completions(typed.slice(1)));
    return 0;
  }
  if (typed[0] === "completion" && !typed.includes("--help")) {
    process.stdout.write(completionScript(typed.slice(1)));
    return 0;
  }
  const [command, ...args] = inOurWords(typed);
  const about = libraryCommand([command ?? "", ...args]);
  if (about && args.includes("--help")) {
    console.log(helpOf(about));
    return 0;
  }
  if (command === "--help" || command === "-h" || command === "help" || args.includes("--help")) {
    console.log(
      `${USAGE}\n\n${LIBRARY_USAGE}\n\nTo give machines to others:\n       posada ${PUBLISH_USAGE}\n       posada ${PACK_USAGE}`,
    );
    return 0;
  }
  const places = {
    workerScript: join(here, "machine-worker.mjs"),
    guestsFolder: process.env.POSADA_GUESTS ?? join(here, "..", "guests"),
  };
  if (about) {
    await runLibraryCommand(about);
    return 0;
  }
  const site = join(here, "..");
  if (command === "publish") return publish(args, { ...places, site });
  if (command === "pack") return pack(args, { ...places, site });
  if (command === "start") return start(args, places);
  if (command === "disassemble") return disassembleFile(args);
  if (command !== "run")
    throw new UsageError(command ? `unknown command "${command}"; try posada --help` : "no command; try posada --help");
  return runMachine(parseRunOptions(args), places);
}

/** What is wrong with what was given is status 2; what goes wrong later is 4. */
function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`posada: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof LibraryError && error.code === "cancelled") return EXIT_INTERRUPTED;
  if (error instanceof StorageError || error instanceof LibraryError) {
    console.error(`posada: ${error.message}`);
    return EXIT_USAGE;
  }
  const { code, message, stack } = asVmError(error);
  console.error(`posada: ${message}`);
  if (code === "internal" && stack && process.env.POSADA_DEBUG) console.error(stack);
  const isInput = code === "badConfig" || code === "badMedia" || code === "unreachable" || code === "badState";
  return isInput || code === "outOfMemory" ? EXIT_USAGE : EXIT_FAILED;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
// Pipes to stdin and the like must not hold the process.
process.exit();
