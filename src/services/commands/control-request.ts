/** What a machine that runs can be asked to do, also by another process. */
import type { MachineId } from "../../protocol/library.ts";
import type { VmApi } from "../../protocol/vm-api.ts";
import type { MachineLibrary } from "../library/machine-library.ts";
import { fail } from "./usage-error.ts";

export type ControlRequest =
  | { do: "pause" | "resume" | "reset" | "powerOff" | "pressPowerButton" | "saveState" | "stats" | "tidy" }
  | { do: "takeSnapshot"; name: string; description: string }
  | { do: "deleteSnapshot"; snapshot: string }
  | { do: "clone"; name: string; full: boolean };

/** Does it where the machine runs. @param suspend saves its state, and ends the run */
export async function answerControl(
  library: MachineLibrary,
  id: MachineId,
  api: VmApi,
  request: ControlRequest,
  suspend: () => Promise<void>,
): Promise<unknown> {
  switch (request.do) {
    case "pause":
    case "resume":
    case "reset":
    case "powerOff":
    case "pressPowerButton":
      return api[request.do]();
    case "stats":
      return api.stats();
    case "saveState":
      return suspend();
    case "tidy":
      return library.tidy();
    case "takeSnapshot":
      return library.takeSnapshot(id, request.name, { description: request.description });
    case "deleteSnapshot":
      return library.deleteSnapshot(id, request.snapshot);
    case "clone":
      return library.clone(id, { name: request.name, how: request.full ? "full" : "linked" });
    default:
      return fail("a running machine cannot be asked that");
  }
}
