/** What changed on a machine's disk between two snapshots, or until now: added, removed and changed files. Tells "closed". */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DISK_SLOTS } from "../../protocol/library.ts";
import type { MachineRecord, MediumId, SnapshotId } from "../../protocol/library.ts";
import type { Clerk } from "../../services/clerk.ts";
import { changesBetween, MOST_CHANGES } from "../../services/disk-changes.ts";
import type { FileChange, VolumeChanges } from "../../services/disk-changes.ts";
import type { MediumFiles } from "../../services/medium-files.ts";
import { language } from "../messages/language.ts";
import { fileSystemName } from "../shared/file-system-name.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/form.css";
import "./snapshot-changes.css";

/** The state of a machine that is off, among its snapshots. */
const NOW = "now";

@customElement("snapshot-changes")
export class SnapshotChanges extends Modal {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) machine!: MachineRecord;
  /** What is looked at first: from the one before it. */
  @property() snapshot: SnapshotId = "";
  @property({ attribute: false }) openFiles!: (id: MediumId, snapshot: SnapshotId | null) => Promise<MediumFiles>;
  @state() private from = "";
  @state() private to = "";
  @state() private disk: MediumId = "";
  @state() private volumes: VolumeChanges[] | null = null;
  @state() private problem = "";
  @state() private found = 0;
  private running: AbortController | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    const { snapshots } = this.machine;
    const chosen = snapshots.find(({ id }) => id === this.snapshot)!;
    const next = snapshots.find(({ parent }) => parent === chosen.id);
    this.from = chosen.parent ?? chosen.id;
    this.to = chosen.parent ? chosen.id : (next?.id ?? (this.isOff ? NOW : chosen.id));
    this.disk = this.disks()[0] ?? "";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.running?.abort();
  }

  /** What a running guest has written is not all on the disk yet. */
  private get isOff(): boolean {
    return this.machine.runs === null;
  }

  private disks(): MediumId[] {
    const all = [this.machine.media, ...this.machine.snapshots.map(({ media }) => media)];
    return [...new Set(all.flatMap((media) => DISK_SLOTS.map((slot) => media[slot])))].filter((id) => id !== undefined);
  }

  protected override heading(): string {
    return this.t.changes.title(this.machine.name);
  }

  protected override body() {
    const { t, machine, volumes } = this;
    const words = t.changes;
    const states = [...machine.snapshots].sort((a, b) => a.takenAt - b.takenAt);
    const select = (label: string, value: string, put: (value: string) => void) => html`
      <label class="field">
        <span>${label}</span>
        <select @change=${(event: Event) => this.choose(() => put((event.target as HTMLSelectElement).value))}>
          ${states.map(({ id, name }) => html`<option value=${id} ?selected=${id === value}>${name}</option>`)}
          ${this.isOff ? html`<option value=${NOW} ?selected=${value === NOW}>${t.snapshots.now}</option>` : nothing}
        </select>
      </label>
    `;
    const disks = this.disks();
    return html`
      <form class="form" @submit=${this.submit}>
        <div class="two">
          ${select(words.from, this.from, (value) => (this.from = value))}
          ${select(words.to, this.to, (value) => (this.to = value))}
        </div>
        ${
          disks.length > 1
            ? html`<label class="field">
                <span>${words.disk}</span>
                <select
                  @change=${(event: Event) => this.choose(() => (this.disk = (event.target as HTMLSelectElement).value))}
                >
                  ${disks.map(
                    (id) =>
                      html`<option value=${id} ?selected=${id === this.disk}>
                        ${this.clerk.library.medium(id)?.name ?? id}
                      </option>`,
                  )}
                </select>
              </label>`
            : nothing
        }
        <div class="answers">
          <button
            type="submit"
            class="button primary"
            ?disabled=${this.from === this.to || this.disk === "" || this.running !== null}
          >
            ${words.compare}
          </button>
        </div>
      </form>
      ${disks.length === 0 ? html`<p class="quiet">${words.noDisk}</p>` : nothing}
      ${this.problem ? html`<p class="wrong" role="alert">${this.problem}</p>` : nothing}
      ${this.running ? html`<p class="quiet" role="status">${this.found > 0 ? language.count(words.comparingFound, this.found) : words.comparing}</p>` : nothing}
      ${volumes ? html`<div class="scroll" tabindex="0" role="region" aria-label=${words.results}>${volumes.map((each) => this.volume(each))}</div>` : nothing}
    `;
  }

  private volume({ volume, state, changes, cut }: VolumeChanges) {
    const { t } = this;
    const words = t.changes;
    const { number, facts, typeName, sizeBytes } = volume;
    const name = number === null ? t.media.whole : t.media.partition(number);
    const details = [facts?.label, fileSystemName(facts) ?? language.say(typeName), language.size(sizeBytes)]
      .filter(Boolean)
      .join(", ");
    return html`
      <section>
        <h3>${name} <small>${details}</small></h3>
        ${
          state !== "compared"
            ? html`<p class="quiet">${words.states[state]}</p>`
            : changes.length === 0
              ? html`<p class="quiet">${words.same}</p>`
              : html`<table>
                    <thead>
                      <tr>
                        <th scope="col">${words.change}</th>
                        <th scope="col">${t.media.fileName}</th>
                        <th scope="col" class="number">${words.before}</th>
                        <th scope="col" class="number">${words.after}</th>
                      </tr>
                    </thead>
                    <tbody>
                      ${changes.map((change) => this.row(change))}
                    </tbody>
                  </table>
                  ${cut ? html`<p class="quiet">${t.media.cut(MOST_CHANGES)}</p>` : nothing}`
        }
      </section>
    `;
  }

  private row({ path, change, before, after }: FileChange) {
    const size = (entry: FileChange["before"]) => (entry?.kind === "file" ? language.size(entry.sizeBytes) : "–");
    return html`<tr>
      <td class="change ${change}">${this.t.changes.kinds[change]}</td>
      <th scope="row">${path}${(after ?? before)?.kind === "folder" ? "/" : ""}</th>
      <td class="number">${size(before)}</td>
      <td class="number">${size(after)}</td>
    </tr>`;
  }

  /** What was found belongs to another choice. */
  private choose(put: () => void): void {
    put();
    this.running?.abort();
    this.running = null;
    this.volumes = null;
    this.problem = "";
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const stop = new AbortController();
    this.running = stop;
    this.volumes = null;
    this.problem = "";
    this.found = 0;
    const opened: MediumFiles[] = [];
    try {
      for (const state of [this.from, this.to])
        opened.push(await this.openFiles(this.disk, state === NOW ? null : state));
      const onFound = (count: number) => count % 50 === 0 && (this.found = count);
      const volumes = await changesBetween(opened[0]!, opened[1]!, { signal: stop.signal, onFound });
      if (this.running === stop) this.volumes = volumes;
    } catch (error) {
      if (!stop.signal.aborted) this.problem = language.failure(error);
    } finally {
      for (const files of opened) await files.close();
      if (this.running === stop) this.running = null;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "snapshot-changes": SnapshotChanges;
  }
}
