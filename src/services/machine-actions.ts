/** What can be done with a machine of the library in the state in which it is. */
import type { MachineRecord } from "../protocol/library.ts";

export const MACHINE_ACTIONS = [
  "start",
  "show",
  "toFront",
  "pause",
  "resume",
  "reset",
  "saveState",
  "shutDown",
  "powerOff",
  "discardState",
  "snapshot",
  "clone",
  "export",
  "settings",
  "rename",
  "group",
  "remove",
] as const;
export type MachineAction = (typeof MACHINE_ACTIONS)[number];

export function actionsFor({ state, runs }: Pick<MachineRecord, "state" | "runs">): Set<MachineAction> {
  const actions = new Set<MachineAction>(["rename", "group"]);
  const add = (...more: MachineAction[]) => more.forEach((action) => actions.add(action));
  if (runs === "elsewhere") {
    add("toFront");
    return actions;
  }
  const off = state === "poweredOff" || state === "aborted";
  if (runs === "here") add("show");
  if (off || state === "saved") add("start", "snapshot", "export", "remove", "settings", "clone");
  if (state === "saved") add("discardState");
  if (state === "running") add("pause", "reset", "saveState", "shutDown", "powerOff", "snapshot", "settings", "clone");
  if (state === "paused") add("resume", "reset", "saveState", "powerOff", "snapshot", "settings", "clone");
  if (state === "inaccessible") add("settings", "remove");
  return actions;
}

/** The one that a person means most of the time. */
export function mainActionFor(machine: Pick<MachineRecord, "state" | "runs">): MachineAction | null {
  const actions = actionsFor(machine);
  return (["toFront", "resume", "show", "start"] as const).find((action) => actions.has(action)) ?? null;
}
