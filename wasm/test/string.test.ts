/**
 * REP MOVS and REP STOS against a plain model: both directions, all element sizes, overlapping and crossing pages, so that
 * whole runs and single elements give the same memory and registers. [SDM2] MOVS, STOS
 */
import { describe, expect, it } from "vitest";
import { TestCore } from "./harness.ts";

const CODE = 0x1000;
const AREA = 0x2_0000;
const AREA_BYTES = 0x6000;
const SIZES = [
  { bytes: 1, movs: [0xf3, 0xa4], stos: [0xf3, 0xaa] },
  { bytes: 2, movs: [0xf3, 0x66, 0xa5], stos: [0xf3, 0x66, 0xab] },
  { bytes: 4, movs: [0xf3, 0xa5], stos: [0xf3, 0xab] },
  { bytes: 8, movs: [0xf3, 0x48, 0xa5], stos: [0xf3, 0x48, 0xab] },
];

let seed = 12345;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % below;
};

const core = new TestCore();

function prepare(code: number[]): void {
  core.ex.reset(core.cpu, 0);
  core.enterLong();
  core.put(CODE, [...code, 0xf4]);
  for (let i = 0; i < AREA_BYTES; i++) core.ram[AREA + i] = random(256);
  core.setReg("rsp", 0x8000);
  core.rip = CODE;
}

describe.each(SIZES)("elements of $bytes bytes", ({ bytes, movs, stos }) => {
  it.each([1, -1])("MOVS, step %d", (direction) => {
    for (let n = 0; n < 120; n++) {
      prepare([direction < 0 ? 0xfd : 0xfc, ...movs]);
      const count = random(n % 3 ? 40 : 1200);
      const span = count * bytes;
      const margin = direction > 0 ? 0 : Math.max(0, span - bytes);
      const from = AREA + 64 + margin + random(AREA_BYTES - span - 128);
      // Mostly near each other, so that they overlap.
      const near = from + random(64) - 32;
      const to = n % 2 ? near : AREA + 64 + margin + random(AREA_BYTES - span - 128);
      const model = core.ram.slice(AREA, AREA + AREA_BYTES);
      for (let i = 0; i < count; i++) {
        const offset = i * bytes * direction - AREA;
        const element = model.slice(from + offset, from + offset + bytes);
        model.set(element, to + offset);
      }
      core.setReg("rsi", from);
      core.setReg("rdi", to);
      core.setReg("rcx", count);
      expect(core.run(100)).toBe(1);
      expect(Buffer.compare(core.ram.subarray(AREA, AREA + AREA_BYTES), model), `${count} from ${from} to ${to}`).toBe(
        0,
      );
      expect(core.reg("rcx")).toBe(0n);
      expect(core.reg("rsi")).toBe(BigInt(from + span * direction));
      expect(core.reg("rdi")).toBe(BigInt(to + span * direction));
    }
  });

  it.each([1, -1])("STOS, step %d", (direction) => {
    for (let n = 0; n < 60; n++) {
      prepare([direction < 0 ? 0xfd : 0xfc, ...stos]);
      const count = random(n % 3 ? 40 : 1200);
      const span = count * bytes;
      const margin = direction > 0 ? 0 : Math.max(0, span - bytes);
      const to = AREA + 64 + margin + random(AREA_BYTES - span - 128);
      const value = n % 2 ? 0x7777_7777_7777_7777n : 0x1122_3344_5566_7788n;
      const element = new Uint8Array(BigUint64Array.of(value).buffer).slice(0, bytes);
      const model = core.ram.slice(AREA, AREA + AREA_BYTES);
      for (let i = 0; i < count; i++) model.set(element, to - AREA + i * bytes * direction);
      core.setReg("rax", value);
      core.setReg("rdi", to);
      core.setReg("rcx", count);
      expect(core.run(100)).toBe(1);
      expect(Buffer.compare(core.ram.subarray(AREA, AREA + AREA_BYTES), model), `${count} to ${to}`).toBe(0);
      expect(core.reg("rdi")).toBe(BigInt(to + span * direction));
    }
  });
});

// Until the code is written, such a page's elements go one by one: that must not be seen in the number of instructions.
describe.each([
  ["REP STOSB", [0xf3, 0xaa]],
  ["REP MOVSB", [0xf3, 0xa4]],
])("%s over pages that hold code", (_name, code) => {
  it.each([6000, 200_000])("does as much in an instruction as elsewhere: %d elements", (count) => {
    const left = [false, true].map((isNearCode) => {
      const other = new TestCore();
      other.enterLong();
      const to = 0x10_0000;
      other.put(to, new Uint8Array(count + 0x2000));
      for (let page = to; isNearCode && page < to + count; page += 0x1000) {
        other.put(page + 0xff0, [0xf4]); // hlt, decoded in each page
        other.ex.reset(other.cpu, 0);
        other.enterLong();
        other.rip = page + 0xff0;
        expect(other.run(1)).toBe(1);
      }
      other.put(CODE, [...code, 0xf4]);
      other.ex.reset(other.cpu, 0);
      other.enterLong();
      other.rip = CODE;
      other.setReg("rsi", 0x20_0000);
      other.setReg("rdi", to + 1);
      other.setReg("rcx", count);
      other.run(1);
      return Number(other.reg("rcx"));
    });
    expect(left[1]).toBe(left[0]);
  });
});
