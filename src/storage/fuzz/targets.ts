/** All parsers that are fuzzed. */
import { fileSystemTargets } from "./filesystem-targets.ts";
import { imageTargets } from "./image-targets.ts";
import { ovfTargets } from "./ovf-targets.ts";
import type { FuzzTarget } from "./image-fuzzer.ts";

export const allTargets: FuzzTarget[] = [...imageTargets, ...fileSystemTargets, ...ovfTargets];
