import { SaidError } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";

/** No machine can be made of what was asked for or given, or it does not take a medium. The message is for people. */
export class MachineError extends SaidError {
  override name = "MachineError";

  constructor(
    /** What to change: the machine's configuration, or a file. */
    readonly about: "config" | "media",
    message: Said | string,
  ) {
    super(message);
  }
}
