#!/usr/bin/env node
/**
 * Modules of a kernel that we boot, for what its small root file system leaves out: `node scripts/kernel-modules.mjs KERNEL MODULE…`
 * makes a tar of them with all that they depend on, which a guest reads from a disk, and prints its path and the modules in the order in
 * which they are loaded. KERNEL is a file of public/guests; its Debian package is downloaded once.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { AptError, PrivateApt } from "./guests/apt.mjs";
import { modulesFrom } from "./guests/initramfs.mjs";
import { at, stop } from "./lib/process.mjs";

const [kernel, ...wanted] = process.argv.slice(2);
if (!kernel || wanted.length === 0) stop("usage: node scripts/kernel-modules.mjs KERNEL MODULE…", 2);
const { files } = JSON.parse(readFileSync(at("public", "guests", "manifest.json"), "utf8"));
const packageName = files.find(({ file }) => file === kernel)?.package;
if (!packageName) stop(`${kernel} is no kernel of public/guests.`, 2);

const folder = at("build", "modules", packageName);
const list = join(folder, `${wanted.join("-")}.txt`);
const tar = join(folder, `${wanted.join("-")}.tar`);
if (!existsSync(tar)) {
  const unpacked = join(folder, "unpacked");
  mkdirSync(folder, { recursive: true });
  try {
    new PrivateApt(at("build", "guests", "apt")).unpack(packageName, "amd64", unpacked);
  } catch (error) {
    stop(error instanceof AptError ? error.message : String(error));
  }
  const modules = modulesFrom(unpacked, packageName.replace("linux-image-", ""), wanted);
  const names = modules.map(({ path }) => basename(path));
  modules.forEach(({ path, bytes }) => writeFileSync(join(folder, basename(path)), bytes));
  writeFileSync(list, names.join("\n"));
  if (spawnSync("tar", ["-C", folder, "-cf", tar, ...names]).status !== 0) stop("tar failed");
  rmSync(unpacked, { recursive: true, force: true });
}
console.log([tar, ...readFileSync(list, "utf8").split("\n")].join("\n"));
