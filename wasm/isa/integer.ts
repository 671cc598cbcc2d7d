/**
 * Integer instructions: what moves, computes and branches near. One row an opcode, in the manual's notation:
 *
 *   opcode | operands | semantic | attributes
 *
 * The grammar stands in wasm/isa/generate.mjs. [SDM2] appendix A
 */
export const rows = `
# ---- arithmetic and logic
00        | Eb,Gb    | ADD      | lock
01        | Ev,Gv    | ADD      | lock
02        | Gb,Eb    | ADD      |
03        | Gv,Ev    | ADD      |
04        | AL,Ib    | ADD      |
05        | rAX,Iz   | ADD      |
08        | Eb,Gb    | OR       | lock
09        | Ev,Gv    | OR       | lock
0A        | Gb,Eb    | OR       |
0B        | Gv,Ev    | OR       |
0C        | AL,Ib    | OR       |
0D        | rAX,Iz   | OR       |
10        | Eb,Gb    | ADC      | lock
11        | Ev,Gv    | ADC      | lock
12        | Gb,Eb    | ADC      |
13        | Gv,Ev    | ADC      |
14        | AL,Ib    | ADC      |
15        | rAX,Iz   | ADC      |
18        | Eb,Gb    | SBB      | lock
19        | Ev,Gv    | SBB      | lock
1A        | Gb,Eb    | SBB      |
1B        | Gv,Ev    | SBB      |
1C        | AL,Ib    | SBB      |
1D        | rAX,Iz   | SBB      |
20        | Eb,Gb    | AND      | lock undef=AF
21        | Ev,Gv    | AND      | lock undef=AF
22        | Gb,Eb    | AND      | undef=AF
23        | Gv,Ev    | AND      | undef=AF
24        | AL,Ib    | AND      | undef=AF
25        | rAX,Iz   | AND      | undef=AF
28        | Eb,Gb    | SUB      | lock
29        | Ev,Gv    | SUB      | lock
2A        | Gb,Eb    | SUB      |
2B        | Gv,Ev    | SUB      |
2C        | AL,Ib    | SUB      |
2D        | rAX,Iz   | SUB      |
30        | Eb,Gb    | XOR      | lock undef=AF
31        | Ev,Gv    | XOR      | lock undef=AF
32        | Gb,Eb    | XOR      | undef=AF
33        | Gv,Ev    | XOR      | undef=AF
34        | AL,Ib    | XOR      | undef=AF
35        | rAX,Iz   | XOR      | undef=AF
38        | Eb,Gb    | CMP      |
39        | Ev,Gv    | CMP      |
3A        | Gb,Eb    | CMP      |
3B        | Gv,Ev    | CMP      |
3C        | AL,Ib    | CMP      |
3D        | rAX,Iz   | CMP      |
80 /0     | Eb,Ib    | ADD      | lock
80 /1     | Eb,Ib    | OR       | lock
80 /2     | Eb,Ib    | ADC      | lock
80 /3     | Eb,Ib    | SBB      | lock
80 /4     | Eb,Ib    | AND      | lock undef=AF
80 /5     | Eb,Ib    | SUB      | lock
80 /6     | Eb,Ib    | XOR      | lock undef=AF
80 /7     | Eb,Ib    | CMP      |
81 /0     | Ev,Iz    | ADD      | lock
81 /1     | Ev,Iz    | OR       | lock
81 /2     | Ev,Iz    | ADC      | lock
81 /3     | Ev,Iz    | SBB      | lock
81 /4     | Ev,Iz    | AND      | lock undef=AF
81 /5     | Ev,Iz    | SUB      | lock
81 /6     | Ev,Iz    | XOR      | lock undef=AF
81 /7     | Ev,Iz    | CMP      |
82 /0     | Eb,Ib    | ADD      | i64 lock
82 /1     | Eb,Ib    | OR       | i64 lock
82 /2     | Eb,Ib    | ADC      | i64 lock
82 /3     | Eb,Ib    | SBB      | i64 lock
82 /4     | Eb,Ib    | AND      | i64 lock undef=AF
82 /5     | Eb,Ib    | SUB      | i64 lock
82 /6     | Eb,Ib    | XOR      | i64 lock undef=AF
82 /7     | Eb,Ib    | CMP      | i64
83 /0     | Ev,Ib    | ADD      | lock
83 /1     | Ev,Ib    | OR       | lock
83 /2     | Ev,Ib    | ADC      | lock
83 /3     | Ev,Ib    | SBB      | lock
83 /4     | Ev,Ib    | AND      | lock undef=AF
83 /5     | Ev,Ib    | SUB      | lock
83 /6     | Ev,Ib    | XOR      | lock undef=AF
83 /7     | Ev,Ib    | CMP      |
84        | Eb,Gb    | TEST     | undef=AF
85        | Ev,Gv    | TEST     | undef=AF
A8        | AL,Ib    | TEST     | undef=AF
A9        | rAX,Iz   | TEST     | undef=AF
F6 /0     | Eb,Ib    | TEST     | undef=AF
F6 /1     | Eb,Ib    | TEST     | undef=AF
F7 /0     | Ev,Iz    | TEST     | undef=AF
F7 /1     | Ev,Iz    | TEST     | undef=AF
40+r      | Zv       | INC      | i64
48+r      | Zv       | DEC      | i64
FE /0     | Eb       | INC      | lock
FE /1     | Eb       | DEC      | lock
FF /0     | Ev       | INC      | lock
FF /1     | Ev       | DEC      | lock
F6 /2     | Eb       | NOT      | lock
F7 /2     | Ev       | NOT      | lock
F6 /3     | Eb       | NEG      | lock
F7 /3     | Ev       | NEG      | lock
# ---- shifts and rotates
C0 /0     | Eb,Ib    | ROL      | undef=OF>1
C0 /1     | Eb,Ib    | ROR      | undef=OF>1
C0 /2     | Eb,Ib    | RCL      | undef=OF>1
C0 /3     | Eb,Ib    | RCR      | undef=OF>1
C0 /4     | Eb,Ib    | SHL      | undef=AF,OF>1
C0 /5     | Eb,Ib    | SHR      | undef=AF,OF>1
C0 /6     | Eb,Ib    | SHL      | undef=AF,OF>1
C0 /7     | Eb,Ib    | SAR      | undef=AF,OF>1
C1 /0     | Ev,Ib    | ROL      | undef=OF>1
C1 /1     | Ev,Ib    | ROR      | undef=OF>1
C1 /2     | Ev,Ib    | RCL      | undef=OF>1
C1 /3     | Ev,Ib    | RCR      | undef=OF>1
C1 /4     | Ev,Ib    | SHL      | undef=AF,OF>1
C1 /5     | Ev,Ib    | SHR      | undef=AF,OF>1
C1 /6     | Ev,Ib    | SHL      | undef=AF,OF>1
C1 /7     | Ev,Ib    | SAR      | undef=AF,OF>1
D0 /0     | Eb,1     | ROL      | undef=OF>1
D0 /1     | Eb,1     | ROR      | undef=OF>1
D0 /2     | Eb,1     | RCL      | undef=OF>1
D0 /3     | Eb,1     | RCR      | undef=OF>1
D0 /4     | Eb,1     | SHL      | undef=AF,OF>1
D0 /5     | Eb,1     | SHR      | undef=AF,OF>1
D0 /6     | Eb,1     | SHL      | undef=AF,OF>1
D0 /7     | Eb,1     | SAR      | undef=AF,OF>1
D1 /0     | Ev,1     | ROL      | undef=OF>1
D1 /1     | Ev,1     | ROR      | undef=OF>1
D1 /2     | Ev,1     | RCL      | undef=OF>1
D1 /3     | Ev,1     | RCR      | undef=OF>1
D1 /4     | Ev,1     | SHL      | undef=AF,OF>1
D1 /5     | Ev,1     | SHR      | undef=AF,OF>1
D1 /6     | Ev,1     | SHL      | undef=AF,OF>1
D1 /7     | Ev,1     | SAR      | undef=AF,OF>1
D2 /0     | Eb,CL    | ROL      | undef=OF>1
D2 /1     | Eb,CL    | ROR      | undef=OF>1
D2 /2     | Eb,CL    | RCL      | undef=OF>1
D2 /3     | Eb,CL    | RCR      | undef=OF>1
D2 /4     | Eb,CL    | SHL      | undef=AF,OF>1
D2 /5     | Eb,CL    | SHR      | undef=AF,OF>1
D2 /6     | Eb,CL    | SHL      | undef=AF,OF>1
D2 /7     | Eb,CL    | SAR      | undef=AF,OF>1
D3 /0     | Ev,CL    | ROL      | undef=OF>1
D3 /1     | Ev,CL    | ROR      | undef=OF>1
D3 /2     | Ev,CL    | RCL      | undef=OF>1
D3 /3     | Ev,CL    | RCR      | undef=OF>1
D3 /4     | Ev,CL    | SHL      | undef=AF,OF>1
D3 /5     | Ev,CL    | SHR      | undef=AF,OF>1
D3 /6     | Ev,CL    | SHL      | undef=AF,OF>1
D3 /7     | Ev,CL    | SAR      | undef=AF,OF>1
0F A4     | Ev,Gv,Ib | SHLD_I   | undef=AF,OF>1
0F A5     | Ev,Gv,CL | SHLD_CL  | undef=AF,OF>1
0F AC     | Ev,Gv,Ib | SHRD_I   | undef=AF,OF>1
0F AD     | Ev,Gv,CL | SHRD_CL  | undef=AF,OF>1
# ---- moves
88        | Eb,Gb    | MOV      |
89        | Ev,Gv    | MOV      |
8A        | Gb,Eb    | MOV      |
8B        | Gv,Ev    | MOV      |
B0+r      | Zb,Ib    | MOV      |
B8+r      | Zv,Iv    | MOV      |
C6 /0     | Eb,Ib    | MOV      |
C7 /0     | Ev,Iz    | MOV      |
A0        | AL,Ob    | MOV_A_O8 |
A1        | rAX,Ov   | MOV_A_O  |
A2        | Ob,AL    | MOV_O_A8 |
A3        | Ov,rAX   | MOV_O_A  |
0F B6     | Gv,Eb    | MOVZX8   |
0F B7     | Gv,Ew    | MOVZX16  |
0F BE     | Gv,Eb    | MOVSX8   |
0F BF     | Gv,Ew    | MOVSX16  |
63        | Gv,Ed    | MOVSXD   | o64
8D m      | Gv,M     | LEA      |
86        | Eb,Gb    | XCHG8    | lock
87        | Ev,Gv    | XCHG     | lock
90        |          | NOP      |
F3 90     |          | PAUSE    |
91+r      | Zv,rAX   | XCHG_A   |
0F C8+r   | Zv       | BSWAP    |
0F 38 F0 m | Gv,Mv   | MOVBE_LOAD  | feat=movbe
0F 38 F1 m | Mv,Gv   | MOVBE_STORE | feat=movbe
F3 0F 38 F0 m | Gd,Md | UD
F3 0F 38 F1 m | Md,Gd | UD
0F 40+c   | Gv,Ev    | CMOV     | feat=cmov
0F 90+c   | Eb       | SETCC    |
D7        |          | XLAT     |
98        |          | CBW      |
99        |          | CWD      |
# ---- multiply and divide
F6 /4     | Eb       | MUL8     | undef=SF,ZF,AF,PF
F7 /4     | Ev       | MUL      | undef=SF,ZF,AF,PF
F6 /5     | Eb       | IMUL8    | undef=SF,ZF,AF,PF
F7 /5     | Ev       | IMUL1    | undef=SF,ZF,AF,PF
F6 /6     | Eb       | DIV8     | undef=CF,OF,SF,ZF,AF,PF
F7 /6     | Ev       | DIV      | undef=CF,OF,SF,ZF,AF,PF
F6 /7     | Eb       | IDIV8    | undef=CF,OF,SF,ZF,AF,PF
F7 /7     | Ev       | IDIV     | undef=CF,OF,SF,ZF,AF,PF
0F AF     | Gv,Ev    | IMUL2    | undef=SF,ZF,AF,PF
69        | Gv,Ev,Iz | IMUL3    | undef=SF,ZF,AF,PF
6B        | Gv,Ev,Ib | IMUL3    | undef=SF,ZF,AF,PF
# ---- bits
0F A3 m   | Ev,Gv    | BT_G     | undef=OF,SF,AF,PF
0F A3 r   | Ev,Gv    | BT       | undef=OF,SF,AF,PF
0F AB m   | Ev,Gv    | BTS_G    | lock undef=OF,SF,AF,PF
0F AB r   | Ev,Gv    | BTS      | undef=OF,SF,AF,PF
0F B3 m   | Ev,Gv    | BTR_G    | lock undef=OF,SF,AF,PF
0F B3 r   | Ev,Gv    | BTR      | undef=OF,SF,AF,PF
0F BB m   | Ev,Gv    | BTC_G    | lock undef=OF,SF,AF,PF
0F BB r   | Ev,Gv    | BTC      | undef=OF,SF,AF,PF
0F BA /4  | Ev,Ib    | BT       | undef=OF,SF,AF,PF
0F BA /5  | Ev,Ib    | BTS      | lock undef=OF,SF,AF,PF
0F BA /6  | Ev,Ib    | BTR      | lock undef=OF,SF,AF,PF
0F BA /7  | Ev,Ib    | BTC      | lock undef=OF,SF,AF,PF
0F BC     | Gv,Ev    | BSF      | undef=CF,OF,SF,AF,PF
0F BD     | Gv,Ev    | BSR      | undef=CF,OF,SF,AF,PF
F3 0F B8  | Gv,Ev    | POPCNT   | feat=popcnt
# ---- compare and exchange
0F B0     | Eb,Gb    | CMPXCHG8 | lock
0F B1     | Ev,Gv    | CMPXCHG  | lock
0F C0     | Eb,Gb    | XADD8    | lock
0F C1     | Ev,Gv    | XADD     | lock
0F C7 /1 m | M       | CMPXCHG8B | lock feat=cx8
# ---- decimal
27        |          | DAA      | i64 undef=OF
2F        |          | DAS      | i64 undef=OF
37        |          | AAA      | i64 undef=OF,SF,ZF,PF
3F        |          | AAS      | i64 undef=OF,SF,ZF,PF
D4        | Ib       | AAM      | i64 undef=OF,AF,CF
D5        | Ib       | AAD      | i64 undef=OF,AF,CF
D6        |          | SALC     | i64
# ---- stack
50+r      | Zv       | PUSH_R   | d64
58+r      | Zv       | POP_R    | d64
68        | Iz       | PUSH_I   | d64
6A        | Ib       | PUSH_I   | d64
FF /6     | Ev       | PUSH_E   | d64
8F /0     | Ev       | POP_E    | d64
60        |          | PUSHA    | i64
61        |          | POPA     | i64
C8        | Iw,Ib    | ENTER    | d64
C9        |          | LEAVE    | d64
# ---- near transfers
70+c      | Jb       | JCC      | d64 ends
0F 80+c   | Jz       | JCC      | d64 ends
EB        | Jb       | JMP_J    | d64 ends
E9        | Jz       | JMP_J    | d64 ends
E8        | Jz       | CALL_J   | d64 ends
FF /2     | Ev       | CALL_E   | d64 ends
FF /4     | Ev       | JMP_E    | d64 ends
C3        |          | RET      | d64 ends
C2        | Iw       | RET_I    | d64 ends
E0        | Jb       | LOOPNE   | d64 ends
E1        | Jb       | LOOPE    | d64 ends
E2        | Jb       | LOOP     | d64 ends
E3        | Jb       | JCXZ     | d64 ends
# ---- strings
A4        | Yb,Xb    | MOVS8    |
A5        | Yv,Xv    | MOVS     |
A6        | Xb,Yb    | CMPS8    |
A7        | Xv,Yv    | CMPS     |
AA        | Yb,AL    | STOS8    |
AB        | Yv,rAX   | STOS     |
AC        | AL,Xb    | LODS8    |
AD        | rAX,Xv   | LODS     |
AE        | AL,Yb    | SCAS8    |
AF        | rAX,Yv   | SCAS     |
`;
