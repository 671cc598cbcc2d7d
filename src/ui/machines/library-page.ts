/**
 * The machines that are kept: searched, sorted, in nested groups, as cards or as a list; what is chosen is shown beside
 * them. Tells "machineaction" (detail: ActionRequest), "newmachine", "importfiles" and "openfiles" (detail: File[]),
 * "startmachine" (detail: ReadyMachine), "groupaction".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { MachineId, MachineRecord } from "../../protocol/library.ts";
import type { Clerk } from "../../services/clerk.ts";
import type { Desk } from "../../services/desk.ts";
import type { GuestCatalogue } from "../../services/guest-library.ts";
import { actionsFor, mainActionFor } from "../../services/machine-actions.ts";
import type { MachineAction } from "../../services/machine-actions.ts";
import { groupMachines, machinesIn, searchMachines } from "../../services/machine-list.ts";
import type { GroupNode } from "../../services/machine-list.ts";
import { MACHINE_SORTS } from "../../services/preferences.ts";
import type { MachineSort, Preferences } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import { systemIcon } from "../icon/system-icon.ts";
import { language } from "../messages/language.ts";
import { systemWords } from "../shared/system-words.ts";
import { PageElement } from "../shared/page-element.ts";
import { pickFiles } from "../shared/pick-files.ts";
import { actionIcons, actionMenu } from "./action-menu.ts";
import type { ActionRequest } from "./action-menu.ts";
import "./machine-details.ts";
import "./machine-picture.ts";
import "./library-page.css";

@customElement("library-page")
export class LibraryPage extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) preferences!: Preferences;
  @property({ attribute: false }) catalogue: GuestCatalogue | null = null;
  @property() chosen: MachineId | null = null;
  @state() private search = "";

  constructor() {
    super();
    this.follow(() => this.clerk?.library);
    this.follow(() => this.desk);
    this.follow(() => this.preferences);
  }

  protected override render() {
    const { t, clerk, preferences } = this;
    const words = t.library;
    const { sort, layout } = preferences.choices;
    const { machines } = clerk.library;
    const found = searchMachines(machines, this.search);
    const chosen = machines.find(({ id }) => id === this.chosen);
    return html`
      <div class="library ${chosen ? "with-details" : ""}">
        <div class="list-side">
          <header>
            <h1>${words.heading}</h1>
            <div class="doing">
              <button type="button" class="button primary" @click=${() => this.send("newmachine")}>
                ${icon("plus")}${words.newMachine}
              </button>
              <button type="button" class="button" @click=${() => void this.importFiles()}>
                ${icon("download")}${words.import}
              </button>
              <button type="button" class="button" @click=${() => void this.openFiles()}>
                ${icon("open")}${t.own.open}
              </button>
            </div>
          </header>
          <div class="finding">
            <label class="search">
              ${icon("search")}<span class="visually-hidden">${words.search}</span>
              <input
                type="search"
                placeholder=${words.search}
                .value=${this.search}
                @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)}
              />
            </label>
            <label class="sort">
              <span>${words.sort}</span>
              <select
                @change=${(event: Event) =>
                  preferences.set({ sort: (event.target as HTMLSelectElement).value as MachineSort })}
              >
                ${MACHINE_SORTS.map(
                  (each) => html`<option value=${each} ?selected=${each === sort}>${words.sorts[each]}</option>`,
                )}
              </select>
            </label>
            <div class="layouts" role="group" aria-label=${words.layout}>
              ${(["cards", "list"] as const).map(
                (each) =>
                  html`<button
                    type="button"
                    class="button plain"
                    aria-pressed=${each === layout ? "true" : "false"}
                    aria-label=${words.layouts[each]}
                    title=${words.layouts[each]}
                    @click=${() => preferences.set({ layout: each })}
                  >
                    ${icon(each)}
                  </button>`,
              )}
            </div>
          </div>
          ${machines.length === 0 ? html`<p class="quiet">${words.none}</p>` : nothing}
          ${
            found.length === 0 && machines.length > 0
              ? html`<p class="quiet">${words.nothingFound(this.search)}</p>`
              : nothing
          }
          ${this.group(groupMachines(found, sort), layout)} ${this.quickStart()}
        </div>
        ${
          chosen
            ? html`<machine-details
                .clerk=${clerk}
                .desk=${this.desk}
                .machine=${chosen}
                .preferences=${preferences}
                @closedetails=${() => this.choose(null)}
              ></machine-details>`
            : nothing
        }
      </div>
    `;
  }

  private group(group: GroupNode, layout: string): unknown {
    const { folded } = this.preferences.choices;
    const inside = html`
      ${
        group.machines.length > 0
          ? html`<ul class=${layout}>
              ${repeat(
                group.machines,
                ({ id }) => id,
                (machine) => this.card(machine),
              )}
            </ul>`
          : nothing
      }
      ${group.groups.map((each) => this.group(each, layout))}
    `;
    if (group.path === "") return inside;
    const open = !folded.includes(group.path) || this.search !== "";
    const all = machinesIn(group);
    return html`
      <section class="group" aria-label=${this.t.library.groupLabel(group.name)}>
        <header>
          <button type="button" class="fold" aria-expanded=${open ? "true" : "false"} @click=${() => this.fold(group)}>
            ${icon("chevron")}${icon("folder")}<span class="name">${group.name}</span>
            <span class="count">${language.count(this.t.library.count, all.length)}</span>
          </button>
          ${this.groupAction("start", all, group)}${this.groupAction("saveState", all, group)}${this.groupAction(
            "shutDown",
            all,
            group,
          )}
        </header>
        ${open ? html`<div class="inside">${inside}</div>` : nothing}
      </section>
    `;
  }

  /** Together: for those for which it is possible now. */
  private groupAction(action: MachineAction, machines: readonly MachineRecord[], group: GroupNode) {
    const ids = machines.filter((machine) => actionsFor(machine).has(action)).map(({ id }) => id);
    if (ids.length === 0) return nothing;
    const label = this.t.library.groupActions[action as "start" | "saveState" | "shutDown"](group.name);
    return html`<button
      type="button"
      class="button plain small"
      aria-label=${label}
      title=${label}
      @click=${() => this.act({ action, ids })}
    >
      ${icon(actionIcons[action])}
    </button>`;
  }

  private card(machine: MachineRecord) {
    const { t, desk } = this;
    const main = mainActionFor(machine);
    const chosen = machine.id === this.chosen;
    const mainLabel = main ? t.library.actions[main] : "";
    return html`
      <li
        class="card ${chosen ? "chosen" : ""}"
        @dblclick=${() => main && this.act({ action: main, ids: [machine.id] })}
        @contextmenu=${this.contextMenu}
      >
        <button
          type="button"
          class="choose"
          aria-label=${t.library.detailsOf(machine.name)}
          aria-pressed=${chosen ? "true" : "false"}
          @click=${() => this.choose(machine.id)}
        >
          <machine-picture
            .clerk=${this.clerk}
            .desk=${desk}
            .machine=${machine}
            ?live=${!chosen && desk.current?.machineId !== machine.id && !desk.ofLibrary(machine.id)?.apart}
          ></machine-picture>
        </button>
        <div class="about">
          ${systemIcon(machine.osId)}
          <div class="words">
            <h2 title=${machine.name}>${machine.name}</h2>
            <p class="state" data-state=${machine.state}>
              <span class="dot" aria-hidden="true"></span>${t.states[machine.state]}${
                machine.runs === "elsewhere" ? html` · ${t.library.elsewhere}` : nothing
              }
            </p>
            <p class="system">${systemWords(machine.osId)}</p>
          </div>
          ${
            main
              ? html`<button
                  type="button"
                  class="button small go"
                  aria-label=${t.library.actionOn(mainLabel, machine.name)}
                  title=${mainLabel}
                  @click=${() => this.act({ action: main, ids: [machine.id] })}
                >
                  ${icon(actionIcons[main])}
                </button>`
              : nothing
          }
          ${actionMenu(machine, (request) => this.act(request))}
        </div>
      </li>
    `;
  }

  /** The ready machines, one click away here too. */
  private quickStart() {
    const { t, catalogue } = this;
    const machines = catalogue?.machines ?? [];
    if (machines.length === 0) return nothing;
    return html`
      <section class="quick" aria-labelledby="quick-heading">
        <h2 id="quick-heading">${t.library.quickStart}</h2>
        <p class="quiet">${t.library.quickHint}</p>
        <ul>
          ${machines.map((machine) => {
            const title = t.guests[machine.id]?.title ?? machine.title;
            return html`<li>
              ${systemIcon("debian")}<span>${title}</span>
              <button
                type="button"
                class="button small"
                aria-label=${t.ready.startNamed(title)}
                @click=${() => this.send("startmachine", machine)}
              >
                ${icon("play")}${t.ready.start}
              </button>
            </li>`;
          })}
        </ul>
      </section>
    `;
  }

  private choose(id: MachineId | null): void {
    this.send("choosemachine", id);
  }

  private act(request: ActionRequest): void {
    this.send("machineaction", request);
  }

  /** The menu of the card, where a person looks for it with the other button. */
  private readonly contextMenu = (event: MouseEvent) => {
    const menu = (event.currentTarget as HTMLElement).querySelector<HTMLElement>(".more");
    if (!menu) return;
    event.preventDefault();
    menu.click();
  };

  private fold(group: GroupNode): void {
    const { folded } = this.preferences.choices;
    const open = folded.includes(group.path);
    this.preferences.set({ folded: open ? folded.filter((path) => path !== group.path) : [...folded, group.path] });
  }

  private async importFiles(): Promise<void> {
    this.send("importfiles", await pickFiles({ multiple: true }));
  }

  private async openFiles(): Promise<void> {
    this.send("openfiles", await pickFiles({ multiple: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "library-page": LibraryPage;
  }
}
