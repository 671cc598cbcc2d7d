/** How commands print. */

/** Columns as wide as they must be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, n) => cell.padEnd(widths[n]!)).join("  ").trimEnd()).join("\n"); // prettier-ignore
}

export const isoTime = (ms: number): string => new Date(ms).toISOString().replace(/\..*/, "Z");

export const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** Names come from images: no control characters on a terminal. */
export function plain(name: string): string {
  return Array.from(name, (char) => (char < " " || (char >= "\x7f" && char < "\xa0") ? "?" : char)).join("");
}
