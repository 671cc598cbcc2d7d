/**
 * The page's command line without its terminal: what was typed and printed until now, one command at a time. Fires "output"
 * (detail: string, as a terminal takes it) and "change" when a command begins or ends.
 */
import { saidBy } from "../../shared/said.ts";
import type { CommandLine } from "./command-line.ts";
import type { CommandHost } from "./command-host.ts";
import { findCommand, libraryCommands, runCommand } from "./command-table.ts";
import type { Command, CommandTable } from "./command-table.ts";
import { complete } from "./completion.ts";
import type { Completion } from "./completion.ts";
import { helpAbout, helpList } from "./help.ts";
import { machineNamed } from "./names.ts";
import { PageHost } from "./page-host.ts";
import type { PageTools } from "./page-host.ts";
import { inOurWords } from "./other-managers.ts";
import { plain } from "./output.ts";
import { splitLine } from "./split-line.ts";
import { fail, UsageError } from "./usage-error.ts";

const MAX_TRANSCRIPT = 200_000;
const MAX_HISTORY = 500;

export class PageShell extends EventTarget {
  /** Everything that was put out, to show it again. */
  transcript = "";
  /** Lines that were typed, the last one last. */
  readonly history: string[] = [];
  readonly table: CommandTable;
  private running: AbortController | null = null;

  constructor(private readonly tools: PageTools) {
    super();
    const own: Record<string, Command> = {
      help: { usage: "help [COMMAND]", words: ["text", "text"], run: (host, line) => this.help(host, line) },
      start: { usage: "start MACHINE [--show]", words: ["machine"], options: { show: {} }, run: (host, line) => this.start(host, line) }, // prettier-ignore
      show: { usage: "show MACHINE", words: ["machine"], run: (host, line) => this.show(host, line) },
      clear: { usage: "clear", words: [], run: async () => this.clear() },
    };
    this.table = { help: own.help!, start: own.start!, show: own.show!, ...libraryCommands, clear: own.clear! };
  }

  get busy(): boolean {
    return this.running !== null;
  }

  /** @param typed the words until now, the last of which is being typed */
  complete(typed: readonly string[]): Completion {
    const { machines, media } = this.tools.library;
    if (typed[0] === "help" && typed.length > 1) return complete(this.table, { machines: [], media: [] }, typed.slice(1)); // prettier-ignore
    const completion = complete(this.table, { machines, media }, typed);
    if (!completion.files) return completion;
    // A file may be a medium of the library here.
    const last = (typed.at(-1) ?? "").toLowerCase();
    const words = media.map(({ name }) => name).filter((name) => name.toLowerCase().startsWith(last));
    return { words: words.sort((a, b) => a.localeCompare(b)), files: true };
  }

  /** Never rejects: what is wrong is put out. */
  async run(text: string): Promise<void> {
    if (text.trim() === "" || this.running) return;
    if (this.history.at(-1) !== text) this.history.push(text);
    if (this.history.length > MAX_HISTORY) this.history.shift();
    const stop = new AbortController();
    this.running = stop;
    this.dispatchEvent(new Event("change"));
    const say = this.tools.say();
    try {
      const words = splitLine(text, say);
      const found = findCommand(this.table, inOurWords(words)) ?? fail(this.unknown(words));
      if (words.includes("--help")) this.put(`${helpAbout(this.table, found.name.split(" "), say)}\n`);
      else {
        // A machine that was closed a moment ago is off, for whoever looks.
        await this.tools.library.settled();
        await runCommand(new PageHost(this.tools, (output) => this.put(output), stop.signal), found);
      }
    } catch (error) {
      this.put(`\x1b[91m${plain(this.wordsOf(error))}\x1b[0m\n`);
    } finally {
      this.running = null;
      this.dispatchEvent(new Event("change"));
    }
  }

  /** Gives up what runs. */
  stop(): void {
    this.running?.abort();
  }

  /** What the terminal itself writes: the prompt and what is typed. */
  echo(text: string): void {
    this.remember(text);
  }

  private unknown(words: readonly string[]): string {
    const inside = Object.keys(this.table).filter((name) => name.startsWith(`${words[0]} `));
    return inside.length > 0
      ? inside.map((name) => this.table[name]!.usage).join("; ")
      : this.tools.say().unknownCommand(words[0] ?? "");
  }

  private wordsOf(error: unknown): string {
    return error instanceof UsageError ? error.message : this.tools.say().sentence(saidBy(error));
  }

  private async help(host: CommandHost, line: CommandLine): Promise<void> {
    const { words } = line;
    host.print(words.length === 0 ? helpList(this.table, host.say) : helpAbout(this.table, words, host.say));
  }

  private async start(host: CommandHost, line: CommandLine): Promise<void> {
    const { say } = host;
    const { id, name, runs, state } = machineNamed(host, line.wordAt(0, say.args.machine));
    line.expectNoMore(1);
    const { desk } = this.tools;
    const open = desk.ofLibrary(id);
    // The catalogue learns a little later.
    if (open?.isOn || runs === "elsewhere") fail(say.runsAlready(name, say.states[open?.session.state ?? state]));
    let failure: unknown = null;
    await desk.beginKept(id, true, line.flag("show"), (error) => (failure = error));
    if (failure) throw failure;
  }

  private async show(host: CommandHost, line: CommandLine): Promise<void> {
    const { say } = host;
    const { id, runs, name, state } = machineNamed(host, line.wordAt(0, say.args.machine));
    line.expectNoMore(1);
    if (runs === "elsewhere") return this.tools.library.bringToFront(id);
    const open = this.tools.desk.ofLibrary(id) ?? fail(say.notRunning(name, say.states[state]));
    this.tools.desk.show(open);
  }

  private clear(): void {
    this.transcript = "";
    this.dispatchEvent(new CustomEvent("output", { detail: "\x1b[H\x1b[2J\x1b[3J" }));
  }

  private put(text: string): void {
    const output = text.replace(/\r?\n/g, "\r\n");
    this.remember(output);
    this.dispatchEvent(new CustomEvent("output", { detail: output }));
  }

  private remember(text: string): void {
    this.transcript += text;
    if (this.transcript.length <= MAX_TRANSCRIPT) return;
    const cut = this.transcript.indexOf("\n", this.transcript.length - MAX_TRANSCRIPT);
    this.transcript = this.transcript.slice(cut + 1);
  }
}
