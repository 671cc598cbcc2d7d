/**
 * A machine in view: toolbar, screen, what is shown beside it, status line; what lies over the screen while it loads,
 * waits or has stopped. Asks its surroundings by "leave" (detail: null), "startopen", "takesnapshot", "keepmachine", "sharemachine"
 * (detail: the machine), "insert" (detail: {drive, medium}), "scale" (detail: ScreenScale) and "announce" (detail: a
 * sentence).
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { fileName } from "../../services/clerk.ts";
import type { MachineSession } from "../../services/machine-session.ts";
import type { OpenMachine } from "../../services/open-machine.ts";
import type { ScreenScale } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { hostKey } from "../screen/vm-screen.ts";
import type { VmScreen } from "../screen/vm-screen.ts";
import type { HostCommand } from "../screen/keyboard-capture.ts";
import { pickFiles } from "../shared/pick-files.ts";
import { saveFile } from "../shared/save-file.ts";
import { PageElement } from "../shared/page-element.ts";
import "../serial/serial-console.ts";
import "./machine-log.ts";
import "./machine-toolbar.ts";
import type { MachineToolbar, ToolbarAction } from "./machine-toolbar.ts";
import "./pc-keyboard.ts";
import { ScreenRecorder } from "./screen-recorder.ts";
import "./session-info.ts";
import "./status-line.ts";
import "./type-text.ts";
import "./machine-view.css";

/** Not in every browser: keeps Escape and the system's own keys for the guest in full screen. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

const STILL_ON: ReadonlySet<string> = new Set(["running", "paused", "saving", "stopping"]);

@customElement("machine-view")
export class MachineView extends PageElement {
  @property({ attribute: false }) machine!: OpenMachine;
  @property() scale: ScreenScale = "fit";
  @property({ type: Boolean }) keepable = false;
  @state() private side: "serial" | "info" | "log" | null = null;
  @state() private pcKeyboard = false;
  @state() private typing = false;
  @state() private fullScreen = false;
  @state() private typesInGuest = false;
  /** A video that is being made, and how long it is. */
  @state() private recorder: ScreenRecorder | null = null;
  @state() private recordedSeconds = 0;
  private recordTimer: ReturnType<typeof setInterval> | undefined;
  private lastState: string | null = null;
  private lastSession: MachineSession | null = null;

  private get session(): MachineSession {
    return this.machine.session;
  }

  constructor() {
    super();
    this.follow(() => this.machine?.session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("fullscreenchange", this.fullScreenChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("fullscreenchange", this.fullScreenChanged);
    void this.stopRecording();
  }

  protected override render() {
    const { session, t } = this;
    return html`
      <section
        class="machine ${this.side ? "with-side" : ""}"
        aria-label=${t.machine.region(session.plan.title)}
        @toolbaraction=${(event: CustomEvent<ToolbarAction>) => this.act(event.detail)}
        @acted=${() => this.screen?.focusScreen()}
        @keyboardrelease=${() => this.toolbar?.focusFirst()}
        @hostcommand=${(event: CustomEvent<HostCommand>) => this.command(event.detail)}
        @pointerrefused=${() => this.send("announce", t.machine.pointerRefused)}
        @consoleleft=${() => this.toolbar?.focusTool("serial")}
        @focusin=${this.focusMoved}
        @focusout=${() => (this.typesInGuest = false)}
      >
        <machine-toolbar
          .session=${session}
          .side=${this.side}
          .pcKeyboard=${this.pcKeyboard}
          .scale=${this.scale}
          .kept=${this.machine.machineId !== null}
          .keepable=${this.keepable}
          .fullScreen=${this.fullScreen}
          .recording=${this.recorder !== null}
          .apart=${this.machine.apart}
        ></machine-toolbar>
        <div class="stage">
          ${
            this.machine.apart
              ? html`<div class="overlay">
                  <p class="title">${t.machine.inOwnWindow}</p>
                  <button type="button" class="button primary" @click=${() => this.send("windowback", this.machine)}>
                    ${icon("back")}${t.machine.bringBack}
                  </button>
                </div>`
              : html`<vm-screen .machine=${session} .scale=${this.scale}></vm-screen> ${this.overlay()}`
          }
          ${
            this.recorder
              ? html`<p class="recording">
                  <span class="dot" aria-hidden="true"></span>${t.machine.recordedFor(duration(this.recordedSeconds))}
                </p>`
              : nothing
          }
        </div>
        ${this.beside()}
        ${this.pcKeyboard && session.takesInput ? html`<pc-keyboard .session=${session}></pc-keyboard>` : nothing}
        <div class="foot">
          <status-line .session=${session}></status-line>
          <p class="keys" title=${t.machine.screenHelp(this.hostKeyName)}>${this.keysHint()}</p>
        </div>
        ${
          this.typing
            ? html`<type-text .session=${session} @closed=${() => (this.typing = false)}></type-text>`
            : nothing
        }
      </section>
    `;
  }

  protected override updated(): void {
    const { session } = this;
    if (session !== this.lastSession) {
      this.lastState = null;
      void this.stopRecording();
    }
    this.lastSession = session;
    const state = session.phase === "ready" ? session.state : null;
    // The screen takes the keyboard when the machine is switched on, unless the serial console has it.
    // One that only stood still, for a snapshot as well, was on all the time.
    if (state === "running" && !STILL_ON.has(this.lastState ?? ""))
      if (!this.querySelector("serial-console")?.contains(document.activeElement)) this.screen?.focusScreen();
    if (state !== "running") this.screen?.releasePointer();
    this.lastState = state;
  }

  private beside() {
    const { session } = this;
    switch (this.side) {
      case "serial":
        return html`<serial-console .session=${session}></serial-console>`;
      case "info":
        return html`<session-info .session=${session}></session-info>`;
      case "log":
        return html`<machine-log .session=${session}></machine-log>`;
      case null:
        return nothing;
    }
  }

  private get screen(): VmScreen | null {
    return this.renderRoot.querySelector("vm-screen");
  }

  private get toolbar(): MachineToolbar | null {
    return this.renderRoot.querySelector("machine-toolbar");
  }

  private keysHint() {
    const words = this.t.machine;
    if (!this.session.takesInput) return "";
    return this.typesInGuest ? words.keyboardHint(this.hostKeyName) : words.clickHint;
  }

  private get hostKeyName(): string {
    return hostKey === "MetaRight" ? this.t.machine.rightCommand : this.t.machine.rightCtrl;
  }

  private focusMoved(event: FocusEvent): void {
    this.typesInGuest = event.target instanceof HTMLCanvasElement;
  }

  private overlay() {
    const { session, t } = this;
    if (session.phase === "loading") return this.loading();
    if (session.phase !== "ready") return nothing;
    const words = t.machine;
    switch (session.state) {
      case "poweredOff":
        return this.plate(session.hasRun ? words.switchedOff : words.readyToStart, words.start, "play", () =>
          this.send("startopen", this.machine),
        );
      case "paused":
        return this.plate(words.paused, words.resume, "play", () => {
          void session.resume();
          this.screen?.focusScreen();
        });
      case "aborted":
        return this.plate(words.fault, words.reset, "reset", () => void session.reset());
      default:
        return nothing;
    }
  }

  private plate(text: string, label: string, name: "play" | "reset", act: () => void) {
    const { plan } = this.session;
    return html`
      <div class="overlay">
        <p class="title">${plan.title}</p>
        <p class="text">${text}</p>
        <button type="button" class="button primary" @click=${act}>${icon(name)}${label}</button>
      </div>
    `;
  }

  private loading() {
    const { session, t } = this;
    const { doneBytes, totalBytes } = session.progress;
    const done = language.size(doneBytes);
    const complete = totalBytes !== null && doneBytes >= totalBytes;
    const text =
      doneBytes === 0 || complete
        ? t.loading.preparing
        : totalBytes === null
          ? t.loading.bytesOnly(done)
          : t.loading.bytes(done, language.size(totalBytes));
    return html`
      <div class="overlay">
        <p class="title">${t.loading.heading(session.plan.title)}</p>
        ${
          totalBytes === null
            ? html`<progress aria-label=${t.loading.label}></progress>`
            : html`<progress aria-label=${t.loading.label} max=${totalBytes} .value=${doneBytes}></progress>`
        }
        <p class="text">${text}</p>
        <button type="button" class="button" @click=${() => this.send("leave")}>${t.cancel}</button>
      </div>
    `;
  }

  private act(action: ToolbarAction): void {
    switch (action) {
      case "fullScreen":
        return void this.toggleFullScreen();
      case "screenshot":
        return void this.saveScreenshot();
      case "record":
        return this.recorder ? void this.stopRecording() : this.startRecording();
      case "ownWindow":
      case "onTop":
        return this.send("ownwindow", { machine: this.machine, kind: action === "onTop" ? "onTop" : "window" });
      case "start":
        return this.send("startopen", this.machine);
      case "snapshot":
        return this.send("takesnapshot", this.machine.machineId);
      case "keep":
        return this.send("keepmachine", this.machine);
      case "share":
        return this.send("sharemachine", this.machine);
      case "serial":
      case "info":
      case "log":
        this.side = this.side === action ? null : action;
        return;
      case "typeText":
        this.typing = true;
        return;
      case "pcKeyboard":
        this.pcKeyboard = !this.pcKeyboard;
        return;
      case "pointer":
        return this.screen?.capturePointer();
      case "keyboard":
        return this.screen?.focusTextInput();
      case "leave":
        return this.send("leave");
      case "insertCdrom":
        return void this.insert("cdrom");
      case "insertFloppy":
        return void this.insert("floppy");
      case "ejectCdrom":
        return this.send("insert", { drive: "cdrom", medium: null });
      case "ejectFloppy":
        return this.send("insert", { drive: "floppy", medium: null });
    }
  }

  private command(command: HostCommand): void {
    switch (command) {
      case "ctrlAltDel":
        return void this.session.pressKeys(["ControlLeft", "AltLeft", "Delete"]);
      case "pause":
        return void (this.session.state === "paused" ? this.session.resume() : this.session.pause());
      case "fullScreen":
        return void this.toggleFullScreen();
    }
  }

  private async insert(drive: "cdrom" | "floppy"): Promise<void> {
    const [file] = await pickFiles({ multiple: false });
    if (file) this.send("insert", { drive, medium: { source: file, name: file.name } });
  }

  private async saveScreenshot(): Promise<void> {
    const png = await this.session.screenshot();
    if (png) saveFile(png, fileNameFor(this.session, "png"));
  }

  private startRecording(): void {
    const { screenMode } = this.session;
    if (!screenMode) return;
    this.recorder = new ScreenRecorder(() => this.screen?.canvas ?? null, screenMode);
    this.recordedSeconds = 0;
    this.recordTimer = setInterval(() => (this.recordedSeconds = this.recorder?.seconds ?? 0), 1000);
    this.send("announce", this.t.machine.recordingBegun);
  }

  /** The video is handed over as a download, also where the machine is left meanwhile. */
  private async stopRecording(): Promise<void> {
    const { recorder, lastSession } = this;
    if (!recorder) return;
    this.recorder = null;
    clearInterval(this.recordTimer);
    const name = fileNameFor(lastSession ?? this.session, "");
    const { blob, ending } = await recorder.stop();
    saveFile(blob, `${name}${ending}`);
    this.send("announce", this.t.machine.recordingSaved);
  }

  private async toggleFullScreen(): Promise<void> {
    if (document.fullscreenElement) return void document.exitFullscreen();
    try {
      await this.renderRoot.querySelector(".machine")!.requestFullscreen({ navigationUI: "hide" });
    } catch {
      return this.send("announce", this.t.machine.fullScreenRefused);
    }
    this.screen?.focusScreen();
    const { keyboard } = navigator as { keyboard?: KeyboardLock };
    // Without it Escape leaves full screen, as the browser says itself.
    await keyboard?.lock().catch(() => undefined);
  }

  private readonly fullScreenChanged = () => {
    this.fullScreen = document.fullscreenElement !== null;
    if (!this.fullScreen) (navigator as { keyboard?: KeyboardLock }).keyboard?.unlock();
  };
}

function fileNameFor({ plan }: MachineSession, ending: string): string {
  return `${fileName(plan.title || "posada")} ${timestamp(new Date())}.${ending}`;
}

/** 1:05 */
function duration(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** 2026-01-31 23.59.59: sorts by time, and every file system takes it. */
function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(".")}`;
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-view": MachineView;
  }
}
