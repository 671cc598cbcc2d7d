/**
 * The machine's controls. What a control does to the machine it does here; what concerns the page around it is told
 * by "toolbaraction" (detail: ToolbarAction) and "scale" (detail: ScreenScale). "acted" follows every control, for the
 * focus to go back to the screen.
 */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import "@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { SCREEN_SCALES } from "../../services/preferences.ts";
import type { ScreenScale } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { PageElement } from "../shared/page-element.ts";
import { KEY_COMBINATIONS } from "./key-combinations.ts";
import { canStayOnTop } from "./own-window.ts";
import { ScreenRecorder } from "./screen-recorder.ts";
import "./machine-toolbar.css";

export type ToolbarAction =
  | "start"
  | "snapshot"
  | "keep"
  | "share"
  | "info"
  | "log"
  | "typeText"
  | "pcKeyboard"
  | "fullScreen"
  | "ownWindow"
  | "onTop"
  | "screenshot"
  | "record"
  | "serial"
  | "pointer"
  | "keyboard"
  | "leave"
  | "insertCdrom"
  | "insertFloppy"
  | "ejectCdrom"
  | "ejectFloppy";

interface Tool {
  id: string;
  icon: IconName;
  label: string;
  tip?: string;
  act: () => void;
  enabled?: boolean;
  /** For controls that switch something on and off. */
  pressed?: boolean;
  /** Shows its name beside the icon where there is room. */
  named?: boolean;
}

@customElement("machine-toolbar")
export class MachineToolbar extends PageElement {
  @property({ attribute: false }) session!: MachineSession;
  /** What is shown beside the screen. */
  @property() side: "serial" | "info" | "log" | null = null;
  @property({ type: Boolean }) pcKeyboard = false;
  @property() scale: ScreenScale = "fit";
  /** One of the library: snapshots can be taken of it; others can be kept. */
  @property({ type: Boolean }) kept = false;
  /** Whether there is a library to keep it in. */
  @property({ type: Boolean }) keepable = false;
  @property({ type: Boolean }) fullScreen = false;
  @property({ type: Boolean }) recording = false;
  /** Its screen is in a window of its own. */
  @property({ type: Boolean }) apart = false;

  constructor() {
    super();
    this.follow(() => this.session);
  }

  /** Where the host key leads. */
  focusFirst(): void {
    this.renderRoot.querySelector<HTMLButtonElement>("button.tool:not([aria-disabled='true'])")?.focus();
  }

  focusTool(id: string): void {
    this.renderRoot.querySelector<HTMLButtonElement>(`[data-tool="${id}"]`)?.focus();
  }

