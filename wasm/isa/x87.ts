/**
 * x87: D8–DF and WAIT. `fpu` looks for #NM and a pending exception first; `fpunw` (the instructions that do not wait) only for
 * #NM. Register forms name no operand: ST(i) is in the low three bits of ModRM.
 * Rows marked "alias" are not in the manual, but processors have them.
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A.5, tables
 */
export const rows = `
9B           |    | FWAIT      |

# ---- D9: loads, stores, control, constants
D9 /0 m      | Md | FLD_M32    | fpu feat=fpu
D9 /2 m      | Md | FST_M32    | fpu feat=fpu
D9 /3 m      | Md | FSTP_M32   | fpu feat=fpu
D9 /4 m      | M  | FLDENV     | fpu feat=fpu
D9 /5 m      | Mw | FLDCW      | fpu feat=fpu
D9 /6 m      | M  | FNSTENV    | fpunw feat=fpu
D9 /7 m      | Mw | FNSTCW     | fpunw feat=fpu
D9 /0 r      |    | FLD_ST     | fpu feat=fpu
D9 /1 r      |    | FXCH       | fpu feat=fpu
D9 D0        |    | FNOP       | fpu feat=fpu
D9 /3 r      |    | FSTP_ST    | fpu feat=fpu # alias
D9 E0        |    | FCHS       | fpu feat=fpu
D9 E1        |    | FABS       | fpu feat=fpu
D9 E8        |    | FLD1       | fpu feat=fpu
D9 E9        |    | FLDL2T     | fpu feat=fpu
D9 EA        |    | FLDL2E     | fpu feat=fpu
D9 EB        |    | FLDPI      | fpu feat=fpu
D9 EC        |    | FLDLG2     | fpu feat=fpu
D9 ED        |    | FLDLN2     | fpu feat=fpu
D9 EE        |    | FLDZ       | fpu feat=fpu
D9 F6        |    | FDECSTP    | fpu feat=fpu
D9 F7        |    | FINCSTP    | fpu feat=fpu

# ---- DA, DB: doubleword integers, conditional moves, control
DA /0 r      |    | FCMOV      | fpu feat=cmov
DA /1 r      |    | FCMOV      | fpu feat=cmov
DA /2 r      |    | FCMOV      | fpu feat=cmov
DA /3 r      |    | FCMOV      | fpu feat=cmov
DB /0 m      | Md | FILD_M32   | fpu feat=fpu
DB /1 m      | Md | FISTTP_M32 | fpu feat=sse3
DB /2 m      | Md | FIST_M32   | fpu feat=fpu
DB /3 m      | Md | FISTP_M32  | fpu feat=fpu
DB /5 m      | M  | FLD_M80    | fpu feat=fpu
DB /7 m      | M  | FSTP_M80   | fpu feat=fpu
DB /0 r      |    | FCMOV      | fpu feat=cmov
DB /1 r      |    | FCMOV      | fpu feat=cmov
DB /2 r      |    | FCMOV      | fpu feat=cmov
DB /3 r      |    | FCMOV      | fpu feat=cmov
DB E0        |    | FNOP       | fpunw feat=fpu # FENI of the 8087
DB E1        |    | FNOP       | fpunw feat=fpu # FDISI of the 8087
DB E2        |    | FNCLEX     | fpunw feat=fpu
DB E3        |    | FNINIT     | fpunw feat=fpu
DB E4        |    | FNOP       | fpunw feat=fpu # FSETPM of the 80287

# ---- DD: double precision, state
DD /0 m      | Mq | FLD_M64    | fpu feat=fpu
DD /1 m      | Mq | FISTTP_M64 | fpu feat=sse3
DD /2 m      | Mq | FST_M64    | fpu feat=fpu
DD /3 m      | Mq | FSTP_M64   | fpu feat=fpu
DD /4 m      | M  | FRSTOR     | fpu feat=fpu
DD /6 m      | M  | FNSAVE     | fpunw feat=fpu
DD /7 m      | Mw | FNSTSW     | fpunw feat=fpu
DD /0 r      |    | FFREE      | fpu feat=fpu
DD /1 r      |    | FXCH       | fpu feat=fpu # alias
DD /2 r      |    | FST_ST     | fpu feat=fpu
DD /3 r      |    | FSTP_ST    | fpu feat=fpu

# ---- DF: word and quadword integers, decimal
DF /0 m      | Mw | FILD_M16   | fpu feat=fpu
DF /1 m      | Mw | FISTTP_M16 | fpu feat=sse3
DF /2 m      | Mw | FIST_M16   | fpu feat=fpu
DF /3 m      | Mw | FISTP_M16  | fpu feat=fpu
DF /4 m      | M  | FBLD       | fpu feat=fpu
DF /5 m      | Mq | FILD_M64   | fpu feat=fpu
DF /6 m      | M  | FBSTP      | fpu feat=fpu
DF /7 m      | Mq | FISTP_M64  | fpu feat=fpu
DF /0 r      |    | FFREEP     | fpu feat=fpu # alias
DF /1 r      |    | FXCH       | fpu feat=fpu # alias
DF /2 r      |    | FSTP_ST    | fpu feat=fpu # alias
DF /3 r      |    | FSTP_ST    | fpu feat=fpu # alias
DF E0        |    | FNSTSW_AX  | fpunw feat=fpu
`;
