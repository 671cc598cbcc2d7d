/**
 * Traces of registers and interrupts, ours and QEMU's (`-singlestep -d cpu,int,nochain`), as lists of states that can be
 * compared.
 *
 * Left out of both: QEMU's CC lines (its way to keep flags), what begins with "#", and visits of an instruction that is
 * still at work (REP): there QEMU and Posada stop at different elements.
 */

/** @typedef {{ lines: string[], event: string | null }} State */

const FIRST = /^[ER]AX=/;
const IGNORED = /^(CC[SDO]|#|check_exception|SMM: |$)/;

/** The states of a trace, each with the line of the interrupt that leads to it. @returns {State[]} */
export function readTrace(text) {
  const states = [];
  let event = null;
  let lines = null;
  for (const line of text.split("\n")) {
    if (IGNORED.test(line)) continue;
    if (/^(Servicing|\s*\d+: v=)/.test(line)) {
      if (!line.startsWith("Servicing")) event = line.replace(/^\s*\d+: /, "");
      continue;
    }
    if (FIRST.test(line)) {
      lines = [];
      states.push({ lines, event });
      event = null;
    }
    lines?.push(line.trimEnd());
  }
  return states.filter((state, i) => i === 0 || state.event !== null || placeOf(state) !== placeOf(states[i - 1]));
}

/** Where a state is: CS and the instruction pointer. */
export function placeOf({ lines }) {
  const pointer = lines.find((line) => /^[ER]IP=/.test(line)) ?? "";
  return `${lines.find((line) => line.startsWith("CS ")) ?? ""} ${pointer.split(" ", 1)[0]}`;
}

/** The first state in which the two differ, or null. @returns {{ index: number, lines: string[] } | null} */
export function firstDifference(ours, theirs) {
  for (let index = 0; index < Math.min(ours.length, theirs.length); index++) {
    const [a, b] = [ours[index], theirs[index]];
    const lines = a.lines.flatMap((line, i) => (line === b.lines[i] ? [] : [`- ${line}`, `+ ${b.lines[i] ?? ""}`]));
    if (a.event !== b.event) lines.unshift(`- ${a.event}`, `+ ${b.event}`);
    if (lines.length > 0) return { index, lines };
  }
  return null;
}
