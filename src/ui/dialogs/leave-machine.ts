/**
 * What becomes of a machine that is on and is to be closed. Tells "answered" (detail: LeaveAnswer) and "closed".
 */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { Modal } from "../shared/modal.ts";
import "./leave-machine.css";

export type LeaveAnswer = "saveState" | "shutDown" | "powerOff" | "behind";

@customElement("leave-machine")
export class LeaveMachine extends Modal {
  @property() name = "";
  /** One of the library. */
  @property({ type: Boolean }) kept = false;
  /** Whether its guest would hear of the power button. */
  @property({ type: Boolean }) running = false;

  protected override heading(): string {
    return this.t.leave.title(this.name);
  }

  protected override body() {
    const { kept } = this;
    const words = this.t.leave;
    return html`
      <p>${words.text}</p>
      <div class="ways">
        ${this.way("behind", "play", words.behind, words.behindHint)}
        ${kept ? this.way("saveState", "save", words.saveState, words.saveStateHint) : ""}
        ${this.running ? this.way("shutDown", "powerButton", words.shutDown, words.shutDownHint) : ""}
        ${this.way("powerOff", "plug", words.yes, words.yesHint)}
      </div>
      <div class="answers">
        <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
      </div>
    `;
  }

  private way(answer: LeaveAnswer, name: IconName, label: string, hint: string) {
    return html`<button type="button" class="way" aria-label=${label} @click=${() => this.send("answered", answer)}>
      ${icon(name)}<span><strong>${label}</strong><small>${hint}</small></span>
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "leave-machine": LeaveMachine;
  }
}
