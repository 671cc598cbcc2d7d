/**
 * A PC keyboard drawn on the screen, for hosts without one and for keys that they lack. Modifiers stick. It takes no
 * focus, so that a real keyboard goes on working beside it. US layout, as what the guest's keyboard sends is positions.
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { classMap } from "lit/directives/class-map.js";
import type { MachineSession } from "../../services/machine-session.ts";
import { StickyModifiers } from "../screen/sticky-modifiers.ts";
import { PageElement } from "../shared/page-element.ts";
import { styled } from "../shared/styled.ts";
import "./pc-keyboard.css";

interface Key {
  code: string;
  label: string;
  /** With Shift. */
  upper?: string;
  /** In widths of a letter. */
  width?: number;
}

const MODIFIERS: readonly string[] = [
  "ShiftLeft", "ShiftRight", "ControlLeft", "ControlRight", "AltLeft", "AltRight", "MetaLeft",
]; // prettier-ignore

const key = (code: string, label: string, width?: number): Key => ({ code, label, ...(width ? { width } : {}) });
const letters = (text: string): Key[] => Array.from(text, (char) => ({ code: `Key${char}`, label: char.toLowerCase(), upper: char })); // prettier-ignore
const pair = (code: string, label: string, upper: string): Key => ({ code, label, upper });

const FUNCTION_ROW: Key[] = [
  key("Escape", "Esc"),
  ...Array.from({ length: 12 }, (_, i) => key(`F${i + 1}`, `F${i + 1}`)),
];

const MAIN_ROWS: Key[][] = [
  [
    pair("Backquote", "`", "~"),
    ...Array.from("1234567890", (digit, i) => pair(`Digit${digit}`, digit, "!@#$%^&*()"[i]!)),
    pair("Minus", "-", "_"),
    pair("Equal", "=", "+"),
    key("Backspace", "⌫", 1.8),
  ],
  [key("Tab", "Tab", 1.4), ...letters("QWERTYUIOP"), pair("BracketLeft", "[", "{"), pair("BracketRight", "]", "}"), { code: "Backslash", label: "\\", upper: "|", width: 1.4 }], // prettier-ignore
  [key("CapsLock", "Caps", 1.7), ...letters("ASDFGHJKL"), pair("Semicolon", ";", ":"), pair("Quote", "'", '"'), key("Enter", "⏎", 2.1)], // prettier-ignore
  [key("ShiftLeft", "⇧", 2.2), ...letters("ZXCVBNM"), pair("Comma", ",", "<"), pair("Period", ".", ">"), pair("Slash", "/", "?"), key("ShiftRight", "⇧", 2.6)], // prettier-ignore
  [key("ControlLeft", "Ctrl", 1.6), key("MetaLeft", "⊞", 1.3), key("AltLeft", "Alt", 1.4), key("Space", " ", 6), key("AltRight", "AltGr", 1.5), key("ContextMenu", "☰", 1.3), key("ControlRight", "Ctrl", 1.6)], // prettier-ignore
];

const MORE_ROWS: Key[][] = [
  [key("PrintScreen", "PrtSc"), key("ScrollLock", "ScrLk"), key("Pause", "Pause")],
  [key("Insert", "Ins"), key("Home", "Home"), key("PageUp", "PgUp")],
  [key("Delete", "Del"), key("End", "End"), key("PageDown", "PgDn")],
  [key("NumLock", "Num"), key("ArrowUp", "↑"), key("NumpadEnter", "⏎")],
  [key("ArrowLeft", "←"), key("ArrowDown", "↓"), key("ArrowRight", "→")],
];

@customElement("pc-keyboard")
export class PcKeyboard extends PageElement {
  @property({ attribute: false }) session!: MachineSession;
  /** On small screens the two parts take turns. */
  @state() private more = false;

  private readonly sticky = new StickyModifiers({
    key: (code, down) => {
      this.session.key(code, down);
      this.requestUpdate();
    },
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sticky.releaseAll();
  }

  protected override render() {
    const { t } = this;
    return html`
      <section class="keyboard ${this.more ? "more" : ""}" aria-label=${t.keys.keyboardLabel}>
        <div class="row functions">${FUNCTION_ROW.map((each) => this.key(each))}</div>
        <div class="part main">
          ${MAIN_ROWS.map((row) => html`<div class="row">${row.map((each) => this.key(each))}</div>`)}
        </div>
        <div class="part others">
          ${MORE_ROWS.map((row) => html`<div class="row">${row.map((each) => this.key(each))}</div>`)}
        </div>
        <button type="button" class="turn" aria-pressed=${this.more ? "true" : "false"} @click=${this.turn}>
          ${t.keys.more}
        </button>
      </section>
    `;
  }

  private key({ code, label, upper, width = 1 }: Key) {
    const shifted = this.sticky.stateOf("ShiftLeft") !== "up" || this.sticky.stateOf("ShiftRight") !== "up";
    const modifier = MODIFIERS.includes(code);
    const held = this.sticky.stateOf(code);
    const name = this.t.keys.names[code] ?? label;
    return html`<button
      type="button"
      tabindex=${code === "Escape" ? 0 : -1}
      class=${classMap({ next: held === "next", locked: held === "locked" })}
      ${styled({ "flex-grow": String(width) })}
      data-code=${code}
      aria-label=${name}
      aria-pressed=${modifier ? (held === "up" ? "false" : "true") : nothing}
      @pointerdown=${(event: PointerEvent) => this.down(event, code, modifier)}
      @pointerup=${() => this.sticky.lift(code)}
      @pointercancel=${() => this.sticky.lift(code)}
      @lostpointercapture=${() => this.sticky.lift(code)}
      @mousedown=${(event: MouseEvent) => event.preventDefault()}
      @click=${(event: MouseEvent) => event.detail === 0 && this.strike(code, modifier)}
      @keydown=${this.walk}
    >
      ${shifted && upper ? upper : label}
    </button>`;
  }

  private down(event: PointerEvent, code: string, modifier: boolean): void {
    // The screen keeps the focus, and with it the real keyboard.
    event.preventDefault();
    if (event.button !== 0) return;
    if (modifier) return this.sticky.tap(code);
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.sticky.press(code);
  }

  /** By a real keyboard's Enter, or a screen reader. */
  private strike(code: string, modifier: boolean): void {
    if (modifier) return this.sticky.tap(code);
    this.sticky.press(code);
    this.sticky.lift(code);
  }

  /** One stop for Tab; the arrows go from key to key. */
  private walk(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.code];
    if (!step) return;
    event.preventDefault();
    const keys = [...this.renderRoot.querySelectorAll<HTMLElement>("[data-code]")].filter(
      (each) => each.offsetParent !== null,
    );
    keys[(keys.indexOf(event.currentTarget as HTMLElement) + step + keys.length) % keys.length]?.focus();
  }

  private readonly turn = () => (this.more = !this.more);
}

declare global {
  interface HTMLElementTagNameMap {
    "pc-keyboard": PcKeyboard;
  }
}
