import { expect, test, vi } from "vitest";
import { escapeFilter } from "./serial-port.ts";

const type = (filter: (bytes: Uint8Array) => Uint8Array, text: string) =>
  new TextDecoder().decode(filter(new TextEncoder().encode(text)));

test("Ctrl-A x quits, also when the keys come one by one", () => {
  const quit = vi.fn();
  const filter = escapeFilter(quit);
  expect(type(filter, "ls\x01")).toBe("ls");
  expect(quit).not.toHaveBeenCalled();
  expect(type(filter, "x")).toBe("");
  expect(quit).toHaveBeenCalledOnce();
});

test("Ctrl-A Ctrl-A is one Ctrl-A, and Ctrl-A before another key passes", () => {
  const filter = escapeFilter(() => {});
  expect(type(filter, "\x01\x01")).toBe("\x01");
  expect(type(filter, "\x01c")).toBe("\x01c");
});
