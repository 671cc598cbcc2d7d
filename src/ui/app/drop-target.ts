/** The whole window takes files that are dropped; while some hover over it, it says what will become of them. */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../icon/icon.ts";
import { PageElement } from "../shared/page-element.ts";
import "./drop-target.css";

/** Tells "openfiles" (detail: File[]). */
@customElement("drop-target")
export class DropTarget extends PageElement {
  @property() text = "";
  @state() private hovering = false;
  private listeners = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    const on = (type: string, handle: (event: DragEvent) => void) =>
      window.addEventListener(type, (event) => holdsFiles(event as DragEvent) && handle(event as DragEvent), {
        signal,
      });
    for (const type of ["dragenter", "dragover"])
      on(type, (event) => {
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
        this.hovering = true;
      });
    on("dragleave", (event) => {
      if (event.relatedTarget === null) this.hovering = false;
    });
    on("drop", (event) => {
      event.preventDefault();
      this.hovering = false;
      this.send("openfiles", [...(event.dataTransfer?.files ?? [])]);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.listeners.abort();
  }

  protected override render() {
    return this.hovering
      ? html`<div class="drop">
          ${icon("open")}
          <p>${this.text}</p>
        </div>`
      : nothing;
  }
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

declare global {
  interface HTMLElementTagNameMap {
    "drop-target": DropTarget;
  }
}
