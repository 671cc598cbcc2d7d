/**
 * SSSE3, SSE4.1, SSE4.2, AES-NI and PCLMULQDQ on XMM registers; SSSE3 on MMX registers.
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A tables
 */
export const rows = `
# ---- SSSE3
NP 0F 38 00   | Pq,Qq        | PSHUFB_PQ      | mmx feat=ssse3
66 0F 38 00   | Vdq,Wdq      | PSHUFB_VW      | sse feat=ssse3
NP 0F 38 01   | Pq,Qq        | PHADDW_PQ      | mmx feat=ssse3
66 0F 38 01   | Vdq,Wdq      | PHADDW_VW      | sse feat=ssse3
NP 0F 38 02   | Pq,Qq        | PHADDD_PQ      | mmx feat=ssse3
66 0F 38 02   | Vdq,Wdq      | PHADDD_VW      | sse feat=ssse3
NP 0F 38 03   | Pq,Qq        | PHADDSW_PQ     | mmx feat=ssse3
66 0F 38 03   | Vdq,Wdq      | PHADDSW_VW     | sse feat=ssse3
NP 0F 38 04   | Pq,Qq        | PMADDUBSW_PQ   | mmx feat=ssse3
66 0F 38 04   | Vdq,Wdq      | PMADDUBSW_VW   | sse feat=ssse3
NP 0F 38 05   | Pq,Qq        | PHSUBW_PQ      | mmx feat=ssse3
66 0F 38 05   | Vdq,Wdq      | PHSUBW_VW      | sse feat=ssse3
NP 0F 38 06   | Pq,Qq        | PHSUBD_PQ      | mmx feat=ssse3
66 0F 38 06   | Vdq,Wdq      | PHSUBD_VW      | sse feat=ssse3
NP 0F 38 07   | Pq,Qq        | PHSUBSW_PQ     | mmx feat=ssse3
66 0F 38 07   | Vdq,Wdq      | PHSUBSW_VW     | sse feat=ssse3
NP 0F 38 08   | Pq,Qq        | PSIGNB_PQ      | mmx feat=ssse3
66 0F 38 08   | Vdq,Wdq      | PSIGNB_VW      | sse feat=ssse3
NP 0F 38 09   | Pq,Qq        | PSIGNW_PQ      | mmx feat=ssse3
66 0F 38 09   | Vdq,Wdq      | PSIGNW_VW      | sse feat=ssse3
NP 0F 38 0A   | Pq,Qq        | PSIGND_PQ      | mmx feat=ssse3
66 0F 38 0A   | Vdq,Wdq      | PSIGND_VW      | sse feat=ssse3
NP 0F 38 0B   | Pq,Qq        | PMULHRSW_PQ    | mmx feat=ssse3
66 0F 38 0B   | Vdq,Wdq      | PMULHRSW_VW    | sse feat=ssse3
NP 0F 38 1C   | Pq,Qq        | PABSB_PQ       | mmx feat=ssse3
66 0F 38 1C   | Vdq,Wdq      | PABSB_VW       | sse feat=ssse3
NP 0F 38 1D   | Pq,Qq        | PABSW_PQ       | mmx feat=ssse3
66 0F 38 1D   | Vdq,Wdq      | PABSW_VW       | sse feat=ssse3
NP 0F 38 1E   | Pq,Qq        | PABSD_PQ       | mmx feat=ssse3
66 0F 38 1E   | Vdq,Wdq      | PABSD_VW       | sse feat=ssse3
NP 0F 3A 0F   | Pq,Qq,Ib     | PALIGNR_PQI    | mmx feat=ssse3
66 0F 3A 0F   | Vdq,Wdq,Ib   | PALIGNR_VWI    | sse feat=ssse3

# ---- SSE4.1
66 0F 38 10   | Vdq,Wdq      | PBLENDVB       | sse feat=sse41
66 0F 38 14   | Vps,Wps      | BLENDVPS       | sse feat=sse41
66 0F 38 15   | Vpd,Wpd      | BLENDVPD       | sse feat=sse41
66 0F 38 17   | Vdq,Wdq      | PTEST          | sse feat=sse41
66 0F 38 20   | Vdq,Wq       | PMOVSXBW_VW    | sse feat=sse41
66 0F 38 21   | Vdq,Wd       | PMOVSXBD_VW    | sse feat=sse41
66 0F 38 22   | Vdq,Ww       | PMOVSXBQ_VW    | sse feat=sse41
66 0F 38 23   | Vdq,Wq       | PMOVSXWD_VW    | sse feat=sse41
66 0F 38 24   | Vdq,Wd       | PMOVSXWQ_VW    | sse feat=sse41
66 0F 38 25   | Vdq,Wq       | PMOVSXDQ_VW    | sse feat=sse41
66 0F 38 30   | Vdq,Wq       | PMOVZXBW_VW    | sse feat=sse41
66 0F 38 31   | Vdq,Wd       | PMOVZXBD_VW    | sse feat=sse41
66 0F 38 32   | Vdq,Ww       | PMOVZXBQ_VW    | sse feat=sse41
66 0F 38 33   | Vdq,Wq       | PMOVZXWD_VW    | sse feat=sse41
66 0F 38 34   | Vdq,Wd       | PMOVZXWQ_VW    | sse feat=sse41
66 0F 38 35   | Vdq,Wq       | PMOVZXDQ_VW    | sse feat=sse41
66 0F 38 28   | Vdq,Wdq      | PMULDQ_VW      | sse feat=sse41
66 0F 38 29   | Vdq,Wdq      | PCMPEQQ_VW     | sse feat=sse41
66 0F 38 2B   | Vdq,Wdq      | PACKUSDW_VW    | sse feat=sse41
66 0F 38 38   | Vdq,Wdq      | PMINSB_VW      | sse feat=sse41
66 0F 38 39   | Vdq,Wdq      | PMINSD_VW      | sse feat=sse41
66 0F 38 3A   | Vdq,Wdq      | PMINUW_VW      | sse feat=sse41
66 0F 38 3B   | Vdq,Wdq      | PMINUD_VW      | sse feat=sse41
66 0F 38 3C   | Vdq,Wdq      | PMAXSB_VW      | sse feat=sse41
66 0F 38 3D   | Vdq,Wdq      | PMAXSD_VW      | sse feat=sse41
66 0F 38 3E   | Vdq,Wdq      | PMAXUW_VW      | sse feat=sse41
66 0F 38 3F   | Vdq,Wdq      | PMAXUD_VW      | sse feat=sse41
66 0F 38 40   | Vdq,Wdq      | PMULLD_VW      | sse feat=sse41
66 0F 38 2A   | Vdq,Mdq      | MOV128_VW      | sse feat=sse41
66 0F 38 41   | Vdq,Wdq      | PHMINPOSUW     | sse feat=sse41
66 0F 3A 08   | Vps,Wps,Ib   | ROUNDPS        | sse feat=sse41
66 0F 3A 09   | Vpd,Wpd,Ib   | ROUNDPD        | sse feat=sse41
66 0F 3A 0A   | Vss,Wss,Ib   | ROUNDSS        | sse feat=sse41
66 0F 3A 0B   | Vsd,Wsd,Ib   | ROUNDSD        | sse feat=sse41
66 0F 3A 0C   | Vps,Wps,Ib   | BLENDPS_VWI    | sse feat=sse41
66 0F 3A 0D   | Vpd,Wpd,Ib   | BLENDPD_VWI    | sse feat=sse41
66 0F 3A 0E   | Vdq,Wdq,Ib   | PBLENDW_VWI    | sse feat=sse41
66 0F 3A 40   | Vps,Wps,Ib   | DPPS           | sse feat=sse41
66 0F 3A 41   | Vpd,Wpd,Ib   | DPPD           | sse feat=sse41
66 0F 3A 42   | Vdq,Wdq,Ib   | MPSADBW_VWI    | sse feat=sse41
# the byte and word forms: 32 bits of a register, or a byte or word in memory
66 0F 3A 14   | Ed,Vdq,Ib    | PEXTRB         | sse feat=sse41
66 0F 3A 15   | Ed,Vdq,Ib    | PEXTRW_EV      | sse feat=sse41
66 0F 3A 16   | Ey,Vdq,Ib    | PEXTRD         | sse feat=sse41
66 0F 3A 17   | Ed,Vdq,Ib    | EXTRACTPS      | sse feat=sse41
66 0F 3A 20   | Vdq,Ed,Ib    | PINSRB         | sse feat=sse41
66 0F 3A 21   | Vdq,Wd,Ib    | INSERTPS       | sse feat=sse41
66 0F 3A 22   | Vdq,Ey,Ib    | PINSRD         | sse feat=sse41

# ---- SSE4.2
66 0F 38 37   | Vdq,Wdq      | PCMPGTQ_VW     | sse feat=sse42
66 0F 3A 60   | Vdq,Wdq,Ib   | PCMPESTRM      | sse feat=sse42
66 0F 3A 61   | Vdq,Wdq,Ib   | PCMPESTRI      | sse feat=sse42
66 0F 3A 62   | Vdq,Wdq,Ib   | PCMPISTRM      | sse feat=sse42
66 0F 3A 63   | Vdq,Wdq,Ib   | PCMPISTRI      | sse feat=sse42
F2 0F 38 F0   | Gd,Eb        | CRC32_GEB      | feat=sse42
F2 0F 38 F1   | Gd,Ev        | CRC32_GEV      | feat=sse42

# ---- AES-NI, PCLMULQDQ
66 0F 38 DB   | Vdq,Wdq      | AESIMC         | sse feat=aes
66 0F 38 DC   | Vdq,Wdq      | AESENC         | sse feat=aes
66 0F 38 DD   | Vdq,Wdq      | AESENCLAST     | sse feat=aes
66 0F 38 DE   | Vdq,Wdq      | AESDEC         | sse feat=aes
66 0F 38 DF   | Vdq,Wdq      | AESDECLAST     | sse feat=aes
66 0F 3A DF   | Vdq,Wdq,Ib   | AESKEYGENASSIST | sse feat=aes
66 0F 3A 44   | Vdq,Wdq,Ib   | PCLMULQDQ      | sse feat=pclmul
`;
