/**
 * Instructions about the processor itself. The grammar of the rows stands in wasm/isa/read-tables.mjs. [SDM2] appendix A
 */
export const rows = `
0F A2      |       | CPUID   | feat=cpuid svm=CPUID
0F 30      |       | WRMSR   | cpl0 ends feat=msr svm=MSR
0F 32      |       | RDMSR   | cpl0 feat=msr svm=MSR
0F 31      |       | RDTSC   | feat=tsc svm=RDTSC
0F 01 F9   |       | RDTSCP  | feat=rdtscp svm=RDTSCP
0F 33      |       | RDPMC   | feat=mmx svm=RDPMC
0F C7 /6 r | Rv    | RDRAND  | feat=rdrand
0F C7 /7 r | Rv    | RDRAND  | feat=rdseed
F3 0F C7 /6 r | Rd  | UD
F3 0F C7 /7 r | Rd  | UD
F2 0F C7 /6 r | Rd  | UD
F2 0F C7 /7 r | Rd  | UD
0F 01 D9   |       | VMMCALL | feat=kvm
0F 01 /7 m | M     | INVLPG  | cpl0 ends svm=INVLPG
66 0F 38 82 | Gy,Mdq | INVPCID | cpl0 ends feat=invpcid svm=INVPCID
`;
