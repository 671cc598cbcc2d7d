/**
 * The icons that elements of Web Awesome draw themselves. Its own are markup that is parsed when it is shown, which Trusted
 * Types forbid; these are symbols of one file, which the browser draws.
 */
import { registerIconLibrary } from "@awesome.me/webawesome/dist/components/icon/library.js";

registerIconLibrary("system", {
  resolver: (name) => new URL(`icons.svg#${name}`, document.baseURI).href,
  spriteSheet: true,
});
