/** What comes with the page: every file with its package, version, licence and source. */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { GuestFile } from "../../services/guest-library.ts";
import { language } from "../messages/language.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/file-table.css";
import "./guest-files.css";

@customElement("guest-files")
export class GuestFiles extends Modal {
  @property({ attribute: false }) files: readonly GuestFile[] = [];

  protected override heading(): string {
    return this.t.files.heading;
  }

  protected override body() {
    const words = this.t.files;
    if (this.files.length === 0) return html`<p>${words.none}</p>`;
    return html`
      <p>${words.text}</p>
      <div class="file-table" tabindex="0" role="region" aria-label=${words.heading}>
        <table>
          <thead>
            <tr>
              <th scope="col">${words.file}</th>
              <th scope="col">${words.package}</th>
              <th scope="col">${words.version}</th>
              <th scope="col">${words.licence}</th>
              <th scope="col" class="number">${words.size}</th>
              <th scope="col">${words.source}</th>
            </tr>
          </thead>
          <tbody>
            ${this.files.map((file) => this.row(file))}
          </tbody>
        </table>
      </div>
    `;
  }

  private row(file: GuestFile) {
    return html`
      <tr>
        <th scope="row">${file.title}<span class="beside as-typed">${file.file}</span></th>
        <td>${file.package}</td>
        <td>${file.version}</td>
        <td>${file.licence}</td>
        <td class="number">${language.size(file.sizeBytes)}</td>
        <td>
          ${file.sources.map(
            (address, i) =>
              html`<a
                href=${address}
                rel="noreferrer"
                target="_blank"
                aria-label="${this.t.files.sourceOf(file.title)} ${i + 1}"
                >${new URL(address).pathname.split("/")[2] ?? new URL(address).host}</a
              > `,
          )}
        </td>
      </tr>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "guest-files": GuestFiles;
  }
}
