/** Why `fetch` rejects, in words: browsers hide from pages whether a server is not there or does not allow them to read. */
export function whyUnreachable(): string {
  const isPage = typeof location === "object";
  return isPage
    ? "the server cannot be reached, or it does not allow this page to read the file (CORS)"
    : "the server cannot be reached";
}
