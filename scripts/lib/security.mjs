/**
 * What the pages of the site may do: the content security policy of each, for its own meta element and for the headers of
 * the project's servers. No script and no style stands in a page itself, but for what a hash names.
 *
 * References: [CSP3] 6 (directives), 2.4 (hashes), 8.2 ('wasm-unsafe-eval'); [TT] 3.1 (require-trusted-types-for).
 */
import { createHash } from "node:crypto";

/** lit-html: the page's templates; posada: its scripts (src/shared/trusted-types.ts). */
const TRUSTED = ["require-trusted-types-for 'script'", "trusted-types lit-html posada"];

const COMMON = [
  "default-src 'none'",
  // The core and what it compiles are WebAssembly. blob: starts a worker of another origin's posada.js.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  // Images of machines come from anywhere that a person agrees to.
  "connect-src 'self' http: https: blob: data:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** Texts of `<style>` elements in a page, which are let through by their hashes. */
function styleHashes(html) {
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) => text);
  return styles.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
}

/** For a meta element of the page; "frame-ancestors" is for headers alone. */
export function policyOf(html) {
  const styles = ["style-src 'self'", ...styleHashes(html)].join(" ");
  // The page of examples shows a frame of this site.
  return [...COMMON, styles, "frame-src 'self'", ...TRUSTED].join("; ");
}

/** Pages that may stand in frames of other sites. */
const FRAMED = ["/embed.html"];

/**
 * Pages without a policy of their own are somebody else's, who embeds a machine beside the site: they get none.
 * @param path of the address, from the site's root
 * @param html the page's text; null for other files
 */
export function securityHeaders(path, html) {
  const isOurs = html === null || html.includes('http-equiv="Content-Security-Policy"');
  const ancestors = FRAMED.includes(path) ? "" : "; frame-ancestors 'self'";
  return {
    ...(isOurs ? { "Content-Security-Policy": policyOf(html ?? "") + ancestors } : {}),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    // Pages that are isolated themselves load posada.js and frames only where that is allowed.
    "Cross-Origin-Resource-Policy": "cross-origin",
  };
}
