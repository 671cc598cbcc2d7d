/** What a browser's processes take of the machine, from /proc (Linux). */
import { readFileSync, readdirSync } from "node:fs";

function fieldsOf(pid: number): { parent: number; ticks: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null; // has ended
  }
}

/** These processes and all below them. */
function withChildren(roots: readonly number[]): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(all.map((pid) => [pid, fieldsOf(pid)?.parent ?? 0]));
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (roots.includes(at)) return true;
    return false;
  };
  return all.filter(isBelow);
}

/** Processor time so far, in milliseconds. */
export function processorMs(roots: readonly number[]): number {
  const ticks = withChildren(roots).map((pid) => fieldsOf(pid)?.ticks ?? 0);
  return ticks.reduce((sum, each) => sum + each, 0) * 10;
}

/** Memory that is theirs, in MiB; what they share is divided among them. */
export function memoryMiB(roots: readonly number[]): number {
  let kib = 0;
  for (const pid of withChildren(roots)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // has ended
    }
  }
  return Math.round(kib / 1024);
}
