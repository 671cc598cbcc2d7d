/**
 * Compiles an entry module given as text against the core's sources. Memory behind a TLB miss is replaced by "nothing is
 * mapped", so that the modules under test stand alone.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

const UNMAPPED = `
import { Cpu } from "../cpu/state";
import { VECTOR_PF, raise } from "../cpu/fault";
export function readSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 { raise(cpu, VECTOR_PF); return 0; }
export function readForWriteSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 { raise(cpu, VECTOR_PF); return 0; }
export function writeSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64): void { raise(cpu, VECTOR_PF); }
export function read128Slow(cpu: Cpu, linearAddr: u64): v128 { raise(cpu, VECTOR_PF); return i64x2.splat(0); }
export function write128Slow(cpu: Cpu, linearAddr: u64, value: v128): void { raise(cpu, VECTOR_PF); }
`;

/** `source` stands as build/test/entry.ts: its imports begin with "../../wasm/". Returns the module's bytes. */
export async function compileEntry(source: string): Promise<Uint8Array> {
  const flags = [
    "-O1",
    "--runtime",
    "stub",
    "--importMemory",
    "--enable",
    "simd",
    "--memoryBase",
    "327680",
    "--noAssert",
    "--disableWarning",
    "112",
    "--baseDir",
    root,
  ];
  let messages = "";
  let binary: Uint8Array | undefined;
  const { error } = await asc.main(["build/test/entry.ts", "-o", "entry.wasm", ...flags], {
    stderr: { write: (text: string) => void (messages += text) },
    readFile: (name: string, baseDir: string) => {
      if (name.endsWith("build/test/entry.ts")) return source;
      if (name.endsWith("mmu/slow-access.ts")) return UNMAPPED;
      try {
        return readFileSync(resolve(baseDir, name), "utf8");
      } catch {
        return null;
      }
    },
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name.endsWith(".wasm")) binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`asc: ${messages.slice(0, 4000)}`);
  return binary;
}

/** Instantiates such a module with `memory`; imports from the host do nothing. */
export function instantiate(
  binary: Uint8Array,
  memory: WebAssembly.Memory,
): Record<string, (...args: number[]) => number> {
  const module = new WebAssembly.Module(new Uint8Array(binary));
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = kind === "memory" ? memory : () => 0;
  return new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports as unknown as Record<
    string,
    (...args: number[]) => number
  >;
}
