/**
 * The line that a person types at a prompt: editing as in readline's usual keys (arrows, Home, End, Ctrl-A, E, K, U, W, L),
 * earlier lines, completion by Tab. It draws by the sequences of a VT100 [ECMA-48], and knows nothing of who shows them.
 */
import type { Completion } from "../../services/commands/completion.ts";
import { commonBeginning } from "../../services/commands/completion.ts";
import { quoted, splitTyped } from "../../services/commands/split-line.ts";

export interface LineEditorSurroundings {
  write(text: string): void;
  columns(): number;
  /** A line is complete; `prompt()` is called when the next one can be typed. */
  submit(line: string): void;
  complete(typed: readonly string[]): Completion;
  /** Ctrl-C while a command runs. */
  interrupt(): void;
  readonly history: readonly string[];
  /** What Tab says where only a file can stand. */
  fileHint(): string;
}

export const PROMPT = "posada> ";

export class LineEditor {
  text = "";
  private cursor = 0;
  /** The row, from that of the prompt on, in which the cursor stands. */
  private row = 0;
  private reading = false;
  /** Typed while a command ran. */
  private early = "";
  /** Which earlier line is shown; the history's length: the new one. */
  private shown = 0;
  private unsent = "";

  constructor(private readonly around: LineEditorSurroundings) {}

  /** Whether Tab has nothing to complete: the focus may go on. */
  get isEmpty(): boolean {
    return this.reading && this.text === "";
  }

  /** Asks for a line. */
  prompt(): void {
    this.text = "";
    this.cursor = 0;
    this.row = 0;
    this.reading = true;
    this.shown = this.around.history.length;
    this.around.write(PROMPT);
    const early = this.early;
    this.early = "";
    if (early) this.input(early);
  }

  /** The terminal is as wide as never before, or was emptied: the line is drawn anew. */
  redraw(): void {
    if (this.reading) this.draw();
  }

  /** Draws prompt and line where the cursor is, on an empty screen. */
  begin(): void {
    this.row = 0;
    if (this.reading) this.draw();
    else this.prompt();
  }

