/**
 * The snapshots of a machine in the order of time, to be gone through with a slider: what the screen showed then, and the way
 * back. Tells "snapshotaction" (detail: SnapshotRequest).
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineRecord, SnapshotId, SnapshotRecord } from "../../protocol/library.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import type { SnapshotLooks } from "./snapshot-looks.ts";
import type { SnapshotRequest } from "./snapshot-panel.ts";

@customElement("snapshot-timeline")
export class SnapshotTimeline extends PageElement {
  @property({ attribute: false }) machine!: MachineRecord;
  @property({ attribute: false }) looks!: SnapshotLooks;
  /** null: the last one. */
  @state() private at: SnapshotId | null = null;

  constructor() {
    super();
    this.follow(() => this.looks);
  }

  protected override render() {
    const words = this.t.snapshots;
    const all = [...this.machine.snapshots].sort((a, b) => a.takenAt - b.takenAt);
    const place = Math.max(0, this.at === null ? all.length - 1 : all.findIndex(({ id }) => id === this.at));
    const shown = all[place];
    if (!shown) return nothing;
    const { url } = this.looks.of(shown.id);
    const text = [shown.name, when(shown)].join(", ");
    return html`
      <div class="timeline">
        <div class="picture">
          ${url ? html`<img src=${url} alt=${words.pictureOf(shown.name)} />` : html`<span>${icon("snapshot")}</span>`}
        </div>
        <label>
          <span class="visually-hidden">${words.moment}</span>
          <input
            type="range"
            min="0"
            max=${all.length - 1}
            step="1"
            .value=${String(place)}
            aria-valuetext=${text}
            @input=${(event: Event) => (this.at = all[Number((event.target as HTMLInputElement).value)]!.id)}
          />
        </label>
        <p class="ends" aria-hidden="true"><span>${when(all[0]!)}</span><span>${when(all.at(-1)!)}</span></p>
        <p class="about-moment">
          <strong>${shown.name}</strong>
          <span class="when"
            >${when(shown)} ·
            ${words.placeOf(place + 1, all.length)}${shown.automatic ? html` · ${words.automatic}` : nothing}</span
          >
        </p>
        <button
          type="button"
          class="button small"
          ?disabled=${this.machine.runs === "elsewhere"}
          @click=${() => this.send<SnapshotRequest>("snapshotaction", { action: "restore", machine: this.machine, snapshot: shown })}
        >
          ${icon("reset")}${words.restore}
        </button>
      </div>
    `;
  }
}

const when = ({ takenAt }: SnapshotRecord): string =>
  new Date(takenAt).toLocaleString(language.tag, { dateStyle: "short", timeStyle: "medium" });

declare global {
  interface HTMLElementTagNameMap {
    "snapshot-timeline": SnapshotTimeline;
  }
}
