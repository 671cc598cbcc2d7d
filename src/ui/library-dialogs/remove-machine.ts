/** Asks whether machines are to be removed, and what becomes of their disks. Tells "answered" (detail: {media}) and "closed". */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { MachineRecord } from "../../protocol/library.ts";
import { language } from "../messages/language.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/form.css";

@customElement("remove-machine")
export class RemoveMachine extends Modal {
  @property({ attribute: false }) machine!: MachineRecord;

  protected override heading(): string {
    return this.t.library.removeTitle(this.machine.name);
  }

  protected override body() {
    const words = this.t.library;
    const { snapshots } = this.machine;
    return html`
      <form class="form" @submit=${this.submit}>
        <p>${words.removeText}</p>
        ${snapshots.length > 0 ? html`<p>${language.count(words.removeSnapshots, snapshots.length)}</p>` : nothing}
        <label class="check">
          <input type="checkbox" name="media" checked />
          <span>${words.removeMedia}<br /><small>${words.removeMediaHint}</small></span>
        </label>
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
          <button type="submit" class="button danger">${words.removeYes}</button>
        </div>
      </form>
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.send("answered", { media: new FormData(event.target as HTMLFormElement).has("media") });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "remove-machine": RemoveMachine;
  }
}
