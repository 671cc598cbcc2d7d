/** A question with two answers. Tells "confirmed" and "closed". */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Modal } from "../shared/modal.ts";

@customElement("confirm-dialog")
export class ConfirmDialog extends Modal {
  @property() question = "";
  @property() text = "";
  @property() yes = "";

  protected override heading(): string {
    return this.question;
  }

  protected override body() {
    return html`
      <p>${this.text}</p>
      <div class="answers">
        <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
        <button type="button" class="button primary" @click=${() => this.send("confirmed")}>${this.yes}</button>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "confirm-dialog": ConfirmDialog;
  }
}
