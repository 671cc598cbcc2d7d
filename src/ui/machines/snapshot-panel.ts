/**
 * The snapshots of a machine as a tree or on a line of time, with the current state where it branched off. What is chosen can be restored,
 * branched into another machine, renamed, deleted. Tells "snapshotaction" (detail: SnapshotRequest) for what has to be
 * asked about, and "machineaction".
 */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import "@awesome.me/webawesome/dist/components/tree/tree.js";
import "@awesome.me/webawesome/dist/components/tree-item/tree-item.js";
import type { MachineRecord, SnapshotId, SnapshotRecord } from "../../protocol/library.ts";
import type { Clerk } from "../../services/clerk.ts";
import { actionsFor } from "../../services/machine-actions.ts";
import { AUTO_SNAPSHOT_MINUTES, AUTO_SNAPSHOTS_KEPT } from "../../services/preferences.ts";
import type { AutoSnapshotRule, Preferences } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import { SnapshotLooks } from "./snapshot-looks.ts";
import "./snapshot-timeline.ts";
import "./snapshot-panel.css";

export interface SnapshotRequest {
  action: "restore" | "branch" | "rename" | "changes" | "delete";
  machine: MachineRecord;
  snapshot: SnapshotRecord;
}

@customElement("snapshot-panel")
export class SnapshotPanel extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) machine!: MachineRecord;
  @property({ attribute: false }) preferences!: Preferences;
  @state() private chosen: SnapshotId | null = null;
  @state() private asTimeline = false;
  private readonly looks = new SnapshotLooks();
  /** Rows that have been opened once; what a person closes stays closed. */
  private readonly opened = new WeakSet<Element>();

  constructor() {
    super();
    this.follow(() => this.looks);
    this.follow(() => this.preferences);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.looks.forget();
  }

  protected override render() {
    const { t, machine } = this;
    const words = t.snapshots;
    const { snapshots } = machine;
    const chosen = snapshots.find(({ id }) => id === this.chosen);
    const canTake = actionsFor(machine).has("snapshot");
    return html`
      <section class="snapshots" aria-labelledby="snapshots-heading">
        <header>
          <h3 id="snapshots-heading">${words.heading}</h3>
          ${
            canTake
              ? html`<button
                  type="button"
                  class="button small"
                  @click=${() => this.send("machineaction", { action: "snapshot", ids: [machine.id] })}
                >
                  ${icon("snapshot")}${words.take}
                </button>`
              : nothing
          }
        </header>
        ${
          snapshots.length > 1
            ? html`<div class="shapes" role="group" aria-label=${words.shownAs}>
                ${this.shape(false, "branch", words.tree)}${this.shape(true, "clock", words.timeline)}
              </div>`
            : nothing
        }
        ${
          snapshots.length === 0
            ? html`<p class="quiet">${words.none}</p>`
            : this.asTimeline && snapshots.length > 1
              ? html`<snapshot-timeline .machine=${machine} .looks=${this.looks}></snapshot-timeline>`
              : html`<wa-tree
                  selection="single"
                  aria-label=${words.heading}
                  @wa-selection-change=${(event: CustomEvent<{ selection: HTMLElement[] }>) =>
                    (this.chosen = event.detail.selection[0]?.dataset.id ?? null)}
                >
                  ${this.branches(null)}
                </wa-tree>`
        }
        ${chosen && !(this.asTimeline && snapshots.length > 1) ? this.about(chosen) : nothing} ${this.automatic()}
      </section>
    `;
  }

  private shape(timeline: boolean, name: IconName, label: string) {
    return html`<button
      type="button"
      class="button plain small"
      aria-pressed=${timeline === this.asTimeline ? "true" : "false"}
      @click=${() => (this.asTimeline = timeline)}
    >
      ${icon(name)}${label}
    </button>`;
  }

  /** Whether the page takes some by itself. */
  private automatic() {
    const words = this.t.snapshots;
    const { id } = this.machine;
    const { autoSnapshots } = this.preferences.choices;
    const rule = autoSnapshots[id];
    const set = (change: Partial<AutoSnapshotRule> | null) => {
      const { [id]: _, ...others } = autoSnapshots;
      const usual = { everyMinutes: AUTO_SNAPSHOT_MINUTES[1]!, keep: AUTO_SNAPSHOTS_KEPT[1]! };
      const next: AutoSnapshotRule = Object.assign(usual, rule, change);
      this.preferences.set({ autoSnapshots: change === null ? others : { ...others, [id]: next } });
    };
    const number = (event: Event) => Number((event.target as HTMLSelectElement).value);
    return html`
      <div class="automatic">
        <label>
          <span>${words.automaticLabel}</span>
          <select @change=${(event: Event) => set(number(event) === 0 ? null : { everyMinutes: number(event) })}>
            <option value="0" ?selected=${!rule}>${words.never}</option>
            ${AUTO_SNAPSHOT_MINUTES.map(
              (minutes) =>
                html`<option value=${minutes} ?selected=${rule?.everyMinutes === minutes}>
                  ${language.count(words.every, minutes)}
                </option>`,
            )}
          </select>
        </label>
        ${
          rule
            ? html`<label>
                <span>${words.keepLabel}</span>
                <select @change=${(event: Event) => set({ keep: number(event) })}>
                  ${AUTO_SNAPSHOTS_KEPT.map(
                    (keep) => html`<option value=${keep} ?selected=${rule.keep === keep}>${words.keep(keep)}</option>`,
                  )}
                </select>
              </label>`
            : nothing
        }
      </div>
    `;
  }

  protected override willUpdate(): void {
    void this.looks.look(this.clerk, this.machine);
  }

  /** All is open at first. A row inside of a row closes itself when it comes into the page, whatever its attribute says. */
  protected override updated(): void {
    for (const row of this.renderRoot.querySelectorAll("wa-tree-item"))
      if (!this.opened.has(row)) {
        this.opened.add(row);
        row.expanded = true;
      }
  }

  private branches(parent: SnapshotId | null): TemplateResult[] {
    const { machine, t } = this;
    const items = machine.snapshots
      .filter((snapshot) => snapshot.parent === parent)
      .sort((a, b) => a.takenAt - b.takenAt)
      .map(
        (snapshot) => html`
          <wa-tree-item data-id=${snapshot.id} ?selected=${snapshot.id === this.chosen}>
            ${this.small(snapshot)}<span class="name">${snapshot.name}</span>${this.size(snapshot)}
            ${this.branches(snapshot.id)}
          </wa-tree-item>
        `,
      );
    if (machine.currentSnapshot === parent)
      items.push(
        html`<wa-tree-item class="now">${icon("play")}<span class="name">${t.snapshots.now}</span></wa-tree-item>`,
      );
    return items;
  }

  private small(snapshot: SnapshotRecord) {
    const { url } = this.looks.of(snapshot.id);
    return url ? html`<img class="small" src=${url} alt="" />` : icon(snapshot.hasMemory ? "memory" : "disk");
  }

  private size(snapshot: SnapshotRecord) {
    const { bytes } = this.looks.of(snapshot.id);
    return bytes === null ? nothing : html`<span class="size">${language.size(bytes)}</span>`;
  }

  private about(snapshot: SnapshotRecord) {
    const { t, machine } = this;
    const looked = this.looks.of(snapshot.id);
    const words = t.snapshots;
    const date = new Date(snapshot.takenAt).toLocaleString(language.tag, { dateStyle: "medium", timeStyle: "short" });
    const send = (action: SnapshotRequest["action"]) =>
      this.send<SnapshotRequest>("snapshotaction", { action, machine, snapshot });
    return html`
      <div class="chosen">
        ${looked.url ? html`<img src=${looked.url} alt=${words.pictureOf(snapshot.name)} />` : nothing}
        <p class="when">
          ${date} ·
          ${snapshot.hasMemory ? words.withMemory : words.disksOnly}${snapshot.automatic ? html` · ${words.automatic}` : nothing}${
            looked.bytes === null ? nothing : html` · ${words.holds(language.size(looked.bytes))}`
          }
        </p>
        ${snapshot.description ? html`<p>${snapshot.description}</p>` : nothing}
        <div class="doing">
          <button
            type="button"
            class="button small"
            ?disabled=${machine.runs === "elsewhere"}
            @click=${() => send("restore")}
          >
            ${icon("reset")}${words.restore}
          </button>
          <button type="button" class="button small" @click=${() => send("branch")}>
            ${icon("branch")}${words.branch}
          </button>
          <button type="button" class="button small" @click=${() => send("rename")}>
            ${icon("edit")}${words.rename}
          </button>
          <button type="button" class="button small" @click=${() => send("changes")}>
            ${icon("compare")}${words.changes}
          </button>
          <button type="button" class="button small" @click=${() => send("delete")}>
            ${icon("trash")}${words.delete}
          </button>
        </div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "snapshot-panel": SnapshotPanel;
  }
}
