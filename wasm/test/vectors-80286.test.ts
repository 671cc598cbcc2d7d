/**
 * Vectors taken from a real 80286 in real mode: every case must end with the same registers, flags and memory, apart from what
 * is truly different on later processors (case-80286.ts). They lie beside the project and are skipped where they are not.
 */
import { describe, expect, it } from "vitest";
import { differenceSince80286, hasVectors, opcodesIn, readMasks, readOpcode, runCase80286 } from "./case-80286.ts";
import { TestCore } from "./harness.ts";

const FOLDER = new URL("../../../shared/vectors/", import.meta.url).pathname;
const present = hasVectors(FOLDER);

describe.skipIf(!present)("80286 vectors (../shared/vectors)", () => {
  if (!present) return;
  const masks = readMasks(FOLDER);
  const core = new TestCore();
  for (const opcode of opcodesIn(FOLDER)) {
    const status = masks[opcode]?.status;
    it(`${opcode}${status ? ` (${status})` : ""}`, () => {
      const { cases, flagsMask } = readOpcode(FOLDER, opcode, masks);
      const comparable = cases.filter((test) => !differenceSince80286(test));
      const failures = comparable.flatMap((test) => {
        const problem = runCase80286(core, test, flagsMask);
        return problem ? [`${test.name} (${test.bytes}): ${problem}`] : [];
      });
      expect(failures.length, `${failures.length} of ${cases.length}:\n${failures.slice(0, 4).join("\n")}`).toBe(0);
    });
  }
});
