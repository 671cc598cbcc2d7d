/** Spanish as @lit/localize loads it, when it is wanted; with what the terminal says. */
import { esFailures } from "./es-failures.ts";
import { es } from "./es.ts";
import { failureTemplates } from "./failures.ts";
import { templatesOf } from "./words.ts";

export { spanishCommands as commands } from "../../services/commands/command-words-es.ts";
export const templates = { ...templatesOf(es), ...failureTemplates(esFailures) };
