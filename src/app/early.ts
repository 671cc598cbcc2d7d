/**
 * What can begin before the page's own script is there, which is large: the list of the site's guests is on its way, and where the
 * address asks for a machine at once, its Worker begins. The build gives this a script of its own (vite.config.ts).
 */
import { isLink } from "../services/links/link-fragment.ts";
import { prepareWorker } from "../services/vm-client.ts";

const isPublished = document.querySelector('meta[name="posada-machine"]') !== null;

/** The answer of the site; null on the page of a published machine, which has no list. */
export const manifest: Promise<Response> | null = isPublished
  ? null
  : fetch(new URL("guests/manifest.json", document.baseURI));
manifest?.catch(() => undefined); // who reads it is told

if (new URLSearchParams(location.search).has("autostart") && !isLink(location.hash)) prepareWorker();
