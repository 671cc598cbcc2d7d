/**
 * Errors across threads. A structured clone keeps an Error's message and name but not its class or `code`, so a
 * failure travels as plain data and becomes a VmError again on the other side.
 */
import { saidBy } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import { VmError } from "./vm-api.ts";
import type { VmErrorCode } from "./vm-api.ts";

export interface PlainVmError {
  vmError: true;
  code: VmErrorCode;
  message: string;
  said: Said;
  /** Where it happened, for our own bugs only. */
  stack?: string;
}

/** Any thrown value as a VmError; what is not one yet is a fault of ours. */
export function asVmError(error: unknown, code: VmErrorCode = "internal"): VmError {
  if (error instanceof VmError) return error;
  if (isPlainVmError(error)) return fromPlain(error);
  const converted = new VmError(code, saidBy(error));
  if (error instanceof Error && error.stack) converted.stack = error.stack;
  return converted;
}

export function toPlain(error: unknown): PlainVmError {
  const { code, message, said, stack } = asVmError(error);
  return { vmError: true, code, message, said, ...(code === "internal" && stack ? { stack } : {}) };
}

export function fromPlain(plain: PlainVmError): VmError {
  const error = new VmError(plain.code, plain.said);
  if (plain.stack) error.stack = plain.stack;
  return error;
}

export function isPlainVmError(value: unknown): value is PlainVmError {
  return typeof value === "object" && value !== null && (value as { vmError?: unknown }).vmError === true;
}
