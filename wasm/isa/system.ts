/**
 * System instructions: segments, far transfers, interrupts, flags, ports, control registers, hints.
 * Where a row has no `cpl0`, the handler looks at the privilege level itself, because another exception comes first.
 * SVM instructions, RSM and undefined opcodes have no row or go to UD. Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A
 */
export const rows = `
# ---- segment registers
06        | ES       | PUSH_S   | i64
0E        | CS       | PUSH_S   | i64
16        | SS       | PUSH_S   | i64
1E        | DS       | PUSH_S   | i64
0F A0     | FS       | PUSH_S   | d64
0F A8     | GS       | PUSH_S   | d64
07        | ES       | POP_S    | i64 ends
17        | SS       | POP_S    | i64 ends
1F        | DS       | POP_S    | i64 ends
0F A1     | FS       | POP_S    | d64 ends
0F A9     | GS       | POP_S    | d64 ends
8C        | Ev,Sw    | MOV_E_S  |
8E        | Sw,Ew    | MOV_S_E  | ends
C4 m      | Gz,Mp    | LES      | i64 ends
C5 m      | Gz,Mp    | LDS      | i64 ends
0F B2 m   | Gv,Mp    | LSS      | ends
0F B4 m   | Gv,Mp    | LFS      | ends
0F B5 m   | Gv,Mp    | LGS      | ends
F3 0F AE /0 r | Ry   | RDFSBASE | o64 feat=fsgsbase
F3 0F AE /1 r | Ry   | RDGSBASE | o64 feat=fsgsbase
F3 0F AE /2 r | Ry   | WRFSBASE | o64 feat=fsgsbase
F3 0F AE /3 r | Ry   | WRGSBASE | o64 feat=fsgsbase
0F 01 F8  |          | SWAPGS   | o64 cpl0
# ---- far transfers
9A        | Ap       | CALL_FAR_A | i64 ends
EA        | Ap       | JMP_FAR_A  | i64 ends
FF /3 m   | Mp       | CALL_FAR_M | ends
FF /5 m   | Mp       | JMP_FAR_M  | ends
CA        | Iw       | RET_FAR_I  | ends
CB        |          | RET_FAR    | ends
CF        |          | IRET       | ends
CC        |          | INT3       | ends
CD        | Ib       | INT_N      | ends
CE        |          | INTO       | i64 ends
F1        |          | INT1       | ends
62 m      | Gv,Ma    | BOUND      | i64
0F FF     |          | UD         |
0F B9     |          | UD         |
0F 0B     |          | UD         |
0F AA     |          | UD         |
0F 05     |          | SYSCALL    | ends feat=syscall
0F 07     |          | SYSRET     | ends feat=syscall
0F 34     |          | SYSENTER   | ends feat=sysenter
0F 35     |          | SYSEXIT    | ends feat=sysenter
# ---- flags
FA        |          | CLI      |
FB        |          | STI      | ends
9C        | Fv       | PUSHF    | d64
9D        | Fv       | POPF     | d64 ends
9E        |          | SAHF     |
9F        |          | LAHF     |
F5        |          | CMC      |
F8        |          | CLC      |
F9        |          | STC      |
FC        |          | CLD      |
FD        |          | STD      |
NP 0F 01 CA |        | CLAC     | feat=smap
NP 0F 01 CB |        | STAC     | feat=smap
# ---- ports
E4        | AL,Ib    | IN_I     | ends
E5        | eAX,Ib   | IN_I     | ends
E6        | Ib,AL    | OUT_I    | ends
E7        | Ib,eAX   | OUT_I    | ends
EC        | AL,DX    | IN_DX    | ends
ED        | eAX,DX   | IN_DX    | ends
EE        | DX,AL    | OUT_DX   | ends
EF        | DX,eAX   | OUT_DX   | ends
6C        | Yb,DX    | INS      | ends
6D        | Yz,DX    | INS      | ends
6E        | DX,Xb    | OUTS     | ends
6F        | DX,Xz    | OUTS     | ends
# ---- control and debug registers, descriptor tables
0F 20     | Rd,Cd    | MOV_R_C  | lock ends
0F 22     | Cd,Rd    | MOV_C_R  | lock ends
0F 21     | Rd,Dd    | MOV_R_D  | cpl0 ends
0F 23     | Dd,Rd    | MOV_D_R  | cpl0 ends
0F 06     |          | CLTS     | cpl0
0F 00 /0  | Ev       | SLDT     | prot
0F 00 /1  | Ev       | STR      | prot
0F 00 /2  | Ew       | LLDT     | prot ends
0F 00 /3  | Ew       | LTR      | prot ends
0F 00 /4  | Ew       | VERR     | prot
0F 00 /5  | Ew       | VERW     | prot
0F 01 /0 m | Ms      | SGDT     |
0F 01 /1 m | Ms      | SIDT     |
0F 01 /2 m | Ms      | LGDT     | cpl0
0F 01 /3 m | Ms      | LIDT     | cpl0
0F 01 /4  | Ev       | SMSW     |
0F 01 /6  | Ew       | LMSW     | cpl0 ends
0F 02     | Gv,Ew    | LAR      | prot
0F 03     | Gv,Ew    | LSL      | prot
63        | Ew,Gw    | ARPL     | i64 prot
NP 0F 01 D0 |        | XGETBV   | feat=xsave
NP 0F 01 D1 |        | XSETBV   | feat=xsave ends
# ---- halts, caches, hints
F4        |          | HLT      | cpl0 ends
NP 0F 01 C8 |        | MONITOR  | feat=monitor
NP 0F 01 C9 |        | MWAIT    | feat=monitor ends
0F 08     |          | CACHE_CONTROL | cpl0
0F 09     |          | CACHE_CONTROL | cpl0
0F 0D m   | Ev       | NOP      | feat=prefetchw
0F 18     | Ev       | NOP      | feat=cmov
0F 19     | Ev       | NOP      | feat=cmov
0F 1A     | Ev       | NOP      | feat=cmov
0F 1B     | Ev       | NOP      | feat=cmov
0F 1C     | Ev       | NOP      | feat=cmov
0F 1D     | Ev       | NOP      | feat=cmov
0F 1E     | Ev       | NOP      | feat=cmov
0F 1F     | Ev       | NOP      | feat=cmov
`;
