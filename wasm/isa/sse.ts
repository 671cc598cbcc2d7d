/**
 * SSE and SSE2: moves, packed integers and shuffles. Floating-point arithmetic stands in sse-float.ts, what came later in
 * sse-later.ts, state save and restore in sse-state.ts. Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A tables
 */
export const rows = `
# ---- moves
NP 0F 28          | Vps,Wps       | MOV128_VW      | sse feat=sse
NP 0F 29          | Wps,Vps       | MOV128_WV      | sse feat=sse
NP 0F 10          | Vps,Wps       | MOVU128_VW     | sse feat=sse
NP 0F 11          | Wps,Vps       | MOVU128_WV     | sse feat=sse
NP 0F 12          | Vq,Wq         | MOVLPS_VW      | sse feat=sse
NP 0F 13          | Mq,Vq         | MOVLPS_MV      | sse feat=sse
NP 0F 16          | Vq,Wq         | MOVHPS_VW      | sse feat=sse
NP 0F 17          | Mq,Vq         | MOVHPS_MV      | sse feat=sse
NP 0F 2B          | Mps,Vps       | MOV128_WV      | sse feat=sse
NP 0F 50          | Gd,Ups        | MOVMSKPS       | sse feat=sse
66 0F 28          | Vpd,Wpd       | MOV128_VW      | sse feat=sse2
66 0F 29          | Wpd,Vpd       | MOV128_WV      | sse feat=sse2
66 0F 10          | Vpd,Wpd       | MOVU128_VW     | sse feat=sse2
66 0F 11          | Wpd,Vpd       | MOVU128_WV     | sse feat=sse2
66 0F 12          | Vq,Mq         | MOVLPS_VW      | sse feat=sse2
66 0F 13          | Mq,Vq         | MOVLPS_MV      | sse feat=sse2
66 0F 16          | Vq,Mq         | MOVHPS_VW      | sse feat=sse2
66 0F 17          | Mq,Vq         | MOVHPS_MV      | sse feat=sse2
66 0F 2B          | Mpd,Vpd       | MOV128_WV      | sse feat=sse2
66 0F 50          | Gd,Upd        | MOVMSKPD       | sse feat=sse2
F3 0F 10          | Vss,Wss       | MOVSS_VW       | sse feat=sse
F3 0F 11          | Wss,Vss       | MOVSS_WV       | sse feat=sse
F2 0F 10          | Vsd,Wsd       | MOVSD_VW       | sse feat=sse2
F2 0F 11          | Wsd,Vsd       | MOVSD_WV       | sse feat=sse2
66 0F 6F          | Vdq,Wdq       | MOV128_VW      | sse feat=sse2
66 0F 7F          | Wdq,Vdq       | MOV128_WV      | sse feat=sse2
F3 0F 6F          | Vdq,Wdq       | MOVU128_VW     | sse feat=sse2
F3 0F 7F          | Wdq,Vdq       | MOVU128_WV     | sse feat=sse2
66 0F E7          | Mdq,Vdq       | MOV128_WV      | sse feat=sse2
66 0F F7          | Vdq,Udq       | MASKMOVDQU     | sse feat=sse2
66 0F D7          | Gd,Udq        | PMOVMSKB_GU    | sse feat=sse2
66 0F 6E          | Vdq,Ey        | MOVD_VE        | sse feat=sse2
66 0F 7E          | Ey,Vdq        | MOVD_EV        | sse feat=sse2
F3 0F 7E          | Vq,Wq         | MOVQ_VW        | sse feat=sse2
66 0F D6          | Wq,Vq         | MOVQ_WV        | sse feat=sse2
NP 0F C3          | My,Gy         | MOVNTI         | feat=sse2
F3 0F 12          | Vps,Wps       | MOVSLDUP       | sse feat=sse3
F3 0F 16          | Vps,Wps       | MOVSHDUP       | sse feat=sse3
F2 0F 12          | Vq,Wq         | MOVDDUP        | sse feat=sse3
F2 0F F0          | Vdq,Mdq       | MOVU128_VW     | sse feat=sse3

# ---- logic on floating-point registers
NP 0F 54          | Vps,Wps       | PAND_VW        | sse feat=sse
66 0F 54          | Vpd,Wpd       | PAND_VW        | sse feat=sse2
NP 0F 55          | Vps,Wps       | PANDN_VW       | sse feat=sse
66 0F 55          | Vpd,Wpd       | PANDN_VW       | sse feat=sse2
NP 0F 56          | Vps,Wps       | POR_VW         | sse feat=sse
66 0F 56          | Vpd,Wpd       | POR_VW         | sse feat=sse2
NP 0F 57          | Vps,Wps       | PXOR_VW        | sse feat=sse
66 0F 57          | Vpd,Wpd       | PXOR_VW        | sse feat=sse2

# ---- packed integers
66 0F FC          | Vdq,Wdq       | PADDB_VW       | sse feat=sse2
66 0F FD          | Vdq,Wdq       | PADDW_VW       | sse feat=sse2
66 0F FE          | Vdq,Wdq       | PADDD_VW       | sse feat=sse2
66 0F D4          | Vdq,Wdq       | PADDQ_VW       | sse feat=sse2
66 0F EC          | Vdq,Wdq       | PADDSB_VW      | sse feat=sse2
66 0F ED          | Vdq,Wdq       | PADDSW_VW      | sse feat=sse2
66 0F DC          | Vdq,Wdq       | PADDUSB_VW     | sse feat=sse2
66 0F DD          | Vdq,Wdq       | PADDUSW_VW     | sse feat=sse2
66 0F F8          | Vdq,Wdq       | PSUBB_VW       | sse feat=sse2
66 0F F9          | Vdq,Wdq       | PSUBW_VW       | sse feat=sse2
66 0F FA          | Vdq,Wdq       | PSUBD_VW       | sse feat=sse2
66 0F FB          | Vdq,Wdq       | PSUBQ_VW       | sse feat=sse2
66 0F E8          | Vdq,Wdq       | PSUBSB_VW      | sse feat=sse2
66 0F E9          | Vdq,Wdq       | PSUBSW_VW      | sse feat=sse2
66 0F D8          | Vdq,Wdq       | PSUBUSB_VW     | sse feat=sse2
66 0F D9          | Vdq,Wdq       | PSUBUSW_VW     | sse feat=sse2
66 0F D5          | Vdq,Wdq       | PMULLW_VW      | sse feat=sse2
66 0F E5          | Vdq,Wdq       | PMULHW_VW      | sse feat=sse2
66 0F E4          | Vdq,Wdq       | PMULHUW_VW     | sse feat=sse2
66 0F F5          | Vdq,Wdq       | PMADDWD_VW     | sse feat=sse2
66 0F F4          | Vdq,Wdq       | PMULUDQ_VW     | sse feat=sse2
66 0F F6          | Vdq,Wdq       | PSADBW_VW      | sse feat=sse2
66 0F E0          | Vdq,Wdq       | PAVGB_VW       | sse feat=sse2
66 0F E3          | Vdq,Wdq       | PAVGW_VW       | sse feat=sse2
66 0F DA          | Vdq,Wdq       | PMINUB_VW      | sse feat=sse2
66 0F EA          | Vdq,Wdq       | PMINSW_VW      | sse feat=sse2
66 0F DE          | Vdq,Wdq       | PMAXUB_VW      | sse feat=sse2
66 0F EE          | Vdq,Wdq       | PMAXSW_VW      | sse feat=sse2
66 0F 74          | Vdq,Wdq       | PCMPEQB_VW     | sse feat=sse2
66 0F 75          | Vdq,Wdq       | PCMPEQW_VW     | sse feat=sse2
66 0F 76          | Vdq,Wdq       | PCMPEQD_VW     | sse feat=sse2
66 0F 64          | Vdq,Wdq       | PCMPGTB_VW     | sse feat=sse2
66 0F 65          | Vdq,Wdq       | PCMPGTW_VW     | sse feat=sse2
66 0F 66          | Vdq,Wdq       | PCMPGTD_VW     | sse feat=sse2
66 0F DB          | Vdq,Wdq       | PAND_VW        | sse feat=sse2
66 0F DF          | Vdq,Wdq       | PANDN_VW       | sse feat=sse2
66 0F EB          | Vdq,Wdq       | POR_VW         | sse feat=sse2
66 0F EF          | Vdq,Wdq       | PXOR_VW        | sse feat=sse2
66 0F 63          | Vdq,Wdq       | PACKSSWB_VW    | sse feat=sse2
66 0F 67          | Vdq,Wdq       | PACKUSWB_VW    | sse feat=sse2
66 0F 6B          | Vdq,Wdq       | PACKSSDW_VW    | sse feat=sse2
66 0F 68          | Vdq,Wdq       | PUNPCKHBW_VW   | sse feat=sse2
66 0F 69          | Vdq,Wdq       | PUNPCKHWD_VW   | sse feat=sse2
66 0F 6A          | Vdq,Wdq       | PUNPCKHDQ_VW   | sse feat=sse2
66 0F 60          | Vdq,Wdq       | PUNPCKLBW_VW   | sse feat=sse2
66 0F 61          | Vdq,Wdq       | PUNPCKLWD_VW   | sse feat=sse2
66 0F 62          | Vdq,Wdq       | PUNPCKLDQ_VW   | sse feat=sse2
66 0F 6C          | Vdq,Wdq       | PUNPCKLQDQ_VW  | sse feat=sse2
66 0F 6D          | Vdq,Wdq       | PUNPCKHQDQ_VW  | sse feat=sse2
NP 0F 14          | Vps,Wps       | PUNPCKLDQ_VW   | sse feat=sse
NP 0F 15          | Vps,Wps       | PUNPCKHDQ_VW   | sse feat=sse
NP 0F C6          | Vps,Wps,Ib    | SHUFPS_VWI     | sse feat=sse
66 0F 14          | Vpd,Wpd       | PUNPCKLQDQ_VW  | sse feat=sse2
66 0F 15          | Vpd,Wpd       | PUNPCKHQDQ_VW  | sse feat=sse2
66 0F C6          | Vpd,Wpd,Ib    | SHUFPD_VWI     | sse feat=sse2

# ---- shifts
66 0F D1          | Vdq,Wdq       | PSRLW_VW       | sse feat=sse2
66 0F 71 /2       | Udq,Ib        | PSRLW_UI       | sse feat=sse2
66 0F D2          | Vdq,Wdq       | PSRLD_VW       | sse feat=sse2
66 0F 72 /2       | Udq,Ib        | PSRLD_UI       | sse feat=sse2
66 0F D3          | Vdq,Wdq       | PSRLQ_VW       | sse feat=sse2
66 0F 73 /2       | Udq,Ib        | PSRLQ_UI       | sse feat=sse2
66 0F E1          | Vdq,Wdq       | PSRAW_VW       | sse feat=sse2
66 0F 71 /4       | Udq,Ib        | PSRAW_UI       | sse feat=sse2
66 0F E2          | Vdq,Wdq       | PSRAD_VW       | sse feat=sse2
66 0F 72 /4       | Udq,Ib        | PSRAD_UI       | sse feat=sse2
66 0F F1          | Vdq,Wdq       | PSLLW_VW       | sse feat=sse2
66 0F 71 /6       | Udq,Ib        | PSLLW_UI       | sse feat=sse2
66 0F F2          | Vdq,Wdq       | PSLLD_VW       | sse feat=sse2
66 0F 72 /6       | Udq,Ib        | PSLLD_UI       | sse feat=sse2
66 0F F3          | Vdq,Wdq       | PSLLQ_VW       | sse feat=sse2
66 0F 73 /6       | Udq,Ib        | PSLLQ_UI       | sse feat=sse2
66 0F 73 /3       | Udq,Ib        | PSRLDQ_UI      | sse feat=sse2
66 0F 73 /7       | Udq,Ib        | PSLLDQ_UI      | sse feat=sse2

# ---- permutations, words in and out
66 0F 70          | Vdq,Wdq,Ib    | PSHUFD_VWI     | sse feat=sse2
F3 0F 70          | Vdq,Wdq,Ib    | PSHUFHW_VWI    | sse feat=sse2
F2 0F 70          | Vdq,Wdq,Ib    | PSHUFLW_VWI    | sse feat=sse2
66 0F C4          | Vdq,Ew,Ib     | PINSRW_VE      | sse feat=sse2
66 0F C5          | Gd,Udq,Ib     | PEXTRW_GU      | sse feat=sse2
`;
