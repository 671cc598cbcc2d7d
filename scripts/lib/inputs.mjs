/** Digest of the files that something is built from, so that a build is skipped where nothing changed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./process.mjs";

/** All files below `folders` (or the files themselves), sorted, for which `wanted` holds. */
export function filesBelow(paths, wanted = () => true) {
  const found = [];
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) {
      if (wanted(path)) found.push(path);
      return;
    }
    for (const name of readdirSync(path)) if (name !== "node_modules") visit(join(path, name));
  };
  for (const path of paths) visit(path);
  return found.sort();
}

/** A digest over names and contents of `files` and over `extra` words. */
export function digestOf(files, ...extra) {
  const hash = createHash("sha256");
  for (const word of extra) hash.update(`${word}\0`);
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}
