/** What the scripts share: where the project is, and running other programs. */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** An absolute path from one relative to the project's root. */
export const at = (...parts) => join(root, ...parts);

/** The path of a program of an installed npm package. */
export const nodeBin = (name) => at("node_modules", ".bin", name);

/** Runs a program with its output shown; resolves to its exit status (128 when it could not be started). */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(128);
    });
    child.on("exit", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

/** Runs a program and stops this script with a sentence when it fails. */
export async function runOrStop(what, command, args, options) {
  const status = await run(command, args, options);
  if (status !== 0) stop(`${what} failed (exit status ${status}).`, status);
}

export function stop(sentence, status = 1) {
  console.error(sentence);
  process.exit(status);
}

/** Output of a program, or null where it is missing or fails. */
export function outputOf(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return result.status === 0 ? result.stdout : null;
}

/** Whether a command is found on PATH, or where Debian keeps those of the administrator. */
export function hasCommand(name) {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
