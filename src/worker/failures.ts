/** What the layers below the worker fail with, as the failures of VmApi. */
import { CoreMemoryError } from "../core/load.ts";
import { StateError } from "../machine/device.ts";
import { MachineError } from "../machine/machine-error.ts";
import { VmError } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";

export function asFailure(error: unknown): VmError {
  if (error instanceof CoreMemoryError) return new VmError("outOfMemory", error.said);
  if (error instanceof MachineError) return new VmError(error.about === "media" ? "badMedia" : "badConfig", error.said);
  if (error instanceof StateError) return new VmError("badState", error.said);
  return asVmError(error);
}

/** What `work` returns. @throws VmError */
export function orFailure<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asFailure(error);
  }
}
