/** Runs one image of the kvm-unit-tests in a machine of its own, by the `posada` command, and reads what it says on the serial line. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../cli/posada.mjs", import.meta.url));
/** Has a menu that waits, then takes commands. */
export const GRUB = fileURLToPath(new URL("../../public/guests/grub-rescue.iso", import.meta.url));
const MEMORY_MIB = 256;

export interface ImageRun {
  readonly image: string;
  readonly args: string;
  readonly timeoutSeconds: number;
  readonly firmware: boolean;
  readonly exactTime: boolean;
}

export interface Report {
  readonly passes: number;
  /** The words of the cases that fail. */
  readonly failed: readonly string[];
  /** Of the whole test: empty where it ended by itself and found nothing wrong but `failed`. */
  readonly ending: string;
}

/** What the image writes to the debug-exit port, as the command's exit status. */
const STATUS_PASSED = 1;
const STATUS_FAILED = 3;

/** GRUB reads tar archives as if they were file systems. */
function firmwareOptions(image: string, folder: string, args: string): string[] {
  const disk = join(folder, "disk.tar");
  execFileSync("tar", ["cf", disk, "--transform", "s,.*/,,", image]);
  const file = image.slice(image.lastIndexOf("/") + 1);
  return [
    "--cdrom", GRUB, "--disk", disk, "--boot", "cdrom",
    "--until", "automatically in", "--type", "c", "--until", "grub>",
    "--type", `multiboot (hd0)/${file} ${file} ${args}\\nboot\\n`, "--until", "the end of the test",
  ]; // prettier-ignore
}

export function runImage({ image, args, timeoutSeconds, firmware, exactTime }: ImageRun): Report {
  if (!existsSync(image)) return { passes: 0, failed: [], ending: `${image} was not built` };
  const folder = mkdtempSync(join(tmpdir(), "posada-kvm-"));
  try {
    const environment = join(folder, "environment");
    writeFileSync(environment, "KERNEL_VERSION_STRING=0\n");
    const start = firmware
      ? firmwareOptions(image, folder, args)
      : ["--kernel", image, "--append", args, "--initrd", environment];
    const options = ["run", "--test-device", "--memory", String(MEMORY_MIB), "--timeout", String(timeoutSeconds)];
    if (exactTime) options.push("--clock", "instructions");
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...options, ...start], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 2 ** 26,
    });
    return readReport(stdout, status ?? -1, stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param words what the command says about the end of the run */
export function readReport(output: string, status: number, words: string): Report {
  const lines = output.replaceAll("\r", "").split("\n");
  const failed = lines.filter((line) => line.startsWith("FAIL: ")).map((line) => line.slice(6));
  const passes = lines.filter((line) => line.startsWith("PASS: ")).length;
  const fault = lines.find((line) => line.startsWith("Unhandled exception"));
  let ending = "";
  if (fault) ending = fault;
  else if (/timed out after/.test(words)) ending = "did not end";
  else if (status !== STATUS_PASSED && status !== STATUS_FAILED) ending = `ended with status ${status}`;
  return { passes, failed, ending };
}
