/**
 * SSE, SSE2 and SSE3 on floating-point values: arithmetic, comparison, conversion.
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A table A-3
 */
export const rows = `
# ---- arithmetic
NP 0F 51    | Vps,Wps      | SQRTPS        | sse feat=sse
66 0F 51    | Vpd,Wpd      | SQRTPD        | sse feat=sse2
F3 0F 51    | Vss,Wss      | SQRTSS        | sse feat=sse
F2 0F 51    | Vsd,Wsd      | SQRTSD        | sse feat=sse2
NP 0F 58    | Vps,Wps      | ADDPS         | sse feat=sse
66 0F 58    | Vpd,Wpd      | ADDPD         | sse feat=sse2
F3 0F 58    | Vss,Wss      | ADDSS         | sse feat=sse
F2 0F 58    | Vsd,Wsd      | ADDSD         | sse feat=sse2
NP 0F 59    | Vps,Wps      | MULPS         | sse feat=sse
66 0F 59    | Vpd,Wpd      | MULPD         | sse feat=sse2
F3 0F 59    | Vss,Wss      | MULSS         | sse feat=sse
F2 0F 59    | Vsd,Wsd      | MULSD         | sse feat=sse2
NP 0F 5C    | Vps,Wps      | SUBPS         | sse feat=sse
66 0F 5C    | Vpd,Wpd      | SUBPD         | sse feat=sse2
F3 0F 5C    | Vss,Wss      | SUBSS         | sse feat=sse
F2 0F 5C    | Vsd,Wsd      | SUBSD         | sse feat=sse2
NP 0F 5D    | Vps,Wps      | MINPS         | sse feat=sse
66 0F 5D    | Vpd,Wpd      | MINPD         | sse feat=sse2
F3 0F 5D    | Vss,Wss      | MINSS         | sse feat=sse
F2 0F 5D    | Vsd,Wsd      | MINSD         | sse feat=sse2
NP 0F 5E    | Vps,Wps      | DIVPS         | sse feat=sse
66 0F 5E    | Vpd,Wpd      | DIVPD         | sse feat=sse2
F3 0F 5E    | Vss,Wss      | DIVSS         | sse feat=sse
F2 0F 5E    | Vsd,Wsd      | DIVSD         | sse feat=sse2
NP 0F 5F    | Vps,Wps      | MAXPS         | sse feat=sse
66 0F 5F    | Vpd,Wpd      | MAXPD         | sse feat=sse2
F3 0F 5F    | Vss,Wss      | MAXSS         | sse feat=sse
F2 0F 5F    | Vsd,Wsd      | MAXSD         | sse feat=sse2
NP 0F 52    | Vps,Wps      | RSQRTPS       | sse feat=sse
F3 0F 52    | Vss,Wss      | RSQRTSS       | sse feat=sse
NP 0F 53    | Vps,Wps      | RCPPS         | sse feat=sse
F3 0F 53    | Vss,Wss      | RCPSS         | sse feat=sse
66 0F 7C    | Vpd,Wpd      | HADDPD        | sse feat=sse3
F2 0F 7C    | Vps,Wps      | HADDPS        | sse feat=sse3
66 0F 7D    | Vpd,Wpd      | HSUBPD        | sse feat=sse3
F2 0F 7D    | Vps,Wps      | HSUBPS        | sse feat=sse3
66 0F D0    | Vpd,Wpd      | ADDSUBPD      | sse feat=sse3
F2 0F D0    | Vps,Wps      | ADDSUBPS      | sse feat=sse3

# ---- comparison
NP 0F C2    | Vps,Wps,Ib   | CMPPS_VWI     | sse feat=sse
66 0F C2    | Vpd,Wpd,Ib   | CMPPD_VWI     | sse feat=sse2
F3 0F C2    | Vss,Wss,Ib   | CMPSS_VWI     | sse feat=sse
F2 0F C2    | Vsd,Wsd,Ib   | CMPSD_VWI     | sse feat=sse2
NP 0F 2E    | Vss,Wss      | UCOMISS       | sse feat=sse
66 0F 2E    | Vsd,Wsd      | UCOMISD       | sse feat=sse2
NP 0F 2F    | Vss,Wss      | COMISS        | sse feat=sse
66 0F 2F    | Vsd,Wsd      | COMISD        | sse feat=sse2

# ---- conversion: between integers and floating point
F3 0F 2A    | Vss,Ey       | CVTSI2SS      | sse feat=sse
F2 0F 2A    | Vsd,Ey       | CVTSI2SD      | sse feat=sse2
F3 0F 2C    | Gy,Wss       | CVTTSS2SI     | sse feat=sse
F3 0F 2D    | Gy,Wss       | CVTSS2SI      | sse feat=sse
F2 0F 2C    | Gy,Wsd       | CVTTSD2SI     | sse feat=sse2
F2 0F 2D    | Gy,Wsd       | CVTSD2SI      | sse feat=sse2
NP 0F 2A    | Vps,Qpi      | CVTPI2PS      | sse feat=sse
66 0F 2A    | Vpd,Qpi      | CVTPI2PD      | sse feat=sse2
NP 0F 2C    | Ppi,Wps      | CVTTPS2PI     | sse feat=sse
NP 0F 2D    | Ppi,Wps      | CVTPS2PI      | sse feat=sse
66 0F 2C    | Ppi,Wpd      | CVTTPD2PI     | sse feat=sse2
66 0F 2D    | Ppi,Wpd      | CVTPD2PI      | sse feat=sse2
NP 0F 5B    | Vps,Wdq      | CVTDQ2PS      | sse feat=sse2
66 0F 5B    | Vdq,Wps      | CVTPS2DQ      | sse feat=sse2
F3 0F 5B    | Vdq,Wps      | CVTTPS2DQ     | sse feat=sse2
F3 0F E6    | Vpd,Wq       | CVTDQ2PD      | sse feat=sse2
66 0F E6    | Vdq,Wpd      | CVTTPD2DQ     | sse feat=sse2
F2 0F E6    | Vdq,Wpd      | CVTPD2DQ      | sse feat=sse2

# ---- conversion: between single and double
NP 0F 5A    | Vpd,Wps      | CVTPS2PD      | sse feat=sse2
66 0F 5A    | Vps,Wpd      | CVTPD2PS      | sse feat=sse2
F3 0F 5A    | Vsd,Wss      | CVTSS2SD      | sse feat=sse2
F2 0F 5A    | Vss,Wsd      | CVTSD2SS      | sse feat=sse2
`;
