import { expect, test } from "vitest";
import { VmError } from "../protocol/vm-api.ts";
import { InstructionClock } from "./instruction-clock.ts";
import { Typist } from "./typist.ts";
import { keystrokesFor } from "./us-keyboard.ts";

function setUp(backlog = () => 0) {
  const clock = new InstructionClock({ onEarlierDeadline: () => {}, onWorkFinished: () => {} }, () => 0);
  const events: string[] = [];
  const typist = new Typist(clock, {
    key: (code, down) => void events.push(`${down ? "+" : "-"}${code}`),
    keyboardBacklog: backlog,
  });
  const passTime = () => {
    while (clock.nextDeadlineNs !== Infinity) {
      clock.passHaltedUntil(clock.nextDeadlineNs);
      clock.runDue();
    }
  };
  return { clock, events, typist, passTime };
}

test("every character of a US keyboard has a key, and each key writes two at most", () => {
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const strokes = keystrokesFor(printable);
  expect(new Set(strokes.map(({ code, shift }) => `${code} ${shift}`)).size).toBe(95);
  expect(keystrokesFor("a\r\n")).toEqual([
    { code: "KeyA", shift: false },
    { code: "Enter", shift: false },
  ]);
});

test("a character without a key is named", () => {
  expect(() => keystrokesFor("ñ")).toThrow(VmError);
  expect(() => keystrokesFor("ñ")).toThrow(/"ñ"/);
});

test("types with shift held over neighbours, and ends with every key up", async () => {
  const { events, typist, passTime } = setUp();
  const done = typist.type("aBC\n");
  passTime();
  await done;
  expect(events).toEqual([
    "+KeyA", "-KeyA", "+ShiftLeft", "+KeyB", "-KeyB", "+KeyC", "-KeyC", "-ShiftLeft", "+Enter", "-Enter",
  ]); // prettier-ignore
});

test("chords are released in reverse order", async () => {
  const { events, typist, passTime } = setUp();
  const done = typist.press(["ControlLeft", "AltLeft", "Delete"]);
  passTime();
  await done;
  expect(events.join(" ")).toBe("+ControlLeft +AltLeft +Delete -Delete -AltLeft -ControlLeft");
});

test("waits while the guest has not read the last scan code", () => {
  let backlog = 0;
  const { clock, events, typist } = setUp(() => backlog);
  void typist.type("ab");
  const tick = () => {
    clock.passHaltedUntil(clock.nextDeadlineNs);
    clock.runDue();
  };
  tick();
  backlog = 1;
  tick();
  tick();
  expect(events).toEqual(["+KeyA"]);
  backlog = 0;
  tick();
  expect(events).toEqual(["+KeyA", "-KeyA"]);
});

test("a machine that stops ends the typing with an error", async () => {
  const { typist } = setUp();
  const done = typist.type("text");
  typist.abandon();
  await expect(done).rejects.toMatchObject({ code: "wrongState" });
});