  protected override render() {
    const { session, t } = this;
    const ready = session.phase === "ready";
    const state = session.state;
    const on = ready && (state === "running" || state === "paused");
    const words = t.machine;
    return html`
      <div class="tools" role="group" aria-label=${words.controls}>
        <div class="group">
          ${this.startTool(ready)}
          ${this.tool({ id: "reset", icon: "reset", label: words.reset, enabled: on || (ready && state === "aborted"), act: () => void session.reset() })}
          ${this.tool({ id: "power-button", icon: "powerButton", label: words.powerButton, tip: words.powerButtonTip, enabled: ready && state === "running", act: () => void session.pressPowerButton() })}
          ${this.tool({ id: "power-off", icon: "plug", label: words.powerOff, tip: `${words.powerOff}: ${words.powerOffTip}`, enabled: ready && state !== "poweredOff", act: () => void session.powerOff() })}
        </div>
        <div class="group">
          ${this.tool({ id: "ctrl-alt-del", icon: "deleteKey", label: words.ctrlAltDel, enabled: ready && state === "running", act: () => void session.pressKeys(["ControlLeft", "AltLeft", "Delete"]) })}
          ${this.keysMenu(on)}
          ${this.tool({ id: "pointer", icon: "pointer", label: words.pointer, enabled: on && !session.pointerAbsolute, act: () => this.action("pointer") })}
          <span class="touch-only">${this.tool({ id: "keyboard", icon: "keys", label: words.keyboard, enabled: on, act: () => this.action("keyboard") })}</span>
        </div>
        <div class="group">
          ${this.drivesMenu(ready)}
          ${this.tool({ id: "serial", icon: "terminal", label: words.serial, pressed: this.side === "serial", act: () => this.action("serial") })}
          ${this.tool({ id: "info", icon: "chart", label: t.info.heading, pressed: this.side === "info", act: () => this.action("info") })}
          ${this.tool({ id: "log", icon: "list", label: t.log.heading, pressed: this.side === "log", act: () => this.action("log") })}
        </div>
        <div class="group">
          ${this.tool({ id: "screenshot", icon: "camera", label: words.screenshot, enabled: ready, act: () => this.action("screenshot") })}
          ${ScreenRecorder.isSupported ? this.tool({ id: "record", icon: this.recording ? "stop" : "record", label: words.record, tip: this.recording ? words.stopRecording : words.recordTip, pressed: this.recording, enabled: this.recording || (on && !this.apart), act: () => this.action("record") }) : nothing}
          ${this.scaleMenu()}
          ${this.tool({ id: "full-screen", icon: this.fullScreen ? "shrink" : "expand", label: this.fullScreen ? words.leaveFullScreen : words.fullScreen, act: () => this.action("fullScreen") })}
        </div>
        <div class="group last">
          ${
            this.kept
              ? this.tool({ id: "snapshot", icon: "snapshot", label: words.takeSnapshot, enabled: ready && state !== "aborted", act: () => this.action("snapshot") })
              : !this.keepable ? nothing : this.tool({ id: "keep", icon: "keep", label: words.keep, tip: words.keepTip, enabled: ready, act: () => this.action("keep") })
          }
          ${this.tool({ id: "share", icon: "share", label: t.share.tool, tip: t.share.toolTip, act: () => this.action("share") })}
          ${this.tool({ id: "leave", icon: "leave", label: words.leave, named: true, act: () => this.action("leave") })}
        </div>
      </div>
    `; // prettier-ignore
  }

  /** One place for start, pause and resume, so that the focus stays where it is. */
  private startTool(ready: boolean): TemplateResult {
    const { session } = this;
    const words = this.t.machine;
    const common = { id: "start", named: true };
    switch (session.state) {
      case "running":
        return this.tool({ ...common, icon: "pause", label: words.pause, act: () => void session.pause() });
      case "paused":
        return this.tool({ ...common, icon: "play", label: words.resume, act: () => void session.resume() });
      default: {
        const enabled = ready && (session.state === "poweredOff" || session.state === "aborted");
        return this.tool({ ...common, icon: "play", label: words.start, enabled, act: () => this.action("start") });
      }
    }
  }

  private tool({ id, icon: name, label, tip = label, act, enabled = true, pressed, named = false }: Tool) {
    return html`
      <button
        type="button"
        class="tool ${named ? "named" : ""}"
        data-tool=${id}
        data-tip=${tip}
        aria-label=${label}
        aria-disabled=${enabled ? "false" : "true"}
        aria-pressed=${pressed === undefined ? nothing : pressed ? "true" : "false"}
        @click=${(event: MouseEvent) => enabled && this.run(id, act, event)}
      >
        ${icon(name)}${named ? html`<span aria-hidden="true">${label}</span>` : nothing}
      </button>
    `;
  }

  private run(id: string, act: () => void, event: MouseEvent): void {
    act();
    // A click by keyboard has no detail: whoever walks through the controls stays there, but for starting.
    if ((event.detail > 0 && id !== "share") || id === "start") this.send("acted", id);
  }

