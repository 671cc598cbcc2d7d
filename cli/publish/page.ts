/** The page of a published machine: the site's own, with the machine's title, description and picture for readers and previews. */
import type { PublishedDefinition } from "../../src/protocol/published.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => escapes[char]!);
}

/**
 * @param page the site's index.html
 * @param siteUrl of the folder where it will stand: services that show previews take no relative addresses
 */
export function pageOf(
  page: string,
  { title, description, picture }: PublishedDefinition,
  siteUrl: string | undefined,
): string {
  const image = picture === undefined || siteUrl === undefined ? picture : new URL(picture, siteUrl).href;
  const meta = (name: string, content: string | undefined, attribute = "name") =>
    content === undefined ? [] : [`    <meta ${attribute}="${name}" content="${escapeHtml(content)}" />`];
  const lines = [
    ...meta("posada-machine", "machine.json"),
    ...meta("description", description),
    ...meta("og:type", "website", "property"),
    ...meta("og:title", title, "property"),
    ...meta("og:description", description, "property"),
    ...meta("og:url", siteUrl, "property"),
    ...meta("og:image", image, "property"),
    ...meta("twitter:card", picture === undefined ? undefined : "summary_large_image"),
  ];
  return page
    .replace(/<title>[^<]*<\/title>/, () => `<title>${escapeHtml(title)}</title>`)
    .replace(/\s*<meta\s+name="description"[^>]*>/, () => "")
    .replace(/\s*<meta\s+(name|property)="(og|twitter):[^>]*>/g, () => "")
    .replace("</title>", () => `</title>\n${lines.join("\n")}`);
}
