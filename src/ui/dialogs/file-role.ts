/** Asks what a file is that does not say. Tells "answered" (detail: FileRole) and "closed". */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { FileRole, UnclearFile } from "../../services/media-intake.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { Modal } from "../shared/modal.ts";

const icons: Record<FileRole, IconName> = {
  disk: "disk",
  floppy: "floppy",
  cdrom: "disc",
  kernel: "memory",
  initrd: "box",
};

@customElement("file-role")
export class FileRoleDialog extends Modal {
  @property({ attribute: false }) unclear!: UnclearFile;

  protected override heading(): string {
    return this.t.roles.title(this.unclear.file.name);
  }

  protected override body() {
    return html`
      <p>${this.t.roles.text}</p>
      <div class="choices">
        ${this.unclear.choices.map(
          (role) =>
            html`<button type="button" class="button" @click=${() => this.send("answered", role)}>
              ${icon(icons[role])}${this.t.roles.names[role]}
            </button>`,
        )}
        <button type="button" class="button plain" @click=${() => this.dismiss()}>${this.t.cancel}</button>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "file-role": FileRoleDialog;
  }
}
