/** COM1 in a terminal. The terminal itself (xterm.js) is loaded when this is first shown. Tells "consoleleft". */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { PageElement } from "../shared/page-element.ts";
import { hostKey } from "../screen/vm-screen.ts";
import type { SerialTerminal } from "./terminal.ts";
import "../terminal/console.css";
import "./serial-console.css";

@customElement("serial-console")
export class SerialConsole extends PageElement {
  @property({ attribute: false }) session!: MachineSession;
  @state() private opening = true;
  private terminal: SerialTerminal | null = null;
  private shown: MachineSession | null = null;

  protected override render() {
    const { t } = this;
    const name = hostKey === "MetaRight" ? t.machine.rightCommand : t.machine.rightCtrl;
    return html`
      <section class="console" aria-label=${t.serial.label}>
        <header>
          <h2>${t.serial.heading}</h2>
          <p>${t.serial.hint(name)}</p>
        </header>
        ${this.opening ? html`<p class="opening">${t.serial.opening}</p>` : nothing}
        <div class="terminal"></div>
      </section>
    `;
  }

  protected override firstUpdated(): void {
    void this.open();
  }

  protected override updated(): void {
    if (this.terminal && this.shown !== this.session) this.show();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.shown?.removeEventListener("serial", this.received);
    this.shown = null;
    this.terminal?.dispose();
    this.terminal = null;
  }

  private async open(): Promise<void> {
    const { SerialTerminal } = await import("./terminal.ts");
    if (!this.isConnected) return;
    this.terminal = new SerialTerminal(this.renderRoot.querySelector<HTMLElement>(".terminal")!, {
      label: this.t.serial.label,
      hostKey,
      typed: (bytes) => this.session.serialWrite(bytes),
      leave: () => this.send("consoleleft"),
    });
    this.opening = false;
    this.show();
    this.terminal.focus();
  }

  private show(): void {
    this.shown?.removeEventListener("serial", this.received);
    this.shown = this.session;
    this.terminal!.begin(this.session.serialHistory.bytes());
    this.session.addEventListener("serial", this.received);
  }

  private readonly received = (event: Event) => this.terminal?.write((event as CustomEvent<Uint8Array>).detail);
}

declare global {
  interface HTMLElementTagNameMap {
    "serial-console": SerialConsole;
  }
}
