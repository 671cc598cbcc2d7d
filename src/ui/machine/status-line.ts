/** What the machine does now, in one line: state, speed, halted share, screen, drives and keyboard lights. */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { language } from "../messages/language.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { PageElement } from "../shared/page-element.ts";
import { screenModeWords } from "./screen-mode-words.ts";
import "./status-line.css";

@customElement("status-line")
export class StatusLine extends PageElement {
  @property({ attribute: false }) session!: MachineSession;

  constructor() {
    super();
    this.follow(() => this.session);
  }

  protected override render() {
    const { session, t } = this;
    const { rates, screenMode, leds, plan } = session;
    const words = t.status;
    const loading = session.phase === "loading";
    return html`
      <div class="line" role="group" aria-label=${words.label}>
        <span class="state" data-state=${loading ? "starting" : session.state}>
          <span class="dot" aria-hidden="true"></span>${loading ? t.loading.state : t.states[session.state]}
        </span>
        ${
          rates
            ? html`<span class="figure" title=${words.speedTip}
                  >${words.speed(speed(rates.instructionsPerSecond))}</span
                >
                <span class="figure" title=${words.haltedTip}
                  >${words.halted(language.percent(rates.haltedShare))}</span
                >`
            : nothing
        }
        ${
          screenMode && session.state !== "poweredOff"
            ? html`<span class="figure wide">${screenModeWords(screenMode)}</span>`
            : nothing
        }
        <span class="lights">
          ${plan.disks.length > 0 ? this.drive("disk", words.disk, rates?.diskActive) : nothing}
          ${session.cdrom ? this.drive("disc", words.cdrom, rates?.cdromActive) : nothing}
          ${session.floppy ? this.drive("floppy", words.floppy, rates?.floppyActive) : nothing}
          ${this.led(words.numLock, leds.numLock)} ${this.led(words.capsLock, leds.capsLock)}
          ${this.led(words.scrollLock, leds.scrollLock)}
        </span>
      </div>
    `;
  }

  private drive(name: IconName, label: string, active = false) {
    const words = this.t.status;
    return html`<span class="light ${active ? "active" : ""}" title=${label}>
      ${icon(name)}<span class="visually-hidden">${label}: ${active ? words.active : words.idle}</span>
    </span>`;
  }

  private led(label: string, on: boolean) {
    const words = this.t.status;
    return html`<span class="led ${on ? "on" : ""}"
      >${label}<span class="visually-hidden">: ${on ? words.on : words.off}</span></span
    >`;
  }
}

function speed(instructionsPerSecond: number): string {
  const millions = instructionsPerSecond / 1e6;
  return language.number(millions, { maximumFractionDigits: millions < 10 ? 1 : 0 });
}

declare global {
  interface HTMLElementTagNameMap {
    "status-line": StatusLine;
  }
}
