/**
 * Which decoded operations the interpreter executes inside its main switch. The rest are functions called through the
 * handler table: V8 takes the longer to optimise a function the larger it is, so only what guests run most is here.
 */
const sizes = (list) => new Set(list);
const WIDE = sizes([32, 64]);

const HOT = {
  ADD: WIDE,
  SUB: WIDE,
  AND: WIDE,
  OR: WIDE,
  XOR: WIDE,
  ADC: sizes([32]),
  SBB: sizes([32]),
  CMP: sizes([8, 16, 32, 64]),
  TEST: sizes([8, 32, 64]),
  MOV: sizes([8, 16, 32, 64]),
  INC: WIDE,
  DEC: WIDE,
  NEG: sizes([32]),
  NOT: sizes([32]),
  SHL: WIDE,
  SHR: WIDE,
  SAR: WIDE,
  ROL: sizes([32]),
  ROR: sizes([32]),
  IMUL2: WIDE,
  IMUL3: WIDE,
  MUL: sizes([32]),
  SHLD_I: sizes([32]),
  SHRD_I: sizes([32]),
  CMOV: WIDE,
  SETCC: sizes([8]),
  MOVZX8: sizes([32]),
  MOVZX16: sizes([32]),
  MOVSX8: sizes([32, 64]),
  MOVSX16: sizes([32]),
  MOVSXD: sizes([64]),
};

/** Memory forms that are rare enough to be calls. */
const COLD_FORMS = /^(rmwECL|rmwEI_(SHL|SHR|SAR|ROL|ROR)|rmwE_(NEG|NOT)|calcGEI|multiplyA|shiftEGI|moveIf|setIf)_M$/;

export function isHot(semantic, form, size, memory) {
  if (!HOT[semantic]?.has(size)) return false;
  const name = memory ? "M" : "R";
  return !COLD_FORMS.test(`${form}_${name}`) && !COLD_FORMS.test(`${form}_${semantic}_${name}`);
}
