/** Runs the `posada` command as a person would. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../cli/posada.mjs", import.meta.url));

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function posada(...args: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const outcome: Outcome = { status: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (outcome.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (outcome.stderr += text));
    child.on("error", reject);
    child.on("close", (status) => resolve({ ...outcome, status }));
  });
}
