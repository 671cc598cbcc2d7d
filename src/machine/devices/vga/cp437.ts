/**
 * The characters that the PC's built-in font shows, by code (code page 437 with the graphic characters of codes 0–31).
 * References: [VGA] "Character Set"; Unicode's mapping of CP437.
 */
export const CP437_CHARACTERS =
  " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼" +
  "►◄↕‼¶§▬↨↑↓→←∟↔▲▼" +
  " !\"#$%&'()*+,-./" +
  "0123456789:;<=>?" +
  "@ABCDEFGHIJKLMNO" +
  "PQRSTUVWXYZ[\\]^_" +
  "`abcdefghijklmno" +
  "pqrstuvwxyz{|}~⌂" +
  "ÇüéâäàåçêëèïîìÄÅ" +
  "ÉæÆôöòûùÿÖÜ¢£¥₧ƒ" +
  "áíóúñÑªº¿⌐¬½¼¡«»" +
  "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧" +
  "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩" +
  "≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

/** Character codes as text; NUL and the blank at FF are spaces. */
export function cp437ToText(codes: Iterable<number>): string {
  let text = "";
  for (const code of codes) text += CP437_CHARACTERS[code & 0xff]!;
  return text;
}
