/**
 * One test of FEX-Emu's `unittests`: an assembly file whose comment says in JSON how to run it and which registers must be
 * found at the HLT that ends it. Described in unittests/Example.asm there.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Region } from "../user-process.ts";

/** Where the image stands, and what is always mapped besides it: scratch memory and two pages around E800_0000h. */
export const ENTRY = 0x1_0000n;
const STACK32: Region = { base: 0xc000_0000n, bytes: 0x1000n };
const ALWAYS: readonly Region[] = [
  { base: 0xe000_0000n, bytes: 0xa000n },
  { base: 0xe7ff_f000n, bytes: 0x2000n },
];

interface Config {
  RegData?: Record<string, string | string[]>;
  MemoryRegions?: Record<string, string>;
  MemoryData?: Record<string, string>;
  HostFeatures?: string[];
  Mode?: string;
  Env?: Record<string, string>;
}

export interface FexCase {
  /** Path below unittests, without ".asm". */
  readonly name: string;
  readonly file: string;
  readonly is64: boolean;
  readonly regions: readonly Region[];
  readonly memory: readonly { readonly at: bigint; readonly bytes: Uint8Array }[];
  /** 64-bit words by register name. */
  readonly expected: ReadonlyMap<string, readonly bigint[]>;
  readonly features: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** JSON that allows a comma before a closing bracket. */
function parseConfig(text: string): Config {
  return JSON.parse(text.replace(/,(\s*[}\]])/g, "$1")) as Config;
}

/** Numbers of up to 64 bits; negative ones are two's complement. */
const word = (text: string): bigint => {
  const trimmed = text.trim().replaceAll("_", "");
  return BigInt.asUintN(64, trimmed.startsWith("-") ? -BigInt(trimmed.slice(1)) : BigInt(trimmed));
};

/** Groups of hexadecimal digits; each group is a number, least significant byte first in memory. */
function dataBytes(text: string): Uint8Array {
  const isPrefixed = text.startsWith("0x");
  return Uint8Array.from(
    text
      .trim()
      .split(/\s+/)
      .flatMap((group) => {
        const digits = isPrefixed ? group.slice(2) : group;
        const bytes: number[] = [];
        for (let end = digits.length; end > 0; end -= 2)
          bytes.push(parseInt(digits.slice(Math.max(0, end - 2), end), 16));
        return bytes;
      }),
  );
}

/** The case in an assembly file, or nothing where it has no description. */
export function parseCase(name: string, file: string, text: string): FexCase | undefined {
  const match = /%ifdef CONFIG([\s\S]*?)%endif/.exec(text);
  if (!match) return undefined;
  const config = parseConfig(match[1]!);
  const is64 = (config.Mode ?? "64BIT").toUpperCase() === "64BIT";
  return {
    name,
    file,
    is64,
    regions: [
      ...ALWAYS,
      ...(is64 ? [] : [STACK32]),
      ...Object.entries(config.MemoryRegions ?? {}).map(([base, bytes]) => ({ base: word(base), bytes: word(bytes) })),
    ],
    memory: Object.entries(config.MemoryData ?? {}).map(([at, data]) => ({ at: word(at), bytes: dataBytes(data) })),
    expected: new Map(
      Object.entries(config.RegData ?? {}).map(([register, value]) => [
        register.toUpperCase(),
        [value].flat().map(word),
      ]),
    ),
    features: (config.HostFeatures ?? []).map((feature) => feature.toUpperCase()),
    environment: config.Env ?? {},
  };
}

/** All cases below `unittests/FOLDER`. */
export function readCases(suite: string, folder: string): FexCase[] {
  const root = join(suite, "unittests");
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".asm"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => parseCase(relative(root, file).replace(/\.asm$/, ""), file, readFileSync(file, "utf8")) ?? []);
}

/** What the suite puts before the text of a case: in 32-bit code DS and ES are loaded from entry 2 of the LDT. */
const PROLOGUE = {
  64: "BITS 64\n",
  32: `BITS 32\norg ${ENTRY}\nmov eax, 0x17\nmov ds, ax\nmov es, ax\n`,
} as const;

/** The flat image, made by nasm and kept in `cache`; a RET is put at its end as the suite does. */
export function assemble(suite: string, test: FexCase, cache: string): { image: Uint8Array; path: string } {
  const path = join(cache, `${test.name}.bin`);
  try {
    return { image: readFileSync(path), path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dirname(path), { recursive: true });
  const source = `${path}.asm`;
  writeFileSync(source, `${PROLOGUE[test.is64 ? 64 : 32]}${readFileSync(test.file, "utf8")}\nret\n`);
  const includes = join(suite, "unittests", "ASM", "Includes");
  execFileSync("nasm", ["-w-all", "-i", `${includes}/`, source, "-o", path], { stdio: ["ignore", "ignore", "pipe"] });
  return { image: readFileSync(path), path };
}
