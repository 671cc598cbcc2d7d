/** The core by its typed face: needs build/core.wasm (npm run core). */
import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type { CoreHost } from "./core.ts";
import type { EntryState } from "./entry-state.ts";
import { allocateMemory, CoreMemoryError, linearMemoryBytes } from "./load.ts";
import { WasmCore } from "./wasm-core.ts";

const file = new URL("../../build/core.wasm", import.meta.url);
const RAM = 1 << 20;
const VRAM = 1 << 16;

test("a machine needs at most 64 MiB over its RAM", () => {
  const ram = 512 * 2 ** 20;
  expect(linearMemoryBytes(ram, 16 * 2 ** 20) - ram).toBeLessThanOrEqual(64 * 2 ** 20);
});

test("memory that cannot be had is said in words", () => {
  expect(() => allocateMemory(4096 * 2 ** 20, 16 * 2 ** 20)).toThrow(CoreMemoryError);
});

const flat = (selector: number, attributes: number) => ({ selector, base: 0, limit: 0xffff, attributes });
/** Real mode at 0000:7C00. */
const realMode: EntryState = {
  mode: "real",
  rip: 0x7c00,
  rflags: 2,
  registers: { rsp: 0x7000, rbx: 0x1234 },
  cr0: 0x10,
  cr3: 0,
  cr4: 0,
  efer: 0,
  cs: flat(0, 0x9b),
  data: flat(0, 0x93),
  gdt: { base: 0, limit: 0 },
  idt: { base: 0, limit: 0x3ff },
};