  private drivesMenu(ready: boolean) {
    const { session, t } = this;
    const words = t.drives;
    const drive = (which: "cdrom" | "floppy", insert: string, eject: string) => {
      const medium = session[which];
      const big = which === "cdrom" ? "Cdrom" : "Floppy";
      return html`
        <wa-dropdown-item value="insert${big}">
          <span slot="icon">${icon(which === "cdrom" ? "disc" : "floppy")}</span>
          ${insert}
          <span slot="details" class="in-drive">${medium ? medium.name : words.empty}</span>
        </wa-dropdown-item>
        <wa-dropdown-item value="eject${big}" ?disabled=${!medium}>
          <span slot="icon">${icon("eject")}</span>
          ${eject}
        </wa-dropdown-item>
      `;
    };
    return html`
      <wa-dropdown
        placement="bottom-end"
        @wa-select=${(event: CustomEvent<{ item: { value: string } }>) =>
          this.action(event.detail.item.value as ToolbarAction)}
      >
        ${this.menuTrigger("drives", "disc", t.machine.drives, !ready)}
        ${drive("cdrom", words.insertCdrom, words.ejectCdrom)} ${drive("floppy", words.insertFloppy, words.ejectFloppy)}
      </wa-dropdown>
    `;
  }

  private keysMenu(on: boolean) {
    const { session } = this;
    const words = this.t.keys;
    const running = on && session.state === "running";
    const choose = (value: string) => {
      const combination = KEY_COMBINATIONS.find(({ label }) => label === value);
      if (!combination) return this.action(value as ToolbarAction);
      void session.pressKeys([...combination.codes]);
      this.send("acted", "keys");
    };
    return html`
      <wa-dropdown @wa-select=${(event: CustomEvent<{ item: { value: string } }>) => choose(event.detail.item.value)}>
        ${this.menuTrigger("keys", "keys", words.menu, !on)}
        <wa-dropdown-item value="pcKeyboard" type="checkbox" ?checked=${this.pcKeyboard}>
          ${words.pcKeyboard}
        </wa-dropdown-item>
        <wa-dropdown-item value="typeText" ?disabled=${!running}>
          <span slot="icon">${icon("paste")}</span>${words.typeText}…
        </wa-dropdown-item>
        ${KEY_COMBINATIONS.map(
          ({ label }) =>
            html`<wa-dropdown-item value=${label} ?disabled=${!running}>
              ${label === "⊞" ? words.names.MetaLeft : label === "PrtSc" ? words.names.PrintScreen : label}
            </wa-dropdown-item>`,
        )}
      </wa-dropdown>
    `;
  }

  private scaleMenu() {
    const words = this.t.machine;
    return html`
      <wa-dropdown
        placement="bottom-end"
        @wa-select=${(event: CustomEvent<{ item: { value: string } }>) => this.chooseScreen(event.detail.item.value)}
      >
        ${this.menuTrigger("scale", "scale", words.scale, false)}
        ${SCREEN_SCALES.map(
          (scale) =>
            html`<wa-dropdown-item value=${scale} type="checkbox" ?checked=${this.scale === scale}>
              ${words.scales[scale]}
            </wa-dropdown-item>`,
        )}
        <wa-dropdown-item value="ownWindow">
          <span slot="icon">${icon("window")}</span>${words.ownWindow}
        </wa-dropdown-item>
        ${
          canStayOnTop()
            ? html`<wa-dropdown-item value="onTop">
                <span slot="icon">${icon("onTop")}</span>${words.onTop}
              </wa-dropdown-item>`
            : nothing
        }
      </wa-dropdown>
    `;
  }

  private chooseScreen(value: string): void {
    if (value === "ownWindow" || value === "onTop") this.action(value);
    else this.send("scale", value);
  }

  private menuTrigger(id: string, name: IconName, label: string, disabled: boolean) {
    return html`<button
      slot="trigger"
      type="button"
      class="tool"
      data-tool=${id}
      data-tip=${label}
      aria-label=${label}
      ?disabled=${disabled}
    >
      ${icon(name)}${icon("chevron")}
    </button>`;
  }

  private action(action: ToolbarAction): void {
    this.send("toolbaraction", action);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-toolbar": MachineToolbar;
  }
}
