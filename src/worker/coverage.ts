/** Which instructions a core that counts has run (scripts/coverage.mjs). */
import type { WasmCore } from "../core/wasm-core.ts";
import { ROWS } from "../shared/disassembler/generated/opcode-rows.ts";

/** Counts by the row's text; null for a core that does not count. */
export function coverageOf(core: WasmCore): Record<string, number> | null {
  const at = core.coverageCounts();
  if (at === null) return null;
  const counts = new BigUint64Array(core.memory.buffer, at, ROWS.length);
  return Object.fromEntries(ROWS.map(({ key }, number) => [key, Number(counts[number])]));
}
