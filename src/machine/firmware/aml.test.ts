import { describe, expect, it } from "vitest";
import { buffer, device, eisaId, integer, method, name, nameString, packageOf, processor, returns } from "./aml.ts";
import { interrupts, io, resourceTemplate } from "./aml-resources.ts";

const text = (value: string): number[] => Array.from(value, (each) => each.charCodeAt(0));

describe("AML", () => {
  it("encodes names [ACPI] 20.2.2", () => {
    expect(nameString("ISA")).toEqual(text("ISA_"));
    expect(nameString("\\_SB.PCI0")).toEqual([0x5c, 0x2e, ...text("_SB_PCI0")]);
    expect(nameString("^A.B.C")).toEqual([0x5e, 0x2f, 3, ...text("A___B___C___")]);
    expect(() => nameString("TOOLONG")).toThrow();
  });

  it("uses the shortest form of an integer [ACPI] 20.2.3", () => {
    expect([0, 1, 2, 0x100, 0x10000].map(integer)).toEqual([[0], [1], [0x0a, 2], [0x0b, 0, 1], [0x0c, 0, 0, 1, 0]]);
  });

  it("packs EISA IDs big-endian [ACPI] 19.3.4", () => {
    expect(eisaId("PNP0A03")).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
  });

  it("counts the length bytes into package lengths, over the 63- and 4095-byte steps [ACPI] 20.2.4", () => {
    expect(packageOf(integer(1))).toEqual([0x12, 3, 1, 1]);
    const sized = (length: number): number[] => buffer(new Array<number>(length).fill(0)).slice(1, 4);
    expect(sized(60)[0]).toBe(63);
    expect(sized(61).slice(0, 2)).toEqual([0x40 | ((61 + 4) & 15), (61 + 4) >> 4]);
    const long = sized(5000);
    expect([long[0]! >> 6, (long[0]! & 15) | (long[1]! << 4) | (long[2]! << 12)]).toEqual([2, 5000 + 3 + 3]);
  });

  it("nests devices, methods and processors", () => {
    expect(device("X", name("_ADR", integer(1)))).toEqual([0x5b, 0x82, 11, ...text("X___"), 8, ...text("_ADR"), 1]);
    expect(method("_STA", 0, returns(integer(0x0b)))).toEqual([0x14, 9, ...text("_STA"), 0, 0xa4, 0x0a, 0x0b]);
    expect(processor("CPU1", 1)).toEqual([0x5b, 0x83, 11, ...text("CPU1"), 1, 0, 0, 0, 0, 0]);
  });

  it("closes resource templates with an end tag [ACPI] 6.4.2.9", () => {
    expect(resourceTemplate(io(0x60, 1))).toEqual([0x11, 13, 0x0a, 10, 0x47, 1, 0x60, 0, 0x60, 0, 1, 1, 0x79, 0]);
    expect(interrupts(10, 11)).toEqual([0x89, 10, 0, 9, 2, 10, 0, 0, 0, 11, 0, 0, 0]);
  });
});
