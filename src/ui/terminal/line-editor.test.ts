import { describe, expect, it } from "vitest";
import { LineEditor } from "./line-editor.ts";
import type { LineEditorSurroundings } from "./line-editor.ts";

/** What a VT100 of so many columns shows of what the editor sends. */
class Screen {
  rows: string[][] = [[]];
  row = 0;
  column = 0;
  constructor(readonly columns: number) {}

  write(text: string): void {
    for (const [, rows, letter, char] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|([^])/gu)) {
      if (letter === "A") this.row -= Number(rows || 1);
      else if (letter === "C") this.column += Number(rows || 1);
      else if (letter === "J" && rows === "2") this.rows = [[]];
      else if (letter === "J") {
        this.rows.length = this.row + 1;
        this.rows[this.row]!.length = Math.min(this.rows[this.row]!.length, this.column);
      } else if (letter === "H") this.row = this.column = 0;
      else if (char === "\r") this.column = 0;
      else if (char === "\n") this.newRow();
      else if (char !== undefined) {
        if (this.column === this.columns) {
          this.newRow();
          this.column = 0;
        }
        this.rows[this.row]![this.column++] = char;
      }
    }
  }

  private newRow(): void {
    this.row++;
    while (this.rows.length <= this.row) this.rows.push([]);
  }

  get text(): string {
    return this.rows.map((row) => Array.from(row, (char) => char ?? " ").join("").trimEnd()).join("\n").trimEnd(); // prettier-ignore
  }
}

function makeEditor(columns = 40, more: Partial<LineEditorSurroundings> = {}) {
  const screen = new Screen(columns);
  const sent: string[] = [];
  const history: string[] = ["list", "info Debian"];
  let interrupts = 0;
  const editor = new LineEditor({
    write: (text) => screen.write(text),
    columns: () => columns,
    submit: (line) => sent.push(line),
    complete: () => ({ words: [], files: false }),
    interrupt: () => interrupts++,
    history,
    fileHint: () => "(a file)",
    ...more,
  });
  editor.prompt();
  return { editor, screen, sent, interrupts: () => interrupts };
}

const [UP, DOWN, RIGHT, LEFT, HOME, END] = ["A", "B", "C", "D", "H", "F"].map((letter) => `\x1b[${letter}`);

describe("the line editor", () => {
  it.each([
    ["abc", "abc"],
    [`abc${LEFT}${LEFT}X`, "aXbc"],
    [`abc${HOME}X${END}Y`, "XabcY"],
    ["abc\x7f\x7f", "a"],
    [`abc${HOME}\x1b[3~`, "bc"],
    [`one two\x17three`, "one three"],
    [`abc${LEFT}\x0b`, "ab"],
    [`abc${LEFT}\x15`, "c"],
    [`one two\x1b[1;5DX${RIGHT}Y`, "one XtYwo"],
    [UP, "info Debian"],
    [`${UP}${UP}${UP}`, "list"],
    [`new${UP}${DOWN}`, "new"],
    ["a😀b\x7f\x7fc", "ac"],
    ["\x1b[5~\x1b[200~q", "q"],
  ])("%j leaves %j", (keys, expected) => {
    const { editor, screen } = makeEditor();
    editor.input(keys!);
    expect(editor.text).toBe(expected);
    expect(screen.text).toBe(`posada> ${expected}`.trimEnd());
  });

  it("draws lines that are longer than a row, edited anywhere", () => {
    const { editor, screen } = makeEditor(12);
    for (const char of "abcdefghijklmnop") editor.input(char);
    expect(screen.text).toBe("posada> abcd\nefghijklmnop");
    for (let i = 0; i < 13; i++) editor.input(LEFT!);
    editor.input("X");
    expect(editor.text).toBe("abcXdefghijklmnop");
    expect(screen.text).toBe("posada> abcX\ndefghijklmno\np");
    expect([screen.row, screen.column]).toEqual([1, 0]);
    editor.input(HOME!);
    expect([screen.row, screen.column]).toEqual([0, 8]);
    editor.input("\x0b");
    expect(screen.text).toBe("posada>");
  });

  it("sends a line, and keeps what is typed while it is done", () => {
    const { editor, sent, screen, interrupts } = makeEditor();
    editor.input("list\rinfo");
    expect(sent).toEqual(["list"]);
    editor.input("\x03");
    expect(interrupts()).toBe(1);
    editor.input("cle");
    editor.prompt();
    expect(editor.text).toBe("cle");
    expect(screen.text).toBe("posada> list\nposada> cle");
    editor.input("\x03");
    expect(screen.text).toBe("posada> list\nposada> cle^C\nposada>");
  });

  describe("completion", () => {
    const names = ["Debian", "Debian old", "DOS"];
    const complete = (typed: readonly string[]) => ({
      words: names.filter((name) => name.toLowerCase().startsWith(typed.at(-1)!.toLowerCase())),
      files: false,
    });

    it("goes as far as it is clear, then shows what there is", () => {
      const { editor, screen } = makeEditor(40, { complete });
      editor.input("start de\t");
      expect(editor.text).toBe("start Debian");
      editor.input("\t");
      expect(screen.text).toBe(
        "posada> start de\nDebian      Debian old\nposada> start Debian".replace("de\n", "Debian\n"),
      );
      editor.input(" o\t");
      expect(editor.text).toBe("start Debian o");
    });

    it("quotes what has blanks", () => {
      const { editor } = makeEditor(60, { complete });
      editor.input(`start "debian o\t`);
      expect(editor.text).toBe("start 'Debian old' ");
      editor.input("x");
      expect(editor.text).toBe("start 'Debian old' x");
    });

    it("says where a file belongs", () => {
      const { editor, screen } = makeEditor(40, { complete: () => ({ words: [], files: true }) });
      editor.input("import \t");
      expect(screen.text).toBe("posada> import\n(a file)\nposada> import");
    });
  });
});
