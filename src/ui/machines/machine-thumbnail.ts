/**
 * A small picture of a machine: what its screen shows now, drawn live by its worker, or how it looked when it was last
 * seen. A machine draws on one canvas: whoever shows its screen has it, so this is only for those not in view.
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { PageElement } from "../shared/page-element.ts";
import { styled } from "../shared/styled.ts";
import { systemIcon } from "../icon/system-icon.ts";
import "./machine-thumbnail.css";

@customElement("machine-thumbnail")
export class MachineThumbnail extends PageElement {
  /** Of a machine that runs in this page. */
  @property({ attribute: false }) session: MachineSession | null = null;
  /** A PNG, where there is no session or it shows nothing yet. */
  @property({ attribute: false }) picture: Uint8Array | null = null;
  /** Shown where there is no picture at all. */
  @property() system = "other";

  private shown: MachineSession | null = null;
  private drawn: Uint8Array | null = null;
  private url: string | null = null;
  /** Another one whenever it has been out of the page: a canvas is handed over once, and lists move what is in them. */
  private stay = {};

  constructor() {
    super();
    this.follow(() => this.session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stay = {};
    this.shown = null;
    this.forget();
  }

  private get live(): MachineSession | null {
    const { session } = this;
    const on = session?.phase === "ready" && session.state !== "poweredOff" && session.state !== "aborted";
    return on ? session : null;
  }

  protected override willUpdate(): void {
    if (this.drawn === this.picture) return;
    this.forget();
    this.drawn = this.picture;
    if (this.picture)
      this.url = URL.createObjectURL(new Blob([this.picture as Uint8Array<ArrayBuffer>], { type: "image/png" }));
  }

  protected override render() {
    const { live, url } = this;
    if (live)
      return keyed(
        this.stay,
        html`${keyed(
          live,
          html`<canvas
            aria-hidden="true"
            ${styled({ "aspect-ratio": String(live.screenMode?.aspect ?? 4 / 3) })}
          ></canvas>`,
        )}`,
      );
    return url
      ? html`<img src=${url} alt="" />`
      : html`<span class="blank">${systemIcon(this.system)}</span>${nothing}`;
  }

  protected override updated(): void {
    const { live } = this;
    if (this.shown === live) return;
    this.shown = live;
    const canvas = this.renderRoot.querySelector("canvas");
    if (live && canvas) void live.showOn(canvas);
  }

  private forget(): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    this.drawn = null;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-thumbnail": MachineThumbnail;
  }
}
