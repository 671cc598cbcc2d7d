/** The `posada` command. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asVmError } from "../src/protocol/vm-error.ts";
import { StorageError } from "../src/storage/block-store.ts";
import { convertImage } from "./convert.ts";
import { disassembleFile } from "./disassemble.ts";
import { media } from "./media.ts";
import { parseRunOptions, USAGE, UsageError } from "./options.ts";
import { EXIT_FAILED, EXIT_USAGE, runMachine } from "./run.ts";

/** dist/cli, where this is built to. */
const here = dirname(fileURLToPath(import.meta.url));

async function main([command, ...args]: string[]): Promise<number> {
  if (command === "--help" || command === "-h" || command === "help" || args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  if (command === "disassemble") return disassembleFile(args);
  if (command === "convert") return convertImage(args);
  if (command === "media") return media(args);
  if (command !== "run")
    throw new UsageError(command ? `unknown command "${command}"; try posada --help` : "no command; try posada --help");
  return runMachine(parseRunOptions(args), {
    workerScript: join(here, "machine-worker.mjs"),
    guestsFolder: process.env.POSADA_GUESTS ?? join(here, "..", "guests"),
  });
}

/** What is wrong with what was given is status 2; what goes wrong later is 4. */
function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`posada: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof StorageError) {
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
