/**
 * A board with the real core, whose processor makes the traffic: small random programs in flat 32-bit mode that use
 * ports, block moves and device memory as guests do, with interrupts on. So the way from an instruction to a register
 * is tried as well, with all that devices ask of the core on the way.
 */
import { allocateMemory } from "../../../core/load.ts";
import type { EntryState } from "../../../core/entry-state.ts";
import { WasmCore } from "../../../core/wasm-core.ts";
import type { Board } from "../../board.ts";
import { boardTarget } from "./board-targets.ts";
import type { FuzzTarget } from "./device-fuzzer.ts";
import { FuzzRandom } from "./fuzz-random.ts";

const RAM_BYTES = 2 << 20;
const GDT = 0x800;
const IDT = 0x1000;
const HANDLER = 0x1800;
const PROGRAM = 0x2000;
const STACK = 0x8000;
/** Where block moves go to and come from. */
const BUFFER = 0x30ff0;
const INSTRUCTIONS_PER_RUN = 400;
const ROUND_TRIP_EVERY = 100_000;

const PORTS = [
  0x20, 0x21, 0x40, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x92, 0xa0, 0xa1, 0x1ce, 0x1cf, 0x1f0, 0x1f7, 0x170, 0x177,
  0x3c0, 0x3c4, 0x3c5, 0x3ce, 0x3d4, 0x3d5, 0x3da, 0x3f2, 0x3f5, 0x3f8, 0x402, 0x510, 0x511, 0x518, 0x608, 0xcf8, 0xcfc,
  0x5658,
];
const ADDRESSES = [0xa0000, 0xb8000, 0xc0000, 0xf0000, 0xfec00000, 0xfed00000, 0xfee00000, 0xe0000000, 0xe1000000];

const code = { selector: 0x08, base: 0, limit: 0xffffffff, attributes: 0xc09b };
const data = { selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc093 };
const entry: EntryState = {
  mode: "protected",
  rip: PROGRAM,
  rflags: 0x202,
  registers: { rsp: STACK },
  cr0: 0x11,
  cr3: 0,
  cr4: 0,
  efer: 0,
  cs: code,
  data,
  gdt: { base: GDT, limit: 23 },
  idt: { base: IDT, limit: 0x7ff },
};

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];

function randomPort(random: FuzzRandom): number {
  return random.oneIn(4) ? random.below(0x10000) : random.pick(PORTS) + random.below(4);
}

function randomAddress(random: FuzzRandom): number {
  return random.pick(ADDRESSES) + (random.oneIn(3) ? random.below(0x20000) : random.below(0x400));
}

/** One statement: registers are set first, so that any mixture of statements runs. */
function statement(random: FuzzRandom): number[] {
  const movEdx = [0xba, ...word(randomPort(random))];
  const movEax = [0xb8, ...word(random.bits(32))];
  const movEcx = [0xb9, ...word(1 + random.below(random.oneIn(6) ? 600 : 20))];
  const movEdi = [0xbf, ...word(random.oneIn(6) ? randomAddress(random) : BUFFER)];
  const movEsi = [0xbe, ...word(random.oneIn(3) ? randomAddress(random) : BUFFER)];
  const sized = (byteForm: number): number[] =>
    random.pick([[byteForm], [0x66, byteForm + 1], [byteForm + 1]] as const).slice();
  switch (random.below(8)) {
    case 0:
    case 1:
      return [...movEdx, ...movEax, ...sized(0xee)]; // out dx, al/ax/eax
    case 2:
      return [...movEdx, ...sized(0xec)]; // in al/ax/eax, dx
    case 3:
      return [...movEdx, ...movEcx, ...movEdi, 0xf3, ...sized(0x6c)]; // rep ins
    case 4:
      return [...movEdx, ...movEcx, ...movEsi, 0xf3, ...sized(0x6e)]; // rep outs
    case 5:
      return [...movEcx, ...movEsi, ...movEdi, 0xf3, ...sized(0xa4)]; // rep movs
    case 6:
      return [...movEax, ...movEcx, 0xbf, ...word(randomAddress(random)), 0xf3, ...sized(0xaa)]; // rep stos
    default:
      return [0xbf, ...word(randomAddress(random)), ...sized(0x86), 0x07]; // xchg [edi], al/ax/eax
  }
}

function writeTables(board: Board): void {
  const tables = new Uint8Array(HANDLER - GDT + 0x10);
  const view = new DataView(tables.buffer);
  view.setBigUint64(8, 0x00cf9a000000ffffn, true);
  view.setBigUint64(16, 0x00cf92000000ffffn, true);
  for (let vector = 0; vector < 256; vector++) {
    view.setUint32(IDT - GDT + vector * 8, (0x08 << 16) | HANDLER, true);
    view.setUint32(IDT - GDT + vector * 8 + 4, 0x8e00, true);
  }
  // The handler ends the interrupt at both controllers: push eax; mov al, 20h; out A0h, al; out 20h, al; pop eax; iret.
  tables.set([0x50, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf], HANDLER - GDT);
  board.memory.write(GDT, tables);
}

/** Puts a program into RAM and runs it. @returns how it ended, as a number to compare. */
function runProgram(board: Board, value: number): number {
  const random = new FuzzRandom(value);
  writeTables(board);
  const program = Array.from({ length: 1 + random.below(12) }, () => statement(random)).flat();
  board.memory.write(PROGRAM, Uint8Array.from([...program, 0xf4, 0xeb, 0xfd]));
  board.core.enterAt(entry);
  const exit = board.core.run(INSTRUCTIONS_PER_RUN);
  if (exit === "tripleFault") board.reset();
  return exit.length * 0x1000000 + (board.core.readRegister32(0) & 0xffffff);
}

export function boardOfRealCore(module: WebAssembly.Module): FuzzTarget {
  return boardTarget(
    "board-with-core",
    {
      ramBytes: RAM_BYTES,
      make: (host, ramBytes, vramBytes) =>
        new WasmCore(module, allocateMemory(ramBytes, vramBytes), {
          ramBytes,
          vramBytes,
          processors: 1,
          cpuModel: "default",
          host,
          epochMs: () => 0,
          randomKey: BigUint64Array.of(1n, 2n, 3n, 4n),
        }),
      run: runProgram,
    },
    ROUND_TRIP_EVERY,
  );
}
