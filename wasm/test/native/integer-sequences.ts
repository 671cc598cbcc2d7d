/**
 * Short runs of register instructions as one case: what one leaves of flags and registers the next one uses, inside one trace
 * of decoded code. Only instructions take part that leave no flag undefined but AF, and none that looks at AF.
 */
import type { Random, Row } from "./cases.ts";
import type { Group } from "./integer-cases.ts";
import { type Draft, type Shape, choosePrefixes, encodeInteger, immediateSizes } from "./integer-encode.ts";
import { MODES } from "./integer-layout.ts";
import { edge64, mask64 } from "./integer-values.ts";

const TAKES_PART =
  /^(ADD|OR|ADC|SBB|AND|SUB|XOR|CMP|TEST|INC|DEC|NOT|NEG|ROL|ROR|RCL|RCR|SHL|SHR|SAR|MOV|MOVZX\d+|MOVSX\d+|MOVSXD|XCHG8?|XCHG_A|BSWAP|CMOV|SETCC|CBW|CWD|POPCNT|CMPXCHG8?|XADD8?|SALC|SAHF|CMC|CLC|STC|CLD|STD|NOP)$/;
const LENGTHS = [2, 3, 4, 5] as const;
const MAX_BYTES = 15;

/** Counts above 1 leave OF undefined: only shifts by 1, and rotates, whose OF follows one rule here and there. */
function isDefined(row: Row): boolean {
  if (row.undefinedFlags.includes("OF>1")) return row.operands.includes("1");
  return row.undefinedFlags.every((flag) => flag === "AF");
}

/** Groups like those of single instructions; their cases are made by `sequenceCode`. */
export function sequenceGroups(singles: Group[]): Group[] {
  return MODES.flatMap((mode) => {
    const members = singles
      .filter(({ row }) => TAKES_PART.test(row.semantic) && isDefined(row) && !row.attributes.has("ends"))
      .filter(({ row }) => !row.operands.some((operand) => /^[MOJXY]/.test(operand)))
      .filter((group) => group.mode === mode)
      .flatMap(({ shapes }) => shapes.filter(({ memory }) => !memory));
    return LENGTHS.map((length) => {
      const row: Row = {
        text: `${length} instructions`, prefix: 0xf, map: 0, opcode: 0, plus: "", reg: -1, form: "", modrm: -1, hasModrm: false, operands: [`${length}`], semantic: "SEQUENCE",
        attributes: new Set(), feature: "", undefinedFlags: ["AF"],
      }; // prettier-ignore
      return {
        row,
        mode,
        name: `${length} register instructions in ${mode}-bit code`,
        shapes: members,
        sequenceLength: length,
      };
    });
  });
}

/** The code of one case; as many instructions as fit. */
export function sequenceCode(group: Group, like: Draft, random: Random): number[] {
  const code: number[] = [];
  for (let i = 0; i < (group.sequenceLength ?? 0); i++) {
    const shape: Shape = random.pick(group.shapes);
    const d: Draft = { ...like, shape, locked: false, repeat: 0 };
    choosePrefixes(d, random);
    const [bytes = 0] = immediateSizes(d);
    d.immediate = edge64(random) & mask64(bytes * 8);
    encodeInteger(d, random, () => 0n);
    if (code.length + d.code.length <= MAX_BYTES) code.push(...d.code);
  }
  return code;
}
