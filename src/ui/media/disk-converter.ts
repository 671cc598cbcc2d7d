/**
 * Asks for an image of a physical disk or another hypervisor's machine, which of its partitions are to come along, and what
 * becomes of them. Tells "convert" (detail: ConversionRequest) and "closed".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { ExportFormat } from "../../protocol/library.ts";
import type { ConversionResult, ConversionSource, PartitionFacts, SourceDisk } from "../../services/image-converter.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { fileSystemName } from "../shared/file-system-name.ts";
import { Modal } from "../shared/modal.ts";
import { pickFiles } from "../shared/pick-files.ts";
import "../shared/form.css";
import "../library-dialogs/snapshot-changes.css";

const FORMATS: readonly ExportFormat[] = ["qcow2", "vmdk", "vdi", "vhd", "vhd-fixed", "raw"];
const KINDS = ["machine", "disk", "file"] as const;

export interface ConversionRequest {
  source: ConversionSource;
  disk: SourceDisk;
  partitions: number[] | null;
  result: ConversionResult;
}

@customElement("disk-converter")
export class DiskConverter extends Modal {
  @property({ attribute: false }) open!: (files: readonly File[]) => Promise<ConversionSource>;
  @state() private source: ConversionSource | null = null;
  @state() private disk: SourceDisk | null = null;
  /** Those that stay behind. */
  @state() private left: ReadonlySet<number> = new Set();
  @state() private kind: ConversionResult["kind"] = "machine";
  @state() private format: ExportFormat = "qcow2";
  @state() private name = "";
  @state() private problem = "";
  @state() private busy = false;

  protected override heading(): string {
    return this.t.converter.title;
  }

  protected override body() {
    const { t, source, disk } = this;
    const words = t.converter;
    return html`
      <form class="form" @submit=${this.submit}>
        <p class="quiet">${words.hint}</p>
        <div class="source">
          <button type="button" class="button" @click=${() => void this.choose()}>
            ${icon("open")}${words.choose}
          </button>
          ${
            source && disk
              ? html`<p class="words">
                  <strong>${disk.name}</strong>
                  <span class="quiet">${source.format} · ${language.size(disk.sizeBytes)}</span>
                </p>`
              : nothing
          }
        </div>
        ${this.problem ? html`<p class="wrong" role="alert">${this.problem}</p>` : nothing}
        ${this.busy ? html`<p class="quiet" role="status">${t.media.reading}</p>` : nothing}
        ${
          source && source.disks.length > 1
            ? html`<label class="field">
                <span>${t.changes.disk}</span>
                <select
                  @change=${(event: Event) => this.use(source.disks[Number((event.target as HTMLSelectElement).value)]!)}
                >
                  ${source.disks.map(
                    ({ name, sizeBytes }, i) => html`<option value=${i}>${name} (${language.size(sizeBytes)})</option>`,
                  )}
                </select>
              </label>`
            : nothing
        }
        ${disk ? this.partitions(disk) : nothing} ${disk ? this.result() : nothing}
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${t.cancel}</button>
          <button type="submit" class="button primary" ?disabled=${!this.isComplete}>${words.convert}</button>
        </div>
      </form>
    `;
  }

  private partitions({ partitions, warnings }: SourceDisk) {
    const words = this.t.converter;
    if (!partitions || partitions.length === 0) return html`<p class="quiet">${words.noTable}</p>`;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label=${words.partitions}>
        <table>
          <caption class="visually-hidden">
            ${words.partitions}
          </caption>
          <thead>
            <tr>
              <th scope="col">${words.bring}</th>
              <th scope="col">${words.partition}</th>
              <th scope="col">${words.contents}</th>
              <th scope="col" class="number">${this.t.files.size}</th>
            </tr>
          </thead>
          <tbody>
            ${partitions.map((partition) => this.row(partition))}
          </tbody>
        </table>
      </div>
      ${warnings.map((warning) => html`<p class="concern">${icon("warning")}${language.say(warning)}</p>`)}
    `;
  }

  private row({ number, name, typeName, sizeBytes, facts, active }: PartitionFacts) {
    const words = this.t.converter;
    const contents = facts ? [fileSystemName(facts), facts.label && `“${facts.label}”`].filter(Boolean).join(" ") : "–";
    const title = [language.say(typeName), name && `“${name}”`, active ? words.starts : ""].filter(Boolean).join(", ");
    return html`<tr>
      <td>
        <input
          type="checkbox"
          aria-label=${words.bringPartition(number)}
          ?checked=${!this.left.has(number)}
          @change=${() => this.toggle(number)}
        />
      </td>
      <th scope="row">${number}: ${title}</th>
      <td>${contents}</td>
      <td class="number">${language.size(sizeBytes)}</td>
    </tr>`;
  }

  private result() {
    const { t, kind } = this;
    const words = t.converter;
    return html`
      <fieldset>
        <legend>${words.result}</legend>
        ${KINDS.map(
          (each) =>
            html`<label class="check">
              <input
                type="radio"
                name="kind"
                value=${each}
                ?checked=${each === kind}
                @change=${() => (this.kind = each)}
              />
              <span>${words.results[each]}</span>
            </label>`,
        )}
      </fieldset>
      ${
        kind === "file"
          ? html`<label class="field">
              <span>${t.media.format}</span>
              <select
                @change=${(event: Event) => (this.format = (event.target as HTMLSelectElement).value as ExportFormat)}
              >
                ${FORMATS.map((each) => html`<option value=${each} ?selected=${each === this.format}>${t.media.formats[each]}</option>`)}
              </select>
            </label>`
          : html`<label class="field">
              <span>${t.library.name}</span>
              <input
                autocomplete="off"
                maxlength="200"
                .value=${this.name}
                @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)}
              />
            </label>`
      }
    `;
  }

  private get chosen(): number[] {
    return this.disk?.partitions?.map(({ number }) => number).filter((number) => !this.left.has(number)) ?? [];
  }

  private get isComplete(): boolean {
    const { disk, kind } = this;
    if (!disk || this.busy || (kind !== "file" && this.name.trim() === "")) return false;
    return !disk.partitions || disk.partitions.length === 0 || this.chosen.length > 0;
  }

  private toggle(number: number): void {
    const left = new Set(this.left);
    if (!left.delete(number)) left.add(number);
    this.left = left;
  }

  private async choose(): Promise<void> {
    const files = await pickFiles({ multiple: true });
    if (files.length === 0) return;
    this.source = this.disk = null;
    this.problem = "";
    this.busy = true;
    try {
      const source = await this.open(files);
      this.source = source;
      this.name = source.name;
      this.use(source.disks[0]!);
    } catch (error) {
      this.problem = language.failure(error);
    } finally {
      this.busy = false;
    }
  }

  private use(disk: SourceDisk): void {
    this.disk = disk;
    this.left = new Set();
  }

  private submit(event: Event): void {
    event.preventDefault();
    const { source, disk, kind, format, name } = this;
    if (!source || !disk || !this.isComplete) return;
    this.send<ConversionRequest>("convert", {
      source,
      disk,
      // All of them is the disk as it is.
      partitions: this.left.size === 0 ? null : this.chosen,
      result: kind === "file" ? { kind, format } : { kind, name: name.trim() },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "disk-converter": DiskConverter;
  }
}
