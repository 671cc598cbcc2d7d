/** What is inside `<posada-machine>`: the screen's place, what lies over it while it waits, and the controls. */
import { hostKeyFor } from "../ui/screen/keyboard-capture.ts";
import type { VmState } from "../protocol/vm-api.ts";
import { STYLE } from "./element-style.ts";
import type { EmbedWords } from "./words.ts";

export interface ElementFacts {
  words: EmbedWords;
  /** null: there is no machine yet. */
  state: VmState | null;
  loading: boolean;
  title: string;
  /** Why there is none, in words. */
  trouble: string;
  controls: boolean;
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...children: Node[]) {
  const element = document.createElement(tag);
  element.className = className;
  element.setAttribute("part", className);
  element.append(...children);
  return element;
}

function button(className: string): HTMLButtonElement {
  const element = make("button", className);
  element.type = "button";
  return element;
}

export class ElementView {
  readonly title = make("p", "title");
  readonly text = make("p", "text");
  readonly begin = button("begin");
  readonly go = button("go");
  readonly reset = button("reset");
  readonly full = button("full");
  private readonly said = make("span", "said");
  private readonly help = make("p", "visually-hidden");
  private readonly plate = make("div", "plate", this.title, this.text, this.begin);
  readonly stage = make("div", "stage", this.plate, this.help);
  readonly bar = make("div", "bar", this.go, this.reset, this.full, this.said);
  readonly frame = make("div", "frame", this.stage, this.bar);

  constructor(root: ShadowRoot) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.text.setAttribute("role", "status");
    this.help.id = "help";
    this.bar.setAttribute("role", "group");
    root.append(this.frame);
  }

  show({ words, state, loading, title, trouble, controls }: ElementFacts): void {
    const on = state === "running" || state === "starting";
    this.plate.hidden = on || state === "saving" || state === "restoring";
    this.title.textContent = title;
    if (!loading) this.text.textContent = trouble || (state === null ? "" : words.states[state]!);
    this.text.lang = trouble ? "en" : words.tag;
    this.begin.hidden = loading;
    this.begin.textContent = state === "paused" ? words.resume : words.start;
    this.bar.hidden = !controls;
    this.bar.setAttribute("aria-label", words.controls);
    this.go.textContent = on ? words.pause : state === "paused" ? words.resume : words.start;
    this.go.disabled = loading;
    this.reset.textContent = words.reset;
    this.reset.disabled = state === null;
    this.full.textContent = words.fullScreen;
    this.said.textContent = words.states[state ?? "poweredOff"]!;
    const apple = hostKeyFor(navigator.platform) === "MetaRight";
    this.help.textContent = words.help(apple ? words.rightCommand : words.rightCtrl);
  }
}
