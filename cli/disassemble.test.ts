import { describe, expect, it } from "vitest";
import { parseDisassembleOptions } from "./disassemble.ts";
import { UsageError } from "./options.ts";

describe("options of posada disassemble", () => {
  it("takes numbers as C writes them", () => {
    const options = parseDisassembleOptions(["a.bin", "--bits", "32", "--address", "0xF0000", "--skip", "512"]);
    expect(options).toEqual({ file: "a.bin", bits: 32, address: 0xf0000n, skip: 512, length: undefined });
  });

  it.each([
    [["--bits", "32"], "disassemble needs one file"],
    [["a", "b", "--bits", "32"], "disassemble needs one file"],
    [["a"], "--bits must be 16, 32 or 64"],
    [["a", "--bits", "8"], "--bits must be 16, 32 or 64"],
    [["a", "--bits", "16", "--skip", "much"], '--skip needs a number, not "much"'],
    [["a", "--bits", "16", "--wrong"], "Unknown option '--wrong'"],
  ])("refuses %j", (args, message) => {
    expect(() => parseDisassembleOptions(args)).toThrow(new UsageError(message));
  });
});
