/**
 * QEMU's tests/tcg for i386, x86_64 and all architectures, as static programs NAME_64 and NAME_32: what they print inside the
 * amd64 guest (both) and the 686 guest (NAME_32) must be what they print on the processor of this machine. Where two native
 * runs differ (addresses, thread order), only the exit status is compared.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type GuestName, PROGRAM_SECONDS, type Program, type ProgramResult, runInGuest } from "./linux-guest.ts";
import { type Context, type Outcome, type Suite, Tally } from "./suite.ts";

const TIMEOUT_SECONDS = 2400;
const OUTPUT_MAX = 1 << 28;
/** Longer outputs go into the guest as a digest only, so that a difference in them is not shown line by line. */
const EXPECTED_MAX = 4 << 20;
const LINES_SHOWN = 40;

const GUESTS: readonly { readonly name: GuestName; readonly suffix: RegExp }[] = [
  { name: "amd64", suffix: /_(64|32)$/ },
  { name: "686", suffix: /_32$/ },
];

/** Debian's kernels leave the page of old system calls out unless asked. */
const APPEND = "vsyscall=xonly";

/** Lines that are not compared, as grep -E has it: SHLD and SHRD of words by 17 to 31 (modulo 32) have no defined result. [SDM2] SHLD, SHRD */
const UNDEFINED = "^sh[lr]dw .* C=0*[13][1-9a-f] ";

/** Programs that print the order of their threads or the time of day, which may be the same twice by chance. */
const UNSTEADY = /^(testthread|vsyscall)_/;

/** Failing programs, as GUEST/NAME. */
const REASONS: Readonly<Record<string, string>> = {};

interface Native {
  readonly status: number;
  readonly output: Buffer;
  /** None where two runs do not print the same. */
  readonly digest: string | undefined;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function comparable(output: Buffer): Buffer {
  const pattern = new RegExp(UNDEFINED);
  // As grep does: every line ends, the last one too.
  const lines = output.toString("latin1").replace(/\n$/, "").split("\n");
  const text = lines
    .filter((line) => !pattern.test(line))
    .map((line) => `${line}\n`)
    .join("");
  return output.length > 0 ? Buffer.from(text, "latin1") : output;
}

/** The C library uses no features natively that it does not find in the guest: fma() by FMA has NaN rules of its own. */
const ENVIRONMENT = { ...process.env, GLIBC_TUNABLES: "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX,-AVX2,-AVX512F" };

function runNatively(path: string, name: string): Native {
  const once = () => spawnSync(path, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"], maxBuffer: OUTPUT_MAX });
  const first = once();
  const second = once();
  if (first.status === null) throw new Error(`${path} does not run here: ${first.error?.message ?? first.signal}`);
  // As "2>&1" into a file would order it: the programs write to one of the two only.
  const output = comparable(Buffer.concat([first.stdout, first.stderr]));
  const isSteady = !UNSTEADY.test(name) && output.equals(comparable(Buffer.concat([second.stdout, second.stderr])));
  return { status: first.status, output, digest: isSteady ? sha256(output) : undefined };
}

function toProgram(name: string, bytes: Uint8Array, native: Native): Program {
  const isShown = native.digest !== undefined && native.output.length <= EXPECTED_MAX;
  const show = isShown ? `diff ${name}.expected /tmp/out | head -${LINES_SHOWN};` : "";
  return {
    name,
    bytes,
    command:
      `timeout -s KILL ${PROGRAM_SECONDS} ./${name} >/tmp/all 2>&1; s=$?; ` +
      `grep -vE '${UNDEFINED}' /tmp/all >/tmp/out; ` +
      `echo "@@digest $(sha256sum </tmp/out)"; ${show} rm -f /tmp/all /tmp/out; (exit $s)`,
    files: isShown ? new Map([[`${name}.expected`, native.output]]) : undefined,
  };
}

/** What is wrong, or nothing. */
function difference(native: Native, result: ProgramResult | undefined): string {
  if (!result) return "was not run";
  if (result.status === undefined) return "did not end";
  const digest = /@@digest (\w+)/.exec(result.output)?.[1];
  const isSame = native.digest === undefined || digest === native.digest;
  if (isSame && result.status === native.status) return "";
  const lines = result.output.split("\n").filter((line) => /^([-+](?![-+])|[<>])/.test(line));
  return `status ${result.status}, natively ${native.status}; ${isSame ? "same output" : `output differs: ${lines.slice(0, 4).join(" ")}`}`;
}

async function run({ folder, cache, filter, log }: Context): Promise<Outcome> {
  const tally = new Tally();
  const hash = createHash("sha256");
  const names = readdirSync(folder)
    .filter((name) => /_(64|32)$/.test(name) && name.includes(filter))
    .sort();
  const programs = names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    hash.update(name).update(bytes);
    const native = runNatively(join(folder, name), name);
    return { native, program: toProgram(name, bytes, native) };
  });
  const unsteady = programs.filter(({ native }) => native.digest === undefined).map(({ program }) => program.name);
  for (const { name: guest, suffix } of GUESTS) {
    const chosen = programs.filter(({ program }) => suffix.test(program.name));
    if (chosen.length === 0) continue;
    log(`${chosen.length} programs in the ${guest} guest`);
    const { results, kernelRelease } = await runInGuest(
      guest,
      chosen.map(({ program }) => program),
      cache,
      TIMEOUT_SECONDS,
      APPEND,
    );
    for (const { native, program } of chosen) {
      const what = difference(native, results.get(program.name));
      const full = `${guest}/${program.name}`;
      if (what) tally.fail(`Linux ${kernelRelease}`, { name: full, what, reason: REASONS[full] });
      else tally.pass(`Linux ${kernelRelease}`);
    }
  }
  return tally.outcome(`programs: SHA-256 ${hash.digest("hex").slice(0, 16)}`, [
    "Lines about SHLD and SHRD of words by more than 16 bits are left out: their result is undefined ([SDM2] SHLD, SHRD), and processors differ.",
    `Only the exit status is compared of those whose output is never the same twice: ${unsteady.join(", ") || "none"}.`,
  ]);
}

export const qemuTests: Suite = {
  id: "qemu-tests",
  title: "QEMU, tests/tcg: i386, x86_64 and multiarch",
  needs:
    "an x86-64 Linux and a folder with the programs built with -static, named NAME_64 and NAME_32; the guests (npm run guests)",
  programs: [],
  run,
};
