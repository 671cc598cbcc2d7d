/**
 * barotto/test386.asm: a ROM that tests a 386 in real, protected and virtual-8086 mode. It reports by diagnostic codes; FFh is
 * the end. Test EEh writes results as text, to be compared with the reference beside it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT, TestCore } from "../wasm/test/harness.ts";
import { commitOf } from "./revision.ts";
import { type Context, type Outcome, type Suite, Tally } from "./suite.ts";

const POST_PORT = 0x190;
/** Written by OUT imm8, AL. */
const TEXT_PORT = 0xe9;
/** Settings of the ROM's configuration: its two ports, and the tests that need the larger ROM. */
const SETTINGS: Readonly<Record<string, number>> = { POST_PORT, OUT_PORT: TEXT_PORT, ROM128: 1 };
const ROM_BASE = 0xe_0000;
const ROM_BYTES = 0x2_0000;
const RAM_BYTES = 16 << 20;
const RESET_SEGMENT = 0xf000;
const RESET_OFFSET = 0xfff0;
const POST_LAST = 0xff;
const POST_TEXT = 0xee;
const CHUNK = 1 << 22;
/** The whole ROM needs some 60 million. */
const MAX_INSTRUCTIONS = 1e9;

function assemble(folder: string, cache: string): Uint8Array {
  const source = join(cache, "src");
  rmSync(source, { recursive: true, force: true });
  cpSync(join(folder, "src"), source, { recursive: true });
  const configuration = join(source, "configuration.asm");
  let text = readFileSync(configuration, "utf8");
  for (const [name, value] of Object.entries(SETTINGS)) {
    const line = new RegExp(`^${name} equ .*$`, "m");
    if (!line.test(text)) throw new Error(`configuration.asm has no ${name}`);
    text = text.replace(line, `${name} equ ${value}`);
  }
  writeFileSync(configuration, text);
  const image = join(cache, "test386.bin");
  execFileSync("nasm", ["-w-all", "-i", `${source}/`, "-f", "bin", join(source, "test386.asm"), "-o", image], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return readFileSync(image);
}

/** Runs the ROM: the diagnostic codes in order, the text, and how it ended. */
function runRom(rom: Uint8Array): { codes: number[]; text: string; exit: number } {
  const codes: number[] = [];
  const text: number[] = [];
  const core: TestCore = new TestCore(RAM_BYTES, {
    portWrite: (port, _size, value) => {
      if (port === POST_PORT) codes.push(value & 0xff);
      else if (port === TEXT_PORT) text.push(value & 0xff);
    },
  });
  core.put(ROM_BASE, rom);
  core.enterReal({ cs: RESET_SEGMENT });
  core.rip = RESET_OFFSET;
  let exit: number = EXIT.budget;
  for (let left = MAX_INSTRUCTIONS; left > 0 && exit === EXIT.budget; left -= CHUNK) exit = core.run(CHUNK);
  return { codes, text: Buffer.from(text).toString("latin1"), exit };
}

function run({ folder, cache }: Context): Outcome {
  const rom = assemble(folder, cache);
  if (rom.length !== ROM_BYTES) throw new Error(`the ROM has ${rom.length} bytes instead of ${ROM_BYTES}`);
  const { codes, text, exit } = runRom(rom);
  const tally = new Tally();
  const hex = (code: number | undefined) => `${code?.toString(16).toUpperCase().padStart(2, "0")}h`;
  const last = codes.at(-1);
  for (const code of codes.slice(0, -1)) if (code !== POST_TEXT) tally.pass("diagnostic codes");
  if (last === POST_LAST && exit === EXIT.halted) tally.pass("diagnostic codes");
  else tally.fail("diagnostic codes", { name: `POST ${hex(last)}`, what: `the ROM stops here (exit ${exit})` });

  const got = text.split(/\r?\n/).filter((line) => line.trim());
  const expected = readFileSync(join(folder, "test386-EE-reference.txt"), "latin1")
    .split(/\r?\n/)
    .filter((line) => line.trim());
  for (let i = 0; i < Math.max(got.length, expected.length); i++)
    if (got[i]?.trim() === expected[i]?.trim()) tally.pass("POST EEh, lines of its text");
    else
      tally.fail("POST EEh, lines of its text", {
        name: `line ${i + 1}`,
        what: `"${got[i] ?? "nothing"}" instead of "${expected[i] ?? "nothing"}"`,
      });
  return tally.outcome(commitOf(folder), [
    "Assembled with the 128 KiB ROM's tests and without those of the 386's undefined behaviour (TEST_UNDEF), which differs between processors.",
  ]);
}

export const test386: Suite = {
  id: "test386",
  title: "barotto/test386.asm",
  needs: "a checkout of github.com/barotto/test386.asm; nasm",
  programs: ["nasm"],
  run,
};
