/**
 * A modal dialog: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back. An
 * element of this kind says what is in it; it is open as long as it stands in the page, and tells "closed".
 */
import { html } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../icon/icon.ts";
import { PageElement } from "./page-element.ts";
import "./modal.css";

export abstract class Modal extends PageElement {
  protected abstract heading(): string;
  protected abstract body(): TemplateResult;

  protected override render() {
    return html`
      <dialog aria-labelledby="dialog-heading" @close=${() => this.send("closed")} @click=${this.clicked}>
        <header>
          <h2 id="dialog-heading">${this.heading()}</h2>
          <button type="button" class="button plain" aria-label=${this.t.close} @click=${() => this.dismiss()}>
            ${icon("close")}
          </button>
        </header>
        <div class="body">${this.body()}</div>
      </dialog>
    `;
  }

  protected dismiss(): void {
    this.renderRoot.querySelector("dialog")!.close();
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector("dialog")!.showModal();
  }

  /** What lies around the dialog belongs to it; its contents do not count. */
  private clicked(event: MouseEvent): void {
    if (event.target === event.currentTarget) this.dismiss();
  }
}
