/** Emitted modules say which branches are seldom taken, and mean `if` instructions by it. [WASM-HINTS] */
import { expect, it } from "vitest";
import { JIT_MODULE } from "../../src/core/generated/layout.ts";
import { TestCore } from "./harness.ts";

const SECTION_CODE = 10;
const OP_IF = 0x04;

class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}
  byte(): number {
    return this.bytes[this.at++]!;
  }
  leb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = this.byte();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) return value >>> 0;
    }
  }
}

/** Where each function's body starts, in the module's bytes. */
function bodies(module: Uint8Array): number[] {
  const reader = new Reader(module, 8);
  for (;;) {
    const id = reader.byte();
    const size = reader.leb();
    if (id === SECTION_CODE) break;
    reader.at += size;
  }
  return Array.from({ length: reader.leb() }, () => {
    const size = reader.leb();
    const start = reader.at;
    reader.at += size;
    return start;
  });
}

it("a loop that reads memory", () => {
  const core = new TestCore(16 << 20, {}, 0, undefined);
  core.ex.configureJit!(core.cpu, true, 2);
  core.enterProtected();
  // again: add eax, [ebx]; inc dword [ebx]; dec ecx; jnz again; hlt
  core.put(0x1000, [0x03, 0x03, 0xff, 0x03, 0x49, 0x75, 0xf9, 0xf4]);
  core.setReg("rbx", 0x2000);
  core.setReg("rcx", 50);
  core.rip = 0x1000;
  core.run(100);
  expect(core.ex.regionsWaiting!()).toBeGreaterThan(0);
  const size = core.ex.compileRegions!(core.cpu, 32);
  const bytes = new Uint8Array(core.memory.buffer, JIT_MODULE, size).slice();
  const module = new WebAssembly.Module(bytes);
  const sections = WebAssembly.Module.customSections(module, "metadata.code.branch_hint");
  expect(sections).toHaveLength(1);

  const starts = bodies(bytes);
  const imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function").length;
  const reader = new Reader(new Uint8Array(sections[0]!));
  const functions = reader.leb();
  expect(functions).toBe(starts.length);
  for (let n = 0; n < functions; n++) {
    const start = starts[reader.leb() - imported]!;
    const hints = reader.leb();
    expect(hints).toBeGreaterThan(4);
    let before = 0;
    for (let i = 0; i < hints; i++) {
      const offset = reader.leb();
      expect(offset).toBeGreaterThan(before);
      before = offset;
      expect(bytes[start + offset]).toBe(OP_IF);
      expect(reader.leb()).toBe(1);
      expect([0, 1]).toContain(reader.byte());
    }
  }
  expect(reader.at).toBe(reader.bytes.length);
});
