/** What makes a page cross-origin isolated: SharedArrayBuffer (several processors) and precise timers. */
export const isolationHeaders = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
