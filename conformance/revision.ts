/** Names what was run: the commit of a checkout or of a bare copy, else a digest of a file. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The commit that a folder of git is at. */
export function commitOf(folder: string): string {
  try {
    return execFileSync("git", ["-C", folder, "rev-parse", "HEAD"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "not a git checkout";
  }
}

/** The first 16 digits of a file's SHA-256. */
export function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
}
