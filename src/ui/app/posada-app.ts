/** The page: header, what is in view (a place of the page or a machine), problems, dialogs, announcements. */
import { html, nothing } from "lit";
import type { PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineId, MediumId, SnapshotOf } from "../../protocol/library.ts";
import type { Clerk, LibraryNotice } from "../../services/clerk.ts";
import type { PageShell } from "../../services/commands/page-shell.ts";
import type { Desk, Notice } from "../../services/desk.ts";
import type { GuestCatalogue, ReadyMachine } from "../../services/guest-library.ts";
import type { LinkOffer } from "../../services/links/link-offer.ts";
import type { ShareDraft } from "../../services/links/share-draft.ts";
import type { ImageConverter } from "../../services/image-converter.ts";
import { withSettings } from "../../services/machine-plan.ts";
import type { MachineSettings, Medium } from "../../services/machine-plan.ts";
import type { FileRole } from "../../services/media-intake.ts";
import type { MediumFiles } from "../../services/medium-files.ts";
import type { AppUpdates } from "../../services/offline/app-updates.ts";
import type { OfflineGuests } from "../../services/offline/offline-guests.ts";
import type { OpenMachine } from "../../services/open-machine.ts";
import type { Preferences, ScreenScale } from "../../services/preferences.ts";
import { saidBy } from "../../shared/said.ts";
import "../dialogs/file-role.ts";
import "../dialogs/guest-files.ts";
import "../dialogs/leave-machine.ts";
import type { LeaveAnswer } from "../dialogs/leave-machine.ts";
import "../jobs/job-list.ts";
import "../library-dialogs/library-dialogs.ts";
import type { LibraryDialogs } from "../library-dialogs/library-dialogs.ts";
import "../machine/machine-tiles.ts";
import "../machine/machine-view.ts";
import { openOwnWindow } from "../machine/own-window.ts";
import type { OwnWindow, WindowKind } from "../machine/own-window.ts";
import type { ActionRequest } from "../machines/action-menu.ts";
import "../machines/library-page.ts";
import "../machines/open-machines.ts";
import type { SnapshotRequest } from "../machines/snapshot-panel.ts";
import "../media/media-page.ts";
import type { MediumRequest } from "../media/media-page.ts";
import { bestLanguage, language } from "../messages/language.ts";
import "../problems/problem-list.ts";
import { PageElement } from "../shared/page-element.ts";
import "../start/start-screen.ts";
import "../terminal/command-terminal.ts";
import "../theme/theme.css";
import "./app-header.ts";
import type { Place } from "./app-header.ts";
import "./drop-target.ts";
import "./posada-app.css";

const TOAST_MS = 5000;

