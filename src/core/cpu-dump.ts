/**
 * A processor's registers in the shape of QEMU's `-d cpu`, so that plain `diff` finds the first difference between a run
 * here and one there. QEMU's lines that begin with CC tell of its own way to keep flags and have no counterpart.
 * Segment attributes stand where a descriptor's second word has them. [SDM3] 3.4.5
 */
import type { CoreExports } from "./exports.ts";

const WIDE_NAMES = "RAX RBX RCX RDX RSI RDI RBP RSP R8  R9  R10 R11 R12 R13 R14 R15".split(/ (?=R)/);
const NARROW_NAMES = ["EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP"];
/** Encoding numbers in the order above. */
const NUMBERS = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
const SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR"];
/** Letters of EFLAGS bits, from DF down. */
const FLAGS: readonly (readonly [bit: number, letter: string])[] = [
  [0x400, "D"],
  [0x800, "O"],
  [0x80, "S"],
  [0x40, "Z"],
  [0x10, "A"],
  [4, "P"],
  [1, "C"],
];

const SEG_CS = 1;
const ATTR_S = 0x10;
const ATTR_DPL = 0x60;
const ATTR_P = 0x80;
const ATTR_L = 0x200;
const ATTR_DB = 0x400;
const ATTR_G = 0x800;
const TYPE_CODE = 8;
const CR0_PE = 1n;
const EFER_LMA = 0x400n;
const FLAG_VM = 0x20000;
const HLT_EXIT = 1;

/** System descriptors by type, outside and inside IA-32e mode. [SDM3] table 3-2 */
const SYSTEM_NAMES = [
  ...["Reserved", "TSS16-avl", "LDT", "TSS16-busy", "CallGate16", "TaskGate", "IntGate16", "TrapGate16"],
  ...["Reserved", "TSS32-avl", "Reserved", "TSS32-busy", "CallGate32", "Reserved", "IntGate32", "TrapGate32"],
];
const SYSTEM_NAMES_64 = SYSTEM_NAMES.map((name, type) =>
  type === 2 ? name : name.includes("32") ? name.replace("32", "64") : "Reserved",
);

const digits = (value: bigint | number, count: number) =>
  (typeof value === "bigint" ? BigInt.asUintN(count * 4, value) : value >>> 0).toString(16).padStart(count, "0");

/** Lines without a newline at the end. `rip` where it is not the processor's own. */
export function dumpCpu(exports: CoreExports, cpu: number, rip = exports.getRip(cpu)): string {
  const flags = exports.getRflags(cpu);
  const cr0 = exports.getControl(cpu, 0);
  const efer = exports.getControl(cpu, 5);
  const isLong = (efer & EFER_LMA) !== 0n;
  const lines = [
    ...generalRegisters(exports, cpu, exports.codeBits(cpu) === 64, flags, rip),
    ...SEGMENTS.map((name, i) =>
      segmentLine(exports, cpu, name, i, isLong, (cr0 & CR0_PE) !== 0n && (flags & FLAG_VM) === 0),
    ),
    ...["GDT", "IDT"].map(
      (name, i) =>
        `${name}=     ${digits(exports.getTableBase(cpu, i), isLong ? 16 : 8)} ${digits(exports.getTableLimit(cpu, i), 8)}`,
    ),
    controlLine(exports, cpu, isLong ? 16 : 8),
    // With the space at the end that QEMU leaves there.
    [0, 1, 2, 3].map((n) => `DR${n}=${digits(exports.getDebug(cpu, n), 16)} `).join(""),
    `DR6=${digits(exports.getDebug(cpu, 6), 16)} DR7=${digits(exports.getDebug(cpu, 7), 16)}`,
    `EFER=${digits(efer, 16)}`,
  ];
  return lines.join("\n");
}

