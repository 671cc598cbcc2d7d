/** The page: header, what is in view (the start screen or a machine), problems, dialogs, announcements. */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Desk, Notice } from "../../services/desk.ts";
import type { GuestCatalogue, ReadyMachine } from "../../services/guest-library.ts";
import { withSettings } from "../../services/machine-plan.ts";
import type { MachineSettings, Medium } from "../../services/machine-plan.ts";
import type { FileRole } from "../../services/media-intake.ts";
import type { Preferences } from "../../services/preferences.ts";
import "../dialogs/confirm-dialog.ts";
import "../dialogs/file-role.ts";
import "../dialogs/guest-files.ts";
import "../machine/machine-view.ts";
import { language } from "../messages/language.ts";
import "../problems/problem-list.ts";
import { PageElement } from "../shared/page-element.ts";
import "../start/start-screen.ts";
import "../theme/theme.css";
import "./app-header.ts";
import "./drop-target.ts";
import "./posada-app.css";

@customElement("posada-app")
export class PosadaApp extends PageElement {
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) preferences!: Preferences;
  /** null while it is loading. */
  @property({ attribute: false }) catalogue: GuestCatalogue | null = null;
  @state() private filesShown = false;
  @state() private leaving = false;
  @state() private announcement = "";
  private lastWords = "";

  constructor() {
    super();
    this.follow(() => this.desk);
    this.follow(() => this.desk?.session);
    this.follow(() => this.preferences);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.desk.addEventListener("notice", this.noticed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.desk.removeEventListener("notice", this.noticed);
  }

  protected override render() {
    const { desk, t } = this;
    const { session } = desk;
    return html`
      <div
        class="app ${session ? "with-machine" : ""}"
        @openfiles=${(event: CustomEvent<File[]>) => void desk.openFiles(event.detail)}
        @startmachine=${(event: CustomEvent<ReadyMachine>) => this.startReady(event.detail)}
        @settings=${(event: CustomEvent<MachineSettings>) => this.preferences.set({ machine: event.detail })}
        @leave=${() => this.leave()}
        @insert=${(event: CustomEvent<{ drive: Notice["drive"]; medium: Medium | null }>) =>
          void desk.insert(event.detail.drive, event.detail.medium)}
        @announce=${(event: CustomEvent<string>) => this.announce(event.detail)}
        @dismissproblem=${(event: CustomEvent<number>) => desk.dismiss(event.detail)}
        @resetmachine=${(event: CustomEvent<number>) => this.resetMachine(event.detail)}
        @guestfiles=${() => (this.filesShown = true)}
        @home=${() => this.leave()}
      >
        <a class="skip" href="#main" @click=${this.skip}>${t.skipToContent}</a>
        <app-header .preferences=${this.preferences} .machineTitle=${session?.plan.title ?? ""}></app-header>
        <main id="main" tabindex="-1">
          <problem-list .problems=${desk.problems}></problem-list>
          ${
            session
              ? html`<machine-view .session=${session}></machine-view>`
              : html`<start-screen
                  .catalogue=${this.catalogue}
                  .settings=${this.preferences.choices.machine}
                ></start-screen>`
          }
        </main>
        <drop-target .text=${session ? t.own.dropBeside : t.own.dropHere}></drop-target>
        <div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
        ${this.dialogs()}
      </div>
    `;
  }

  protected override updated(): void {
    const { session } = this.desk;
    const { dataset } = document.documentElement;
    if (session) dataset.vmState = session.state;
    else delete dataset.vmState;
    document.title = session ? `${session.plan.title} – ${this.t.appName}` : `${this.t.appName} – ${this.t.tagline}`;
    this.announceState();
  }

  private dialogs() {
    const { desk, t } = this;
    const { question } = desk;
    if (this.filesShown)
      return html`<guest-files
        .files=${this.catalogue?.files ?? []}
        @closed=${() => (this.filesShown = false)}
      ></guest-files>`;
    if (question?.kind === "role")
      return html`<file-role
        .unclear=${question.unclear}
        @answered=${(event: CustomEvent<FileRole>) => void desk.answer(event.detail)}
        @closed=${() => void desk.answer(null)}
      ></file-role>`;
    if (question?.kind === "replace")
      return html`<confirm-dialog
        .question=${t.replace.title}
        .text=${t.replace.text(question.files[0]!.file.name)}
        .yes=${t.replace.yes}
        @confirmed=${() => void desk.answerReplace(true)}
        @closed=${() => void desk.answerReplace(false)}
      ></confirm-dialog>`;
    if (this.leaving)
      return html`<confirm-dialog
        .question=${t.leave.title}
        .text=${t.leave.text}
        .yes=${t.leave.yes}
        @confirmed=${() => this.leaveNow()}
        @closed=${() => (this.leaving = false)}
      ></confirm-dialog>`;
    return nothing;
  }

  private startReady(machine: ReadyMachine): void {
    const title = this.t.guests[machine.id]?.title ?? machine.title;
    void this.desk.open(withSettings({ ...machine.plan, title }, this.preferences.choices.machine), true);
  }

  private leave(): void {
    const { session } = this.desk;
    if (session?.phase === "ready" && session.state !== "poweredOff" && session.state !== "aborted")
      this.leaving = true;
    else this.leaveNow();
  }

  private leaveNow(): void {
    this.leaving = false;
    void this.desk.leave().then(() => this.renderRoot.querySelector("main")?.focus());
  }

  private resetMachine(problemId: number): void {
    this.desk.dismiss(problemId);
    void this.desk.session?.reset();
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector("main")?.focus();
  }

  private readonly noticed = (event: Event) => {
    const { drive, name } = (event as CustomEvent<Notice>).detail;
    const { inserted, ejected } = this.t.drives;
    this.announce(name === null ? ejected[drive] : inserted[drive](name));
  };

  /** States of the machine are said when they change, not with every other change. */
  private announceState(): void {
    const { session } = this.desk;
    const words = session ? (session.phase === "loading" ? this.t.loading.state : this.t.states[session.state]) : "";
    if (words === this.lastWords) return;
    this.lastWords = words;
    this.announce(words);
  }

  private announce(words: string): void {
    this.announcement = words;
  }
}

/** Sets what the elements cannot: the document's language and colors. */
export function applyChoices({ choices }: Preferences): void {
  const root = document.documentElement;
  if (choices.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = choices.theme;
  if (choices.language) language.set(choices.language);
  root.lang = language.tag;
}

declare global {
  interface HTMLElementTagNameMap {
    "posada-app": PosadaApp;
  }
}
