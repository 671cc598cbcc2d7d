/**
 * Packed-integer and logic instructions that are one WebAssembly instruction on the same lanes, by semantic: its opcode behind
 * the SIMD prefix. A negative one takes its operands the other way round. [WASM] 5.4.8
 */
export const SIMD_OPCODES = {
  PAND: 0x4e,
  PANDN: -0x4f,
  POR: 0x50,
  PXOR: 0x51,
  PCMPEQB: 0x23,
  PCMPGTB: 0x27,
  PCMPEQW: 0x2d,
  PCMPGTW: 0x31,
  PCMPEQD: 0x37,
  PCMPGTD: 0x3b,
  PADDB: 0x6e,
  PADDSB: 0x6f,
  PADDUSB: 0x70,
  PSUBB: 0x71,
  PSUBSB: 0x72,
  PSUBUSB: 0x73,
  PMINUB: 0x77,
  PMAXUB: 0x79,
  PAVGB: 0x7b,
  PADDW: 0x8e,
  PADDSW: 0x8f,
  PADDUSW: 0x90,
  PSUBW: 0x91,
  PSUBSW: 0x92,
  PSUBUSW: 0x93,
  PMULLW: 0x95,
  PMINSW: 0x96,
  PMAXSW: 0x98,
  PAVGW: 0x9b,
  PADDD: 0xae,
  PSUBD: 0xb1,
  PMULLD: 0xb5,
  PMADDWD: 0xba,
  PADDQ: 0xce,
  PSUBQ: 0xd1,
};

/**
 * Arithmetic on floating-point lanes that is one WebAssembly instruction, by semantic: its opcode (behind the SIMD prefix where
 * packed) and the kind of its lanes; `unary`: of the second operand alone. [WASM] 5.4.7, 5.4.8
 */
export const FLOAT_LANES = ["PS", "PD", "SS", "SD"];
export const FLOAT_OPCODES = {
  ADD: { PS: 0xe4, PD: 0xf0, SS: 0x92, SD: 0xa0 },
  SUB: { PS: 0xe5, PD: 0xf1, SS: 0x93, SD: 0xa1 },
  MUL: { PS: 0xe6, PD: 0xf2, SS: 0x94, SD: 0xa2 },
  DIV: { PS: 0xe7, PD: 0xf3, SS: 0x95, SD: 0xa3 },
  SQRT: { PS: 0xe3, PD: 0xef, SS: 0x91, SD: 0x9f, unary: true },
};
