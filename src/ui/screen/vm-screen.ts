/**
 * The machine's screen: one canvas, drawn by the machine's worker. While it has the focus the keyboard is the guest's.
 * Tells its surroundings by events: "keyboardrelease" (the host key was pressed), "hostcommand" (detail:
 * HostCommand), "pointerrefused".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import type { MachineSession } from "../../services/machine-session.ts";
import type { ScreenScale } from "../../services/preferences.ts";
import { PageElement } from "../shared/page-element.ts";
import { styled } from "../shared/styled.ts";
import { hostKeyFor, KeyboardCapture } from "./keyboard-capture.ts";
import { PointerCapture } from "./pointer-capture.ts";
import { fitScreen } from "./screen-fit.ts";
import "./vm-screen.css";

/** What the picture is before the machine tells: VGA text. */
const FIRST_MODE = { widthPx: 720, heightPx: 400, aspect: 4 / 3, text: true };

/** Names in the document are there once, however many screens it has. */
let screens = 0;

export const hostKey = hostKeyFor(navigator.platform);

@customElement("vm-screen")
export class VmScreen extends PageElement {
  /** The machine that is shown. Has `screenText()` for those who want to read it. */
  @property({ attribute: false }) machine: MachineSession | null = null;
  @property() scale: ScreenScale = "fit";
  @state() private room = { width: 0, height: 0 };
  @state() private hasKeyboard = false;
  @state() private hasPointer = false;

  private readonly helpId = `screen-help-${++screens}`;
  private shown: MachineSession | null = null;
  /** In which it stands: a machine may have a window of its own. */
  private place: Document = document;
  private pointer: PointerCapture | null = null;
  private readonly resized = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    this.room = { width, height };
  });
  /** Another one whenever it has been out of the page: a canvas is handed over once, and lists move what is in them. */
  private stay = {};
  private readonly keyboard = new KeyboardCapture(
    {
      key: (code, down) => this.machine?.key(code, down),
      release: () => this.send("keyboardrelease"),
      command: (command) => this.send("hostcommand", command),
    },
    hostKey,
  );

  constructor() {
    super();
    this.follow(() => this.machine);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
    this.resized.observe(this);
    this.place = this.ownerDocument;
    this.place.addEventListener("visibilitychange", this.letGo);
    this.place.addEventListener("pointerlockchange", this.lockChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stay = {};
    this.resized.disconnect();
    this.place.removeEventListener("visibilitychange", this.letGo);
    this.place.removeEventListener("pointerlockchange", this.lockChanged);
    this.letGo();
    this.pointer?.detach();
    this.pointer = null;
    this.shown = null;
  }

  focusScreen(): void {
    this.canvas?.focus({ preventScroll: true });
  }

  /** Brings up the keyboard of a touch screen; what it types goes to the guest. */
  focusTextInput(): void {
    this.renderRoot.querySelector<HTMLTextAreaElement>("textarea")?.focus({ preventScroll: true });
  }

  /** Captures the mouse. */
  capturePointer(): void {
    this.focusScreen();
    void this.pointer?.capture();
  }

  releasePointer(): void {
    this.pointer?.release();
  }

  /** What the machine draws on; null while there is none. */
  get canvas(): HTMLCanvasElement | null {
    return this.renderRoot.querySelector("canvas");
  }

  protected override render() {
    const { machine, t } = this;
    if (!machine) return nothing;
    const mode = machine.screenMode ?? FIRST_MODE;
    const { width, height, crisp } = fitScreen(
      mode,
      this.room.width,
      this.room.height,
      (this.place.defaultView ?? window).devicePixelRatio,
      this.scale,
    );
    const keyName = hostKey === "MetaRight" ? t.machine.rightCommand : t.machine.rightCtrl;
    const size = { width: `${width}px`, height: `${height}px`, "image-rendering": crisp ? "pixelated" : "auto" };
    const absolute = machine.pointerAbsolute && machine.takesInput;
    return html`
      <div class="glass ${absolute ? "absolute" : ""} ${this.hasKeyboard ? "listening" : ""}">
        ${keyed(
          this.stay,
          html`${keyed(
            machine,
            html`<canvas
              tabindex="0"
              role="application"
              aria-label=${t.machine.screenLabel(machine.plan.title)}
              aria-describedby=${this.helpId}
              ${styled(size)}
              @keydown=${this.keyEvent}
              @keyup=${this.keyEvent}
              @focus=${() => (this.hasKeyboard = true)}
              @blur=${this.blurred}
              @pointerdown=${() => this.focusScreen()}
            ></canvas>`,
          )}`,
        )}
      </div>
      <textarea
        rows="1"
        tabindex="-1"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-label=${t.machine.textInput}
        @keydown=${this.keyEvent}
        @keyup=${this.keyEvent}
        @blur=${this.letGo}
        @input=${this.typed}
      ></textarea>
      <p class="visually-hidden" id=${this.helpId}>${t.machine.screenHelp(keyName)}</p>
      ${this.hasPointer ? html`<p class="hint" role="status">${t.machine.pointerHint}</p>` : nothing}
    `;
  }

  protected override updated(): void {
    this.classList.toggle("scrolls", this.scale !== "fit");
    const { machine, canvas } = this;
    if (!machine || !canvas || this.shown === machine) return;
    this.shown = machine;
    this.pointer?.detach();
    this.pointer = new PointerCapture(canvas, {
      move: (dx, dy, wheel) => machine.moveMouse(dx, dy, wheel),
      pointTo: (x, y) => machine.pointTo(x, y),
      button: (button, down) => machine.mouseButton(button, down),
      active: () => machine.takesInput,
      absolute: () => machine.pointerAbsolute,
      // In text modes few guests use a mouse, and a captured one keeps Escape from them.
      capturesOnClick: () => machine.screenMode !== null && !machine.screenMode.text,
      refused: () => this.send("pointerrefused"),
    });
    void machine.showOn(canvas);
  }

  private readonly letGo = () => this.keyboard.releaseAll();

  private readonly lockChanged = () => (this.hasPointer = this.pointer?.locked ?? false);

  private blurred(): void {
    this.hasKeyboard = false;
    this.letGo();
  }

  /** Keys of a machine that does not listen stay the page's. */
  private keyEvent(event: KeyboardEvent): void {
    if (this.machine?.takesInput) this.keyboard.handle(event);
  }

  private typed(event: InputEvent): void {
    const input = event.target as HTMLTextAreaElement;
    if (event.isComposing) return;
    const text = input.value;
    input.value = "";
    if (!this.machine?.takesInput) return;
    if (event.inputType === "deleteContentBackward") void this.machine.pressKeys(["Backspace"]);
    else if (text !== "") void this.machine.typeText(text);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "vm-screen": VmScreen;
  }
}
