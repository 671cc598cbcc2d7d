/** Spanish as @lit/localize loads it, when it is wanted; with what the terminal says. */
import { es } from "./es.ts";
import { templatesOf } from "./words.ts";

export { spanishCommands as commands } from "../../services/commands/command-words-es.ts";
export const templates = templatesOf(es);