describe.skipIf(!existsSync(file))("core.wasm", () => {
  let core: WasmCore;
  let calls: string[];

  const host: CoreHost = {
    portRead: (port, size) => (calls.push(`in ${port} ${size}`), 0x5a),
    portWrite: (port, size, value) => void calls.push(`out ${port} ${size} ${value}`),
    portReadBlock: (_port, _size, target) => (target.fill(0x77), target.length),
    portWriteBlock: () => 0,
    mmioRead: () => 0xffffffff,
    mmioWrite: (physAddr, size, value) => void calls.push(`mmio ${physAddr} ${size} ${value}`),
    nowNs: () => 0,
    picAcknowledge: () => 8,
    ioapicEoi: () => {},
  };
  const make = () => {
    const module = new WebAssembly.Module(readFileSync(file));
    const options = {
      ramBytes: RAM,
      vramBytes: VRAM,
      processors: 1,
      cpuModel: "default" as const,
      host,
      epochMs: () => 0,
    };
    return new WasmCore(module, allocateMemory(RAM, VRAM), options);
  };
  const program = (...code: number[]) => {
    core.ram.set(code, 0x7c00);
    core.notifyWrite(0x7c00, code.length);
    core.enterAt(realMode);
  };

  beforeEach(() => {
    calls = [];
    core = make();
  });

  test("runs exactly as many instructions as asked for", () => {
    program(0x40, 0xeb, 0xfd); // inc ax; jmp to it
    expect(core.run(1001)).toBe("budget");
    expect(core.instructions()).toBe(1001);
    expect(core.readRegister32(0) & 0xffff).toBe(501);
  });

  test("ports, HLT and interrupts from the 8259 pair", () => {
    // in al,60h; out 80h,al; sti; hlt; inc bx; hlt. Vector 8 → 0000:0600: iret
    core.ram.set([0x00, 0x06, 0x00, 0x00], 8 * 4);
    core.ram[0x600] = 0xcf;
    program(0xe4, 0x60, 0xe6, 0x80, 0xfb, 0xf4, 0x43, 0xf4);
    expect(core.run(1000)).toBe("halted");
    expect(calls).toEqual(["in 96 1", "out 128 1 90"]);
    expect(core.halted()).toBe(true);
    core.setIntr(true);
    expect(core.halted()).toBe(false);
    core.run(1);
    core.setIntr(false);
    expect(core.run(1000)).toBe("halted");
    expect(core.readRegister32(3)).toBe(0x1235);
  });

  test("a stop from inside a port access ends the run after that instruction", () => {
    host.portWrite = () => core.requestStop();
    program(0xe6, 0x80, 0x40, 0xeb, 0xfb); // out 80h,al; inc ax; jmp
    expect(core.run(1000)).toBe("stopRequested");
    expect(core.instructions()).toBe(1);
    host.portWrite = (port, size, value) => void calls.push(`out ${port} ${size} ${value}`);
  });

  test("a repeated string instruction on a device comes back in time, and goes on where it was", () => {
    // mov ax,2000h; mov es,ax; mov cx,50000; mov dx,60h; rep insb; inc bx; hlt
    program(0xb8, 0x00, 0x20, 0x8e, 0xc0, 0xb9, 0x50, 0xc3, 0xba, 0x60, 0x00, 0xf3, 0x6c, 0x43, 0xf4);
    const { portRead, portReadBlock } = host;
    let reads = 0;
    host.portReadBlock = () => 0;
    host.portRead = () => (reads++, 0x5a);
    expect(core.run(1000)).toBe("stopRequested");
    expect(reads).toBeLessThanOrEqual(20_001);
    expect(core.run(1000)).toBe("stopRequested");
    expect(core.run(1000)).toBe("halted");
    expect(reads).toBe(50_000);
    expect(core.readRegister32(3)).toBe(0x1235);
    Object.assign(host, { portRead, portReadBlock });
  });

  test("code that is changed from outside is decoded again", () => {
    program(0x40, 0xeb, 0xfd); // inc ax; jmp to it
    core.run(10);
    core.ram[0x7c00] = 0x43; // inc bx
    core.notifyWrite(0x7c00, 1);
    core.run(10);
    expect(core.readRegister32(0)).toBe(5);
    expect(core.readRegister32(3)).toBe(0x1234 + 5);
  });

  test("flash is read as memory, or from its chip while that answers a command; writes go to the chip, to ROM nowhere", () => {
    const flashAt = 2 ** 32 - 0x1000;
    core.loadRom(2 ** 32 - 0x2000, new Uint8Array(0x2000).fill(0x11));
    const cells = core.mapFlash(0, flashAt, 0x1000);
    expect(cells[0]).toBe(0x11);
    const flat32 = (selector: number, attributes: number) => ({ selector, base: 0, limit: 0xffffffff, attributes });
    const enter = (rip: number) =>
      core.enterAt({
        ...{ ...realMode, mode: "protected", rip, cr0: 0x11, registers: {} },
        ...{ cs: flat32(8, 0xc9b), data: flat32(16, 0xc93) },
      });
    const { mmioRead, mmioWrite } = host;
    host.mmioWrite = (physAddr, size, value) => {
      mmioWrite(physAddr, size, value);
      core.setFlashBusy(0, true);
    };
    host.mmioRead = (physAddr, size) => (calls.push(`read ${physAddr} ${size}`), 0x80);
    // mov [FFFFE010h],al; mov al,[FFFFF010h]; mov byte [FFFFF010h],70h; mov bl,[FFFFF010h]; hlt
    const code = [0xa2, 0x10, 0xe0, 0xff, 0xff, 0xa0, 0x10, 0xf0, 0xff, 0xff, 0xc6, 0x05, 0x10, 0xf0, 0xff, 0xff, 0x70];
    core.ram.set([...code, 0x8a, 0x1d, 0x10, 0xf0, 0xff, 0xff, 0xf4], 0x7c00);
    enter(0x7c00);
    expect(core.run(100)).toBe("halted");
    expect(core.readRegister32(0)).toBe(0x11);
    expect(core.readRegister32(3)).toBe(0x80);
    expect(calls).toEqual([`mmio ${flashAt + 0x10} 1 112`, `read ${flashAt + 0x10} 1`]);

    // Code in flash: decoded again when the cells have changed.
    core.setFlashBusy(0, false);
    for (const [increment, expected] of [
      [0x40, [1, 0]],
      [0x43, [0, 1]],
    ] as const) {
      cells.set([increment, 0xf4], 0x100); // inc; hlt
      core.notifyWrite(flashAt + 0x100, 2);
      core.reset();
      enter(flashAt + 0x100);
      expect(core.run(100)).toBe("halted");
      expect([core.readRegister32(0), core.readRegister32(3)]).toEqual(expected);
    }
    expect(calls.length).toBe(2);
    Object.assign(host, { mmioRead, mmioWrite });
  });

  test("a saved state goes on exactly, in another instance", () => {
    program(0x40, 0x01, 0xc3, 0xeb, 0xfb); // inc ax; add bx,ax; jmp
    core.run(1000);
    const state = core.saveState();
    const ram = core.ram.slice();
    core.run(5000);
    const expected = core.registerHash();

    const first = core;
    core = make();
    core.ram.set(ram);
    core.restoreState(state);
    expect(core.instructions()).toBe(1000);
    core.run(5000);
    expect(core.registerHash()).toBe(expected);
    expect(core.instructions()).toBe(first.instructions());
  });

  test("pages that are awaited are brought before they are read, written or executed, and by their addresses", () => {
    const asked: number[] = [];
    const pages = new Map([
      [0x7000, Uint8Array.of(0xa0, 0x00, 0x90, 0xa2, 0x01, 0xa0, 0xe9, 0xf7, 0x3f)], // mov al,[9000]; mov [A001],al; jmp BC00
      [0x9000, Uint8Array.of(0x5a)],
      [0xa000, Uint8Array.of(0x11, 0x22, 0x33)],
      [0xb000, Uint8Array.of(0x40, 0xf4)], // inc ax; hlt
    ]);
    core.enterAt(realMode);
    core.awaitPages({
      bring(physAddr) {
        const page = physAddr & ~0xfff;
        if (asked.includes(page)) return;
        asked.push(page);
        core.ram.set(pages.get(page) ?? [], page === 0x7000 || page === 0xb000 ? page + 0xc00 : page);
      },
    });
    expect(core.run(100)).toBe("halted");
    expect(asked).toEqual([0x7000, 0x9000, 0xa000, 0xb000]);
    expect(core.readRegister32(0) & 0xff).toBe(0x5b);
    expect([...core.ram.subarray(0xa000, 0xa003)]).toEqual([0x11, 0x5a, 0x33]);

    // What is restored waits as well; what the TLB held is asked for again.
    core.restoreState(core.saveState());
    core.reset(); // no longer halted
    asked.length = 0;
    core.enterAt(realMode);
    core.run(1);
    expect(asked).toEqual([0x7000, 0x9000]);

    core.awaitPages(null);
    core.reset();
    core.enterAt(realMode);
    asked.length = 0;
    core.run(3);
    expect(asked).toEqual([]);
  });

  test("a state of another version is refused", () => {
    const state = core.saveState();
    state[0] = 99;
    expect(() => core.restoreState(state)).toThrow(/another version/);
    expect(() => core.restoreState(new Uint8Array(10))).toThrow(/another version/);
  });

  test("pages of video memory that the guest wrote are told once", () => {
    core.mapVram(0xe0000000, VRAM);
    core.takeDirtyVramPages();
    // Big real mode: DS reaches everything.
    program(0x67, 0xc7, 0x03, 0x34, 0x12, 0xf4); // mov word [ebx],1234h; hlt
    core.enterAt({
      ...realMode,
      registers: { rbx: 0xe0003000 },
      data: { selector: 0, base: 0, limit: 0xffffffff, attributes: 0x893 },
    });
    core.run(10);
    expect(core.vram[0x3000]).toBe(0x34);
    const pages = core.takeDirtyVramPages();
    expect([...pages]).toEqual([1 << 3, 0]);
    expect(core.takeDirtyVramPages().every((bits) => bits === 0)).toBe(true);
  });

  test("ROM shows at the top of 4 GiB and below 1 MiB, and is not written", () => {
    const rom = new Uint8Array(0x10000).fill(0x90);
    rom.set([0xf4], 0xfff0);
    core.loadRom(0xffff0000, rom);
    core.setLowPage(0xff000, "rom");
    core.reset();
    expect(core.run(100)).toBe("halted");
    expect(core.instructions()).toBe(1);
  });
});
