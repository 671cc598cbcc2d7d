/**
 * Linux's tools/testing/selftests/x86, as static programs NAME_64 and NAME_32, inside the amd64 guest (both) and the 686
 * guest (NAME_32). A program's exit status is its verdict: 0 passed, 4 skipped. [Linux] Documentation/dev-tools/kselftest.rst
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type GuestName, type GuestRun, type Program, runInGuest } from "./linux-guest.ts";
import { type Context, type Outcome, type Suite, Tally } from "./suite.ts";

const STATUS_SKIP = 4;
const TIMEOUT_SECONDS = 2400;
const LINES_SHOWN = 3;

const GUESTS: readonly { readonly name: GuestName; readonly suffix: RegExp }[] = [
  { name: "amd64", suffix: /_(64|32)$/ },
  { name: "686", suffix: /_32$/ },
];

/** Debian's kernels leave the page of old system calls out unless asked. */
const APPEND = "vsyscall=xonly";

/** Failing programs, as GUEST/NAME. */
const REASONS: Readonly<Record<string, string>> = {
  "amd64/amx_64":
    "asks for the state of AMX, which the processor does not claim (CPUID leaf 0Dh, components 17 and 18: [SDM1] 13.3), and does " +
    "not skip itself where it is absent",
};

function readPrograms(folder: string, suffix: RegExp, filter: string): Program[] {
  return readdirSync(folder)
    .filter((name) => suffix.test(name) && name.includes(filter))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** What a failing program complains about. */
function complaint(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim());
  const failing = lines.filter((line) => /FAIL|error|Error|not ok/.test(line));
  return (failing.length > 0 ? failing : lines.slice(-LINES_SHOWN)).slice(0, LINES_SHOWN).join(" / ");
}

function judge(
  tally: Tally,
  guest: GuestName,
  programs: readonly Program[],
  { results, kernelRelease }: GuestRun,
): void {
  const group = `Linux ${kernelRelease}`;
  for (const { name } of programs) {
    const result = results.get(name);
    const full = `${guest}/${name}`;
    if (result?.status === 0) tally.pass(group);
    else if (result?.status === STATUS_SKIP) tally.skip(`the test skips itself: ${complaint(result.output)}`, full);
    else {
      const what = !result
        ? "was not run"
        : `${result.status === undefined ? "did not end" : `status ${result.status}`}: ${complaint(result.output)}`;
      tally.fail(group, { name: full, what, reason: REASONS[full] });
    }
  }
}

async function run({ folder, cache, filter, log }: Context): Promise<Outcome> {
  const tally = new Tally();
  const hash = createHash("sha256");
  for (const { name, suffix } of GUESTS) {
    const programs = readPrograms(folder, suffix, filter);
    if (programs.length === 0) continue;
    for (const { name: program, bytes } of programs) if (name === "amd64") hash.update(program).update(bytes);
    log(`${programs.length} programs in the ${name} guest`);
    judge(tally, name, programs, await runInGuest(name, programs, cache, TIMEOUT_SECONDS, APPEND));
  }
  return tally.outcome(`linux-source-6.1 of Debian 12 (programs: SHA-256 ${hash.digest("hex").slice(0, 16)})`);
}

export const linuxSelftests: Suite = {
  id: "linux-selftests",
  title: "Linux, tools/testing/selftests/x86",
  needs: "a folder with the programs built with -static, named NAME_64 and NAME_32; the guests (npm run guests)",
  programs: [],
  run,
};
