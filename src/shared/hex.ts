/** Numbers as the manuals print them. */

/** `value` in upper-case hexadecimal, at least `digits` long, without prefix or suffix. */
export function hex(value: number | bigint, digits = 1): string {
  const unsigned = typeof value === "number" && value < 0 ? value >>> 0 : value;
  return unsigned.toString(16).toUpperCase().padStart(digits, "0");
}
