/**
 * What every part of a machine has in common: it can be reset, saved and restored.
 *
 * State is a plain tree that MessagePack can carry; `version` is the device's own and rises when its shape changes.
 * A device that has work under way when it is saved stores enough to start that work again in `restore`.
 */
import { said, SaidError } from "../shared/said.ts";

export type StateValue =
  undefined | null | boolean | number | bigint | string | Uint8Array | StateValue[] | { [key: string]: StateValue };

export interface DeviceState {
  version: number;
  [field: string]: StateValue;
}

export interface Stateful {
  save(): DeviceState;
  /** @throws StateError when the state is of a version that this device does not know. */
  restore(state: DeviceState): void;
}

export interface Device extends Stateful {
  /** Hardware reset (RESET# or power-on). */
  reset(): void;
}

export class StateError extends SaidError {
  override name = "StateError";
}

/** Guards `restore`: throws unless `state.version` is one that the device can read. */
export function expectVersion(what: string, state: DeviceState, ...known: number[]): void {
  if (!known.includes(state.version))
    throw new StateError(
      said`the saved state of ${what} has version ${String(state.version)}; this Posada reads ${known.join(", ")}`,
    );
}
