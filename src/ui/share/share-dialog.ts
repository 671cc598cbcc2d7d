/** Makes a link of a machine: title, description, where its files are, and the link to copy. Tells "closed". */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { ShareDraft, SharedFile } from "../../services/links/share-draft.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { Modal } from "../shared/modal.ts";
import { saveFile } from "../shared/save-file.ts";
import "../shared/form.css";
import { linkSentence } from "../problems/problem-words.ts";
import "./share-dialog.css";

@customElement("share-dialog")
export class ShareDialog extends Modal {
  @property({ attribute: false }) draft!: ShareDraft;
  @property() name = "";
  /** Finds what has changed in the machine; null: it is off. */
  @property({ attribute: false }) capture: (() => Promise<Uint8Array | null>) | null = null;
  @state() private looking = false;
  /** The machine cannot tell what has changed; the page says why. */
  @state() private refused = false;
  @state() private said = "";

  constructor() {
    super();
    this.follow(() => this.draft);
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    void this.draft.sumUp();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.draft.stop();
  }

  protected override heading(): string {
    return this.t.share.heading(this.name);
  }

  protected override body() {
    const { draft, t } = this;
    const words = t.share;
    const written = (name: "title" | "description") => (event: Event) =>
      draft.set({ [name]: (event.target as HTMLInputElement).value });
    return html`
      <p>${words.intro}</p>
      <form class="form" @submit=${this.submit}>
        <label class="field">
          <span>${words.title}</span>
          <input autocomplete="off" maxlength="120" .value=${draft.title} @input=${written("title")} />
        </label>
        <label class="field">
          <span>${words.description}</span>
          <textarea rows="2" maxlength="2000" .value=${draft.description} @input=${written("description")}></textarea>
        </label>
        <section class="files" aria-label=${words.files}>
          <h3>${words.files}</h3>
          <ul>
            ${draft.files.map((file) => html`<li>${this.file(file)}</li>`)}
          </ul>
        </section>
        ${this.moment()} ${this.result()}
      </form>
    `;
  }

  private file(file: SharedFile) {
    const words = this.t.share;
    const { sizeBytes } = file;
    const size = sizeBytes === null ? "" : language.size(sizeBytes);
    const facts = {
      summing: words.summing,
      failed: words.failed,
      ready: size === "" ? words.noSize : file.sha256 === null ? words.noSum(size) : words.sum(size),
    }[file.state];
    return html`
      <p>
        <strong>${file.name}</strong> <span class="role">${this.t.link.roles[file.role]}</span>
        <span class="facts">${file.url === "" ? words.leftOut : facts}</span>
      </p>
      ${
        file.hasAddress
          ? html`<p class="address">${file.url}</p>`
          : html`<label class="field">
              <span>${words.address(file.name)}</span>
              <input
                type="url"
                autocomplete="off"
                placeholder="https://"
                .value=${file.url}
                @input=${(event: Event) => this.draft.setUrl(file, (event.target as HTMLInputElement).value)}
              />
              <small class="hint">${words.addressHint}</small>
            </label>`
      }
    `;
  }

  /** A link of this moment, for machines that went on from a published state. */
  private moment() {
    const { draft } = this;
    if (!this.capture || !draft.canHaveMoment) return nothing;
    const words = this.t.share;
    const { moment, needsFile } = draft;
    const size = moment ? language.size(moment.difference.length) : "";
    const still = this.refused ? words.momentRefused : words.momentHint;
    return html`
      <section class="moment">
        <label class="check">
          <input type="checkbox" .checked=${moment !== null} ?disabled=${this.looking} @change=${this.chooseMoment} />
          <span>${words.moment}</span>
        </label>
        <p class="hint" role="status">
          ${this.looking ? words.looking : moment === null ? still : needsFile ? words.inFile(size) : words.inLink(size)}
        </p>
        ${
          moment && needsFile
            ? html`<button type="button" class="button small" @click=${this.saveMoment}>${words.saveFile}</button>
                <label class="field">
                  <span>${words.differenceAddress}</span>
                  <input
                    type="url"
                    autocomplete="off"
                    placeholder="https://"
                    .value=${moment.url}
                    @input=${(event: Event) => draft.setMomentUrl((event.target as HTMLInputElement).value)}
                  />
                </label>`
            : nothing
        }
      </section>
    `; // prettier-ignore
  }

  private async chooseMoment(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    this.refused = false;
    if (!box.checked) return this.draft.setMoment(null);
    this.looking = true;
    const difference = (await this.capture?.()) ?? null;
    await this.draft.setMoment(difference);
    this.looking = false;
    this.refused = difference === null;
    box.checked = difference !== null;
  }

  private saveMoment(): void {
    const { moment, title } = this.draft;
    if (moment) saveFile(new Blob([moment.difference]), `${title || "posada"}.posada-state`);
  }

  private result() {
    const { draft, t } = this;
    const words = t.share;
    const made = draft.link();
    if ("problem" in made) return html`<p class="wrong" role="status">${linkSentence(made.problem)}</p>`;
    const { url } = made;
    return html`
      <label class="field">
        <span>${words.link}</span>
        <input
          name="link"
          readonly
          .value=${url}
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}
        />
        <small class="hint">${language.count(words.length, url.length)}${draft.summing ? ` · ${words.summing}` : ""}</small>
      </label>
      <div class="answers">
        <span class="said" role="status">${this.said}</span>
        ${
          typeof navigator.share === "function"
            ? html`<button type="button" class="button" @click=${() => void this.sendBy(url)}>
                ${icon("open")}${words.send}
              </button>`
            : nothing
        }
        <button type="submit" class="button primary" ?disabled=${draft.summing}>${icon("copy")}${words.copy}</button>
      </div>
    `; // prettier-ignore
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const made = this.draft.link();
    if (!("url" in made)) return;
    try {
      await navigator.clipboard.writeText(made.url);
      this.said = this.t.share.copied;
    } catch {
      this.said = this.t.share.copyRefused;
      this.renderRoot.querySelector<HTMLInputElement>("input[name=link]")!.focus();
    }
  }

  private async sendBy(url: string): Promise<void> {
    const { title, description } = this.draft;
    // Given up by the person: nothing to tell.
    await navigator.share({ title, text: description, url }).catch(() => undefined);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "share-dialog": ShareDialog;
  }
}
