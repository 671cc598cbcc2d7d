/**
 * x87: D8–DF and WAIT. `fpu` looks for #NM and a pending exception first; `fpunw` (the instructions that do not wait) only for
 * #NM. Register forms name no operand: ST(i) is in the low three bits of ModRM.
 * Rows marked "alias" are not in the manual, but processors have them.
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A.5, tables
 */
export const rows = `
9B           |    | FWAIT      |

# ---- D8, DC: arithmetic with single and double precision operands and registers
D8 /0 m      | Md | FADD_M32   | fpu feat=fpu
D8 /1 m      | Md | FMUL_M32   | fpu feat=fpu
D8 /4 m      | Md | FSUB_M32   | fpu feat=fpu
D8 /5 m      | Md | FSUBR_M32  | fpu feat=fpu
D8 /6 m      | Md | FDIV_M32   | fpu feat=fpu
D8 /7 m      | Md | FDIVR_M32  | fpu feat=fpu
D8 /2 m      | Md | FCOM_M32   | fpu feat=fpu
D8 /3 m      | Md | FCOMP_M32  | fpu feat=fpu
D8 /0 r      |    | FADD_ST    | fpu feat=fpu
D8 /1 r      |    | FMUL_ST    | fpu feat=fpu
D8 /4 r      |    | FSUB_ST    | fpu feat=fpu
D8 /5 r      |    | FSUBR_ST   | fpu feat=fpu
D8 /6 r      |    | FDIV_ST    | fpu feat=fpu
D8 /7 r      |    | FDIVR_ST   | fpu feat=fpu
D8 /2 r      |    | FCOM_ST    | fpu feat=fpu
D8 /3 r      |    | FCOMP_ST   | fpu feat=fpu
DC /0 m      | Mq | FADD_M64   | fpu feat=fpu
DC /1 m      | Mq | FMUL_M64   | fpu feat=fpu
DC /4 m      | Mq | FSUB_M64   | fpu feat=fpu
DC /5 m      | Mq | FSUBR_M64  | fpu feat=fpu
DC /6 m      | Mq | FDIV_M64   | fpu feat=fpu
DC /7 m      | Mq | FDIVR_M64  | fpu feat=fpu
DC /2 m      | Mq | FCOM_M64   | fpu feat=fpu
DC /3 m      | Mq | FCOMP_M64  | fpu feat=fpu
DC /0 r      |    | FADD_TO    | fpu feat=fpu
DC /1 r      |    | FMUL_TO    | fpu feat=fpu
DC /4 r      |    | FSUBR_TO   | fpu feat=fpu
DC /5 r      |    | FSUB_TO    | fpu feat=fpu
DC /6 r      |    | FDIVR_TO   | fpu feat=fpu
DC /7 r      |    | FDIV_TO    | fpu feat=fpu
DC /2 r      |    | FCOM_ST    | fpu feat=fpu # alias
DC /3 r      |    | FCOMP_ST   | fpu feat=fpu # alias

# ---- DA, DE: arithmetic with doubleword and word integers; DE: with registers, then pop
DA /0 m      | Md | FADD_M32I  | fpu feat=fpu
DA /1 m      | Md | FMUL_M32I  | fpu feat=fpu
DA /4 m      | Md | FSUB_M32I  | fpu feat=fpu
DA /5 m      | Md | FSUBR_M32I | fpu feat=fpu
DA /6 m      | Md | FDIV_M32I  | fpu feat=fpu
DA /7 m      | Md | FDIVR_M32I | fpu feat=fpu
DA /2 m      | Md | FICOM_M32  | fpu feat=fpu
DA /3 m      | Md | FICOMP_M32 | fpu feat=fpu
DA E9        |    | FUCOMPP    | fpu feat=fpu
DE /0 m      | Mw | FADD_M16I  | fpu feat=fpu
DE /1 m      | Mw | FMUL_M16I  | fpu feat=fpu
DE /4 m      | Mw | FSUB_M16I  | fpu feat=fpu
DE /5 m      | Mw | FSUBR_M16I | fpu feat=fpu
DE /6 m      | Mw | FDIV_M16I  | fpu feat=fpu
DE /7 m      | Mw | FDIVR_M16I | fpu feat=fpu
DE /2 m      | Mw | FICOM_M16  | fpu feat=fpu
DE /3 m      | Mw | FICOMP_M16 | fpu feat=fpu
DE /0 r      |    | FADD_P     | fpu feat=fpu
DE /1 r      |    | FMUL_P     | fpu feat=fpu
DE /4 r      |    | FSUBR_P    | fpu feat=fpu
DE /5 r      |    | FSUB_P     | fpu feat=fpu
DE /6 r      |    | FDIVR_P    | fpu feat=fpu
DE /7 r      |    | FDIV_P     | fpu feat=fpu
DE /2 r      |    | FCOMP_ST   | fpu feat=fpu # alias
DE D9        |    | FCOMPP     | fpu feat=fpu

# ---- D9: on ST(0)
D9 E4        |    | FTST       | fpu feat=fpu
D9 E5        |    | FXAM       | fpu feat=fpu
D9 F4        |    | FXTRACT    | fpu feat=fpu
D9 F5        |    | FPREM1     | fpu feat=fpu
D9 F8        |    | FPREM      | fpu feat=fpu
D9 FA        |    | FSQRT      | fpu feat=fpu
D9 FC        |    | FRNDINT    | fpu feat=fpu
D9 FD        |    | FSCALE     | fpu feat=fpu

# ---- D9: transcendental functions
D9 F0        |    | F2XM1      | fpu feat=fpu
D9 F1        |    | FYL2X      | fpu feat=fpu
D9 F2        |    | FPTAN      | fpu feat=fpu
D9 F3        |    | FPATAN     | fpu feat=fpu
D9 F9        |    | FYL2XP1    | fpu feat=fpu
D9 FB        |    | FSINCOS    | fpu feat=fpu
D9 FE        |    | FSIN       | fpu feat=fpu
D9 FF        |    | FCOS       | fpu feat=fpu

# ---- DB, DD, DF: comparisons of registers
DB /5 r      |    | FUCOMI     | fpu feat=cmov
DB /6 r      |    | FCOMI      | fpu feat=cmov
DD /4 r      |    | FUCOM      | fpu feat=fpu
DD /5 r      |    | FUCOMP     | fpu feat=fpu
DF /5 r      |    | FUCOMIP    | fpu feat=cmov
DF /6 r      |    | FCOMIP     | fpu feat=cmov

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
D9 /3 r      |    | FSTP1      | fpu feat=fpu # alias
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