function generalRegisters(exports: CoreExports, cpu: number, is64: boolean, flags: number, rip: bigint): string[] {
  const width = is64 ? 16 : 8;
  const names = is64 ? WIDE_NAMES : NARROW_NAMES;
  const lines: string[] = [];
  for (let i = 0; i < names.length; i += 4)
    lines.push(
      names
        .slice(i, i + 4)
        .map((name, n) => `${name}=${digits(exports.getGpr(cpu, NUMBERS[i + n]!), width)}`)
        .join(" "),
    );
  const letters = FLAGS.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : "-")).join("");
  const halted = Number(exports.activity(cpu) === HLT_EXIT);
  lines.push(
    `${is64 ? "RIP" : "EIP"}=${digits(rip, width)} ${is64 ? "RFL" : "EFL"}=${digits(flags, 8)} ` +
      `[${letters}] CPL=${exports.getPrivilege(cpu)} II=${Number(exports.inShadow(cpu))} ` +
      `A20=${Number(exports.a20Enabled())} SMM=0 HLT=${halted}`,
  );
  return lines;
}

function segmentLine(
  exports: CoreExports,
  cpu: number,
  name: string,
  index: number,
  isLong: boolean,
  isProtected: boolean,
): string {
  let attributes = exports.getSegmentAttributes(cpu, index);
  // Far transfers in real mode leave CS with the type of a data segment, which nothing shows; QEMU keeps it code.
  if (index === SEG_CS && (attributes & ATTR_DPL) === 0) attributes |= TYPE_CODE;
  const limit = exports.getSegmentLimit(cpu, index) >>> 0;
  const units = (attributes & ATTR_G) !== 0 ? limit >>> 12 : limit;
  const word = ((attributes & 0xff) << 8) | ((attributes & 0xf00) << 12) | (units & 0xf0000);
  let line = `${name.padEnd(3)}=${digits(exports.getSelector(cpu, index), 4)} `;
  line += `${digits(exports.getSegmentBase(cpu, index), exports.codeBits(cpu) === 64 ? 16 : 8)} ${digits(limit, 8)} ${digits(word, 8)}`;
  if (!isProtected || (attributes & ATTR_P) === 0) return line;
  return `${line} DPL=${(attributes >> 5) & 3} ${descriptorName(attributes, isLong)}`;
}

function descriptorName(attributes: number, isLong: boolean): string {
  const type = attributes & 15;
  if ((attributes & ATTR_S) === 0) return (isLong ? SYSTEM_NAMES_64 : SYSTEM_NAMES)[type]!;
  const letters = (names: string) => [...names].map((letter, i) => ((type & (4 >> i)) !== 0 ? letter : "-")).join("");
  const isWide = (attributes & ATTR_DB) !== 0;
  if ((type & TYPE_CODE) !== 0) {
    const size = (attributes & ATTR_L) !== 0 ? 64 : isWide ? 32 : 16;
    return `CS${size} [${letters("CRA")}]`;
  }
  return `DS${isWide ? "  " : "16"} [${letters("EWA")}]`;
}

function controlLine(exports: CoreExports, cpu: number, width: number): string {
  const control = (n: number, count: number) => `CR${n}=${digits(exports.getControl(cpu, n), count)}`;
  return [control(0, 8), control(2, width), control(3, width), control(4, 8)].join(" ");
}

/** Where an interrupt or exception is taken, as QEMU's `-d int` has it; the dump follows it there. */
export function interruptLine(
  exports: CoreExports,
  cpu: number,
  count: number,
  { vector, isSoftware, errorCode, rip }: { vector: number; isSoftware: boolean; errorCode: number; rip: bigint },
): string {
  const pc = exports.codeBits(cpu) === 64 ? rip : BigInt.asUintN(32, rip + exports.getSegmentBase(cpu, SEG_CS));
  const selector = (index: number) => digits(exports.getSelector(cpu, index), 4);
  const last =
    vector === PAGE_FAULT
      ? `CR2=${digits(exports.getControl(cpu, 2), 16)}`
      : `env->regs[R_EAX]=${digits(exports.getGpr(cpu, 0), 16)}`;
  return (
    `${String(count).padStart(6)}: v=${digits(vector, 2)} e=${digits(errorCode, 4)} i=${Number(isSoftware)} ` +
    `cpl=${exports.getPrivilege(cpu)} IP=${selector(SEG_CS)}:${digits(rip, 16)} pc=${digits(pc, 16)} ` +
    `SP=${selector(SEG_SS)}:${digits(exports.getGpr(cpu, 4), 16)} ${last}`
  );
}

const SEG_SS = 2;
const PAGE_FAULT = 14;
