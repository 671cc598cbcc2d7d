/**
 * The machines that are open in this page, to go from one to another; those not in view show what they do. Tells
 * "showmachine" (detail: OpenMachine), "closemachine" (detail: OpenMachine) and "sidebyside" (detail: whether).
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { OpenMachine } from "../../services/open-machine.ts";
import { icon } from "../icon/icon.ts";
import { PageElement } from "../shared/page-element.ts";
import "./machine-thumbnail.ts";
import "./open-machines.css";

@customElement("open-machines")
export class OpenMachines extends PageElement {
  @property({ attribute: false }) machines: readonly OpenMachine[] = [];
  @property({ attribute: false }) current: OpenMachine | null = null;
  /** All are in view. */
  @property({ type: Boolean }) tiled = false;
  /** As the library knows it. */
  @property({ attribute: false }) systemOf: (machine: OpenMachine) => string = () => "other";

  protected override render() {
    const { t, machines } = this;
    if (machines.length === 0) return nothing;
    return html`
      <nav aria-label=${t.open.heading}>
        <ul>
          ${repeat(
            machines,
            (machine) => machine,
            (machine) => this.item(machine),
          )}
        </ul>
        ${
          machines.length > 1 && this.current
            ? html`<button
                type="button"
                class="tile"
                aria-pressed=${this.tiled ? "true" : "false"}
                aria-label=${t.open.sideBySide}
                title=${t.open.sideBySide}
                @click=${() => this.send("sidebyside", !this.tiled)}
              >
                ${icon("tiles")}<span aria-hidden="true">${t.open.sideBySide}</span>
              </button>`
            : nothing
        }
      </nav>
    `;
  }

  private item(machine: OpenMachine) {
    const { t } = this;
    const { session, title } = machine;
    const current = machine === this.current;
    const state = session.phase === "loading" ? t.loading.state : t.states[session.state];
    return html`
      <li class=${current ? "current" : ""}>
        <button
          type="button"
          class="show"
          aria-current=${current ? "true" : "false"}
          @click=${() => this.send("showmachine", machine)}
        >
          <machine-thumbnail
            .session=${current || this.tiled || machine.apart ? null : session}
            .system=${this.systemOf(machine)}
          ></machine-thumbnail>
          <span class="words">
            <span class="name">${title}</span>
            <span class="state" data-state=${session.state}><span class="dot" aria-hidden="true"></span>${state}</span>
          </span>
        </button>
        <button
          type="button"
          class="close"
          aria-label=${t.open.close(title)}
          title=${t.open.close(title)}
          @click=${() => this.send("closemachine", machine)}
        >
          ${icon("close")}
        </button>
      </li>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "open-machines": OpenMachines;
  }
}
