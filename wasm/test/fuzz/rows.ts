/**
 * Which rows of the opcode tables the fuzzer runs, in which kinds of code, and why the others must wait for the tests of the
 * system: they cannot be asked of a processor by a program at level 3.
 */
import type { Row } from "../native/cases.ts";
import { type Group, groupKey, groupsOf, shapesOf } from "../native/integer-cases.ts";
import { MODES } from "../native/integer-layout.ts";
import { sequenceGroups } from "../native/integer-sequences.ts";

export type TableRow = Row & { file: string };

/** By semantic: what is not asked, and why. */
export const NOT_ASKED: Readonly<Record<string, string>> = {
  SYSCALL: "enters the kernel of the host",
  SYSENTER: "enters the kernel of the host",
  SGDT: "the host's kernel answers in the processor's place (UMIP)",
  SIDT: "the host's kernel answers in the processor's place (UMIP)",
  SLDT: "the host's kernel answers in the processor's place (UMIP)",
  STR: "the host's kernel answers in the processor's place (UMIP)",
  SMSW: "the host's kernel answers in the processor's place (UMIP)",
  CPUID: "says what the processor is, which is not what this one is",
  XGETBV: "says which state components the host's kernel enables",
  VMMCALL: "calls the hypervisor, if the host has one",
  INT1: "under a hypervisor it reports where it stands, not where it ends",
};

/** What names a row for the coverage page: opcode, operands, semantic. */
export function rowKey(row: { text: string }): string {
  return row.text
    .split("|")
    .slice(0, 3)
    .map((column) => column.trim().replace(/\s+/g, " "))
    .join(" | ");
}

/** A row in each kind of code that has it; and short sequences of instructions on registers. */
export function fuzzGroups(rows: TableRow[]): Group[] {
  const singles = rows
    .filter((row) => !NOT_ASKED[row.semantic])
    .flatMap((row) =>
      MODES.filter((mode) => !row.attributes.has(mode === 64 ? "i64" : "o64")).map((mode) => ({
        row,
        mode,
        shapes: shapesOf(row, mode),
        name: `${rowKey(row)} in ${mode}-bit code`,
      })),
    );
  return [...singles, ...sequenceGroups(groupsOf(rows))];
}

/** Names a group for ever, also beside one that differs only in what else it does. */
export function fuzzKey(group: Group): string {
  return `${group.row.semantic},${groupKey(group)}`;
}

/** Rows that no case runs, each with the reason. */
export function rowsNotAsked(rows: TableRow[]): { key: string; reason: string }[] {
  return rows.flatMap((row) => {
    const reason = NOT_ASKED[row.semantic];
    return reason ? [{ key: rowKey(row), reason }] : [];
  });
}
