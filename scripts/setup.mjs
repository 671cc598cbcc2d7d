#!/usr/bin/env node
/**
 * Brings what a fresh machine lacks, and says so: npm packages, Debian packages, guests, the built site.
 * `npm start` and `npm test` both begin here; each part is skipped where it is there already.
 */
import { existsSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { debianPackages } from "./lib/debian-packages.mjs";
import { at, hasCommand, run, runOrStop, stop } from "./lib/process.mjs";

/** A command that must be there, and the Debian package that has it. */
const forGuests = [
  ["cpio", "cpio"],
  ["gzip", "gzip"],
  ["xz", "xz-utils"],
  ["zstd", "zstd"],
];
const forTests = [
  ...forGuests,
  ["chromium", "chromium"],
  ["nasm", "nasm"],
  ["objdump", "binutils"],
  ["qemu-img", "qemu-utils"],
  ["xorriso", "xorriso"],
  ["mformat", "mtools"],
  ["mkfs.fat", "dosfstools"],
  ["mke2fs", "e2fsprogs"],
  ["sfdisk", "fdisk"],
];

function checkNode() {
  const [major] = process.versions.node.split(".");
  if (Number(major) < 20) stop(`Posada needs Node 20 or later; this is ${process.versions.node}.`);
}

/** npm packages as package-lock.json names them. */
async function npmPackages() {
  const installed = at("node_modules", ".package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(at("package-lock.json")).mtimeMs - 1000) return;
  if (existsSync(installed))
    return void console.log("setup: node_modules is older than package-lock.json; run npm ci to renew it.");
  console.log("setup: installing npm packages (npm ci)");
  await runOrStop("npm ci", "npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Debian packages for the commands that are missing. */
async function packagesFor(wanted) {
  await debianPackages(wanted.filter(([command]) => !hasCommand(command)).map(([, name]) => name));
}

/** Firmware and kernels in public/guests; the script itself skips what is there. */
async function guests(purpose) {
  const script = at("scripts", "guests.mjs");
  if (!existsSync(script)) return;
  if ((await run(process.execPath, [script, ...(purpose === "test" ? ["--tests"] : [])])) !== 0)
    console.error("setup: the guests could not be brought (see above); machines without own firmware cannot start.");
}

/** @param purpose "start" for running the page, "test" for running the tests. */
export async function setup(purpose) {
  checkNode();
  await npmPackages();
  await packagesFor(purpose === "test" ? forTests : forGuests);
  await guests(purpose);
  await runOrStop("The build", process.execPath, [at("scripts", "build.mjs"), "--if-changed"]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setup(process.argv[2] ?? "start");
