/** Checks of our own invariants: a failure here is a bug of Posada, never a guest's doing. */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message}`);
}

export function unreachable(value: never): never {
  throw new Error(`internal error: unexpected value ${String(value)}`);
}
