/** What stands in a machine's own window: its screen, and a bar with what is done most. Tells "windowback". */
import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { OpenMachine } from "../../services/open-machine.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import type { HostCommand } from "../screen/keyboard-capture.ts";
import "../screen/vm-screen.ts";
import type { VmScreen } from "../screen/vm-screen.ts";
import { PageElement } from "../shared/page-element.ts";
import "./machine-window.css";

@customElement("machine-window")
export class MachineWindow extends PageElement {
  @property({ attribute: false }) machine!: OpenMachine;

  constructor() {
    super();
    this.follow(() => this.machine?.session);
  }

  protected override render() {
    const { t, machine } = this;
    const { session } = machine;
    const words = t.machine;
    const running = session.takesInput && session.state === "running";
    return html`
      <main
        class="own"
        aria-label=${words.region(machine.title)}
        @keyboardrelease=${() => this.renderRoot.querySelector<HTMLElement>(".bar button")?.focus()}
        @hostcommand=${(event: CustomEvent<HostCommand>) => this.command(event.detail)}
      >
        <h1 class="visually-hidden">${machine.title}</h1>
        <vm-screen .machine=${session}></vm-screen>
        <div class="bar" role="group" aria-label=${words.controls}>
          ${
            session.state === "paused"
              ? this.tool("play", words.resume, () => session.resume())
              : this.tool("pause", words.pause, () => session.pause(), running)
          }
          ${this.tool("deleteKey", words.ctrlAltDel, () => this.command("ctrlAltDel"), running)}
          ${this.tool("powerButton", words.powerButton, () => session.pressPowerButton(), running)}
          ${this.tool("expand", words.fullScreen, () => this.command("fullScreen"))}
          <span class="state">${t.states[session.state]}</span>
          ${this.tool("back", words.backToPage, () => this.send("windowback"))}
        </div>
      </main>
    `;
  }

  protected override firstUpdated(): void {
    // The screen has no canvas before it has been rendered itself.
    void this.screen?.updateComplete.then(() => this.screen?.focusScreen());
  }

  private tool(name: IconName, label: string, act: () => unknown, enabled = true) {
    return html`<button
      type="button"
      class="button plain"
      aria-label=${label}
      title=${label}
      ?disabled=${!enabled}
      @click=${act}
    >
      ${icon(name)}
    </button>`;
  }

  private get screen(): VmScreen | null {
    return this.renderRoot.querySelector("vm-screen");
  }

  private command(command: HostCommand): void {
    const { session } = this.machine;
    switch (command) {
      case "ctrlAltDel":
        return void session.pressKeys(["ControlLeft", "AltLeft", "Delete"]);
      case "pause":
        return void (session.state === "paused" ? session.resume() : session.pause());
      case "fullScreen":
        return void this.toggleFullScreen();
    }
  }

  private async toggleFullScreen(): Promise<void> {
    const { ownerDocument } = this;
    if (ownerDocument.fullscreenElement) return void ownerDocument.exitFullscreen();
    // Where it is refused the window stays as it is.
    await this.renderRoot.querySelector(".own")!.requestFullscreen().catch(() => undefined); // prettier-ignore
    this.screen?.focusScreen();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-window": MachineWindow;
  }
}
