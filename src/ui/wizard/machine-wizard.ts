/**
 * A new machine: from what, which system, how much of everything, and a summary; step by step or on one page. It says
 * before, not after, where this host has too little. Tells "make" (detail: {draft, start}) and "closed".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { ReadyMachine } from "../../services/guest-library.ts";
import type { MachineDraft } from "../../services/machine-draft.ts";
import { hostMeans, weigh } from "../../services/systems/system-defaults.ts";
import type { HostConcern, HostMeans } from "../../services/systems/system-defaults.ts";
import type { SystemId } from "../../services/systems/system-catalogue.ts";
import { systemInfo } from "../../services/systems/system-catalogue.ts";
import { icon } from "../icon/icon.ts";
import { systemIcon } from "../icon/system-icon.ts";
import { language } from "../messages/language.ts";
import { systemWords } from "../shared/system-words.ts";
import { memoryField, nameField, processorField, systemField, textField } from "../shared/machine-fields.ts";
import { Modal } from "../shared/modal.ts";
import { pickFiles } from "../shared/pick-files.ts";
import "../shared/form.css";
import "./machine-wizard.css";

const STEPS = ["source", "hardware", "summary"] as const;
type Step = (typeof STEPS)[number];

@customElement("machine-wizard")
export class MachineWizard extends Modal {
  @property({ attribute: false }) draft!: MachineDraft;
  @property({ attribute: false }) ready: readonly ReadyMachine[] = [];
  /** Of machines that run now. */
  @property({ type: Number }) takenMiB = 0;
  @property({ attribute: false }) groups: readonly string[] = [];
  @state() private step: Step = "source";
  @state() private express = false;
  @state() private host: HostMeans = { memoryMiB: null, freeStorageBytes: null };

  constructor() {
    super();
    this.follow(() => this.draft);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void hostMeans().then((host) => (this.host = host));
  }

  protected override heading(): string {
    return this.t.wizard.title;
  }

  protected override body() {
    const words = this.t.wizard;
    const { express, step } = this;
    const place = STEPS.indexOf(step);
    const last = express || place === STEPS.length - 1;
    return html`
      <form class="form wizard" @submit=${this.submit}>
        <div class="top">
          <ol class="steps" ?hidden=${express} aria-label=${words.steps}>
            ${STEPS.map(
              (each, i) =>
                html`<li class=${i < place ? "done" : ""} aria-current=${each === step ? "step" : nothing}>
                  ${words.stepNames[each]}
                </li>`,
            )}
          </ol>
          <label class="check express">
            <input
              type="checkbox"
              .checked=${express}
              @change=${(event: Event) => (this.express = (event.target as HTMLInputElement).checked)}
            />
            <span>${words.express}</span>
          </label>
        </div>
        ${express || step === "source" ? this.source() : nothing}
        ${express || step === "hardware" ? this.hardware() : nothing}
        ${express || step === "summary" ? this.summary() : nothing} ${this.concerns()}
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${this.t.cancel}</button>
          ${
            !express && place > 0
              ? html`<button type="button" class="button" @click=${() => this.go(place - 1)}>${words.back}</button>`
              : nothing
          }
          <button type="submit" class="button primary" ?disabled=${!this.mayGoOn}>
            ${last ? words.create : words.next}
          </button>
        </div>
      </form>
    `;
  }

  private get mayGoOn(): boolean {
    const { draft, step, express } = this;
    if (draft.looking) return false;
    const { faults } = draft;
    if (express || step === "summary") return faults.length === 0;
    return step === "source" ? !faults.some((fault) => fault.startsWith("name")) : faults.length === 0;
  }

  private source() {
    const { t, draft } = this;
    const words = t.wizard;
    const { plan, faults, finding } = draft;
    const media = [plan.cdrom, plan.floppy, plan.kernel, plan.initrd, ...plan.disks].filter(
      (each) => each !== undefined,
    );
    const chosenReady = this.ready.findIndex((each) => each.plan.kernel?.source === plan.kernel?.source);
    return html`
      <fieldset class="from">
        <legend>${words.from}</legend>
        <p class="hint">${words.fromHint}</p>
        <div class="ways-in">
          <button type="button" class="button" @click=${() => void this.pick()}>${icon("open")}${words.pick}</button>
          <select aria-label=${words.orReady} @change=${this.readyChosen}>
            <option value="" ?selected=${plan.kernel === undefined || chosenReady < 0}>${words.orReady}</option>
            ${this.ready.map(
              (each, i) =>
                html`<option value=${i} ?selected=${plan.kernel !== undefined && i === chosenReady}>
                  ${t.guests[each.id]?.title ?? each.title}
                </option>`,
            )}
          </select>
        </div>
        ${
          media.length > 0
            ? html`<ul class="media">
                ${media.map((medium) => html`<li>${icon("file")}<span>${medium.name}</span></li>`)}
              </ul>`
            : html`<p class="hint">${words.nothing}</p>`
        }
        ${draft.looking ? html`<p class="hint" role="status">${words.looking}</p>` : nothing}
        ${draft.problems.map(
          ({ name, message }) => html`<p class="wrong" role="alert">${name}: ${language.say(message)}</p>`,
        )}
        ${
          finding
            ? html`<p class="found" role="status">
                ${systemIcon(finding.system)}<span
                  >${words.recognised}<br /><strong>${finding.label || systemInfo(finding.system).name}</strong>${
                    finding.bits ? ` · ${words.bits(finding.bits)}` : ""
                  }</span
                >
              </p>`
            : nothing
        }
      </fieldset>
      <div class="two">
        ${nameField({
          name: "machine-name",
          value: draft.name,
          wrong: faults.includes("nameTaken") ? words.nameTaken : faults.includes("name") ? "" : undefined,
          change: (name) => draft.set("name", name),
        })}
        ${systemField({ value: draft.osId, change: (id) => draft.set("osId", id as SystemId) })}
        ${textField({
          label: t.library.groupWord,
          placeholder: words.noGroup,
          proposals: { id: "wizard-groups", texts: this.groups },
          value: draft.group,
          change: (group) => draft.change({ group }),
        })}
      </div>
    `;
  }

  private hardware() {
    const { t, draft } = this;
    const words = t.wizard;
    const { faults } = draft;
    const numberIn = (typed: string) => {
      const text = typed.trim().replace(",", ".");
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    };
    return html`
      <div class="two">
        ${memoryField({
          name: "memory",
          value: Number.isNaN(draft.memoryMiB) ? "" : String(draft.memoryMiB),
          isRight: !faults.includes("memory"),
          tell: "change",
          hint: words.memoryHint(systemWords(draft.osId), draft.leastMemoryMiB),
          change: (text) => draft.set("memoryMiB", numberIn(text)),
        })}
        ${processorField({
          value: draft.cpuModel,
          hint: words.processorHint,
          change: (model) => draft.set("cpuModel", model),
        })}
        ${textField({
          label: words.newDisk,
          name: "disk",
          unit: "GiB",
          inputmode: "decimal",
          value: language.number(draft.diskMiB / 1024, { maximumFractionDigits: 2, useGrouping: false }),
          wrong: faults.includes("disk") ? words.diskWrong : undefined,
          tell: "change",
          hint: words.diskHint,
          change: (text) => draft.set("diskMiB", Math.round(numberIn(text) * 1024)),
        })}
      </div>
    `;
  }

  private summary() {
    const { t, draft } = this;
    const words = t.wizard;
    const { plan } = draft;
    const media = [plan.cdrom, plan.floppy, plan.kernel, ...plan.disks].filter((each) => each !== undefined);
    return html`
      ${
        this.express
          ? nothing
          : html`<dl class="summary">
              <dt>${t.library.name}</dt>
              <dd>${draft.name}</dd>
              <dt>${t.library.operatingSystem}</dt>
              <dd>${systemWords(draft.osId)}</dd>
              <dt>${words.from}</dt>
              <dd>${media.map(({ name }) => name).join(", ") || words.nothing}</dd>
              <dt>${t.settings.memory}</dt>
              <dd>${language.size(draft.memoryMiB * 2 ** 20)}</dd>
              <dt>${t.settings.processor}</dt>
              <dd>${t.settings.processors[draft.cpuModel]}</dd>
              <dt>${words.newDisk}</dt>
              <dd>${draft.diskMiB > 0 ? language.size(draft.diskMiB * 2 ** 20) : words.noDisk}</dd>
            </dl>`
      }
      <label class="check">
        <input type="checkbox" name="start" checked />
        <span>${words.startNow}</span>
      </label>
    `;
  }

  /** What this host has too little of, wherever in the wizard one is. */
  private concerns() {
    const { draft } = this;
    const { memoryMiB, diskMiB, leastMemoryMiB } = draft;
    if (draft.faults.includes("memory") || draft.faults.includes("disk")) return nothing;
    const concerns = weigh({ memoryMiB, diskMiB, leastMemoryMiB, takenMiB: this.takenMiB }, this.host);
    return concerns.map(
      (concern) => html`<p class="concern" role="status">${icon("warning")}${this.words(concern)}</p>`,
    );
  }

  private words(concern: HostConcern): string {
    const words = this.t.wizard.concerns;
    const mib = (value: number) => language.size(value * 2 ** 20);
    switch (concern.kind) {
      case "memory":
        return concern.takenMiB > 0
          ? words.memoryTaken(mib(concern.hostMiB), mib(concern.takenMiB))
          : words.memory(mib(concern.hostMiB));
      case "systemMemory":
        return words.systemMemory(systemWords(this.draft.osId), mib(concern.leastMiB));
      case "storage":
        return words.storage(language.size(concern.freeBytes));
    }
  }

  private async pick(): Promise<void> {
    const files = await pickFiles({ multiple: true });
    if (files.length > 0) await this.draft.useFiles(files);
  }

  private readyChosen(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    const ready = value === "" ? undefined : this.ready[Number(value)];
    if (ready) this.draft.useReady(ready.plan, this.t.guests[ready.id]?.title ?? ready.title);
    else this.draft.useNothing();
  }

  private go(place: number): void {
    this.step = STEPS[place]!;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(".wizard input:not([type=checkbox])")?.focus(),
    );
  }

  private submit(event: Event): void {
    event.preventDefault();
    if (!this.mayGoOn) return;
    const place = STEPS.indexOf(this.step);
    if (!this.express && place < STEPS.length - 1) return this.go(place + 1);
    const start = new FormData(event.target as HTMLFormElement).has("start");
    this.send("make", { draft: this.draft, start });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-wizard": MachineWizard;
  }
}
