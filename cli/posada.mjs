#!/usr/bin/env node
/** Starts the built `posada` command; builds it first where it is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const built = new URL("dist/cli/posada.mjs", root);

function make(what, script) {
  console.error(`posada: ${what}`);
  // What the build says goes to stderr: stdout belongs to the guest's serial line.
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`scripts/${script}`, root))], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error(`posada: ${what}: this failed, see above`);
    process.exit(4);
  }
}

const needsGuests = ["run", "start", "publish", "pack"].includes(process.argv[2]) && !process.argv.includes("--help");
if (
  needsGuests &&
  !existsSync(new URL("public/guests/bios-256k.bin", root)) &&
  !existsSync(new URL("dist/guests/bios-256k.bin", root))
)
  make("fetching firmware and guests (npm run guests)", "guests.mjs");
if (!existsSync(built)) make("building the command (npm run build)", "build.mjs");
await import(built.href);
