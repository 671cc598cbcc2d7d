import { expect, test } from "vitest";
import { readOrigins, serveFrame } from "./frame-calls.ts";
import type { PosadaMachineElement } from "./machine-element.ts";

const SCHOOL = "https://school.example";

/** A frame whose machine notes what it is asked, in a window that a page can post to. */
function frame(origins: string[]) {
  const posted: { message: Record<string, unknown>; origin: string }[] = [];
  const around = {
    postMessage: (message: Record<string, unknown>, origin: string) => void posted.push({ message, origin }),
  } as unknown as Window;
  let hear: (event: MessageEvent) => void = () => {};
  const calls: string[] = [];
  const machine = {
    state: "running",
    typeText: async (text: string) => void calls.push(`type ${text}`),
    reset: () => Promise.reject(Object.assign(new Error("Not now."), { code: "wrongState" })),
    screenText: async () => ["a", "b"],
  };
  const element = Object.assign(new EventTarget(), {
    machine: null as typeof machine | null,
    start: async () => void calls.push("start"),
    pause: async () => void calls.push("pause"),
  });
  serveFrame(
    element as unknown as PosadaMachineElement,
    origins,
    { addEventListener: (_, listener) => (hear = listener) },
    around,
  );
  const say = async (data: unknown, from: { origin?: string; source?: unknown } = {}) => {
    hear({ origin: SCHOOL, source: around, data, ...from } as MessageEvent);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { posted, calls, element, machine, say };
}

test("calls of the page around are answered to it alone", async () => {
  const { posted, calls, element, machine, say } = frame([SCHOOL]);
  expect(posted.splice(0)).toEqual([{ message: { posada: 1, event: "ready" }, origin: SCHOOL }]);
  await say({ posada: 1, id: 7, call: "start" });
  await say({ posada: 1, id: 8, call: "type", args: ["ls\n"] });
  element.machine = machine;
  await say({ posada: 1, id: 9, call: "type", args: ["ls\n"] });
  await say({ posada: 1, id: 10, call: "screenText", args: [] });
  await say({ posada: 1, id: 11, call: "reset" });
  await say({ posada: 1, id: 12, call: "type", args: [{}] });
  expect(calls).toEqual(["start", "type ls\n"]);
  expect(posted.every(({ origin }) => origin === SCHOOL)).toBe(true);
  expect(posted.map(({ message }) => message)).toEqual([
    { posada: 1, id: 7, result: null },
    { posada: 1, id: 8, error: { code: "wrongState", message: "The machine has not been loaded yet: call load or start." } }, // prettier-ignore
    { posada: 1, id: 9, result: null },
    { posada: 1, id: 10, result: ["a", "b"] },
    { posada: 1, id: 11, error: { code: "wrongState", message: "Not now." } },
    { posada: 1, id: 12, error: { code: "badCall", message: "The call needs text." } },
  ]);
});

test("nobody else is heard: another origin, another window, another protocol", async () => {
  const { posted, calls, say } = frame([SCHOOL]);
  posted.length = 0;
  await say({ posada: 1, id: 1, call: "start" }, { origin: "https://evil.example" });
  await say({ posada: 1, id: 1, call: "start" }, { origin: "https://school.example.evil.example" });
  await say({ posada: 1, id: 1, call: "start" }, { source: {} });
  for (const data of [null, 1, "start", {}, { posada: 2, id: 1, call: "start" }, { posada: 1, id: 1, call: ["start"] }])
    await say(data);
  expect(calls).toEqual([]);
  expect(posted).toEqual([]);
});

test("without a named origin a frame says and hears nothing", async () => {
  const { posted, calls, element, say } = frame([]);
  await say({ posada: 1, id: 1, call: "start" });
  element.dispatchEvent(new CustomEvent("statechange", { detail: { state: "running" } }));
  expect(calls).toEqual([]);
  expect(posted).toEqual([]);
});

test("a call that there is not, and names that every object has, are refused", async () => {
  const { posted, say } = frame([SCHOOL]);
  for (const call of ["save", "constructor", "__proto__", "toString", "dispose"]) await say({ posada: 1, id: 1, call });
  expect(posted.slice(1)).toHaveLength(5);
  for (const { message } of posted.slice(1)) expect(message.error).toMatchObject({ code: "badCall" });
});

test("events are told to the named origins; those that are many only when they are listened to", async () => {
  const { posted, element, say } = frame([SCHOOL, "http://localhost:8086"]);
  posted.length = 0;
  element.dispatchEvent(new CustomEvent("serial", { detail: new Uint8Array([65]) }));
  expect(posted).toEqual([]);
  element.dispatchEvent(new CustomEvent("statechange", { detail: { state: "running" } }));
  expect(posted.map(({ origin }) => origin)).toEqual([SCHOOL, "http://localhost:8086"]);
  await say({ posada: 1, id: 1, call: "listen", args: ["serial"] });
  posted.length = 0;
  element.dispatchEvent(new CustomEvent("serial", { detail: new Uint8Array([65]) }));
  element.dispatchEvent(new CustomEvent("progress", { detail: {} }));
  expect(posted.map(({ message }) => message.event)).toEqual(["serial", "serial"]);
});

test("origins are origins: no wildcard, no path, no page of a file", () => {
  expect(readOrigins([SCHOOL, "http://localhost:8086"])).toEqual([SCHOOL, "http://localhost:8086"]);
  for (const wrong of [
    "*",
    "null",
    "",
    "school.example",
    `${SCHOOL}/`,
    `${SCHOOL}/a`,
    "file://",
    "https://School.example",
  ])
    expect(() => readOrigins([wrong]), wrong).toThrow(/is no origin/);
});
