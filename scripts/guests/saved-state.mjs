/**
 * The saved state from which the default guest goes on in the page, in place of a boot: made by `posada publish` out of the
 * guest's own files, kept in public/guests/saved/, and made again when these files or the form of states change.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, run } from "../lib/process.mjs";
import { machines } from "./recipes.mjs";

const BOOT_TIMEOUT_SECONDS = 300;
/** What a guest left in memory that it gave back would have to be brought as well: it is written over with zeros. */
const TIDY =
  "mount -o remount,size=85% /tmp; dd if=/dev/zero of=/tmp/zeros bs=1M 2>/dev/null; rm /tmp/zeros; echo is tid''y\\n";

const folderOf = (id, guests) => join(guests, "saved", id);
/** Of how `posada publish` lays a state out: with another one it is made anew. */
const LAYOUT = 2;
/** What a state is made of, and what reads it. */
const madeFrom = ({ kernel, initrd, commandLine, memoryMiB }, guests) => {
  const hash = createHash("sha256").update(`${commandLine}\0${memoryMiB}\0${TIDY}\0${LAYOUT}`);
  for (const file of [kernel, initrd]) hash.update(readFileSync(join(guests, file)));
  return hash.digest("hex").slice(0, 16);
};

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null; // absent or cut off: it is made anew
  }
}

/** What the manifest says of a machine's state; nothing where there is none of the files as they are. */
export function savedStateOf(id, guests) {
  const machine = machines.find((each) => each.id === id);
  const stamp = readJson(join(folderOf(id, guests), "stamp.json"));
  const definition = readJson(join(folderOf(id, guests), "machine.json"));
  if (!definition || stamp?.madeFrom !== madeFrom(machine, guests)) return {};
  const { state, memoryMiB, processors, cpuModel, firstBytes, totalBytes } = definition;
  return {
    savedState: { file: `saved/${id}/${state}`, memoryMiB, processors, cpuModel, firstBytes, totalBytes },
  };
}

/** A state that the machine as it is built now does not take is of no use. */
async function isTaken(machine, guests) {
  const folder = folderOf(machine.id, guests);
  if (!savedStateOf(machine.id, guests).savedState) return false;
  const options = ["run", "--published", join(folder, "machine.json"), "--instructions", "1", "--serial", "none"];
  return (await run(process.execPath, [at("cli", "posada.mjs"), ...options], { stdio: "ignore" })) === 0;
}

/** Makes the default guest's state where it is missing, and has the manifest name it. Needs the built command. */
export async function makeSavedStates() {
  const guests = at("public", "guests");
  const [machine] = machines;
  if (!existsSync(join(guests, machine.kernel)) || !existsSync(join(guests, machine.initrd))) return;
  if (!(await isTaken(machine, guests))) {
    console.log(`build: the saved state of ${machine.title}`);
    const folder = folderOf(machine.id, guests);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const status = await run(process.execPath, [
      ...[at("cli", "posada.mjs"), "publish", folder, "--only-state", "--title", machine.title],
      ...["--memory", String(machine.memoryMiB), "--append", machine.commandLine],
      ...["--kernel", join(guests, machine.kernel), "--initrd", join(guests, machine.initrd)],
      ...["--serial", "none", "--until", "# ", "--send", TIDY, "--until", "is tidy"],
      ...["--rehearse", "uname -a; ls -l; free; vi\\n", "--timeout", String(BOOT_TIMEOUT_SECONDS)],
    ]);
    if (status !== 0) {
      console.error("build: the state could not be made (see above); the default guest will boot instead.");
      rmSync(folder, { recursive: true, force: true });
      return;
    }
    writeFileSync(join(folder, "stamp.json"), `${JSON.stringify({ madeFrom: madeFrom(machine, guests) })}\n`);
  }
  await run(process.execPath, [at("scripts", "guests.mjs")], { stdio: "ignore" });
  const target = at("dist", "guests", "saved");
  rmSync(target, { recursive: true, force: true });
  cpSync(join(guests, "saved"), target, { recursive: true, dereference: true });
  cpSync(join(guests, "manifest.json"), at("dist", "guests", "manifest.json"));
}
