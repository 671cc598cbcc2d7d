import { describe, expect, it } from "vitest";
import { A20Gate } from "../bus/a20-gate.ts";
import { DebugConsole, DebugExitPort, PostPort, SystemControlPortA } from "./system-ports.ts";

describe("port 0x92", () => {
  it("switches A20 and resets on a rising edge", () => {
    const seen: boolean[] = [];
    let resets = 0;
    const a20 = new A20Gate((enabled) => seen.push(enabled));
    const port = new SystemControlPortA(a20, () => resets++);
    port.portWrite(0, 1, 0x00);
    expect(port.portRead()).toBe(0);
    a20.enabled = true;
    expect(port.portRead()).toBe(2);
    expect(seen).toEqual([false, true]);
    port.portWrite(0, 1, 3);
    port.portWrite(0, 1, 3);
    expect(resets).toBe(1);
    const other = new SystemControlPortA(a20, () => {});
    other.restore(port.save());
    expect(other.portRead()).toBe(3);
  });
});

describe("debug ports", () => {
  it("reports POST codes when they change", () => {
    const codes: number[] = [];
    const port = new PostPort((code) => codes.push(code));
    for (const code of [1, 1, 0xff, 0xff, 1]) port.portWrite(0, 1, code);
    expect(codes).toEqual([1, 0xff, 1]);
    expect(port.portRead()).toBe(1);
  });

  it("hands console text over in lines of bounded length", () => {
    const lines: string[] = [];
    const port = new DebugConsole((text) => lines.push(text));
    expect(port.portRead()).toBe(0xe9);
    for (const byte of new TextEncoder().encode("one\ntwo ü\nrest")) port.portWrite(0, 1, byte);
    expect(lines).toEqual(["one", "two ü"]);
    port.flush();
    expect(lines[2]).toBe("rest");
    for (let i = 0; i < 5000; i++) port.portWrite(0, 1, 0x78);
    expect(lines.length).toBe(7);
  });

  it("gives the exit status that scripts expect", () => {
    const exits: number[] = [];
    const port = new DebugExitPort((status) => exits.push(status));
    port.portWrite(0, 1, 0);
    port.portWrite(0, 1, 0x10);
    expect(exits).toEqual([1, 0x21]);
  });
});
