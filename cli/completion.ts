/**
 * `posada completion bash|zsh`: prints what a shell is to be told once (`source <(posada completion bash)`). From then on it asks
 * `posada __complete WORDS…`, whose last word is the one being typed; that prints a word a line, and ":files" where the
 * shell's own files fit.
 */
import { complete } from "../src/services/commands/completion.ts";
import { libraryCommands } from "../src/services/commands/command-table.ts";
import type { CommandTable } from "../src/services/commands/command-table.ts";
import type { OptionSpec } from "../src/services/commands/command-line.ts";
import { UsageError } from "../src/services/commands/usage-error.ts";
import { takeLibrary } from "./library/commands.ts";
import { RUN_OPTIONS } from "./library/start.ts";
import { openLibrary } from "./library/folder.ts";
import { runOptions } from "./options.ts";

const FILES = ":files";

const BASH = `_posada() {
  local line cur="\${COMP_WORDS[COMP_CWORD]}"
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}") found
  # Bash takes "--name=value" apart.
  if [[ $cur == "=" ]]; then words=("\${words[@]:0:\${#words[@]}-1}" ""); cur=""; fi
  local -a joined=()
  for line in "\${words[@]}"; do [[ $line == "=" ]] || joined+=("$(printf '%s' "$line" | sed 's/\\\\\\(.\\)/\\1/g')"); done
  mapfile -t found < <(posada __complete "\${joined[@]}" 2>/dev/null)
  COMPREPLY=()
  for line in "\${found[@]}"; do
    if [[ $line == "${FILES}" ]]; then compopt -o default; else COMPREPLY+=("$(printf '%q' "$line")"); fi
  done
}
complete -F _posada posada
`;

const ZSH = `#compdef posada
_posada() {
  local -a found
  found=("\${(@f)$(posada __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == "${FILES}" ]]; then shift found; _files; fi
  (( $#found )) && compadd -a found
}
compdef _posada posada
`;

const scripts: Record<string, string> = { bash: BASH, zsh: ZSH };

export function completionScript([shell, ...more]: string[]): string {
  if (shell === undefined || !Object.hasOwn(scripts, shell) || more.length > 0)
    throw new UsageError("completion needs bash or zsh");
  return scripts[shell]!;
}

const nothing = async (): Promise<void> => {};
const options = (names: Record<string, { type?: string }>): OptionSpec =>
  Object.fromEntries(
    Object.entries(names).map(([name, { type }]) => [name, type === "string" ? { value: "file" } : {}]),
  );

const startOptions: OptionSpec = {
  ...Object.fromEntries(Object.entries(options(runOptions)).filter(([name]) => RUN_OPTIONS.includes(name))),
  "save-state": {},
};

/** Those of the library, and those that only Node has. */
const table: CommandTable = {
  ...libraryCommands,
  start: { usage: "start MACHINE", words: ["machine"], options: startOptions, run: nothing },
  run: { usage: "run", words: [], options: options(runOptions), run: nothing },
  disassemble: {
    usage: "disassemble FILE",
    words: ["file"],
    options: { bits: { value: ["16", "32", "64"] } },
    run: nothing,
  },
  completion: { usage: "completion bash|zsh", words: [Object.keys(scripts)], run: nothing },
  help: { usage: "help", words: [], run: nothing },
};

/** What may stand there, a word a line. */
export async function completions(typed: readonly string[]): Promise<string> {
  const { folder, rest } = takeLibrary(typed.slice(0, -1));
  const { machines, media } = await openLibrary(folder);
  const { words, files } = complete(table, { machines, media }, [...rest, typed.at(-1) ?? ""]);
  return [...(files ? [FILES] : []), ...words].join("\n");
}
