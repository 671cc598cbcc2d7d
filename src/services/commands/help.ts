/** The list of commands, and more about one. */
import type { CommandTable } from "./command-table.ts";
import { findCommand } from "./command-table.ts";
import type { CommandWords } from "./command-words.ts";
import { fail } from "./usage-error.ts";

/** @throws UsageError where there is no such command */
export function helpAbout(table: CommandTable, topic: readonly string[], say: CommandWords): string {
  const found = findCommand(table, topic);
  if (found) return `${say.help.usage}: ${found.command.usage}\n${say.about[found.name] ?? ""}`.trimEnd();
  const inside = Object.keys(table).filter((name) => name.startsWith(`${topic[0]} `));
  if (topic.length === 0 || inside.length === 0) fail(say.help.noSuchTopic(topic.join(" ")));
  return inside.map((name) => table[name]!.usage).join("\n");
}

/** Each with what it does; the usage is told by `helpAbout`. */
export function helpList(table: CommandTable, say: CommandWords): string {
  const names = Object.keys(table);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => `  ${name.padEnd(width)}  ${say.about[name] ?? ""}`.trimEnd());
  return [`${say.help.heading}:`, ...lines, say.help.hint].join("\n");
}
