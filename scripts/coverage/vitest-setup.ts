/**
 * For `npm run coverage`: counts which opcode rows the tests of one file run. Every core that they make is noticed where it
 * is instantiated; afterwards the counters of all are added up and left in build/coverage/parts/.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, expect } from "vitest";
import { ROWS } from "../../src/shared/disassembler/generated/opcode-rows.ts";

interface CountingExports {
  coverageCounts?: () => number;
}

const folder = new URL("../../build/coverage/parts/", import.meta.url);
const counting: { memory: WebAssembly.Memory; at: number }[] = [];
const Plain = WebAssembly.Instance;

WebAssembly.Instance = class extends Plain {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    const at = (this.exports as CountingExports).coverageCounts?.();
    const memory = imports?.env?.memory;
    if (at && memory instanceof WebAssembly.Memory) counting.push({ memory, at });
  }
};

afterAll(() => {
  const totals = new Map<string, number>();
  for (const { memory, at } of counting) {
    const counts = new BigUint64Array(memory.buffer, at, ROWS.length);
    ROWS.forEach(({ key }, number) => totals.set(key, (totals.get(key) ?? 0) + Number(counts[number])));
  }
  if (totals.size === 0) return;
  mkdirSync(folder, { recursive: true });
  const name = expect
    .getState()
    .testPath!.replace(/^.*\/(wasm|src|cli)\//, "$1/")
    .replaceAll("/", "-");
  writeFileSync(new URL(`${name}.json`, folder), JSON.stringify(Object.fromEntries(totals)));
});
