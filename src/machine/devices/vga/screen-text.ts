/** The text-mode screen as lines of Unicode, from the codes in video memory and not from what glyphs look like. */
import { cp437ToText } from "./cp437.ts";
import { ScanGeometry } from "./scan-geometry.ts";
import { textBands, type TextSource } from "./text-picture.ts";

/** The rows on the screen, top to bottom, without trailing blanks. */
export function readTextScreen(source: TextSource, memory: Uint8Array): string[] {
  const geometry = new ScanGeometry(source, true);
  return textBands(geometry).map((band) => {
    const codes = Array.from(
      { length: geometry.columns },
      (_, column) => memory[geometry.address(band.y, column) << 2]!,
    );
    return cp437ToText(codes).trimEnd();
  });
}
