/**
 * Compiles wasm/test/entry/NAME.ts, not optimised, for tests of parts of the core without the whole of it, and gives an
 * instance with its memory. The opcode tables are generated first. What was compiled is kept in build/test as long as no
 * source changes, so that tests share it.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
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

/** A digest of every source below wasm/ but the tests. */
function digestOfSources(): string {
  const hash = createHash("sha256");
  const files = readdirSync(join(root, "wasm"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|mjs|json)$/.test(file) && !/^generated\b/.test(file) && !/\.test\.ts$/.test(file))
    .filter((file) => !/^test\b/.test(file) || /^test.entry\b/.test(file));
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, "wasm", file)));
  return hash.digest("hex").slice(0, 16);
}

export function compileEntry(name: string): WebAssembly.Module {
  const folder = join(root, "build/test");
  mkdirSync(folder, { recursive: true });
  const kept = `${name}.${digestOfSources()}.wasm`;
  if (!existsSync(join(folder, kept))) {
    const temporary = `build/test/${name}.${process.pid}.wasm`;
    compile(name, temporary);
    for (const file of readdirSync(folder))
      if (file.startsWith(`${name}.`) && /\.[0-9a-f]{16}\.wasm$/.test(file) && file !== kept)
        rmSync(join(folder, file), { force: true });
    renameSync(join(root, temporary), join(folder, kept));
  }
  return new WebAssembly.Module(readFileSync(join(folder, kept)));
}

function compile(name: string, output: string): void {
  const run = (args: string[]): void => {
    execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  };
  run(["wasm/isa/generate.mjs"]);
  const flags = ["-O0", "--runtime", "stub", "--importMemory", "--enable", "simd", "--memoryBase", "327680"];
  run(["node_modules/assemblyscript/bin/asc.js", `wasm/test/entry/${name}.ts`, "-o", output, ...flags]);
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
    bringPage: () => {},
    linkRegions: () => {},
    debugLog: () => {},
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: fail }, host: hostImports });
  return { ex: instance.exports as Record<string, EntryFunction>, memory };
}
