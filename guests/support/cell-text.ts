/**
 * Reads text off a picture that a guest drew with a font of its own, in cells of one size. No font comes along: what
 * the glyphs look like is learnt from a text that must stand on the picture. A text is taken to be found only where
 * equal characters have equal glyphs, different characters different ones, and blanks are blank, so that a long text
 * cannot be found where it does not stand.
 */
import type { Picture } from "./picture.ts";

/** Stands for a glyph that has not been learnt. */
export const UNKNOWN = "�";

/** A cell as drawn: which pixels are not of the background color, and what that is. */
interface Cell {
  glyph: string;
  background: number;
}

export class CellReader {
  private readonly characters = new Map<string, string>();

  constructor(
    private readonly cellWidthPx: number,
    private readonly cellHeightPx: number,
  ) {}

  /** Finds a text and learns its glyphs. @returns whether it stands on the picture, within one row */
  learn(picture: Picture, text: string): boolean {
    for (const row of this.rows(picture))
      for (let column = 0; column + text.length <= row.length; column++) {
        const learnt = this.match(row.slice(column, column + text.length), text);
        if (!learnt) continue;
        for (const [glyph, character] of learnt) this.characters.set(glyph, character);
        return true;
      }
    return false;
  }

  /** The rows of cells as text, without trailing blanks. */
  read(picture: Picture): string[] {
    return this.rows(picture).map((row) => this.textOf(row));
  }

  /** What stands on the background of a color in the row that has most of it. */
  readOn(picture: Picture, isColor: (color: number) => boolean): string {
    const marked = this.rows(picture).map((row) => row.filter(({ background }) => isColor(background)));
    return this.textOf(marked.reduce((most, row) => (row.length > most.length ? row : most))).trim();
  }

  private textOf(row: Cell[]): string {
    return row
      .map(({ glyph }) => (isBlank(glyph) ? " " : (this.characters.get(glyph) ?? UNKNOWN)))
      .join("")
      .trimEnd();
  }

  /** The glyphs of a text, if the cells can be it. */
  private match(cells: Cell[], text: string): Map<string, string> | null {
    const learnt = new Map<string, string>();
    const taken = new Map<string, string>();
    for (const [glyph, character] of this.characters) taken.set(character, glyph);
    for (const [i, { glyph }] of cells.entries()) {
      const character = text[i]!;
      if (isBlank(glyph) !== (character === " ")) return null;
      if (character === " ") continue;
      const known = this.characters.get(glyph) ?? learnt.get(glyph) ?? character;
      if (known !== character || (taken.get(character) ?? glyph) !== glyph) return null;
      learnt.set(glyph, character);
      taken.set(character, glyph);
    }
    return learnt;
  }

  private rows(picture: Picture): Cell[][] {
    const columns = Math.floor(picture.widthPx / this.cellWidthPx);
    return Array.from({ length: Math.floor(picture.heightPx / this.cellHeightPx) }, (_, row) =>
      Array.from({ length: columns }, (_, column) => this.cell(picture, row, column)),
    );
  }

  /** The commoner color of a cell is its background. */
  private cell(picture: Picture, row: number, column: number): Cell {
    const colors: number[] = [];
    const counts = new Map<number, number>();
    for (let y = 0; y < this.cellHeightPx; y++)
      for (let x = 0; x < this.cellWidthPx; x++) {
        const color = picture.color(column * this.cellWidthPx + x, row * this.cellHeightPx + y);
        colors.push(color);
        counts.set(color, (counts.get(color) ?? 0) + 1);
      }
    const [background] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
    return { background, glyph: colors.map((color) => (color === background ? "." : "#")).join("") };
  }
}

function isBlank(glyph: string): boolean {
  return !glyph.includes("#");
}
