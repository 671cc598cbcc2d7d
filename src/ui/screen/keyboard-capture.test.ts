import { expect, test } from "vitest";
import { hostKeyFor, KeyboardCapture } from "./keyboard-capture.ts";

function capture() {
  const told: string[] = [];
  const keyboard = new KeyboardCapture(
    {
      key: (code, down) => told.push(`${down ? "+" : "-"}${code}`),
      release: () => told.push("release"),
      command: (command) => told.push(command),
    },
    "ControlRight",
  );
  let prevented = 0;
  const send = (type: string, code: string, repeat = false) =>
    keyboard.handle({ type, code, repeat, preventDefault: () => prevented++ });
  return {
    told,
    keyboard,
    down: (code: string, repeat?: boolean) => send("keydown", code, repeat),
    up: (code: string) => send("keyup", code),
    prevented: () => prevented,
  };
}

test("keys go down and up; the page does nothing of its own with them", () => {
  const { told, down, up, prevented } = capture();
  down("KeyA");
  down("KeyA", true);
  up("KeyA");
  up("KeyB");
  expect(told).toEqual(["+KeyA", "-KeyA"]);
  expect(prevented()).toBe(4);
});

test("no key sticks when the focus goes", () => {
  const { told, keyboard, down, up } = capture();
  down("ShiftLeft");
  down("Tab");
  keyboard.releaseAll();
  up("Tab");
  expect(told).toEqual(["+ShiftLeft", "+Tab", "-ShiftLeft", "-Tab"]);
});

test("the host key alone gives the keyboard back, and the guest never sees it", () => {
  const { told, down, up } = capture();
  down("ControlRight");
  down("ControlRight", true);
  up("ControlRight");
  expect(told).toEqual(["release"]);
});

test("with another key it is a command, and gives nothing back", () => {
  const { told, down, up } = capture();
  down("ControlRight");
  down("Delete");
  up("Delete");
  down("KeyQ");
  up("KeyQ");
  up("ControlRight");
  expect(told).toEqual(["ctrlAltDel"]);
});

test("a key that was down before the host key goes up in the guest", () => {
  const { told, down, up } = capture();
  down("KeyA");
  down("ControlRight");
  up("KeyA");
  up("ControlRight");
  expect(told).toEqual(["+KeyA", "-KeyA"]);
});

test("keys that went down with Command on a Mac go up with it", () => {
  const { told, down, up } = capture();
  down("MetaLeft");
  down("KeyC");
  up("MetaLeft");
  expect(told).toEqual(["+MetaLeft", "+KeyC", "-MetaLeft", "-KeyC"]);
});

test("what an on-screen keyboard sends is left to the page", () => {
  const { told, down, prevented } = capture();
  down("");
  down("Unidentified");
  expect(told).toEqual([]);
  expect(prevented()).toBe(0);
});

test("Apple keyboards have another host key", () => {
  expect(hostKeyFor("MacIntel")).toBe("MetaRight");
  expect(hostKeyFor("Linux x86_64")).toBe("ControlRight");
});
