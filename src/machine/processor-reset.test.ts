/**
 * Resets of the processor alone, by the keyboard controller, port 0x92 and 0xCF9, from real code on the core: a program in
 * protected mode that left a shutdown code comes back in real mode by the BIOS. Needs build/core.wasm (npm run core).
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allocateMemory } from "../core/load.ts";
import { WasmCore } from "../core/wasm-core.ts";
import { defaultConfig } from "../protocol/machine-config.ts";
import { Board } from "./board.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { quietEvents } from "./testing/quiet-events.ts";

const file = new URL("../../build/core.wasm", import.meta.url);
const RAM_BYTES = 2 << 20;
const ROM_BYTES = 0x20000;
const PROGRAM = 0x7c00;
const RESUMED = 0x8000;
/** What the resumed program leaves: a mark, the machine status word, the mask of the interrupt controller. */
const RESULTS = 0x9000;

const hex = (text: string): number[] => text.split(" ").map((byte) => parseInt(byte, 16));

/** At the reset vector a jump to F000:0000, where code 0Ah of CMOS 0Fh is followed to where [0467h] points. */
function bios(): Uint8Array {
  const rom = new Uint8Array(ROM_BYTES).fill(0xf4);
  rom.set(hex("ea 00 00 00 f0"), ROM_BYTES - 16);
  // mov al,0Fh; out 70h,al; in al,71h; cmp al,0Ah; jne hlt; xor ax,ax; mov ds,ax; jmp far [0467h]; hlt
  rom.set(hex("b0 0f e6 70 e4 71 3c 0a 75 08 31 c0 8e d8 ff 2e 67 04 f4"), 0x10000);
  return rom;
}

/** Leaves `code` in CMOS, masks interrupts by A5h, enters protected mode, and then resets by `reset`. */
function program(code: number, reset: string): number[] {
  return [
    ...[...hex("b0 0f e6 70 b0"), code, ...hex("e6 71")],
    ...hex("c7 06 67 04 00 80 c7 06 69 04 00 00"), // mov word [0467h],8000h; mov word [0469h],0
    ...hex("b0 a5 e6 21 0f 20 c0 0c 01 0f 22 c0"), // mov al,A5h; out 21h,al; mov eax,cr0; or al,1; mov cr0,eax
    ...hex(reset),
    ...hex("eb fe"),
  ];
}

function run(code: number, reset: string): { resets: number; results: number[] } {
  let core!: WasmCore;
  let resets = 0;
  const board = new Board({
    config: { ...defaultConfig, memoryMiB: RAM_BYTES >> 20 },
    clock: new ManualClock(),
    events: { ...quietEvents, resetRequested: () => resets++ },
    firmware: bios(),
    flash: [],
    modules: [],
    vgaFirmware: new Uint8Array(0),
    kernel: null,
    unpacker: null,
    initrd: null,
    disks: [],
    cdrom: null,
    floppy: null,
    makeCore: (host, vramBytes) =>
      (core = new WasmCore(new WebAssembly.Module(readFileSync(file)), allocateMemory(RAM_BYTES, vramBytes), {
        ramBytes: RAM_BYTES,
        vramBytes,
        processors: 1,
        cpuModel: "default",
        host,
        epochMs: () => 0,
      })),
  });
  board.loadFirmware();
  board.reset();
  board.memory.write(PROGRAM, Uint8Array.from(program(code, reset)));
  // mov byte [9000h],1; smsw ax; mov [9002h],ax; in al,21h; mov [9004h],al; hlt
  board.memory.write(RESUMED, Uint8Array.from(hex("c6 06 00 90 01 0f 01 e0 a3 02 90 e4 21 a2 04 90 f4")));
  const flat = (attributes: number) => ({ selector: 0, base: 0, limit: 0xffff, attributes });
  core.enterAt({
    ...{ mode: "real", rip: PROGRAM, rflags: 2, registers: { rsp: 0x7000 }, cr0: 0x10, cr3: 0, cr4: 0, efer: 0 },
    ...{ cs: flat(0x9b), data: flat(0x93), gdt: { base: 0, limit: 0 }, idt: { base: 0, limit: 0x3ff } },
  });
  core.run(1000);
  return { resets, results: [core.ram[RESULTS]!, core.ram[RESULTS + 2]! & 1, core.ram[RESULTS + 4]!] };
}

describe.skipIf(!existsSync(file))("a reset of the processor", () => {
  const WAYS = [
    ["keyboard controller, pulse", "b0 fe e6 64"],
    ["port 0x92", "b0 03 e6 92"],
    ["0xCF9 without SRST", "ba f9 0c b0 04 ee"],
  ] as const;

  it.each(WAYS)("%s: goes where the shutdown code says, with memory and chipset as they were", (_name, reset) => {
    expect(run(0x0a, reset)).toEqual({ resets: 0, results: [1, 0, 0xa5] });
  });

  it.each(WAYS)("%s: resets the board where no program wants to come back", (_name, reset) => {
    expect(run(0, reset)).toEqual({ resets: 1, results: [0, 0, 0] });
  });

  it("0xCF9 with SRST resets the board whatever the code", () => {
    expect(run(0x0a, "ba f9 0c b0 06 ee").resets).toBe(1);
  });
});
