/** One row of the opcode tables (wasm/isa), as the disassembler reads it. */
export interface OpcodeRow {
  /** "opcode | operands | semantic" as in the table. */
  key: string;
  /** Which mandatory prefixes it takes: 1 none, 2 66, 4 F3, 8 F2. */
  prefixes: number;
  modrmMask: number;
  modrmValue: number;
  hasModrm: boolean;
  only: "" | "memory" | "register";
  /** In the manual's notation. [SDM2] A.2 */
  operands: readonly string[];
  semantic: string;
  /** i64: not in 64-bit mode; o64: only there; d64, f64: operands of 64 bits there; lock. */
  attributes: readonly string[];
}
