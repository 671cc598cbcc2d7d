/**
 * Several machines side by side, each with its screen; the keyboard is that one's whose screen has the focus, and it is the
 * machine in view. Tells "showmachine", "alone" (detail: OpenMachine), "closemachine", "startopen".
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { OpenMachine } from "../../services/open-machine.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import type { HostCommand } from "../screen/keyboard-capture.ts";
import "../screen/vm-screen.ts";
import { PageElement } from "../shared/page-element.ts";
import { styled } from "../shared/styled.ts";
import "./machine-tiles.css";

@customElement("machine-tiles")
export class MachineTiles extends PageElement {
  @property({ attribute: false }) machines: readonly OpenMachine[] = [];
  @property({ attribute: false }) current: OpenMachine | null = null;

  protected override render() {
    const { machines } = this;
    const columns = Math.ceil(Math.sqrt(machines.length));
    return html`<ul class="tiles" ${styled({ "--columns": String(columns) })}>
      ${repeat(
        machines,
        (machine) => machine,
        (machine) => this.tile(machine),
      )}
    </ul>`;
  }

  private tile(machine: OpenMachine) {
    const { t } = this;
    const { session, title } = machine;
    const words = t.machine;
    const state = session.phase === "loading" ? t.loading.state : t.states[session.state];
    const tool = (name: IconName, label: string, act: () => unknown) =>
      html`<button
        type="button"
        class="button plain small"
        aria-label="${label}: ${title}"
        title=${label}
        @click=${act}
      >
        ${icon(name)}
      </button>`;
    return html`
      <li
        class=${machine === this.current ? "current" : ""}
        @focusin=${() => machine !== this.current && this.send("showmachine", machine)}
        @keyboardrelease=${(event: Event) =>
          (event.currentTarget as HTMLElement).querySelector<HTMLElement>("button")?.focus()}
        @hostcommand=${(event: CustomEvent<HostCommand>) => this.command(machine, event.detail)}
      >
        <header>
          <h2 title=${title}>${title}</h2>
          <span class="state" data-state=${session.state}><span class="dot" aria-hidden="true"></span>${state}</span>
          <div class="tools">
            ${session.state === "running" ? tool("pause", words.pause, () => session.pause()) : nothing}
            ${session.state === "paused" ? tool("play", words.resume, () => session.resume()) : nothing}
            ${
              session.phase === "ready" && !machine.isOn
                ? tool("play", words.start, () => this.send("startopen", machine))
                : nothing
            }
            ${tool("expand", words.alone, () => this.send("alone", machine))}
            ${tool("close", words.closeTile, () => this.send("closemachine", machine))}
          </div>
        </header>
        <vm-screen .machine=${session}></vm-screen>
      </li>
    `;
  }

  private command({ session }: OpenMachine, command: HostCommand): void {
    if (command === "ctrlAltDel") void session.pressKeys(["ControlLeft", "AltLeft", "Delete"]);
    else if (command === "pause") void (session.state === "paused" ? session.resume() : session.pause());
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-tiles": MachineTiles;
  }
}
