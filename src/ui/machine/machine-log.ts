/** What happened to the machine: searchable, to be kept as a text file. */
import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { searchLog } from "../../services/machine-log.ts";
import type { LogEntry, LogEvent } from "../../services/machine-log.ts";
import type { MachineSession } from "../../services/machine-session.ts";
import type { VmState } from "../../protocol/vm-api.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import { saveFile } from "../shared/save-file.ts";
import { screenModeWords } from "./screen-mode-words.ts";

@customElement("machine-log")
export class MachineLogPanel extends PageElement {
  @property({ attribute: false }) session!: MachineSession;
  @state() private search = "";

  constructor() {
    super();
    this.follow(() => this.session?.log);
  }

  protected override render() {
    const words = this.t.log;
    const entries = searchLog(this.lines(), this.search);
    return html`
      <section class="panel" aria-label=${words.heading}>
        <header><h2>${words.heading}</h2></header>
        <div class="find">
          <input
            type="search"
            placeholder=${words.search}
            aria-label=${words.search}
            .value=${this.search}
            @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)}
          />
          <button type="button" class="button" @click=${() => this.save()}>${icon("download")}${words.save}</button>
        </div>
        <div class="content" tabindex="0" role="group" aria-label=${words.entries}>
          ${
            entries.length === 0
              ? html`<p class="quiet">${this.search ? words.nothingFound : words.empty}</p>`
              : html`<ol>
                  ${entries.map(
                    ({ entry, text }) =>
                      html`<li class="${entry.level} ${entry.event.kind}">
                        <time datetime=${new Date(entry.atMs).toISOString()}>${clock(entry.atMs)}</time
                        ><span>${text}</span>
                      </li>`,
                  )}
                </ol>`
          }
        </div>
      </section>
    `;
  }

  private lines(): { entry: LogEntry; text: string }[] {
    return this.session.log.entries.map((entry) => ({ entry, text: this.words(entry.event) }));
  }

  private words(event: LogEvent): string {
    const { t } = this;
    switch (event.kind) {
      case "state":
        return [t.states[event.state as VmState], event.reason && language.say(event.reason)]
          .filter(Boolean)
          .join(": ");
      case "screen":
        return t.log.screen(screenModeWords(event));
      case "medium":
        return event.name === null ? t.drives.ejected[event.drive] : t.drives.inserted[event.drive](event.name);
      case "postcode":
        return t.log.postCode(event.code.toString(16).padStart(2, "0").toUpperCase());
      case "guest":
        return event.text.trimEnd();
      case "failure":
        return language.say(event.message);
    }
  }

  private save(): void {
    const text = this.lines().map(
      ({ entry, text }) => `${new Date(entry.atMs).toISOString()} ${entry.level} ${text}\n`,
    );
    saveFile(new Blob(text, { type: "text/plain" }), `${this.session.plan.title || "posada"}.log`);
  }
}

function clock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(language.tag, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-log": MachineLogPanel;
  }
}
