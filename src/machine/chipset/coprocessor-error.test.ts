import { describe, expect, it } from "vitest";
import { CoprocessorError } from "./coprocessor-error.ts";

function withLine(): { line: { level: boolean }; errors: CoprocessorError } {
  const line = { level: false };
  return { line, errors: new CoprocessorError({ set: (asserted) => (line.level = asserted) }) };
}

describe("coprocessor error [SDM1] D.2.1", () => {
  it("interrupts until port 0xF0 is written, then lets the processor go on until FERR# ends", () => {
    const { line, errors } = withLine();
    expect(errors.ferr(true)).toBe(true);
    expect(line.level).toBe(true);
    errors.portWrite(1);
    expect(line.level).toBe(true);
    errors.portWrite(0);
    expect(line.level).toBe(false);
    expect(errors.ferr(true)).toBe(false);
    expect(line.level).toBe(false);
    expect(errors.ferr(false)).toBe(false);
    expect(errors.ferr(true)).toBe(true);
    expect(line.level).toBe(true);
  });

  it("does not ignore errors that are still to come", () => {
    const { line, errors } = withLine();
    errors.portWrite(0);
    expect(errors.ferr(true)).toBe(true);
    expect(line.level).toBe(true);
  });

  it("comes back as it was saved", () => {
    const first = withLine();
    first.errors.ferr(true);
    const second = withLine();
    second.errors.restore(first.errors.save());
    expect(second.line.level).toBe(true);
    second.errors.portWrite(0);
    const third = withLine();
    third.errors.restore(second.errors.save());
    expect(third.errors.ferr(true)).toBe(false);
  });
});
