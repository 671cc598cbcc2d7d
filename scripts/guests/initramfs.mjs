/**
 * Packs a root file system of BusyBox for one kernel: our scripts, a link per applet, and the few modules that the
 * power button, disks and CDs need. Unpacked by the kernel into RAM, so it is kept small.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { CpioWriter } from "./cpio.mjs";

/** Wanted modules; what a kernel has built in or lacks is left out. */
const MODULES = [
  "button",
  "evdev",
  "ata_piix",
  "sd_mod",
  "sr_mod",
  "floppy",
  "virtio_pci",
  "virtio_blk",
  "isofs",
  "vfat",
  "nls_cp437",
  "nls_ascii",
  "nls_iso8859-1",
];

/** Applet names; an i386 binary that cannot run here is asked through its amd64 sister, which has the same set. */
export function appletsOf(...binaries) {
  for (const binary of binaries)
    try {
      const names = execFileSync(binary, ["--list"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      return names.split("\n").filter((name) => /^[\w.[-]+$/.test(name) && name !== "busybox");
    } catch {
      continue;
    }
  throw new Error("no busybox binary runs on this machine, so its applets cannot be listed");
}

/** The names in a module's "depends=" record (.modinfo is a run of NUL-terminated "key=value" strings). */
export function dependenciesOf(moduleBytes) {
  const text = moduleBytes.toString("latin1");
  const list = /(?:^|\0)depends=([^\0]*)\0/.exec(text)?.[1] ?? "";
  return list.split(",").filter((name) => name !== "");
}

/** Module names use "-" and "_" alike. */
const plain = (name) => name.replaceAll("-", "_");

/** The wanted modules of an unpacked kernel package with all that they depend on, dependencies first. */
export function modulesFrom(kernelRoot, release, wanted = MODULES) {
  const folder = join(kernelRoot, "lib", "modules", release);
  if (!existsSync(folder)) return [];
  const files = new Map();
  for (const entry of readdirSync(folder, { recursive: true }))
    if (entry.endsWith(".ko")) files.set(plain(basename(entry, ".ko")), entry);
  const found = new Map();
  const add = (name) => {
    const path = files.get(plain(name));
    if (path === undefined || found.has(plain(name))) return;
    const bytes = readFileSync(join(folder, path));
    const dependencies = dependenciesOf(bytes);
    dependencies.forEach(add);
    found.set(plain(name), {
      path,
      bytes,
      dependencies: dependencies.map((each) => files.get(plain(each))).filter(Boolean),
    });
  };
  wanted.forEach(add);
  return [...found.values()];
}

/** modules.dep: "module: its dependencies, all of them, nearest first". [depmod(8)] */
export function modulesDep(modules) {
  const direct = new Map(modules.map(({ path, dependencies }) => [path, dependencies]));
  const closure = (path, seen = new Set()) => {
    for (const each of direct.get(path) ?? []) if (!seen.has(each)) closure(each, seen.add(each));
    return seen;
  };
  return modules.map(({ path }) => `${path}: ${[...closure(path)].join(" ")}`.trimEnd() + "\n").join("");
}

/** @returns the gzip-compressed archive */
export function buildInitramfs({ scripts, busybox, applets, release, modules }) {
  const script = (name) => readFileSync(join(scripts, name));
  const archive = new CpioWriter();
  for (const name of [
    "bin",
    "dev",
    "etc",
    "etc/acpi",
    "etc/acpi/PWRF",
    "lib",
    "lib/modules",
    "mnt",
    "proc",
    "root",
    "sys",
  ])
    archive.directory(name);
  archive.directory("tmp", 0o1777).directory("var").directory("var/run").directory("var/log");
  // The kernel opens /dev/console for init before anything is mounted.
  archive.characterDevice("dev/console", 5, 1).characterDevice("dev/null", 1, 3, 0o666);
  archive.file("bin/busybox", readFileSync(busybox), 0o755);
  for (const applet of applets) archive.symlink(`bin/${applet}`, "busybox");
  archive.file("init", script("init.sh"), 0o755);
  archive.file("bin/disks", script("disks.sh"), 0o755);
  archive.file("etc/inittab", script("inittab"));
  archive.file("etc/profile", script("profile.sh"));
  archive.file("etc/acpi/PWRF/00000080", script("power-button.sh"), 0o755);
  archive.file("etc/passwd", "root::0:0:root:/root:/bin/sh\n").file("etc/group", "root:x:0:\n");
  if (modules.length > 0) {
    const base = `lib/modules/${release}`;
    const folders = new Set([base]);
    for (const { path } of modules)
      for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
        folders.add(`${base}/${path.slice(0, at)}`);
    for (const folder of [...folders].sort()) archive.directory(folder);
    for (const { path, bytes } of modules) archive.file(`${base}/${path}`, bytes);
    archive.file(`${base}/modules.dep`, modulesDep(modules));
  }
  return gzipSync(archive.finish(), { level: 9 });
}
