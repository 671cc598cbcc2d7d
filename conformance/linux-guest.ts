/**
 * Runs programs inside one of the project's own Linux guests: an initramfs with the programs is put behind the guest's own, a
 * script in it runs them in turn, and what they print comes over the serial line.
 *
 * Where POSADA_JIT_… ask for code to be compiled in another way than usual, that is for the programs, and for the kernel as they
 * use it: the guest boots as it does for everybody, is saved, and goes on with these settings.
 */
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CpioWriter } from "../scripts/guests/cpio.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const guests = join(root, "public", "guests");

export interface Program {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the shell does; by default the program is run, and killed after PROGRAM_SECONDS. */
  readonly command?: string;
  /** What lies beside it, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export interface ProgramResult {
  readonly output: string;
  /** Exit status as the shell gives it: 128 and the signal's number where one ended it; none where it did not end. */
  readonly status: number | undefined;
}

export interface GuestRun {
  readonly results: ReadonlyMap<string, ProgramResult>;
  /** All that came over the serial line. */
  readonly serial: string;
  readonly kernelRelease: string;
}

export type GuestName = "amd64" | "686";

const MEMORY_MIB = 1024;
/** In the guest's time; a program that hangs is killed, and its result says so. */
export const PROGRAM_SECONDS = 900;

/** Where an archive that is not compressed may begin. [Linux] driver-api/early-userspace/buffer-format.rst */
const ARCHIVE_ALIGNMENT = 4;
const PANIC = "Kernel panic";
const PANIC_END = "Kernel Offset";
const TAIL_CHARACTERS = 1 << 14;

/** Marks around a program's output; they may follow text without a line's end. */
const BEGIN = "@@begin";
const END = "@@end";
const LAST = "@@last";
const READY = "@@ready";

function script(programs: readonly Program[], waits: boolean): string {
  return [
    "#!/bin/busybox sh",
    "export PATH=/bin",
    "mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev 2>/dev/null",
    "mkdir -p /dev/shm /tmp; mount -t tmpfs tmp /tmp; mount -t tmpfs shm /dev/shm",
    "ifconfig lo 127.0.0.1 up",
    "exec </dev/null >/dev/ttyS0 2>&1",
    "stty -onlcr 2>/dev/null",
    `echo "@@kernel $(uname -r)"`,
    "cd /suite",
    ...(waits ? [`echo "${READY}"; read -r go </dev/ttyS0`] : []),
    ...programs.map(
      ({ name, command = `timeout -s KILL ${PROGRAM_SECONDS} ./${name} 2>&1` }) =>
        `echo "${BEGIN} ${name}"; ${command}; echo "${END} ${name} $?"`,
    ),
    `echo "${LAST}"`,
    "poweroff -f",
    "",
  ].join("\n");
}

function initramfs(guest: GuestName, programs: readonly Program[], waits: boolean): Buffer {
  const archive = new CpioWriter();
  archive.directory("suite");
  archive.file("suite/run", Buffer.from(script(programs, waits)), 0o755);
  for (const { name, bytes, files = new Map<string, Uint8Array>() } of programs) {
    archive.file(`suite/${name}`, bytes, 0o755);
    for (const [beside, content] of files) archive.file(`suite/${beside}`, content);
  }
  const first = readFileSync(join(guests, `initrd-${guest}.gz`));
  const padding = Buffer.alloc(-first.length & (ARCHIVE_ALIGNMENT - 1));
  return Buffer.concat([first, padding, archive.finish()]);
}

/**
 * Runs `posada run` until it ends, or the guest's kernel gives up; the serial line is added to `serialPath` as it comes. What the
 * command complained of is returned.
 */
function posada(words: readonly string[], serialPath: string, env = process.env): Promise<string> {
  const command = join(root, "cli", "posada.mjs");
  const output = createWriteStream(serialPath, { flags: "a" });
  const child = spawn(process.execPath, [command, "run", ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  let tail = "";
  child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
  child.stdout.on("data", (bytes: Buffer) => {
    output.write(bytes);
    tail = (tail + bytes.toString("latin1")).slice(-TAIL_CHARACTERS);
    if (tail.includes(PANIC) && tail.includes(PANIC_END)) child.kill();
  });
  return new Promise((resolve) => child.on("close", () => output.end(() => resolve(complaint))));
}

export function parseSerial(serial: string): Map<string, ProgramResult> {
  const results = new Map<string, ProgramResult>();
  const text = serial.replaceAll("\r\n", "\n");
  for (const part of text.split(`${BEGIN} `).slice(1)) {
    const name = /^\S+/.exec(part)?.[0] ?? "";
    const end = new RegExp(`${END} ${name} (\\d+)\\n`).exec(part);
    results.set(name, {
      output: part.slice(name.length + 1, end ? end.index : undefined),
      status: end ? Number(end[1]) : undefined,
    });
  }
  return results;
}

const isCompilerSetting = (name: string): boolean => name.startsWith("POSADA_JIT");

/** Boots the guest once and runs all programs in it. */
export async function runInGuest(
  guest: GuestName,
  programs: readonly Program[],
  cache: string,
  timeoutSeconds: number,
  append = "",
): Promise<GuestRun> {
  const kernel = join(guests, `vmlinuz-${guest}`);
  if (!existsSync(kernel)) throw new Error(`${kernel} is missing: npm run guests`);
  mkdirSync(cache, { recursive: true });
  const waits = Object.keys(process.env).some(isCompilerSetting);
  const initrd = join(cache, `initrd-${guest}`);
  writeFileSync(initrd, initramfs(guest, programs, waits));
  const serialPath = join(cache, `serial-${guest}.txt`);
  rmSync(serialPath, { force: true });
  const boot = [
    ...["--memory", String(MEMORY_MIB), "--kernel", kernel, "--initrd", initrd],
    ...["--append", `console=ttyS0 quiet rdinit=/suite/run ${append}`.trim()],
  ];
  const timeout = ["--timeout", String(timeoutSeconds)];
  let complaint: string;
  if (waits) {
    const saved = join(cache, `saved-${guest}`);
    const usual = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isCompilerSetting(name)));
    complaint = await posada([...boot, ...timeout, "--until", READY, "--save", saved], serialPath, usual);
    complaint += await posada([...boot, ...timeout, "--restore", saved, "--send", "\n"], serialPath);
  } else complaint = await posada([...boot, ...timeout], serialPath);
  const serial = readFileSync(serialPath, "latin1");
  if (!serial.includes(BEGIN)) throw new Error(`the ${guest} guest did not start: ${complaint || "no output"}`);
  return {
    results: parseSerial(serial),
    serial,
    kernelRelease: /@@kernel (\S+)/.exec(serial)?.[1] ?? "",
  };
}
