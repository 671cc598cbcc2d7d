/** The menu of what can be done with a machine of the library. Its items tell "machineaction" (detail: ActionRequest). */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import "@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js";
import type { MachineId, MachineRecord } from "../../protocol/library.ts";
import { actionsFor, MACHINE_ACTIONS } from "../../services/machine-actions.ts";
import type { MachineAction } from "../../services/machine-actions.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { language } from "../messages/language.ts";

export interface ActionRequest {
  action: MachineAction;
  ids: readonly MachineId[];
}

export const actionIcons: Record<MachineAction, IconName> = {
  start: "play",
  show: "expand",
  toFront: "expand",
  pause: "pause",
  resume: "play",
  reset: "reset",
  saveState: "save",
  shutDown: "powerButton",
  powerOff: "plug",
  discardState: "trash",
  snapshot: "snapshot",
  clone: "copy",
  export: "download",
  settings: "gear",
  rename: "edit",
  group: "folder",
  remove: "trash",
};

export function actionMenu(machine: MachineRecord, send: (request: ActionRequest) => void): TemplateResult {
  const words = language.messages.library;
  const actions = actionsFor(machine);
  return html`
    <wa-dropdown
      placement="bottom-end"
      @wa-select=${(event: CustomEvent<{ item: { value: string } }>) =>
        send({ action: event.detail.item.value as MachineAction, ids: [machine.id] })}
    >
      <button
        slot="trigger"
        type="button"
        class="button plain more"
        aria-label=${words.actionsOf(machine.name)}
        title=${words.actionsOf(machine.name)}
      >
        ${icon("dots")}
      </button>
      ${MACHINE_ACTIONS.map((action) =>
        actions.has(action)
          ? html`<wa-dropdown-item value=${action} variant=${action === "remove" ? "danger" : "default"}>
              <span slot="icon">${icon(actionIcons[action])}</span>${words.actions[action]}
            </wa-dropdown-item>`
          : nothing,
      )}
    </wa-dropdown>
  `;
}
