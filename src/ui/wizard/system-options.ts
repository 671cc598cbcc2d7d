/** The systems that are known, for a list to choose from, by family. */
import { html } from "lit";
import type { SystemFamily, SystemId } from "../../services/systems/system-catalogue.ts";
import { SYSTEMS } from "../../services/systems/system-catalogue.ts";
import { language } from "../messages/language.ts";

const FAMILIES: readonly SystemFamily[] = ["linux", "windows", "dos", "bsd", "unix", "hobby", "tool", "other"];

export function systemOptions(chosen: string) {
  const words = language.messages.wizard;
  const all = Object.entries(SYSTEMS) as [SystemId, { name: string; family: SystemFamily }][];
  return FAMILIES.map(
    (family) =>
      html`<optgroup label=${words.families[family]}>
        ${all
          .filter(([, info]) => info.family === family)
          .map(
            ([id, { name }]) =>
              html`<option value=${id} ?selected=${id === chosen}>
                ${id === "other" ? words.otherSystem : name}
              </option>`,
          )}
      </optgroup>`,
  );
}
