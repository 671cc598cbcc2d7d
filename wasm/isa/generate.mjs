/**
 * From the opcode tables to AssemblyScript: `node wasm/isa/generate.mjs` writes wasm/generated/:
 *
 *   tables.ts    opcode → candidate rows → row descriptors → ids, as static data for the decoder
 *   handlers.ts  a wrapper for each operation that is a call, with the checks its row asks for
 *   run.ts       the interpreter's main switch (from wasm/interp/run.template.ts)
 *   translate.ts the emitting backend's switch over operations, and what each id is
 *   rows.json    the rows' texts, for the disassembler and the traces; ids.json: the names of ids
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cold, hot, idOf, rows } from "./operations.mjs";
import { handlersText, runText } from "./write-interpreter.mjs";
import { tablesText } from "./write-tables.mjs";
import { translateText } from "./write-translate.mjs";

const wasm = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(wasm, "generated");
mkdirSync(out, { recursive: true });
const write = (name, text) => writeFileSync(join(out, name), text);

write("handlers.ts", handlersText());
write("run.ts", runText(readFileSync(join(wasm, "interp/run.template.ts"), "utf8")));
write("translate.ts", translateText());
write("tables.ts", tablesText());
write(
  "rows.json",
  JSON.stringify(
    rows.map(({ text, file, semantic }) => ({ text, file, semantic })),
    null,
    1,
  ),
);
write("ids.json", JSON.stringify([...idOf.keys()], null, 1));
console.log(`isa: ${rows.length} rows, ${hot.size} operations in the main switch, ${cold.size} as calls`);
