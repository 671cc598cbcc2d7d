/** The files on a medium: volumes, folders, a file as a download. Tells "closed" and "downloadfile" (detail: {read, name}). */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MediumRecord } from "../../protocol/library.ts";
import type { FileEntry, FileSystem, MediumFiles } from "../../services/medium-files.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { fileSystemName } from "../shared/file-system-name.ts";
import { Modal } from "../shared/modal.ts";
import "./medium-files.css";

/** More than this is cut off, and said so. */
const MOST_SHOWN = 2000;

export interface DownloadRequest {
  name: string;
  sizeBytes: number;
  read: () => AsyncGenerator<Uint8Array>;
}

@customElement("medium-files")
export class MediumFilesDialog extends Modal {
  @property({ attribute: false }) medium!: MediumRecord;
  @property({ attribute: false }) openFiles!: () => Promise<MediumFiles>;
  @state() private files: MediumFiles | null = null;
  @state() private volume: FileSystem | null = null;
  @state() private volumeIndex = -1;
  @state() private path: string[] = [];
  @state() private entries: FileEntry[] = [];
  @state() private problem = "";
  @state() private busy = true;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    void this.files?.close();
  }

  protected override heading(): string {
    return this.t.media.filesOf(this.medium.name);
  }

  protected override body() {
    const { t, files, path } = this;
    const words = t.media;
    return html`
      ${this.problem ? html`<p class="wrong" role="alert">${this.problem}</p>` : nothing}
      ${this.busy ? html`<p class="quiet" role="status">${words.reading}</p>` : nothing}
      ${
        files && files.volumes.length > 1
          ? html`<label class="volumes">
              <span>${words.volume}</span>
              <select @change=${(event: Event) => void this.enter(Number((event.target as HTMLSelectElement).value))}>
                ${files.volumes.map(
                  ({ number, facts, sizeBytes, typeName, readable }, i) =>
                    html`<option value=${i} ?disabled=${!readable} ?selected=${i === this.volumeIndex}>
                      ${number === null ? words.whole : words.partition(number)}:
                      ${[facts?.label, fileSystemName(facts) ?? language.say(typeName), language.size(sizeBytes)].filter(Boolean).join(", ")}
                    </option>`,
                )}
              </select>
            </label>`
          : nothing
      }
      ${
        this.volume
          ? html`
              <nav class="path" aria-label=${words.folder}>
                <button type="button" class="button plain small" @click=${() => void this.go([])}>
                  ${icon("disk")}/
                </button>
                ${path.map(
                  (name, i) =>
                    html`<button
                      type="button"
                      class="button plain small"
                      @click=${() => void this.go(path.slice(0, i + 1))}
                    >
                      ${name}
                    </button>`,
                )}
              </nav>
              <div class="scroll" tabindex="0" role="region" aria-label=${words.folder}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">${words.fileName}</th>
                      <th scope="col" class="number">${t.files.size}</th>
                      <th scope="col">${words.modified}</th>
                    </tr>
                  </thead>
                  <tbody>
                    ${this.entries.slice(0, MOST_SHOWN).map((entry) => this.row(entry))}
                  </tbody>
                </table>
                ${this.entries.length === 0 && !this.busy ? html`<p class="quiet">${words.emptyFolder}</p>` : nothing}
                ${this.entries.length > MOST_SHOWN ? html`<p class="quiet">${words.cut(MOST_SHOWN)}</p>` : nothing}
              </div>
            `
          : nothing
      }
    `;
  }

  private row(entry: FileEntry) {
    const { name, kind, sizeBytes, modified, target } = entry;
    const words = this.t.media;
    const label = kind === "folder" ? words.openFolder(name) : words.downloadFile(name);
    return html`
      <tr>
        <th scope="row">
          ${
            kind === "folder" || kind === "file"
              ? html`<button
                  type="button"
                  class="entry"
                  aria-label=${label}
                  title=${label}
                  @click=${() => (kind === "folder" ? void this.go([...this.path, name]) : this.download(entry))}
                >
                  ${icon(kind)}<span>${name}</span>
                </button>`
              : html`<span class="entry">${icon("file")}<span>${name}${target ? ` → ${target}` : ""}</span></span>`
          }
        </th>
        <td class="number">${kind === "file" ? language.size(sizeBytes) : ""}</td>
        <td>${modified ? modified.toLocaleDateString(language.tag) : ""}</td>
      </tr>
    `;
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    void this.begin();
  }

  private async begin(): Promise<void> {
    await this.attempt(async () => {
      const files = await this.openFiles();
      if (!this.isConnected) return void files.close();
      this.files = files;
      const first = files.volumes.findIndex(({ readable }) => readable);
      if (first < 0) this.problem = this.t.media.noFileSystem;
      else await this.enter(first);
    });
  }

  private async enter(index: number): Promise<void> {
    await this.attempt(async () => {
      this.volume = await this.files!.openVolume(index);
      this.volumeIndex = index;
      await this.list([]);
    });
  }

  private go(path: string[]): Promise<void> {
    return this.attempt(() => this.list(path));
  }

  private async list(path: string[]): Promise<void> {
    const entries = await this.volume!.list(path.join("/"));
    const order = ({ kind }: FileEntry) => (kind === "folder" ? 0 : 1);
    this.entries = entries.sort(
      (a, b) => order(a) - order(b) || a.name.localeCompare(b.name, undefined, { numeric: true }),
    );
    this.path = path;
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await action();
    } catch (error) {
      this.problem = language.failure(error);
    }
    this.busy = false;
  }

  private download({ name, sizeBytes }: FileEntry): void {
    const { volume } = this;
    const path = [...this.path, name].join("/");
    this.send<DownloadRequest>("downloadfile", { name, sizeBytes, read: () => volume!.read(path) });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "medium-files": MediumFilesDialog;
  }
}
