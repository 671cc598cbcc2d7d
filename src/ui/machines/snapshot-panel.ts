/**
 * The snapshots of a machine as a tree, with the current state where it branched off. What is chosen can be restored,
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
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import "./snapshot-panel.css";

export interface SnapshotRequest {
  action: "restore" | "branch" | "rename" | "delete";
  machine: MachineRecord;
  snapshot: SnapshotRecord;
}

interface Looked {
  /** What the snapshot alone holds. */
  bytes: number | null;
  url: string | null;
}

@customElement("snapshot-panel")
export class SnapshotPanel extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) machine!: MachineRecord;
  @state() private chosen: SnapshotId | null = null;
  @state() private looked: Looked = { bytes: null, url: null };
  private lookedAt = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
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
          snapshots.length === 0
            ? html`<p class="quiet">${words.none}</p>`
            : html`<wa-tree
                selection="single"
                aria-label=${words.heading}
                @wa-selection-change=${(event: CustomEvent<{ selection: HTMLElement[] }>) =>
                  (this.chosen = event.detail.selection[0]?.dataset.id ?? null)}
              >
                ${this.branches(null)}
              </wa-tree>`
        }
        ${chosen ? this.about(chosen) : nothing}
      </section>
    `;
  }

  protected override willUpdate(): void {
    const chosen = this.machine.snapshots.find(({ id }) => id === this.chosen);
    const wanted = chosen ? `${this.machine.id} ${chosen.id} ${this.machine.snapshots.length}` : "";
    if (wanted === this.lookedAt) return;
    this.lookedAt = wanted;
    this.forget();
    if (chosen) void this.look(chosen, wanted);
  }

  private branches(parent: SnapshotId | null): TemplateResult[] {
    const { machine, t } = this;
    const items = machine.snapshots
      .filter((snapshot) => snapshot.parent === parent)
      .sort((a, b) => a.takenAt - b.takenAt)
      .map(
        (snapshot) => html`
          <wa-tree-item expanded data-id=${snapshot.id} ?selected=${snapshot.id === this.chosen}>
            ${icon(snapshot.hasMemory ? "memory" : "disk")}<span class="name">${snapshot.name}</span>
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

  private about(snapshot: SnapshotRecord) {
    const { t, machine, looked } = this;
    const words = t.snapshots;
    const date = new Date(snapshot.takenAt).toLocaleString(language.tag, { dateStyle: "medium", timeStyle: "short" });
    const send = (action: SnapshotRequest["action"]) =>
      this.send<SnapshotRequest>("snapshotaction", { action, machine, snapshot });
    return html`
      <div class="about">
        ${looked.url ? html`<img src=${looked.url} alt=${words.pictureOf(snapshot.name)} />` : nothing}
        <p class="when">
          ${date} ·
          ${snapshot.hasMemory ? words.withMemory : words.disksOnly}${
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
          <button type="button" class="button small" @click=${() => send("delete")}>
            ${icon("trash")}${words.delete}
          </button>
        </div>
      </div>
    `;
  }

  private async look(snapshot: SnapshotRecord, wanted: string): Promise<void> {
    const { library } = this.clerk;
    const [bytes, picture] = await Promise.all([
      library.snapshotBytes(this.machine.id, snapshot.id).catch(() => null),
      library.thumbnail(this.machine.id, snapshot.id).catch(() => null),
    ]);
    if (this.lookedAt !== wanted || !this.isConnected) return;
    const url = picture
      ? URL.createObjectURL(new Blob([picture as Uint8Array<ArrayBuffer>], { type: "image/png" }))
      : null;
    this.looked = { bytes, url };
  }

  private forget(): void {
    if (this.looked.url) URL.revokeObjectURL(this.looked.url);
    this.looked = { bytes: null, url: null };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "snapshot-panel": SnapshotPanel;
  }
}
