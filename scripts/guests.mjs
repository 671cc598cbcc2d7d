#!/usr/bin/env node
/**
 * `npm run guests [-- --tests] [-- --update]`: fills public/guests/ with firmware, kernels and root file systems out of
 * Debian packages, without installing anything. What is there already is kept; `--tests` adds what only tests boot;
 * `--update` fetches everything anew. Writes manifest.json: each file's package, version, licence and digest, and the
 * ready-made machines.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PrivateApt } from "./guests/apt.mjs";
import { LIBRARY_PACKAGES, makeGrubTestIso } from "./guests/grub-test-iso.mjs";
import { appletsOf, buildInitramfs, modulesFrom } from "./guests/initramfs.mjs";
import { basics, extras, machines } from "./guests/recipes.mjs";
import { savedStateOf } from "./guests/saved-state.mjs";
import { at, hasCommand } from "./lib/process.mjs";

const BUSYBOX = { packageName: "busybox-static", licence: "GPL-2.0" };

const options = new Set(process.argv.slice(2));
for (const option of options)
  if (!["--tests", "--update"].includes(option)) {
    console.error(`guests: unknown option ${option}; known are --tests and --update.`);
    process.exit(2);
  }

const output = at("public", "guests");
const work = at("build", "guests");
const manifestFile = join(output, "manifest.json");
const recipes = options.has("--tests") ? [...basics, ...extras] : basics;
const filesOf = (recipe) =>
  recipe.kind === "kernel" ? [`vmlinuz-${recipe.id}`, `initrd-${recipe.id}.gz`] : [recipe.file];

/** What of ours goes into a made file: it is made again when this changes. */
const INGREDIENTS = {
  copy: [],
  kernel: ["init.sh", "inittab", "profile.sh", "disks.sh", "power-button.sh", "initramfs.mjs", "cpio.mjs"],
  grubTests: ["grub-test-iso.mjs", "message-catalogue.mjs"],
};

function recipeDigest(kind) {
  const hash = createHash("sha256");
  for (const name of INGREDIENTS[kind]) hash.update(name).update(readFileSync(at("scripts", "guests", name)));
  return hash.digest("hex").slice(0, 16);
}

function readManifest() {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));
    return Array.isArray(manifest.files) ? manifest : null;
  } catch {
    return null; // absent or cut off: everything is made anew
  }
}

const before = readManifest();
const known = new Map((before?.files ?? []).map((entry) => [entry.file, entry]));
const isThere = (file) => {
  const entry = known.get(file);
  const path = join(output, file);
  return entry !== undefined && existsSync(path) && statSync(path).size === entry.sizeBytes;
};
const isCurrent = (recipe) =>
  filesOf(recipe).every((file) => isThere(file) && known.get(file).recipe === recipeDigest(recipe.kind));

const missing = options.has("--update") ? recipes : recipes.filter((recipe) => !isCurrent(recipe));
mkdirSync(output, { recursive: true });
if (missing.length === 0) {
  writeManifest();
  const files = recipes.flatMap(filesOf);
  const total = files.reduce((sum, file) => sum + known.get(file).sizeBytes, 0);
  console.log(`guests: all ${files.length} files are there (${mib(total)}).`);
  process.exit(0);
}
for (const command of ["apt-get", "apt-cache", "dpkg-deb"])
  if (!hasCommand(command)) {
    console.error(byHand(command));
    process.exit(1);
  }

function mib(bytes) {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}

function byHand(command) {
  return [
    `guests: ${command} is not here, so the guests cannot be fetched from Debian's archive.`,
    `To bring them by hand, run "npm run guests" on a Debian machine and copy its public/guests folder to`,
    `${output}, or put these files there:`,
    ...missing.map(
      (recipe) =>
        `  ${filesOf(recipe).join(", ")}  from Debian's ${recipe.packageName ?? recipe.meta ?? "grub-pc-bin"}`,
    ),
  ].join("\n");
}

const apt = new PrivateApt(join(work, "apt"));
const unpacked = new Map();

/** Each package is unpacked once per run. */
function unpack(name, architecture) {
  const key = `${name}-${architecture}`;
  if (!unpacked.has(key)) {
    console.log(`guests: fetching ${name} (${architecture})`);
    const folder = join(work, "unpacked", key);
    unpacked.set(key, { folder, name, ...apt.unpack(name, architecture, folder) });
  }
  return unpacked.get(key);
}

