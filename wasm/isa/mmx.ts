/**
 * MMX instructions, and the SSE, SSE2 and SSSE3 instructions on MMX registers.
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A tables
 */
export const rows = `
# ---- moves
NP 0F 6E          | Pq,Ey         | MOVD_PE        | mmx feat=mmx
NP 0F 7E          | Ey,Pq         | MOVD_EP        | mmx feat=mmx
NP 0F 6F          | Pq,Qq         | MOVQ_PQ        | mmx feat=mmx
NP 0F 7F          | Qq,Pq         | MOVQ_QP        | mmx feat=mmx
NP 0F E7          | Mq,Pq         | MOVQ_QP        | mmx feat=sse
NP 0F F7          | Pq,Nq         | MASKMOVQ       | mmx feat=sse
NP 0F D7          | Gd,Nq         | PMOVMSKB_GN    | mmx feat=sse
F3 0F D6          | Vdq,Nq        | MOVQ2DQ        | sse mmx feat=sse2
F2 0F D6          | Pq,Uq         | MOVDQ2Q        | sse mmx feat=sse2
NP 0F 77          |               | EMMS           | mmx feat=mmx

# ---- packed integers
NP 0F FC          | Pq,Qq         | PADDB_PQ       | mmx feat=mmx
NP 0F FD          | Pq,Qq         | PADDW_PQ       | mmx feat=mmx
NP 0F FE          | Pq,Qq         | PADDD_PQ       | mmx feat=mmx
NP 0F D4          | Pq,Qq         | PADDQ_PQ       | mmx feat=sse2
NP 0F EC          | Pq,Qq         | PADDSB_PQ      | mmx feat=mmx
NP 0F ED          | Pq,Qq         | PADDSW_PQ      | mmx feat=mmx
NP 0F DC          | Pq,Qq         | PADDUSB_PQ     | mmx feat=mmx
NP 0F DD          | Pq,Qq         | PADDUSW_PQ     | mmx feat=mmx
NP 0F F8          | Pq,Qq         | PSUBB_PQ       | mmx feat=mmx
NP 0F F9          | Pq,Qq         | PSUBW_PQ       | mmx feat=mmx
NP 0F FA          | Pq,Qq         | PSUBD_PQ       | mmx feat=mmx
NP 0F FB          | Pq,Qq         | PSUBQ_PQ       | mmx feat=sse2
NP 0F E8          | Pq,Qq         | PSUBSB_PQ      | mmx feat=mmx
NP 0F E9          | Pq,Qq         | PSUBSW_PQ      | mmx feat=mmx
NP 0F D8          | Pq,Qq         | PSUBUSB_PQ     | mmx feat=mmx
NP 0F D9          | Pq,Qq         | PSUBUSW_PQ     | mmx feat=mmx
NP 0F D5          | Pq,Qq         | PMULLW_PQ      | mmx feat=mmx
NP 0F E5          | Pq,Qq         | PMULHW_PQ      | mmx feat=mmx
NP 0F E4          | Pq,Qq         | PMULHUW_PQ     | mmx feat=sse
NP 0F F5          | Pq,Qq         | PMADDWD_PQ     | mmx feat=mmx
NP 0F F4          | Pq,Qq         | PMULUDQ_PQ     | mmx feat=sse2
NP 0F F6          | Pq,Qq         | PSADBW_PQ      | mmx feat=sse
NP 0F E0          | Pq,Qq         | PAVGB_PQ       | mmx feat=sse
NP 0F E3          | Pq,Qq         | PAVGW_PQ       | mmx feat=sse
NP 0F DA          | Pq,Qq         | PMINUB_PQ      | mmx feat=sse
NP 0F EA          | Pq,Qq         | PMINSW_PQ      | mmx feat=sse
NP 0F DE          | Pq,Qq         | PMAXUB_PQ      | mmx feat=sse
NP 0F EE          | Pq,Qq         | PMAXSW_PQ      | mmx feat=sse
NP 0F 74          | Pq,Qq         | PCMPEQB_PQ     | mmx feat=mmx
NP 0F 75          | Pq,Qq         | PCMPEQW_PQ     | mmx feat=mmx
NP 0F 76          | Pq,Qq         | PCMPEQD_PQ     | mmx feat=mmx
NP 0F 64          | Pq,Qq         | PCMPGTB_PQ     | mmx feat=mmx
NP 0F 65          | Pq,Qq         | PCMPGTW_PQ     | mmx feat=mmx
NP 0F 66          | Pq,Qq         | PCMPGTD_PQ     | mmx feat=mmx
NP 0F DB          | Pq,Qq         | PAND_PQ        | mmx feat=mmx
NP 0F DF          | Pq,Qq         | PANDN_PQ       | mmx feat=mmx
NP 0F EB          | Pq,Qq         | POR_PQ         | mmx feat=mmx
NP 0F EF          | Pq,Qq         | PXOR_PQ        | mmx feat=mmx
NP 0F 63          | Pq,Qq         | PACKSSWB_PQ    | mmx feat=mmx
NP 0F 67          | Pq,Qq         | PACKUSWB_PQ    | mmx feat=mmx
NP 0F 6B          | Pq,Qq         | PACKSSDW_PQ    | mmx feat=mmx
NP 0F 68          | Pq,Qq         | PUNPCKHBW_PQ   | mmx feat=mmx
NP 0F 69          | Pq,Qq         | PUNPCKHWD_PQ   | mmx feat=mmx
NP 0F 6A          | Pq,Qq         | PUNPCKHDQ_PQ   | mmx feat=mmx
NP 0F 60          | Pq,Qd         | PUNPCKLBW_PQ   | mmx feat=mmx
NP 0F 61          | Pq,Qd         | PUNPCKLWD_PQ   | mmx feat=mmx
NP 0F 62          | Pq,Qd         | PUNPCKLDQ_PQ   | mmx feat=mmx

# ---- shifts
NP 0F D1          | Pq,Qq         | PSRLW_PQ       | mmx feat=mmx
NP 0F 71 /2       | Nq,Ib         | PSRLW_NI       | mmx feat=mmx
NP 0F D2          | Pq,Qq         | PSRLD_PQ       | mmx feat=mmx
NP 0F 72 /2       | Nq,Ib         | PSRLD_NI       | mmx feat=mmx
NP 0F D3          | Pq,Qq         | PSRLQ_PQ       | mmx feat=mmx
NP 0F 73 /2       | Nq,Ib         | PSRLQ_NI       | mmx feat=mmx
NP 0F E1          | Pq,Qq         | PSRAW_PQ       | mmx feat=mmx
NP 0F 71 /4       | Nq,Ib         | PSRAW_NI       | mmx feat=mmx
NP 0F E2          | Pq,Qq         | PSRAD_PQ       | mmx feat=mmx
NP 0F 72 /4       | Nq,Ib         | PSRAD_NI       | mmx feat=mmx
NP 0F F1          | Pq,Qq         | PSLLW_PQ       | mmx feat=mmx
NP 0F 71 /6       | Nq,Ib         | PSLLW_NI       | mmx feat=mmx
NP 0F F2          | Pq,Qq         | PSLLD_PQ       | mmx feat=mmx
NP 0F 72 /6       | Nq,Ib         | PSLLD_NI       | mmx feat=mmx
NP 0F F3          | Pq,Qq         | PSLLQ_PQ       | mmx feat=mmx
NP 0F 73 /6       | Nq,Ib         | PSLLQ_NI       | mmx feat=mmx

# ---- permutations, words in and out
NP 0F 70          | Pq,Qq,Ib      | PSHUFW         | mmx feat=sse
NP 0F C4          | Pq,Ew,Ib      | PINSRW_PE      | mmx feat=sse
NP 0F C5          | Gd,Nq,Ib      | PEXTRW_GN      | mmx feat=sse
`;
