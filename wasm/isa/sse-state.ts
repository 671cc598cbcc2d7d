/**
 * State save and restore, MXCSR and fences: group 15. FXSAVE and XSAVE check CR0 and CR4 themselves (EM gives #NM there).
 * Grammar: wasm/isa/read-tables.mjs. [SDM2] appendix A table A-6
 */
export const rows = `
NP 0F AE /0 m | M  | FXSAVE   | feat=fxsr
NP 0F AE /1 m | M  | FXRSTOR  | feat=fxsr
NP 0F AE /2 m | Md | LDMXCSR  | sse feat=sse
NP 0F AE /3 m | Md | STMXCSR  | sse feat=sse
NP 0F AE /4 m | M  | XSAVE    | feat=xsave
NP 0F AE /5 m | M  | XRSTOR   | feat=xsave
NP 0F AE /6 m | M  | XSAVEOPT | feat=xsaveopt
NP 0F AE /5 r |    | FENCE    | feat=sse2
NP 0F AE /6 r |    | FENCE    | feat=sse2
NP 0F AE /7 r |    | FENCE    | feat=sse
NP 0F AE /7 m | Mb | CLFLUSH  | feat=clfsh
`;
