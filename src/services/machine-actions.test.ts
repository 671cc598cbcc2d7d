import { expect, test } from "vitest";
import type { MachineState, Whereabouts } from "../protocol/library.ts";
import { actionsFor, mainActionFor } from "./machine-actions.ts";

test.each<[MachineState, Whereabouts, string | null]>([
  ["poweredOff", null, "start"],
  ["aborted", null, "start"],
  ["saved", null, "start"],
  ["running", "here", "show"],
  ["paused", "here", "resume"],
  ["poweredOff", "here", "show"],
  ["running", "elsewhere", "toFront"],
  ["inaccessible", null, null],
])("of a machine that is %s (%s) the main action is %s", (state, runs, action) => {
  expect(mainActionFor({ state, runs })).toBe(action);
});

test("what runs is neither removed nor exported; what runs elsewhere is left alone", () => {
  for (const state of ["running", "paused", "saving"] as const)
    for (const action of ["remove", "export", "start"] as const)
      expect(actionsFor({ state, runs: "here" }).has(action)).toBe(false);
  expect([...actionsFor({ state: "running", runs: "elsewhere" })]).toEqual(["rename", "group", "toFront"]);
});
