/**
 * Errors across threads. A structured clone keeps an Error's message and name but not its class or `code`, so a
 * failure travels as plain data and becomes a VmError again on the other side.
 */
import { VmError } from "./vm-api.ts";
import type { VmErrorCode } from "./vm-api.ts";

export interface PlainVmError {
  vmError: true;
  code: VmErrorCode;
  message: string;
  /** Where it happened, for our own bugs only. */
  stack?: string;
}

/** Any thrown value as a VmError; what is not one yet is a fault of ours. */
export function asVmError(error: unknown, code: VmErrorCode = "internal"): VmError {
  if (error instanceof VmError) return error;
  if (isPlainVmError(error)) return fromPlain(error);
  const message = error instanceof Error ? error.message : String(error);
  const converted = new VmError(code, message);
  if (error instanceof Error && error.stack) converted.stack = error.stack;
  return converted;
}

export function toPlain(error: unknown): PlainVmError {
  const { code, message, stack } = asVmError(error);
  return code === "internal" && stack ? { vmError: true, code, message, stack } : { vmError: true, code, message };
}

export function fromPlain(plain: PlainVmError): VmError {
  const error = new VmError(plain.code, plain.message);
  if (plain.stack) error.stack = plain.stack;
  return error;
}

export function isPlainVmError(value: unknown): value is PlainVmError {
  return typeof value === "object" && value !== null && (value as { vmError?: unknown }).vmError === true;
}
