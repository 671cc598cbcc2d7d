/**
 * The first thing that a visitor sees: the default guest with one click, other ready machines, one's own images, and
 * the settings that go into whatever is started. Tells "startmachine" (detail: ReadyMachine), "openfiles" (detail:
 * File[]), "settings" (detail: MachineSettings), "newmachine", "importfiles" (detail: File[]), "keepoffline" and "dropoffline"
 * (detail: ReadyMachine).
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { GuestCatalogue, ReadyMachine } from "../../services/guest-library.ts";
import type { MachineSettings } from "../../services/machine-plan.ts";
import type { OfflineGuests } from "../../services/offline/offline-guests.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import { pickFiles } from "../shared/pick-files.ts";
import { innPicture } from "./inn-picture.ts";
import "./machine-settings.ts";
import "./start-screen.css";

const MIB = 2 ** 20;

@customElement("start-screen")
export class StartScreen extends PageElement {
  /** null while it is loading. */
  @property({ attribute: false }) catalogue: GuestCatalogue | null = null;
  @property({ attribute: false }) settings: MachineSettings = {};
  /** Whether machines can be kept here. */
  @property({ type: Boolean }) keeps = false;

  /** null: this browser keeps no files of the site. */
  @property({ attribute: false }) offline: OfflineGuests | null = null;

  constructor() {
    super();
    this.follow(() => this.offline);
  }

  protected override render() {
    const { t, catalogue } = this;
    const [first, ...others] = catalogue?.machines ?? [];
    return html`
      <div class="start">
        <div class="welcome">
          <h1>${t.tagline}</h1>
          <p>${t.intro}</p>
        </div>
        <section class="ready" aria-label=${t.ready.heading}>
          ${catalogue === null ? html`<p class="quiet">${t.loadingList}</p>` : nothing}
          ${catalogue && !first ? html`<p class="quiet">${t.ready.none}</p>` : nothing}
          ${first ? this.mainCard(first) : nothing}
          ${
            others.length > 0
              ? html`<h2>${t.ready.others}</h2>
                  <ul class="others">
                    ${others.map((machine) => this.card(machine))}
                  </ul>`
              : nothing
          }
        </section>
        <div class="side">
          <section class="own" aria-labelledby="own-heading">
            <h2 id="own-heading">${t.own.heading}</h2>
            <p>${t.own.hint}</p>
            <button type="button" class="button" @click=${() => void this.openFiles()}>
              ${icon("open")}${t.own.open}
            </button>
            <p class="kinds">${t.own.kinds}</p>
          </section>
          ${
            this.keeps
              ? html`<section class="keep" aria-labelledby="keep-heading">
                  <h2 id="keep-heading">${t.keep.heading}</h2>
                  <p>${t.keep.hint}</p>
                  <div class="ways-in">
                    <button type="button" class="button" @click=${() => this.send("newmachine")}>
                      ${icon("plus")}${t.library.newMachine}
                    </button>
                    <button type="button" class="button" @click=${() => void this.importFiles()}>
                      ${icon("download")}${t.library.import}
                    </button>
                  </div>
                </section>`
              : nothing
          }
          <machine-settings .settings=${this.settings}></machine-settings>
        </div>
      </div>
    `;
  }

  private words(machine: ReadyMachine) {
    return this.t.guests[machine.id] ?? { title: machine.title, description: "" };
  }

  private facts(machine: ReadyMachine) {
    const { t, settings } = this;
    const memory = language.size((settings.memoryMiB ?? machine.memoryMiB) * MIB);
    return html`
      <ul class="facts">
        ${machine.plan.kernel && machine.version ? html`<li>${t.ready.version(machine.version)}</li>` : nothing}
        ${machine.sizeBytes > 0 ? html`<li>${t.ready.download(language.size(machine.sizeBytes))}</li>` : nothing}
        <li>${t.ready.memory(memory)}</li>
      </ul>
    `;
  }

  private mainCard(machine: ReadyMachine) {
    const { title, description } = this.words(machine);
    return html`
      <article class="main-card">
        <div class="preview">${innPicture}</div>
        <div class="about">
          <h2>${title}</h2>
          <p>${description}</p>
          ${this.facts(machine)}
          <button
            type="button"
            class="button primary large"
            aria-label=${this.t.ready.startNamed(title)}
            @click=${() => this.send("startmachine", machine)}
          >
            ${icon("play")}${this.t.ready.start}
          </button>
          ${this.keeping(machine, title)}
        </div>
      </article>
    `;
  }

  private card(machine: ReadyMachine) {
    const { title, description } = this.words(machine);
    return html`
      <li class="card">
        <div class="about">
          <h3>${title}</h3>
          <p>${description}</p>
          ${this.facts(machine)} ${this.keeping(machine, title)}
        </div>
        <button
          type="button"
          class="button"
          aria-label=${this.t.ready.startNamed(title)}
          @click=${() => this.send("startmachine", machine)}
        >
          ${icon("play")}${this.t.ready.start}
        </button>
      </li>
    `;
  }

  /** Whether it is kept for offline use, and what changes that. */
  private keeping(machine: ReadyMachine, title: string) {
    const { offline } = this;
    const words = this.t.offline;
    if (!offline?.canKeep(machine)) return nothing;
    const { state, doneBytes } = offline.of(machine);
    const act = (type: "keepoffline" | "dropoffline", label: string, name: (title: string) => string) =>
      html`<button type="button" class="button plain small" aria-label=${name(title)} @click=${() => this.send(type, machine)}>
        ${type === "keepoffline" ? icon("download") : nothing}${label}
      </button>`;
    switch (state) {
      case "none":
        return html`<div class="offline">${act("keepoffline", words.keep, words.keepNamed)}</div>`;
      case "coming":
        return html`<div class="offline">
          <progress aria-label=${words.coming(title)} max=${machine.wholeBytes || 1} .value=${doneBytes}></progress>
          ${act("dropoffline", this.t.cancel, words.giveUp)}
        </div>`;
      case "kept":
        return html`<div class="offline">
          <span>${icon("keep")}${words.kept(language.size(machine.wholeBytes))}</span>
          ${act("dropoffline", words.drop, words.dropNamed)}
        </div>`;
    }
  } // prettier-ignore

  private async importFiles(): Promise<void> {
    const files = await pickFiles({ multiple: true });
    if (files.length > 0) this.send("importfiles", files);
  }

  private async openFiles(): Promise<void> {
    this.send("openfiles", await pickFiles({ multiple: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "start-screen": StartScreen;
  }
}