function record(file, title, licence, kind, from) {
  const bytes = readFileSync(join(output, file));
  known.set(file, {
    file,
    title,
    package: from.map(({ name }) => name).join(", "),
    version: from.map(({ version }) => version).join(", "),
    licence,
    recipe: recipeDigest(kind),
    source: from
      .map(
        ({ source, version }) =>
          `https://sources.debian.org/src/${source}/${version.replace(/\+b\d+$/, "").replace(/^\d+:/, "")}/`,
      )
      .join(" "),
    sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  console.log(`guests: ${file}  ${mib(bytes.length)}`);
}

/** The licence text travels with the files, as it asks. */
function keepCopyright(from) {
  const text = join(from.folder, "usr", "share", "doc", from.name, "copyright");
  mkdirSync(join(output, "licences"), { recursive: true });
  if (existsSync(text)) copyFileSync(text, join(output, "licences", `${from.name}.txt`));
}

function makeCopy({ file, title, packageName, architecture, path, licence }) {
  const from = unpack(packageName, architecture);
  copyFileSync(join(from.folder, path), join(output, file));
  keepCopyright(from);
  record(file, title, licence, "copy", [from]);
}

function makeKernel({ id, meta, architecture, title, licence }) {
  const from = unpack(apt.resolve(meta, architecture, "linux-image-"), architecture);
  const boot = join(from.folder, "boot");
  const image = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
  if (!image) throw new Error(`${from.name} holds no kernel`);
  const release = image.slice("vmlinuz-".length);
  copyFileSync(join(boot, image), join(output, `vmlinuz-${id}`));
  keepCopyright(from);
  record(`vmlinuz-${id}`, title, licence, "kernel", [from]);

  const busybox = unpack(BUSYBOX.packageName, architecture);
  keepCopyright(busybox);
  const binary = join(busybox.folder, "bin", "busybox");
  // Only on machines that run amd64 code can the i386 binary's applets be asked for in its stead.
  const applets = appletsOf(
    ...(architecture === "amd64"
      ? [binary]
      : [binary, join(unpack(BUSYBOX.packageName, "amd64").folder, "bin", "busybox")]),
  );
  const archive = buildInitramfs({
    scripts: at("scripts", "guests"),
    busybox: binary,
    applets,
    release,
    modules: modulesFrom(from.folder, release),
  });
  writeFileSync(join(output, `initrd-${id}.gz`), archive);
  record(`initrd-${id}.gz`, `BusyBox root file system for ${title}`, licence, "kernel", [busybox, from]);
  rmSync(from.folder, { recursive: true, force: true }); // hundreds of MiB
  unpacked.delete(`${from.name}-${architecture}`);
}

function makeGrubTests({ file, title, licence }) {
  const lacking = ["xorriso", "mformat"].filter((command) => !hasCommand(command));
  const reason =
    lacking.length > 0
      ? `${lacking.join(" and ")} not found (Debian: xorriso, mtools)`
      : makeGrubTestIso({
          common: unpack("grub-common", "amd64").folder,
          modules: unpack("grub-pc-bin", "amd64").folder,
          libraries: LIBRARY_PACKAGES.map((name) => unpack(name, "amd64").folder),
          work: join(work, "grub-tests"),
          output: join(output, file),
        });
  if (reason) throw new Error(reason);
  keepCopyright(unpack("grub-common", "amd64"));
  record(file, title, licence, "grubTests", [unpack("grub-pc-bin", "amd64"), unpack("grub-common", "amd64")]);
}

function writeManifest() {
  const files = [...basics, ...extras].flatMap(filesOf).filter(isThere);
  const ready = machines
    .filter((machine) => files.includes(machine.kernel) && files.includes(machine.initrd))
    .map((machine) => ({ ...machine, ...savedStateOf(machine.id, output) }));
  const manifest = { files: files.map((file) => known.get(file)), machines: ready };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (!existsSync(manifestFile) || readFileSync(manifestFile, "utf8") !== text) writeFileSync(manifestFile, text);
}

const makers = { copy: makeCopy, kernel: makeKernel, grubTests: makeGrubTests };
let failures = 0;
for (const recipe of missing)
  try {
    makers[recipe.kind](recipe);
    writeManifest();
  } catch (error) {
    failures++;
    console.error(`guests: ${filesOf(recipe).join(", ")}: ${error.message}`);
  }
rmSync(join(work, "unpacked"), { recursive: true, force: true });
process.exit(failures === 0 ? 0 : 1);
