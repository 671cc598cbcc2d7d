/** Code that is written to while it runs, and data that lies close to code: the first is noticed at once, the second costs nothing. */
import { describe, expect, it, vi } from "vitest";
import { CODE, SystemCore, le32 } from "./system-image.ts";

const INT80 = "cd 80";

function started(): SystemCore {
  const core = new SystemCore();
  core.start32();
  return core;
}

// Compiled before it runs, each of these patched instructions is a module of its own.
vi.setConfig({ testTimeout: 60_000 });

describe("self-modifying code", () => {
  it("is seen by the next instruction", () => {
    const core = started();
    // mov ecx,200; xor edx,edx; next: mov [patched+1],ecx; patched: mov eax,0; add edx,eax; dec ecx; jnz next
    const code = `b9 c8 00 00 00 31 d2 89 0d ${le32(CODE + 14)} b8 00 00 00 00 01 c2 49 75 f0 ${INT80}`;
    expect(core.vectorOf(code, 2000)).toBe(0x80);
    expect(Number(core.reg("rdx"))).toBe((200 * 201) / 2);
  });

  it("is seen in the second half of an instruction that crosses a page, as in its first", () => {
    for (const beyond of [1, 2, 3, 4]) {
      const core = started();
      const at = CODE + 0x1000 - 5 + beyond;
      // at: mov eax,0; add edx,eax; dec ecx; jnz start; int 80h
      const back = CODE + 7 - (at + 10);
      core.put(at, [0xb8, 0, 0, 0, 0, 0x01, 0xc2, 0x49, 0x0f, 0x85]);
      const jump = back - 4;
      core.put(at + 10, [...[0, 8, 16, 24].map((shift) => (jump >> shift) & 0xff), 0xcd, 0x80]);
      // mov ecx,200; xor edx,edx; start: mov [at+1],ecx; jmp at
      const code = `b9 c8 00 00 00 31 d2 89 0d ${le32(at + 1)} e9 ${le32(at - (CODE + 18))}`;
      expect(core.vectorOf(code, 2000)).toBe(0x80);
      expect(Number(core.reg("rdx")), `${beyond} bytes beyond`).toBe((200 * 201) / 2);
    }
  });

  it("data close to code does not make the code decoded again", () => {
    const core = started();
    // mov ecx,1000; next: mov [data],ecx; dec ecx; jnz next; int 80h; data:
    const data = CODE + 5 + 6 + 1 + 2 + 2;
    const code = `b9 e8 03 00 00 89 0d ${le32(data)} 49 75 f7 ${INT80}`;
    const before = core.ex.statTraces();
    expect(core.vectorOf(code, 5000)).toBe(0x80);
    expect(core.view.getUint32(data, true)).toBe(1);
    expect(core.ex.statTraces() - before).toBeLessThan(10);
  });
});
