#!/usr/bin/env node
/**
 * `npm run debian-disk [-- --update]`: a disk of 2 GB with a Debian that debootstrap installs, in build/debian in the formats of
 * other hypervisors, for `npm run e2e:long`. Needs root, and Debian's packages debootstrap, qemu-utils, grub-pc-bin,
 * e2fsprogs and fdisk, which it installs where they are missing. Takes about two minutes and 2 GB.
 */
import { existsSync, mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { at, hasCommand, runOrStop } from "./lib/process.mjs";

const NEEDED = {
  debootstrap: "debootstrap",
  "qemu-img": "qemu-utils",
  "grub-mkimage": "grub-common",
  mke2fs: "e2fsprogs",
  sfdisk: "fdisk",
};
const folder = at("build", "debian");

function stop(sentence) {
  console.error(`debian-disk: ${sentence}`);
  process.exit(1);
}

/** The archive that this system gets its packages from. */
function archive() {
  const { stdout } = spawnSync("apt-get", ["indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages"]);
  const [site, suite] = (stdout?.toString().split("\n")[0] ?? "").split(" ");
  return site && suite ? { site, suite } : stop("this system's sources of packages name no archive.");
}

if (existsSync(join(folder, "debian.ova")) && !process.argv.includes("--update")) {
  console.log("debian-disk: the disks are there.");
  process.exit(0);
}
if (process.getuid?.() !== 0) stop("debootstrap must be run by root.");
const missing = Object.entries(NEEDED).filter(([command]) => !hasCommand(command));
const packages = new Set(missing.map(([, name]) => name));
if (!existsSync("/usr/lib/grub/i386-pc/boot.img")) packages.add("grub-pc-bin");
if (packages.size > 0) await runOrStop("apt-get install", "apt-get", ["install", "-qqy", ...packages]);
mkdirSync(folder, { recursive: true });
const { site, suite } = archive();
await runOrStop("Making the disk", at("scripts", "guests", "debian-disk.sh"), [folder, site, suite]);