  /** What a terminal sends for keys, or pasted text. */
  input(data: string): void {
    const keys = data.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z]|[a-zA-Z\x7f])?|[^]/gu) ?? [];
    for (const [i, key] of keys.entries()) {
      if (this.reading) this.press(key);
      else if (key === "\x03") {
        this.early = "";
        this.around.interrupt();
      } else {
        this.early += keys.slice(i).join("");
        return;
      }
    }
  }

  private press(key: string): void {
    const { text, cursor } = this;
    switch (key) {
      case "\r":
      case "\n":
        return this.send();
      case "\t":
        return this.completeWord();
      case "\x03": // Ctrl-C
        this.moveTo(text.length);
        this.around.write("^C\r\n");
        return this.prompt();
      case "\x7f":
      case "\b":
        return this.change(text.slice(0, this.before(cursor)) + text.slice(cursor), this.before(cursor));
      case "\x1b[3~":
      case "\x04": // Delete, Ctrl-D
        return this.change(text.slice(0, cursor) + text.slice(this.after(cursor)), cursor);
      case "\x1b[D":
      case "\x1bOD":
      case "\x02":
        return this.moveTo(this.before(cursor));
      case "\x1b[C":
      case "\x1bOC":
      case "\x06":
        return this.moveTo(this.after(cursor));
      case "\x1b[1;5D":
      case "\x1bb":
        return this.moveTo(this.wordBefore());
      case "\x1b[1;5C":
      case "\x1bf":
        return this.moveTo(cursor + /^\s*\S*/.exec(text.slice(cursor))![0].length);
      case "\x1b[H":
      case "\x1bOH":
      case "\x01":
        return this.moveTo(0);
      case "\x1b[F":
      case "\x1bOF":
      case "\x05":
        return this.moveTo(text.length);
      case "\x0b": // Ctrl-K
        return this.change(text.slice(0, cursor), cursor);
      case "\x15": // Ctrl-U
        return this.change(text.slice(cursor), 0);
      case "\x17": // Ctrl-W
      case "\x1b\x7f":
        return this.change(text.slice(0, this.wordBefore()) + text.slice(cursor), this.wordBefore());
      case "\x0c": // Ctrl-L
        this.around.write("\x1b[H\x1b[2J");
        return this.begin();
      case "\x1b[A":
      case "\x1bOA":
      case "\x10":
        return this.recall(this.shown - 1);
      case "\x1b[B":
      case "\x1bOB":
      case "\x0e":
        return this.recall(this.shown + 1);
      default:
        if (key.startsWith("\x1b") || key < " ") return;
        this.change(text.slice(0, cursor) + key + text.slice(cursor), cursor + key.length);
    }
  }

  private send(): void {
    this.moveTo(this.text.length);
    this.around.write("\r\n");
    this.reading = false;
    this.around.submit(this.text);
  }

  private recall(place: number): void {
    const { history } = this.around;
    if (place < 0 || place > history.length || place === this.shown) return;
    if (this.shown === history.length) this.unsent = this.text;
    this.shown = place;
    const line = history[place] ?? this.unsent;
    this.change(line, line.length);
  }

  private completeWord(): void {
    const before = this.text.slice(0, this.cursor);
    const { words: typed, lastFrom } = splitTyped(before);
    const last = typed.at(-1) ?? "";
    const { words, files } = this.around.complete(typed);
    const put = (word: string): void => {
      const rest = this.text.slice(this.cursor);
      this.change(before.slice(0, lastFrom) + word + rest, lastFrom + word.length);
    };
    if (words.length === 1) return put(`${quoted(words[0]!)} `);
    const common = commonBeginning(words);
    // A quotation mark stays open: more is to come.
    if (common.length > last.length) return put(quoted(common).replace(/^(["']).*$/s, (whole) => whole.slice(0, -1)));
    if (words.length > 0) this.tell(columnsOf(words, this.around.columns()));
    else if (files && last === "") this.tell(this.around.fileHint());
  }

  /** Below the line, which is drawn again below it. */
  private tell(text: string): void {
    const { cursor } = this;
    this.moveTo(this.text.length);
    this.around.write(`\r\n${text}\r\n`);
    this.row = 0;
    this.cursor = cursor;
    this.draw();
  }

  private before(place: number): number {
    return place - (/[^]$/u.exec(this.text.slice(0, place))?.[0].length ?? 0);
  }

  private after(place: number): number {
    return place + (/^[^]/u.exec(this.text.slice(place))?.[0].length ?? 0);
  }

  private wordBefore(): number {
    return this.cursor - /\S*\s*$/.exec(this.text.slice(0, this.cursor))![0].length;
  }

  private change(text: string, cursor: number): void {
    if (text === this.text && cursor === this.cursor) return;
    const added = text.startsWith(this.text) && this.cursor === this.text.length ? text.slice(this.text.length) : null;
    const end = cellsOf(PROMPT + text);
    this.text = text;
    this.cursor = cursor;
    // What is written at the end needs no more than that, and is read out as it is.
    if (added !== null && cursor === text.length && Math.floor(end / this.width) === this.row) this.around.write(added);
    else this.draw();
  }

  private moveTo(cursor: number): void {
    if (cursor === this.cursor) return;
    this.cursor = cursor;
    this.draw();
  }

  private get width(): number {
    return Math.max(10, this.around.columns());
  }

  private draw(): void {
    const { width, text, cursor } = this;
    const end = cellsOf(PROMPT + text);
    const at = cellsOf(PROMPT + text.slice(0, cursor));
    const up = (rows: number) => (rows > 0 ? `\x1b[${rows}A` : "");
    let out = `${up(this.row)}\r\x1b[J${PROMPT}${text}`;
    // A row that is just full has not gone to the next one yet.
    if (end % width === 0) out += " \r";
    const row = Math.floor(at / width);
    const column = at % width;
    out += `${up(Math.floor(end / width) - row)}\r${column > 0 ? `\x1b[${column}C` : ""}`;
    this.row = row;
    this.around.write(out);
  }
}

/** Cells of a terminal: East Asian wide characters and emoji take two, marks that combine none. */
function cellsOf(text: string): number {
  let cells = 0;
  for (const char of text)
    if (/\p{M}|\p{Cf}/u.test(char)) continue;
    else cells += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(char) && char > "\u00ff" ? 2 : 1; // prettier-ignore
  return cells;
}

function columnsOf(words: readonly string[], width: number): string {
  const cell = Math.max(...words.map((word) => cellsOf(word))) + 2;
  const perRow = Math.max(1, Math.floor(width / cell));
  const rows: string[] = [];
  for (let i = 0; i < words.length; i += perRow)
    rows.push(
      words
        .slice(i, i + perRow)
        .map((word) => word + " ".repeat(cell - cellsOf(word)))
        .join("")
        .trimEnd(),
    );
  return rows.join("\r\n");
}
