/** Asks for the format of an export. Tells "answered" (detail: ExportFormat) and "closed". */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { ExportFormat } from "../../protocol/library.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/form.css";

const FORMATS: readonly ExportFormat[] = ["qcow2", "vmdk", "vdi", "vhd", "vhd-fixed", "raw"];

@customElement("export-medium")
export class ExportMedium extends Modal {
  @property() name = "";

  protected override heading(): string {
    return this.t.media.exportTitle(this.name);
  }

  protected override body() {
    const words = this.t.media;
    return html`
      <form class="form" @submit=${this.submit}>
        <fieldset>
          <legend>${words.format}</legend>
          ${FORMATS.map(
            (format, i) =>
              html`<label class="check">
                <input type="radio" name="format" value=${format} ?checked=${i === 0} />
                <span>${words.formats[format]}</span>
              </label>`,
          )}
        </fieldset>
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
          <button type="submit" class="button primary">${words.actions.export}</button>
        </div>
      </form>
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.send("answered", new FormData(event.target as HTMLFormElement).get("format"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "export-medium": ExportMedium;
  }
}
