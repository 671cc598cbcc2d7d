/**
 * Which encodings are instructions, and how long they are, by the real processor: the whole opcode space without VEX, in 64-, 32-
 * and 16-bit code. The processor's answers are recorded (vectors/encodings.bin.gz, a byte an encoding); POSADA_RECORD=1 asks
 * again, on an AMD x86-64 machine with gcc.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodingInput, encodingsOf, verdict, verdictText } from "./native/encodings.ts";
import { MODES, OUTPUT_SIZE } from "./native/integer-layout.ts";
import { askProcessorForIntegers } from "./native/processor.ts";
import { IntegerRunner } from "./native/user-runner.ts";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFile = join(here, "vectors/encodings.bin.gz");
const coreFile = process.env["POSADA_CORE"] ?? join(here, "../../build/core.wasm");

if (process.env["POSADA_RECORD"] === "1") {
  const answers = MODES.flatMap((mode) => {
    const encodings = encodingsOf(mode);
    const results = askProcessorForIntegers(Buffer.concat(encodings.map(encodingInput)));
    return encodings.map((encoding, i) => verdict(encoding, results.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE)));
  });
  writeFileSync(vectorFile, gzipSync(Uint8Array.from(answers), { level: 9 }));
}

describe.skipIf(!existsSync(coreFile))("the opcode space (needs npm run core)", () => {
  const answers = gunzipSync(readFileSync(vectorFile));
  let first = 0;
  for (const mode of MODES) {
    const encodings = encodingsOf(mode);
    const from = first;
    first += encodings.length;
    it(`is the processor's in ${mode}-bit code: ${encodings.length} encodings`, { timeout: 120_000 }, () => {
      const runner = new IntegerRunner();
      const output = new Uint8Array(OUTPUT_SIZE);
      const failures: string[] = [];
      encodings.forEach((encoding, i) => {
        runner.run(encodingInput(encoding), output);
        const got = verdict(encoding, output);
        if (got !== answers[from + i])
          failures.push(
            `${Buffer.from(encoding.bytes).toString("hex")}: ${verdictText(got)}, the processor: ${verdictText(answers[from + i]!)}`,
          );
      });
      expect(failures.slice(0, 20)).toEqual([]);
    });
  }
  it("has an answer for each encoding", () => {
    expect(answers.length).toBe(first);
  });
});
