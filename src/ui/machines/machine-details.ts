/**
 * One machine of the library: what it is made of, notes, snapshots. Tells "machineaction" (detail: ActionRequest) and
 * "closedetails".
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { SLOTS } from "../../protocol/library.ts";
import type { MachineRecord } from "../../protocol/library.ts";
import { defaultLimits } from "../../protocol/machine-config.ts";
import type { Clerk } from "../../services/clerk.ts";
import type { Desk } from "../../services/desk.ts";
import { actionsFor, mainActionFor } from "../../services/machine-actions.ts";
import type { MachineAction } from "../../services/machine-actions.ts";
import type { Preferences } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import { systemIcon } from "../icon/system-icon.ts";
import { language } from "../messages/language.ts";
import { systemWords } from "../shared/system-words.ts";
import { PageElement } from "../shared/page-element.ts";
import { actionIcons, actionMenu } from "./action-menu.ts";
import type { ActionRequest } from "./action-menu.ts";
import "./machine-picture.ts";
import "./snapshot-panel.ts";
import "./machine-details.css";

const MIB = 2 ** 20;
/** Beside the main one, those which have a button of their own. */
const SHOWN: readonly MachineAction[] = ["pause", "saveState", "shutDown", "settings"];

@customElement("machine-details")
export class MachineDetails extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) preferences!: Preferences;
  @property({ attribute: false }) machine!: MachineRecord;

  constructor() {
    super();
    this.follow(() => this.desk);
  }

  protected override render() {
    const { t, machine, clerk, desk } = this;
    const words = t.library;
    const main = mainActionFor(machine);
    const actions = actionsFor(machine);
    const date = (ms: number) => new Date(ms).toLocaleString(language.tag, { dateStyle: "medium", timeStyle: "short" });
    return html`
      <aside class="details" aria-label=${words.detailsOf(machine.name)}>
        <header>
          <button type="button" class="button plain back" @click=${() => this.send("closedetails")}>
            ${icon("back")}<span>${words.back}</span>
          </button>
          ${systemIcon(machine.osId)}
          <div class="title">
            <h2>${machine.name}</h2>
            <p class="state" data-state=${machine.state}>
              <span class="dot" aria-hidden="true"></span>${t.states[machine.state]}${
                machine.runs === "elsewhere" ? html` · ${words.elsewhere}` : nothing
              }
            </p>
          </div>
          <button
            type="button"
            class="button plain close"
            aria-label=${words.closeDetails}
            @click=${() => this.send("closedetails")}
          >
            ${icon("close")}
          </button>
        </header>
        ${machine.stateReason ? html`<p class="reason">${language.say(machine.stateReason)}</p>` : nothing}
        <machine-picture
          .clerk=${clerk}
          .desk=${desk}
          .machine=${machine}
          ?live=${desk.current?.machineId !== machine.id && !desk.ofLibrary(machine.id)?.apart}
        ></machine-picture>
        <div class="doing">
          ${main ? this.actionButton(main, true) : nothing}
          ${SHOWN.filter((action) => actions.has(action)).map((action) => this.actionButton(action, false))}
          ${actionMenu(machine, (request) => this.act(request))}
        </div>
        <section aria-labelledby="made-of">
          <h3 id="made-of">${words.system}</h3>
          <dl>
            <dt>${words.operatingSystem}</dt>
            <dd>${systemWords(machine.osId)}</dd>
            <dt>${t.settings.memory}</dt>
            <dd>${language.size(machine.hardware.memoryMiB * MIB)}</dd>
            <dt>${t.settings.processor}</dt>
            <dd>${t.settings.processors[machine.hardware.cpuModel]}${this.limits()}</dd>
            <dt>${t.settings.bootOrder}</dt>
            <dd>${machine.hardware.bootOrder.map((device) => t.devices[device]).join(", ")}</dd>
            ${
              machine.group
                ? html`<dt>${words.groupWord}</dt>
                    <dd>${machine.group.replaceAll("/", " › ")}</dd>`
                : nothing
            }
            <dt>${words.lastRun}</dt>
            <dd>${machine.lastRunAt === null ? words.never : date(machine.lastRunAt)}</dd>
          </dl>
        </section>
        <section aria-labelledby="drives">
          <h3 id="drives">${t.machine.drives}</h3>
          <dl>${this.drives()}</dl>
        </section>
        <section>
          <label>
            <span class="heading">${words.notes}</span>
            <textarea
              rows="3"
              placeholder=${words.notesHint}
              .value=${machine.notes}
              @change=${(event: Event) =>
                void clerk.modify(machine.id, { notes: (event.target as HTMLTextAreaElement).value })}
            ></textarea>
          </label>
        </section>
        <snapshot-panel .clerk=${clerk} .machine=${machine} .preferences=${this.preferences}></snapshot-panel>
      </aside>
    `;
  }

  private limits(): string {
    const { executionCapPercent, processorShares } = this.machine.limits;
    const words = this.t.editor;
    return [
      ...(executionCapPercent < 100 ? [words.atMost(language.percent(executionCapPercent / 100))] : []),
      ...(processorShares !== defaultLimits.processorShares ? [language.count(words.sharesOf, processorShares)] : []),
    ]
      .map((part) => `, ${part}`)
      .join("");
  }

  private drives() {
    const { machine, clerk, t } = this;
    const slots = SLOTS.filter((slot) => machine.media[slot]);
    if (slots.length === 0) return html`<dd class="none">${t.library.noMedia}</dd>`;
    return slots.map((slot) => {
      const medium = clerk.library.medium(machine.media[slot]!);
      return html`<dt>${t.library.slots[slot]}</dt>
        <dd>
          ${medium?.name ?? t.library.missing}${
            medium && medium.sizeBytes > 0
              ? html` <span class="size">${language.size(medium.sizeBytes)}</span>`
              : nothing
          }
        </dd>`;
    });
  }

  private actionButton(action: MachineAction, primary: boolean) {
    const label = this.t.library.actions[action];
    return html`<button
      type="button"
      class="button ${primary ? "primary" : ""}"
      aria-label=${this.t.library.actionOn(label, this.machine.name)}
      @click=${() => this.act({ action, ids: [this.machine.id] })}
    >
      ${icon(actionIcons[action])}${label}
    </button>`;
  }

  private act(request: ActionRequest): void {
    this.send("machineaction", request);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-details": MachineDetails;
  }
}
