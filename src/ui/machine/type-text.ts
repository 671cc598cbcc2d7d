/** Text that is typed into the guest, key by key: what pasting is where a guest has no clipboard. Tells "closed". */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { typedText, typeInPieces } from "../../services/typed-text.ts";
import { icon } from "../icon/icon.ts";
import { Modal } from "../shared/modal.ts";
import "./type-text.css";

@customElement("type-text")
export class TypeText extends Modal {
  @property({ attribute: false }) session!: MachineSession;
  @state() private text = "";
  @state() private refused = false;
  /** null: nothing is being typed. */
  @state() private doneChars: number | null = null;
  private stop = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop.abort();
  }

  protected override heading(): string {
    return this.t.keys.typeText;
  }

  protected override body() {
    const words = this.t.keys;
    const { text, untypable } = typedText(this.text);
    const { doneChars } = this;
    const busy = doneChars !== null;
    return html`
      <p class="quiet">${words.typeHint}</p>
      <label class="text">
        <span>${words.typeLabel}</span>
        <textarea
          rows="6"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          .value=${this.text}
          ?readonly=${busy}
          @input=${(event: Event) => (this.text = (event.target as HTMLTextAreaElement).value)}
        ></textarea>
      </label>
      ${untypable.length > 0 ? html`<p class="warn" role="status">${words.untypable(untypable.join(" "))}</p>` : nothing}
      ${this.refused ? html`<p class="warn" role="status">${words.pasteRefused}</p>` : nothing}
      ${busy ? html`<progress aria-label=${words.typing} max=${text.length} .value=${doneChars}></progress>` : nothing}
      <div class="answers">
        <button type="button" class="button" ?disabled=${busy} @click=${() => void this.paste()}>
          ${icon("paste")}${words.paste}
        </button>
        <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
        <button
          type="button"
          class="button primary"
          ?disabled=${busy || text === "" || this.session.state !== "running"}
          @click=${() => void this.type(text)}
        >
          ${words.type}
        </button>
      </div>
    `;
  }

  private async paste(): Promise<void> {
    try {
      this.text = await navigator.clipboard.readText();
      this.refused = false;
    } catch {
      this.refused = true;
    }
  }

  private async type(text: string): Promise<void> {
    this.doneChars = 0;
    const { signal } = (this.stop = new AbortController());
    await typeInPieces(
      text,
      (piece) => this.session.typeText(piece),
      signal,
      (doneChars) => (this.doneChars = doneChars),
    );
    if (this.isConnected) this.dismiss();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "type-text": TypeText;
  }
}
