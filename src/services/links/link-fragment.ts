/** Tells links from other fragments, without what it takes to read them. */

export const KEY = "machine=";

/** Whether a fragment, with or without "#", means to be a link of ours. */
export function isLink(fragment: string): boolean {
  return fragment.replace(/^#/, "").startsWith(KEY);
}
