/** Asks how a machine is to be cloned. Tells "answered" (detail: {name, how}) and "closed". */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { CloneOptions } from "../../protocol/library.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/form.css";

@customElement("clone-machine")
export class CloneMachine extends Modal {
  @property() machineName = "";
  @property() proposal = "";
  /** Of a snapshot. */
  @property() snapshotName = "";

  protected override heading(): string {
    const words = this.t.library;
    return this.snapshotName ? words.branchTitle(this.snapshotName) : words.cloneTitle(this.machineName);
  }

  protected override body() {
    const words = this.t.library;
    return html`
      <form class="form" @submit=${this.submit}>
        <label class="field">
          <span>${words.name}</span
          ><input name="name" autocomplete="off" required maxlength="200" .value=${this.proposal} />
        </label>
        <fieldset>
          <legend>${words.cloneHow}</legend>
          ${(["linked", "full"] as const).map(
            (how) => html`
              <label class="check">
                <input type="radio" name="how" value=${how} ?checked=${how === "linked"} />
                <span>${words.cloneHows[how]}<br /><small>${words.cloneHints[how]}</small></span>
              </label>
            `,
          )}
        </fieldset>
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
          <button type="submit" class="button primary">${words.actions.clone}</button>
        </div>
      </form>
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const name = String(data.get("name")).trim();
    if (name) this.send("answered", { name, how: data.get("how") as CloneOptions["how"] });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "clone-machine": CloneMachine;
  }
}
