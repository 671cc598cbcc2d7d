/**
 * Compiles wasm/test/entry/NAME.ts, not optimised, for tests of parts of the core without the whole of it, and gives an
 * instance with its memory. The opcode tables are generated first.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface EntryHost {
  mmioRead?(physAddr: number, sizeBytes: number): number;
  mmioWrite?(physAddr: number, sizeBytes: number, value: number): void;
  nowNs?(): number;
  epochMs?(): number;
  ioapicEoi?(vector: number): void;
}

export type EntryFunction = (...args: (number | bigint | boolean)[]) => number & bigint;
export interface Entry {
  readonly ex: Record<string, EntryFunction>;
  readonly memory: WebAssembly.Memory;
}

export function compileEntry(name: string): WebAssembly.Module {
  const output = `build/test/${name}.${process.pid}.wasm`;
  mkdirSync(`${root}/build/test`, { recursive: true });
  const run = (args: string[]): void => {
    execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  };
  run(["wasm/isa/generate.mjs"]);
  const flags = ["-O0", "--runtime", "stub", "--importMemory", "--enable", "simd", "--memoryBase", "327680"];
  run(["node_modules/assemblyscript/bin/asc.js", `wasm/test/entry/${name}.ts`, "-o", output, ...flags]);
  const module = new WebAssembly.Module(readFileSync(`${root}/${output}`));
  rmSync(`${root}/${output}`);
  return module;
}

export function instantiateEntry(module: WebAssembly.Module, memoryBytes: number, host: EntryHost = {}): Entry {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(memoryBytes / 0x10000) });
  const fail = (): never => {
    throw new Error("the core aborted");
  };
  const hostImports = {
    portRead: () => 0xffffffff,
    portWrite: () => {},
    portReadBlock: () => 0,
    portWriteBlock: () => 0,
    mmioRead: host.mmioRead ?? (() => 0xffffffff),
    mmioWrite: host.mmioWrite ?? (() => {}),
    nowNs: host.nowNs ?? (() => 0),
    epochMs: host.epochMs ?? (() => 0),
    picAcknowledge: () => 0,
    ferr: () => 0,
    ioapicEoi: host.ioapicEoi ?? (() => {}),
    debugLog: () => {},
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: fail }, host: hostImports });
  return { ex: instance.exports as Record<string, EntryFunction>, memory };
}
