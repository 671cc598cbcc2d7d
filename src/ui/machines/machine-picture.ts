/** The picture of a machine of the library: live where it runs here and is not in view, else as it was last seen. */
import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineRecord } from "../../protocol/library.ts";
import type { Desk } from "../../services/desk.ts";
import type { Clerk } from "../../services/clerk.ts";
import { PageElement } from "../shared/page-element.ts";
import "./machine-thumbnail.ts";

@customElement("machine-picture")
export class MachinePicture extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) machine!: MachineRecord;
  /** Only one picture of a machine can be live. */
  @property({ type: Boolean }) live = false;
  @state() private picture: Uint8Array | null = null;
  private loaded = "";

  protected override render() {
    const { machine } = this;
    const session = this.live ? (this.desk.ofLibrary(machine.id)?.session ?? null) : null;
    return html`<machine-thumbnail
      .session=${session}
      .picture=${this.picture}
      .system=${machine.osId}
    ></machine-thumbnail>`;
  }

  protected override willUpdate(): void {
    const { id, thumbnailVersion } = this.machine;
    const wanted = `${id} ${thumbnailVersion}`;
    if (wanted === this.loaded) return;
    this.loaded = wanted;
    if (thumbnailVersion === 0) this.picture = null;
    else void this.load(wanted);
  }

  private async load(wanted: string): Promise<void> {
    let picture: Uint8Array | null = null;
    try {
      picture = await this.clerk.library.thumbnail(this.machine.id);
    } catch {
      // A machine without a picture shows its system.
    }
    if (this.loaded === wanted) this.picture = picture;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-picture": MachinePicture;
  }
}
