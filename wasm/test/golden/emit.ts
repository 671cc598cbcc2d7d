/** The module that the compiler writes for a piece of guest code, which goes on in another page. */
import { JIT_MODULE } from "../../../src/core/generated/layout.ts";
import { disassemble } from "../../../src/shared/disassembler/disassemble.ts";
import { TestCore } from "../harness.ts";
import type { GoldenCase } from "./cases.ts";
import { functionTexts } from "./wasm-text.ts";

const CODE = 0x1000;
const NEXT = 0x3000;
const DATA = 0x2_0000;
const STACK = 0x3_0000;
/** out 80h, al */
const OUT = [0xe6, 0x80];
const ENTRIES = 2;
const MOST_REGIONS = 32;

function bytesOf(code: string): number[] {
  return Array.from({ length: code.length / 2 }, (_, i) => parseInt(code.slice(2 * i, 2 * i + 2), 16));
}

/** JMP rel32 */
function jumpTo(target: number, from: number): number[] {
  const distance = target - (from + 5);
  return [0xe9, ...[0, 8, 16, 24].map((shift) => (distance >>> shift) & 0xff)];
}

/** The region that begins with the code: executed until it is asked for, then compiled. */
function emittedModule({ bits, code }: GoldenCase): Uint8Array {
  const core: TestCore = new TestCore(16 << 20, { portWrite: () => core.ex.requestStop!(core.cpu) }, 0, undefined);
  core.ex.useTailCalls!(true);
  core.ex.configureJit!(core.cpu, true, ENTRIES);
  if (bits === 64) core.enterLong();
  else core.enterProtected();
  const bytes = bytesOf(code);
  // Two jumps: branches of the code lead to the second.
  const first = jumpTo(NEXT, CODE + bytes.length);
  core.put(CODE, [...bytes, ...first, ...jumpTo(NEXT, CODE + bytes.length + first.length)]);
  core.put(NEXT, OUT);
  for (let entry = 0; entry < 2 * ENTRIES && core.ex.regionsWaiting!() === 0; entry++) {
    core.setReg("rax", CODE + bytes.length);
    core.setReg("rbx", DATA);
    core.setReg("rcx", 1);
    core.setReg("rdx", 0);
    core.setReg("rsi", DATA);
    core.setReg("rdi", DATA + 0x100);
    core.setReg("rsp", STACK);
    core.view.setUint32(STACK, CODE + bytes.length, true); // where RET leads
    core.rip = CODE;
    core.run(100);
  }
  if (core.ex.regionsWaiting!() === 0) throw new Error(`${code} was not asked to be compiled`);
  const size = core.ex.compileRegions!(core.cpu, MOST_REGIONS);
  if (size === 0) throw new Error(`${code} was not compiled`);
  const module = new Uint8Array(core.memory.buffer, JIT_MODULE, size).slice();
  if (!WebAssembly.validate(module)) throw new Error(`what ${code} was compiled to is no module`);
  return module;
}

/** The guest's code, and the function that it became; the region of the other page is left out. */
export function goldenText(golden: GoldenCase): string {
  const code = Uint8Array.from(bytesOf(golden.code));
  const instructions = Array.from(disassemble(code, BigInt(CODE), golden.bits), ({ text }) => text);
  const { sizeBytes, text } = functionTexts(emittedModule(golden))[0]!;
  return `### ${golden.bits}-bit: ${instructions.join("; ")}\n${sizeBytes} bytes\n${text}\n`;
}
