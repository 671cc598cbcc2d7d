import { beforeEach, describe, expect, it } from "vitest";
import { type BackdoorRegister, VmMouse } from "./vmmouse.ts";

const MAGIC = 0x564d5868;
let registers: Record<BackdoorRegister, number>;
let nudges: number;
let modes: boolean[];
let pointer: VmMouse;

function build(): VmMouse {
  const access = {
    get: (name: BackdoorRegister) => registers[name],
    set: (name: BackdoorRegister, value: number) => void (registers[name] = value),
  };
  return new VmMouse(
    access,
    () => nudges++,
    (absolute) => modes.push(absolute),
  );
}

beforeEach(() => {
  registers = { eax: 0, ebx: 0, ecx: 0, edx: 0, esi: 0, edi: 0 };
  nudges = 0;
  modes = [];
  pointer = build();
});

/** IN EAX, DX with the backdoor's registers. */
function call(command: number, parameter = 0): number {
  Object.assign(registers, { eax: MAGIC, ebx: parameter, ecx: command, edx: 0x5658 });
  registers.eax = pointer.portRead(0, 4);
  return registers.eax;
}

const enable = (): void => {
  call(41, 0x45414552);
  expect(call(40) & 0xffff).toBe(1);
  expect(call(39, 1)).toBe(0x3442554a);
  call(41, 0x53424152);
};
const none = { left: false, right: false, middle: false };

describe("VMware absolute pointer", () => {
  it("answers the version only to the magic number", () => {
    expect(call(10)).toBe(6);
    expect(registers.ebx).toBe(MAGIC);
    registers.eax = 0;
    expect(pointer.portRead(0, 4)).toBe(0xffffffff);
    expect(call(99)).toBe(0xffffffff);
  });

  it("reports positions and buttons once the guest asks for them", () => {
    expect(pointer.pointTo(0.5, 0.5, none)).toBe(false);
    enable();
    expect(modes).toEqual([true]);
    expect(pointer.pointTo(1, 0.5, { ...none, left: true }, -1)).toBe(true);
    expect(nudges).toBe(1);
    expect(call(40)).toBe(4);
    expect(call(39, 4)).toBe(0x20);
    expect([registers.ebx, registers.ecx, registers.edx]).toEqual([0xffff, 0x8000, 0xffffffff]);
    expect(call(40)).toBe(0);
  });

  it("merges motion that waits but keeps clicks", () => {
    enable();
    for (let i = 0; i < 100; i++) pointer.pointTo(i / 100, 0, none);
    expect(call(40)).toBe(8);
    pointer.pointTo(1, 1, { ...none, right: true });
    pointer.pointTo(1, 1, none);
    expect(call(40)).toBe(16);
    for (let i = 0; i < 1000; i++) pointer.pointTo(0, 0, { ...none, left: i % 2 === 0 });
    expect(call(40)).toBe(256);
  });

  it("reports an error for reads past the queue until it is enabled again", () => {
    enable();
    call(39, 4);
    expect(call(40)).toBe(0xffff0000);
    call(41, 0x45414552);
    expect(call(40)).toBe(1);
  });

  it("tells when the guest turns it off", () => {
    enable();
    call(41, 0xf5);
    expect(modes).toEqual([true, false]);
  });

  it("goes on from a saved state", () => {
    enable();
    pointer.pointTo(0.25, 0.75, none);
    const saved = pointer.save();
    pointer = build();
    pointer.restore(saved);
    expect(modes).toEqual([true, true]);
    expect(call(39, 4)).toBe(0);
    expect([registers.ebx, registers.ecx]).toEqual([0x4000, 0xbfff]);
  });
});
