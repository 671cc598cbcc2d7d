import { describe, expect, it } from "vitest";
import { DebugPorts } from "./debug-ports.ts";

function watched() {
  const seen: unknown[] = [];
  const ports = new DebugPorts({
    postCode: (code) => seen.push(["post", code]),
    debugText: (text) => seen.push(text),
    debugExit: (status) => seen.push(["exit", status]),
  });
  const write = (text: string): void => {
    for (const each of text) ports.console.portWrite(0, 1, each.charCodeAt(0));
  };
  return { ports, seen, write };
}

describe("DebugPorts", () => {
  it("shows each POST code once and reads the last one back", () => {
    const { ports, seen } = watched();
    for (const code of [1, 1, 2]) ports.post.portWrite(0, 1, code);
    expect(seen).toEqual([
      ["post", 1],
      ["post", 2],
    ]);
    expect(ports.post.portRead(0, 1)).toBe(2);
  });

  it("hands the console over by lines, by what is left at a flush, and before a line grows without end", () => {
    const { ports, seen, write } = watched();
    expect(ports.console.portRead(0, 1)).toBe(0xe9);
    write("one\ntwo");
    ports.flush();
    ports.flush();
    write("x".repeat(300));
    expect(seen).toEqual(["one\n", "two", "x".repeat(256)]);
  });

  it("keeps an open line over save and restore", () => {
    const { ports, write } = watched();
    write("half");
    const later = watched();
    later.ports.restore(ports.save());
    later.write(" a line\n");
    expect(later.seen).toEqual(["half a line\n"]);
  });

  it("passes the exit value on", () => {
    const { ports, seen } = watched();
    ports.exit.portWrite(0, 4, 0x31);
    expect(seen).toEqual([["exit", 0x31]]);
  });
});
