/** What of FEX's tests cannot pass, or is not run, and why. */
import type { FexCase } from "./case.ts";

/** Features that the default processor model does not have (x86-64-v2 and some more: wasm/cpu/models.ts). */
const ABSENT_FEATURES: ReadonlySet<string> = new Set([
  "3DNOW", "SSE4A", "AVX", "SHA", "CLZERO", "BMI1", "BMI2", "CLWB", "AES256", "AFP", "ADX", "RDPID", "CLFLOPT", "EMMI", "LZCNT",
]); // prettier-ignore

/** Features that a case uses without naming them. */
const UNSAID: Readonly<Record<string, string>> = {
  "ASM/FEX_bugs/REX/0F_38": "ADX",
  "ASM/FEX_bugs/o16_cvttss2si": "AVX",
  "ASM/FEX_bugs/o16_movd": "AVX",
  "ASM/FEX_bugs/pdep_overlap": "BMI2",
  "ASM/FEX_bugs/vroundscalar_sve256": "AVX",
  "ASM/REP/F3_BD": "LZCNT",
  "ASM/REP/F3_BD_2": "LZCNT",
  "ASM/REP/F3_BD_3": "LZCNT",
  "ASM/REP/F3_BD_4": "LZCNT",
  "ASM/modrm_oob/DDD": "3DNOW",
  "ASM/modrm_oob/H0F38": "SHA",
  "ASM/modrm_oob/H0F3A": "SHA",
  "ASM/modrm_oob/VEX": "AVX",
  "ASM/modrm_oob/VEXGroup": "BMI1",
  "32Bit_ASM/FEX_bugs/VEXW_Bug": "BMI2",
};

/** Why a case is not run, or nothing. */
export function whyNotRun(test: FexCase): string {
  const absent = [...test.features, UNSAID[test.name] ?? ""].find((feature) => ABSENT_FEATURES.has(feature));
  if (absent) return `the processor has no ${absent}`;
  if (test.environment.FEX_X87REDUCEDPRECISION) return "asks for FEX's own approximation of the x87 by doubles";
  return "";
}

const DUMMY_TABLE =
  "expects what Linux shows in place of SGDT's answer where CR4.UMIP is set; SGDT stores GDTR ([SDM2] SGDT), and with UMIP it " +
  "is #GP(0) at level 3 ([SDM3] 2.5)";
const NULL_CODE =
  "the relative target is written for an image at 0; the suite itself lists it among Disabled_Tests: it cannot be run natively";
const TRANSCENDENTAL =
  "expects the result of a library of FEX, not of the x87; the suite itself lists it among Disabled_Tests; [SDM1] 8.3.10";

/** Failing cases by name. */
export const REASONS: Readonly<Record<string, string>> = {
  "ASM/Primary/Primary_8C":
    "loads ES with 4142h: a selector beyond the limit of its table is #GP(selector) ([SDM2] MOV); Disabled_Tests_host lists it",
  "ASM/Primary/Primary_8C_2":
    "loads ES with 4142h: a selector beyond the limit of its table is #GP(selector) ([SDM2] MOV); Disabled_Tests_host lists it",
  "ASM/Primary/Primary_E8": NULL_CODE,
  "ASM/Primary/Primary_E9": NULL_CODE,
  "ASM/Secondary/07_XX_00": DUMMY_TABLE,
  "32Bit_ASM/Secondary/07_XX_00": DUMMY_TABLE,
  "ASM/Secondary/07_XX_04":
    "expects SMSW EBX to keep bits 63–32; a result of 32 bits is zero-extended in 64-bit mode ([SDM1] 3.4.1.1)",
  "ASM/X87/D9_F2": TRANSCENDENTAL,
  "ASM/X87/D9_F9": TRANSCENDENTAL,
  "32Bit_ASM/X87/D9_F2": TRANSCENDENTAL,
  "32Bit_ASM/X87/D9_F9": TRANSCENDENTAL,
  "ASM/X87/FXAM_Simple":
    "expects FXAM to call a zero normal; C3 alone is zero ([SDM2] FXAM, table 3-37); Known_Failures_host lists it",
  "ASM/X87/X87MMXInteraction":
    "expects FSAVE to give all tags as 0; the tags of a saved image are made from the contents of the registers ([SDM3] 12.2); " +
    "Known_Failures_host lists it",
  "32Bit_ASM/Primary/Pop_Segments":
    "pops 0 into SS: #GP(0) outside 64-bit mode ([SDM2] POP); Disabled_Tests_host lists it",
};
