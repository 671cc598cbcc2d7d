/** The page: header, what is in view (a place of the page or a machine), problems, dialogs, announcements. */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Desk, Notice } from "../../services/desk.ts";
import type { GuestCatalogue, ReadyMachine } from "../../services/guest-library.ts";
import { withSettings } from "../../services/machine-plan.ts";
import type { MachineSettings, Medium } from "../../services/machine-plan.ts";
import type { FileRole } from "../../services/media-intake.ts";
import type { OpenMachine } from "../../services/open-machine.ts";
import type { Preferences, ScreenScale } from "../../services/preferences.ts";
import "../dialogs/file-role.ts";
import "../dialogs/guest-files.ts";
import "../dialogs/leave-machine.ts";
import type { LeaveAnswer } from "../dialogs/leave-machine.ts";
import "../machine/machine-view.ts";
import "../machines/open-machines.ts";
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
  @state() private leaving: OpenMachine | null = null;
  @state() private announcement = "";
  private lastWords = "";

  constructor() {
    super();
    this.follow(() => this.desk);
    this.follow(() => this.preferences);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.desk.addEventListener("notice", this.noticed);
    window.addEventListener("beforeunload", this.askBeforeUnload);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.desk.removeEventListener("notice", this.noticed);
    window.removeEventListener("beforeunload", this.askBeforeUnload);
  }

  protected override render() {
    const { desk, t, preferences } = this;
    const { current, machines } = desk;
    return html`
      <div
        class="app ${current ? "with-machine" : ""}"
        @openfiles=${(event: CustomEvent<File[]>) => void desk.openFiles(event.detail)}
        @startmachine=${(event: CustomEvent<ReadyMachine>) => this.startReady(event.detail)}
        @settings=${(event: CustomEvent<MachineSettings>) => preferences.set({ machine: event.detail })}
        @scale=${(event: CustomEvent<ScreenScale>) => preferences.set({ scale: event.detail })}
        @leave=${() => this.close(desk.current)}
        @showmachine=${(event: CustomEvent<OpenMachine>) => desk.show(event.detail)}
        @closemachine=${(event: CustomEvent<OpenMachine>) => this.close(event.detail)}
        @startopen=${(event: CustomEvent<OpenMachine>) => void desk.start(event.detail)}
        @insert=${(event: CustomEvent<{ drive: "cdrom" | "floppy"; medium: Medium | null }>) =>
          void desk.insert(event.detail.drive, event.detail.medium)}
        @announce=${(event: CustomEvent<string>) => this.announce(event.detail)}
        @dismissproblem=${(event: CustomEvent<number>) => desk.dismiss(event.detail)}
        @resetmachine=${(event: CustomEvent<number>) => this.resetMachine(event.detail)}
        @guestfiles=${() => (this.filesShown = true)}
        @home=${() => this.home()}
      >
        <a class="skip" href="#main" @click=${this.skip}>${t.skipToContent}</a>
        <app-header .preferences=${preferences} .machineTitle=${current?.title ?? ""}></app-header>
        <main id="main" tabindex="-1">
          <problem-list .problems=${desk.problems}></problem-list>
          ${
            machines.length > (current ? 1 : 0)
              ? html`<open-machines .machines=${machines} .current=${current}></open-machines>`
              : nothing
          }
          ${
            current
              ? html`<machine-view .machine=${current} .scale=${preferences.choices.scale}></machine-view>`
              : html`<start-screen
                  .catalogue=${this.catalogue}
                  .settings=${preferences.choices.machine}
                ></start-screen>`
          }
        </main>
        <drop-target .text=${current ? t.own.dropBeside : t.own.dropHere}></drop-target>
        <div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
        ${this.dialogs()}
      </div>
    `;
  }

  protected override updated(): void {
    const { current } = this.desk;
    const { dataset } = document.documentElement;
    if (current) dataset.vmState = current.session.state;
    else delete dataset.vmState;
    document.title = current ? `${current.title} – ${this.t.appName}` : `${this.t.appName} – ${this.t.tagline}`;
    this.announceState();
  }

  private dialogs() {
    const { desk, leaving } = this;
    const { question } = desk;
    if (this.filesShown)
      return html`<guest-files
        .files=${this.catalogue?.files ?? []}
        @closed=${() => (this.filesShown = false)}
      ></guest-files>`;
    if (question)
      return html`<file-role
        .unclear=${question.unclear}
        @answered=${(event: CustomEvent<FileRole>) => void desk.answer(event.detail)}
        @closed=${() => void desk.answer(null)}
      ></file-role>`;
    if (leaving)
      return html`<leave-machine
        .name=${leaving.title}
        .kept=${leaving.machineId !== null}
        .running=${leaving.session.state === "running"}
        @answered=${(event: CustomEvent<LeaveAnswer>) => this.leaveBy(leaving, event.detail)}
        @closed=${() => (this.leaving = null)}
      ></leave-machine>`;
    return nothing;
  }

  private startReady(machine: ReadyMachine): void {
    const title = this.t.guests[machine.id]?.title ?? machine.title;
    void this.desk.open(withSettings({ ...machine.plan, title }, this.preferences.choices.machine), true);
  }

  private home(): void {
    const { current } = this.desk;
    // What loads or is off is left; what runs goes on.
    if (current && !current.isOn) void this.closeNow(current);
    else this.desk.show(null);
    this.focusMain();
  }

  private close(machine: OpenMachine | null): void {
    if (machine?.isOn) this.leaving = machine;
    else if (machine) void this.closeNow(machine);
  }

  private leaveBy(machine: OpenMachine, answer: LeaveAnswer): void {
    this.leaving = null;
    switch (answer) {
      case "behind":
        this.desk.show(null);
        return this.focusMain();
      case "saveState":
        return void this.desk.saveState(machine);
      case "shutDown":
        return void this.desk.shutDown(machine);
      case "powerOff":
        return void this.closeNow(machine);
    }
  }

  private async closeNow(machine: OpenMachine): Promise<void> {
    await this.desk.close(machine);
    if (!this.desk.current) this.focusMain();
  }

  private focusMain(): void {
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector("main")?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    });
  }

  private readonly askBeforeUnload = (event: BeforeUnloadEvent) => {
    if (this.desk.machines.some(({ isOn }) => isOn)) event.preventDefault();
  };

  private resetMachine(problemId: number): void {
    this.desk.dismiss(problemId);
    void this.desk.session?.reset();
  }

  private readonly skip = (event: Event) => {
    event.preventDefault();
    this.renderRoot.querySelector("main")?.focus();
  };

  private readonly noticed = (event: Event) => {
    const notice = (event as CustomEvent<Notice>).detail;
    const { inserted, ejected } = this.t.drives;
    this.announce(notice.name === null ? ejected[notice.drive] : inserted[notice.drive](notice.name));
  };

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
