/** Asks for a name, and where it is wanted for a longer text. Tells "answered" (detail: {name, text}) and "closed". */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Modal } from "../shared/modal.ts";
import "../shared/form.css";

@customElement("text-prompt")
export class TextPrompt extends Modal {
  @property() question = "";
  @property() label = "";
  @property() value = "";
  /** Absent: only a name is asked for. */
  @property() textLabel = "";
  @property() textValue = "";
  @property() yes = "";
  @property() hint = "";
  /** Names to choose from. */
  @property({ attribute: false }) proposals: readonly string[] = [];
  /** Whether nothing is an answer. */
  @property({ type: Boolean }) mayBeEmpty = false;
  @state() private empty = false;

  protected override heading(): string {
    return this.question;
  }

  protected override body() {
    return html`
      <form class="form" @submit=${this.submit}>
        <label class="field">
          <span>${this.label}</span>
          <input
            name="name"
            autocomplete="off"
            maxlength="200"
            list=${this.proposals.length > 0 ? "text-proposals" : nothing}
            .value=${this.value}
            @input=${(event: Event) => (this.empty = (event.target as HTMLInputElement).value.trim() === "")}
          />
          ${this.hint ? html`<small class="hint">${this.hint}</small>` : nothing}
        </label>
        <datalist id="text-proposals">${this.proposals.map((each) => html`<option value=${each}></option>`)}</datalist>
        ${
          this.textLabel
            ? html`<label class="field">
                <span>${this.textLabel}</span><textarea name="text" rows="3" .value=${this.textValue}></textarea>
              </label>`
            : nothing
        }
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
          <button type="submit" class="button primary" ?disabled=${this.empty && !this.mayBeEmpty}>${this.yes}</button>
        </div>
      </form>
    `;
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    const input = this.renderRoot.querySelector<HTMLInputElement>("input[name=name]")!;
    input.focus();
    input.select();
    this.empty = input.value.trim() === "";
  }

  private submit(event: Event): void {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    this.send("answered", { name: String(data.get("name")).trim(), text: String(data.get("text") ?? "") });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "text-prompt": TextPrompt;
  }
}
