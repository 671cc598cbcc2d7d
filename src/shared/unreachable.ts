/** Why `fetch` rejects, in words: browsers hide from pages whether a server is not there or does not allow them to read. */
import { said } from "./said.ts";
import type { Said } from "./said.ts";
export function whyUnreachable(): Said {
  const isPage = typeof location === "object";
  return isPage
    ? said`the server cannot be reached, or it does not allow this page to read the file (CORS)`
    : said`the server cannot be reached`;
}
