/** The kinds of code in which random bytes are executed, and the processor models that have them. */
import type { CpuModel } from "../../../protocol/machine-config.ts";
import type { CodeBits } from "./random-code.ts";

export interface CodeMode {
  name: string;
  world: "real" | "v86" | "protected" | "long";
  bits: CodeBits;
  level: 0 | 3;
}

const mode = (name: string, world: CodeMode["world"], bits: CodeBits, level: 0 | 3): CodeMode => ({ name, world, bits, level }); // prettier-ignore

export const CODE_MODES: readonly CodeMode[] = [
  mode("real", "real", 16, 0),
  mode("v86", "v86", 16, 3),
  mode("protected16-0", "protected", 16, 0),
  mode("protected16-3", "protected", 16, 3),
  mode("protected32-0", "protected", 32, 0),
  mode("protected32-3", "protected", 32, 3),
  mode("compatible16-3", "long", 16, 3),
  mode("compatible32-3", "long", 32, 3),
  mode("long-0", "long", 64, 0),
  mode("long-3", "long", 64, 3),
];

const CR4_PENTIUM = 0x5f; // VME PVI TSD DE PSE MCE
const CR4_PENTIUM3 = CR4_PENTIUM | 0x7a0; // PAE PGE PCE OSFXSR OSXMMEXCPT
const CR4_ALL = CR4_PENTIUM3 | 0x370800; // UMIP FSGSBASE PCIDE OSXSAVE SMEP SMAP
export const CR4_PSE = 0x10;
export const CR4_PAE = 0x20;
export const CR4_OSFXSR = 0x200;
/** Only with long mode active. */
export const CR4_PCIDE = 0x2_0000;
export const CR4_SMEP = 0x10_0000;
export const CR4_SMAP = 0x20_0000;

export interface Model {
  name: CpuModel;
  hasLongMode: boolean;
  /** Bits of CR4 that it has. */
  cr4: number;
}

/** The usual model twice as often as each other one. */
export const MODELS: readonly Model[] = [
  { name: "default", hasLongMode: true, cr4: CR4_ALL },
  { name: "default", hasLongMode: true, cr4: CR4_ALL },
  { name: "x86-64-v2", hasLongMode: true, cr4: CR4_ALL },
  { name: "pentium3", hasLongMode: false, cr4: CR4_PENTIUM3 },
  { name: "pentium", hasLongMode: false, cr4: CR4_PENTIUM },
  { name: "486", hasLongMode: false, cr4: 0 },
];
