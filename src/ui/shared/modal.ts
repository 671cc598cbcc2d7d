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
  /** What had the focus before. */
  private opener: Element | null = null;

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
    this.opener = document.activeElement;
    this.renderRoot.querySelector("dialog")!.showModal();
  }

  /** A dialog that is answered is taken away without being closed: the focus would be lost. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { opener } = this;
    queueMicrotask(() => {
      if (document.activeElement !== document.body || !(opener instanceof HTMLElement)) return;
      // Of a menu that is closed by now its button; where that is gone as well, what the page is about.
      const trigger = opener.closest("wa-dropdown")?.querySelector<HTMLElement>("[slot=trigger]");
      for (const target of [trigger ?? opener, document.querySelector<HTMLElement>("main")]) {
        if (target?.isConnected) target.focus({ preventScroll: true });
        if (document.activeElement !== document.body) return;
      }
    });
  }

  /** What lies around the dialog belongs to it; its contents do not count. */
  private clicked(event: MouseEvent): void {
    if (event.target === event.currentTarget) this.dismiss();
  }
}
