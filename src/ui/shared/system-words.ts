/** What a system is called: by its own name, but for those that are none of the known. */
import { systemName } from "../../services/machine-list.ts";
import { isSystemId } from "../../services/systems/system-catalogue.ts";
import { language } from "../messages/language.ts";

export function systemWords(osId: string): string {
  return isSystemId(osId) && osId !== "other" ? systemName(osId) : language.messages.wizard.otherSystem;
}
