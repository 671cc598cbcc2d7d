/**
 * What the fuzzer does to a device, one step each. A step carries all of its numbers, so that the same steps can be
 * taken with the device itself and with one that was restored from its saved state.
 */
import type { AccessSize } from "../../bus/port-bus.ts";
import type { FuzzRandom } from "./fuzz-random.ts";

export type FuzzAction =
  | { kind: "in"; port: number; size: AccessSize }
  | { kind: "out"; port: number; size: AccessSize; value: number }
  /** REP INS and REP OUTS; `count` items. */
  | { kind: "ins"; port: number; size: AccessSize; count: number }
  | { kind: "outs"; port: number; size: AccessSize; count: number; value: number }
  | { kind: "load"; physAddr: number; size: AccessSize }
  | { kind: "store"; physAddr: number; size: AccessSize; value: number }
  /** The processor writes to RAM: what DMA engines read there. */
  | { kind: "ram"; physAddr: number; value: number }
  | { kind: "wait"; ns: number }
  /** Host work that is due is handed over. */
  | { kind: "settle" }
  /** Something from outside: a key, a medium, an interrupt acknowledge. `which` is one of the subject's. */
  | { kind: "outside"; which: number; value: number }
  | { kind: "reset" };

/** A sequence that means something to the device; the fuzzer bends it here and there. */
export type Recipe = (random: FuzzRandom) => FuzzAction[];

export const out = (port: number, value: number, size: AccessSize = 1): FuzzAction => ({
  kind: "out",
  port,
  size,
  value: value >>> 0,
});
export const inp = (port: number, size: AccessSize = 1): FuzzAction => ({ kind: "in", port, size });
export const outs = (port: number, size: AccessSize, count: number, value = 0): FuzzAction => ({
  kind: "outs",
  port,
  size,
  count,
  value,
});
export const ins = (port: number, size: AccessSize, count: number): FuzzAction => ({ kind: "ins", port, size, count });
export const load = (physAddr: number, size: AccessSize = 4): FuzzAction => ({ kind: "load", physAddr, size });
export const store = (physAddr: number, value: number, size: AccessSize = 4): FuzzAction => ({
  kind: "store",
  physAddr,
  size,
  value: value >>> 0,
});
export const ram = (physAddr: number, value: number): FuzzAction => ({ kind: "ram", physAddr, value: value >>> 0 });
export const wait = (ns: number): FuzzAction => ({ kind: "wait", ns });
export const settle: FuzzAction = { kind: "settle" };
export const outside = (which: number, value = 0): FuzzAction => ({ kind: "outside", which, value });

/** Reads and writes count as accesses; time and the outside do not. */
export const isAccess = (action: FuzzAction): boolean =>
  action.kind !== "wait" && action.kind !== "settle" && action.kind !== "outside" && action.kind !== "reset";

export function describeAction(action: FuzzAction): string {
  const parts = Object.entries(action)
    .filter(([name]) => name !== "kind")
    .map(([name, value]) => `${name} ${typeof value === "number" && value >= 0 ? `0x${value.toString(16)}` : value}`);
  return `${action.kind} ${parts.join(", ")}`;
}
