/**
 * The page for iframes, embed.html: one `<posada-machine>` that fills it. Its attributes are the address's parameters; a link
 * in the fragment is the machine. `origin=https://school.example` names who may talk to it; it can be given several times.
 */
import { isLink } from "../services/links/link-fragment.ts";
import { DEFINING } from "./element-definition.ts";
import { readOrigins, serveFrame } from "./frame-calls.ts";
import "./posada-machine.ts";

const given = new URLSearchParams(location.search);
document.documentElement.lang = given.get("lang") ?? navigator.language;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`html, body { height: 100%; margin: 0; background: #120d0a; }
posada-machine { display: block; width: 100%; height: 100%; border-radius: 0; }`);
document.adoptedStyleSheets = [sheet];

const machine = document.createElement("posada-machine");
for (const name of [...DEFINING, "autostart", "pause-hidden", "controls"])
  if (given.has(name)) machine.setAttribute(name, given.get(name)!);
if (isLink(location.hash)) machine.setAttribute("src", location.href);

try {
  const origins = readOrigins(given.getAll("origin"));
  document.body.append(machine);
  if (window.parent !== window) serveFrame(machine, origins, window, window.parent);
} catch (error) {
  document.body.textContent = (error as Error).message;
  document.body.style.color = "#fbf3e6";
}
