/**
 * Which opcode rows a suite runs. On a core that counts (`node scripts/build-core.mjs --coverage`, then POSADA_CORE=
 * build/core.coverage.wasm) each suite leaves build/coverage/SUITE.json, which `npm run coverage -- --page` shows.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROWS } from "../src/shared/disassembler/generated/opcode-rows.ts";

interface CountingExports {
  /** Where the counters stand, one of 64 bits for each row; 0 where the core does not count. */
  coverageCounts?: () => number;
}

/** Notices every core that is made from now on. */
export class RowCounter {
  private readonly cores: { readonly memory: WebAssembly.Memory; readonly at: number }[] = [];

  constructor() {
    const { cores } = this;
    const Plain = WebAssembly.Instance;
    WebAssembly.Instance = class extends Plain {
      constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
        super(module, imports);
        const at = (this.exports as CountingExports).coverageCounts?.() ?? 0;
        const memory = imports?.env?.memory;
        if (at && memory instanceof WebAssembly.Memory) cores.push({ memory, at });
      }
    };
  }

  /** Writes what has been counted since the last call, if anything was. */
  write(folder: string, suite: string): void {
    const cores = this.cores.splice(0);
    if (cores.length === 0) return;
    const totals: Record<string, number> = {};
    for (const { memory, at } of cores) {
      const counts = new BigUint64Array(memory.buffer, at, ROWS.length);
      ROWS.forEach(({ key }, row) => (totals[key] = (totals[key] ?? 0) + Number(counts[row])));
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${suite}.json`), `${JSON.stringify(totals, null, 1)}\n`);
  }
}