@customElement("posada-app")
export class PosadaApp extends PageElement {
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) preferences!: Preferences;
  /** null while it is loading. */
  @property({ attribute: false }) catalogue: GuestCatalogue | null = null;
  /** null: this browser keeps nothing, or the library is not open yet. */
  @property({ attribute: false }) clerk: Clerk | null = null;
  /** The command line of the page; there is one where there is a clerk. */
  @property({ attribute: false }) shell: PageShell | null = null;
  @property({ attribute: false }) openMediumFiles!: (id: MediumId, of?: SnapshotOf) => Promise<MediumFiles>;
  @property({ attribute: false }) converter!: ImageConverter;
  /** null: this browser keeps no files of the site, or the list is not read yet. */
  @property({ attribute: false }) offline: OfflineGuests | null = null;
  @property({ attribute: false }) updates: AppUpdates | null = null;
  /** A machine that came by a link and waits for the person's word. */
  @property({ attribute: false }) offer: LinkOffer | null = null;
  /** A machine of which a link is made. */
  @state() private sharing: { machine: OpenMachine; draft: ShareDraft } | null = null;
  /** Where a person went; null: nowhere yet. */
  @state() private wentTo: Place | null = null;
  @state() private chosen: MachineId | null = null;
  @state() private filesShown = false;
  @state() private leaving: OpenMachine | null = null;
  /** All open machines are in view. */
  @state() private tiled = false;
  private readonly windows = new Map<OpenMachine, OwnWindow>();
  @state() private announcement = "";
  /** What has just been done, for those who see. */
  @state() private toast = "";
  private toastTimer: ReturnType<typeof setTimeout> | undefined;
  private lastWords = "";

  constructor() {
    super();
    this.follow(() => this.desk);
    this.follow(() => this.preferences);
    this.follow(() => this.clerk?.library);
    this.follow(() => this.updates);
  }

  /** Who keeps machines sees them first. */
  private get place(): Place {
    if (!this.clerk) return "start";
    return this.wentTo ?? (this.clerk.library.machines.length > 0 ? "machines" : "start");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.desk.addEventListener("notice", this.noticed);
    window.addEventListener("beforeunload", this.askBeforeUnload);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("clerk")) return;
    const before = changed.get("clerk");
    before?.removeEventListener("notice", this.libraryNoticed);
    this.clerk?.addEventListener("notice", this.libraryNoticed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.desk.removeEventListener("notice", this.noticed);
    window.removeEventListener("beforeunload", this.askBeforeUnload);
  }

  protected override render() {
    const { desk, t, preferences, clerk, place } = this;
    const { current, machines } = desk;
    const tiled = this.tiled && current !== null && machines.length > 1;
    // The library shows its own machines' pictures; a machine draws only on one canvas.
    const beside = !current && place === "machines" ? machines.filter(({ run }) => run === null) : machines;
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
        @sidebyside=${(event: CustomEvent<boolean>) => (this.tiled = event.detail)}
        @alone=${(event: CustomEvent<OpenMachine>) => this.showAlone(event.detail)}
        @ownwindow=${(event: CustomEvent<{ machine: OpenMachine; kind: WindowKind }>) => void this.openWindow(event.detail)}
        @windowback=${(event: CustomEvent<OpenMachine>) => this.windows.get(event.detail)?.close()}
        @startopen=${(event: CustomEvent<OpenMachine>) => void desk.start(event.detail)}
        @insert=${(event: CustomEvent<{ drive: "cdrom" | "floppy"; medium: Medium | null }>) =>
          void desk.insert(event.detail.drive, event.detail.medium)}
        @announce=${(event: CustomEvent<string>) => this.announce(event.detail)}
        @dismissproblem=${(event: CustomEvent<number>) => desk.dismiss(event.detail)}
        @resetmachine=${(event: CustomEvent<number>) => this.resetMachine(event.detail)}
        @sharemachine=${(event: CustomEvent<OpenMachine>) => void this.share(event.detail)}
        @keepoffline=${(event: CustomEvent<ReadyMachine>) => void this.keepOffline(event.detail)}
        @dropoffline=${(event: CustomEvent<ReadyMachine>) => void this.offline?.drop(event.detail)}
        @guestfiles=${() => (this.filesShown = true)}
        @home=${() => this.home(null)}
        @place=${(event: CustomEvent<Place>) => this.home(event.detail)}
        @newmachine=${() => this.libraryDialogs?.wizard()}
        @keepmachine=${(event: CustomEvent<OpenMachine>) =>
          this.libraryDialogs?.wizard({ plan: event.detail.session.plan, title: event.detail.title })}
        @takesnapshot=${(event: CustomEvent<MachineId>) => this.libraryDialogs?.takeSnapshot(event.detail)}
        @choosemachine=${(event: CustomEvent<MachineId | null>) => this.choose(event.detail)}
        @machineaction=${(event: CustomEvent<ActionRequest>) => this.libraryDialogs?.machine(event.detail)}
        @snapshotaction=${(event: CustomEvent<SnapshotRequest>) => this.libraryDialogs?.snapshot(event.detail)}
        @convertimage=${() => this.libraryDialogs?.convert()}
        @mediumaction=${(event: CustomEvent<MediumRequest>) => this.libraryDialogs?.medium(event.detail)}
        @importfiles=${(event: CustomEvent<File[]>) => void clerk?.importFiles(event.detail)}
      >
        <a class="skip" href="#main" @click=${this.skip}>${t.skipToContent}</a>
        <app-header
          .preferences=${preferences}
          .machineTitle=${current?.title ?? ""}
          .place=${clerk ? place : null}
        ></app-header>
        <main id="main" tabindex="-1">
          <problem-list .problems=${desk.problems}></problem-list>
          ${this.newVersion()}
          ${
            beside.length > (current ? 1 : 0)
              ? html`<open-machines
                  .machines=${beside}
                  .current=${current}
                  .tiled=${tiled}
                  .systemOf=${(machine: OpenMachine) =>
                    clerk?.library.machine(machine.machineId ?? "")?.osId ?? "other"}
                ></open-machines>`
              : nothing
          }
          ${
            tiled
              ? html`<machine-tiles
                  .machines=${machines.filter(({ apart }) => !apart)}
                  .current=${current}
                ></machine-tiles>`
              : current
                ? html`<machine-view
                    .machine=${current}
                    .scale=${preferences.choices.scale}
                    .keepable=${clerk !== null}
                  ></machine-view>`
                : this.placeInView(place)
          }
        </main>
        <drop-target .text=${current ? t.own.dropBeside : t.own.dropHere}></drop-target>
        ${this.toast ? html`<p class="toast" aria-hidden="true">${this.toast}</p>` : nothing}
        <div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
        ${this.dialogs()}
        ${
          clerk
            ? html`<library-dialogs
                  .clerk=${clerk}
                  .desk=${desk}
                  .ready=${this.catalogue?.machines ?? []}
                  .openFiles=${this.openMediumFiles}
                  .converter=${this.converter}
                ></library-dialogs>
                <job-list .jobs=${clerk.jobs}></job-list>`
            : nothing
        }
      </div>
    `;
  }

  private placeInView(place: Place) {
    const { clerk, desk, preferences, catalogue } = this;
    if (clerk && place === "machines")
      return html`<library-page
        .clerk=${clerk}
        .desk=${desk}
        .preferences=${preferences}
        .catalogue=${catalogue}
        .chosen=${this.chosen}
      ></library-page>`;
    if (this.shell && place === "terminal") return html`<command-terminal .shell=${this.shell}></command-terminal>`;
    if (clerk && place === "media") return html`<media-page .clerk=${clerk}></media-page>`;
    return html`<start-screen
      .catalogue=${catalogue}
      .settings=${preferences.choices.machine}
      .keeps=${clerk !== null}
      .offline=${this.offline}
    ></start-screen>`;
  }

  private get libraryDialogs(): LibraryDialogs | null {
    return this.renderRoot.querySelector("library-dialogs");
  }

  protected override updated(): void {
    const { current } = this.desk;
    const { dataset } = document.documentElement;
    if (current) dataset.vmState = current.session.state;
    else delete dataset.vmState;
    for (const [machine, own] of this.windows) if (!this.desk.machines.includes(machine)) own.close();
    document.title = current ? `${current.title} – ${this.t.appName}` : `${this.t.appName} – ${this.t.tagline}`;
    this.announceState();
  }

  private dialogs() {
    const { desk, leaving, offer, sharing } = this;
    const { question } = desk;
    if (offer)
      return html`<link-consent
        .offer=${offer}
        @agreed=${() => this.agree(offer)}
        @closed=${() => (this.offer = null)}
      ></link-consent>`;
    if (sharing)
      return html`<share-dialog
        .draft=${sharing.draft}
        .name=${sharing.machine.title}
        .capture=${sharing.machine.isOn ? () => sharing.machine.session.difference() : null}
        @closed=${() => (this.sharing = null)}
      ></share-dialog>`;
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

  /** A new version takes over only where that ends no machine. */
  private newVersion() {
    const { updates, desk, t } = this;
    if (!updates?.ready || desk.machines.some(({ isOn }) => isOn)) return nothing;
    return html`<p class="update" role="status">
      <span>${t.offline.update}</span>
      <button type="button" class="button small" @click=${() => updates.take()}>${t.offline.takeUpdate}</button>
    </p>`;
  }

  private async keepOffline(machine: ReadyMachine): Promise<void> {
    try {
      await this.offline?.keep(machine);
    } catch (error) {
      this.desk.tell({ kind: "machine", code: "unreachable", message: saidBy(error) });
    }
  }

  private agree(offer: LinkOffer): void {
    this.offer = null;
    void this.desk.open(offer.plan, true);
  }

  private async share(machine: OpenMachine): Promise<void> {
    const [{ ShareDraft }] = await Promise.all([
      import("../../services/links/share-draft.ts"),
      import("../share/share-dialog.ts"),
    ]);
    const files = new Map(
      this.catalogue?.files.map((file) => [new URL(`guests/${file.file}`, document.baseURI).href, file]),
    );
    const known = (url: string) => {
      const file = files.get(url);
      return file?.sha256 ? { sizeBytes: file.sizeBytes, sha256: file.sha256 } : undefined;
    };
    this.sharing = { machine, draft: new ShareDraft(machine.session.plan, document.baseURI, known) };
  }

  /** @param place null: the one that is shown first */
  private home(place: Place | null): void {
    const { current } = this.desk;
    this.wentTo = place;
    if (!place) this.chosen = null;
    // What loads or is off is left; what runs goes on.
    if (current && !current.isOn) void this.closeNow(current);
    else this.desk.show(null);
    this.focusMain();
  }

  private showAlone(machine: OpenMachine): void {
    this.tiled = false;
    this.desk.show(machine);
  }

  private async openWindow({ machine, kind }: { machine: OpenMachine; kind: WindowKind }): Promise<void> {
    if (this.windows.has(machine)) return this.windows.get(machine)!.focus();
    // The window's screen takes over before the one here is gone: a machine draws on the last canvas it was given.
    const own = await openOwnWindow(machine, kind, () => {
      this.windows.delete(machine);
      this.desk.setApart(machine, false);
    });
    if (!own) return this.announceSeen(this.t.machine.windowRefused);
    this.windows.set(machine, own);
    this.desk.setApart(machine, true);
  }

  private choose(id: MachineId | null): void {
    this.chosen = id;
    this.wentTo = "machines";
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

  private readonly libraryNoticed = (event: Event) => {
    const { kind, name, bytes } = (event as CustomEvent<LibraryNotice>).detail;
    const words = this.t.notices;
    this.announceSeen(kind === "compacted" ? words.compacted(name, language.size(bytes ?? 0)) : words[kind](name));
  };

  /** For all: also shown for a while. */
  private announceSeen(text: string): void {
    this.announce(text);
    this.toast = text;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => (this.toast = ""), TOAST_MS);
  }

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

/** Sets what the elements cannot: the document's colors and language. @throws where the language cannot be loaded */
export async function applyChoices({ choices }: Preferences): Promise<void> {
  const root = document.documentElement;
  if (choices.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = choices.theme;
  await language.set(choices.language ?? bestLanguage(navigator.languages));
}

declare global {
  interface HTMLElementTagNameMap {
    "posada-app": PosadaApp;
  }
}
