/** Which of the kvm-unit-tests are run, how, and why the others are not; and why some cases cannot pass. */

export type Arch = "x86_64" | "i386";
export const ARCHS: readonly Arch[] = ["x86_64", "i386"];

/** A test in x86/, run once for each architecture that it is built for. */
export interface KvmTest {
  /** As in the suite's own unittests.cfg. */
  readonly name: string;
  /** Where the name is not that of the image. */
  readonly image?: string;
  readonly archs?: readonly Arch[];
  readonly args?: string;
  readonly timeoutSeconds?: number;
  /** It looks for what firmware leaves behind (interrupt vectors, a running timer): started by GRUB. */
  readonly needsFirmware?: true;
  /** It looks at a timer that runs out within milliseconds: time goes by instructions, whatever else the host does. */
  readonly exactTime?: true;
}

const X86_64: readonly Arch[] = ["x86_64"];
const I386: readonly Arch[] = ["i386"];
const VMEXIT = [
  "cpuid", "vmcall", "mov_from_cr8", "mov_to_cr8", "inl_from_pmtimer", "ipi", "ipi_halt", "ple_round_robin", "tscdeadline",
  "tscdeadline_immed", "toggle_cr0_wp", "toggle_cr4_pge",
]; // prettier-ignore

export const TESTS: readonly KvmTest[] = [
  { name: "access", image: "access_test", archs: X86_64, timeoutSeconds: 300 },
  { name: "apic", archs: X86_64, exactTime: true },
  { name: "cmpxchg8b", archs: I386 },
  { name: "debug", archs: X86_64 },
  { name: "emulator" },
  { name: "eventinj" },
  { name: "hpet_read_test" },
  { name: "hypercall" },
  { name: "idt_test", archs: X86_64 },
  { name: "ioapic", archs: X86_64 },
  // 1,000,000 readings in place of 10,000,000, and no date: offsets from it are the host's affair.
  { name: "kvmclock_test", args: "1000000", timeoutSeconds: 120 },
  { name: "la57" },
  { name: "lam", archs: X86_64 },
  { name: "memory", archs: X86_64 },
  { name: "msr" },
  { name: "pcid", archs: X86_64 },
  { name: "rdpru", archs: X86_64 },
  { name: "realmode", needsFirmware: true, timeoutSeconds: 120 },
  { name: "rmap_chain", archs: X86_64 },
  { name: "setjmp" },
  { name: "sieve", timeoutSeconds: 900 },
  { name: "smap" },
  { name: "smptest" },
  { name: "syscall", archs: X86_64 },
  { name: "taskswitch", archs: I386 },
  { name: "taskswitch2", archs: I386 },
  { name: "tsc" },
  { name: "tsc_adjust" },
  { name: "tscdeadline_latency", archs: X86_64 },
  { name: "umip" },
  { name: "xsave", archs: X86_64 },
  ...VMEXIT.map((what) => ({ name: `vmexit_${what}`, image: "vmexit", args: what })),
];

/** Tests of what the machine does not claim to have, by reason. */
export const LEFT_OUT: readonly { readonly reason: string; readonly names: readonly string[] }[] = [
  { reason: "nested virtualisation is not shown by CPUID", names: ["svm", "svm_npt", "vmx"] },
  { reason: "no performance monitoring: the counters of AMD's processors are there and stay zero", names: ["pmu", "pmu_lbr", "pmu_pebs"] },
  { reason: "CPUID does not show the feature", names: ["asyncpf", "cet", "hyperv_clock", "hyperv_connections", "hyperv_stimer", "hyperv_synic", "pks", "pku", "tsx-ctrl"] },
  { reason: "the board has no IOMMU", names: ["intel-iommu"] },
  { reason: "the board has no sleep state S3: there is no \\_S3 object in its DSDT", names: ["s3"] },
  { reason: "tests a firmware's way out of a processor reset; not in the suite's own list of tests", names: ["init"] },
  {
    reason: "expects VMware's ports to be open at level 3 whatever IOPL and the permission bitmap say, against [SDM1] 19.5, and its pseudo counters; the suite runs it only where KVM was told to do so",
    names: ["vmware_backdoors"],
  },
]; // prettier-ignore

const REASONS: readonly { readonly case: RegExp; readonly reason: string }[] = [
  {
    case: /apic: PV IPIs testing/,
    reason:
      "calls KVM_HC_SEND_IPI unasked; it goes with KVM_FEATURE_PV_SEND_IPI, which CPUID does not show ([KVM] cpuid.rst, hypercalls.rst)",
  },
  {
    case: /^\w+\/msr/,
    reason:
      "reads IA32_MISC_ENABLE unasked: the suite gives it a processor of Intel; one of AMD has no such register ([APM2] appendix A)",
  },
  {
    case: /^x86_64\/emulator/,
    reason:
      "jumps by REX.W and a pointer of m16:64, which processors of AMD do not have ([APM3] JMP (Far)); the rest of the test is lost with it",
  },
];

export function reasonFor(name: string): string | undefined {
  return REASONS.find((entry) => entry.case.test(name))?.reason;
}
