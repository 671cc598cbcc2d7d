/** The page's command line in a terminal (xterm.js, loaded when this is first shown). */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { PageShell } from "../../services/commands/page-shell.ts";
import { PageElement } from "../shared/page-element.ts";
import { LineEditor, PROMPT } from "./line-editor.ts";
import type { FittedTerminal } from "./xterm.ts";
import "./console.css";
import "./command-terminal.css";

@customElement("command-terminal")
export class CommandTerminal extends PageElement {
  @property({ attribute: false }) shell!: PageShell;
  @state() private opening = true;
  private fitted: FittedTerminal | null = null;
  private editor: LineEditor | null = null;

  protected override render() {
    const words = this.t.terminal;
    return html`
      <section class="console" aria-labelledby="terminal-heading">
        <header>
          <h1 id="terminal-heading">${words.heading}</h1>
          <p id="terminal-hint">${words.hint}</p>
        </header>
        ${this.opening ? html`<p class="opening">${this.t.serial.opening}</p>` : nothing}
        <div class="terminal"></div>
      </section>
    `;
  }

  protected override firstUpdated(): void {
    void this.open();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.shell.removeEventListener("output", this.received);
    this.fitted?.dispose();
    this.fitted = null;
    this.editor = null;
  }

  private async open(): Promise<void> {
    const { fittedTerminal } = await import("./xterm.ts");
    if (!this.isConnected || this.fitted) return;
    const { shell } = this;
    const place = this.renderRoot.querySelector<HTMLElement>(".terminal")!;
    let columns = 0;
    const fitted = fittedTerminal(place, this.t.terminal.heading, () => {
      // xterm wraps what is there anew; the line being typed is drawn below it.
      if (columns > 0 && columns !== fitted.terminal.cols) this.editor?.redraw();
      columns = fitted.terminal.cols;
    });
    this.fitted = fitted;
    const { terminal } = fitted;
    terminal.textarea?.setAttribute("aria-describedby", "terminal-hint");
    const editor = new LineEditor({
      write: (text) => terminal.write(text),
      columns: () => terminal.cols,
      submit: (line) => void this.submit(line),
      complete: (typed) => shell.complete(typed),
      interrupt: () => shell.stop(),
      history: shell.history,
      fileHint: () => this.t.terminal.fileHint,
    });
    this.editor = editor;
    terminal.onData((data) => editor.input(data));
    terminal.attachCustomKeyEventHandler((event) => this.isForTerminal(event));
    this.opening = false;
    shell.addEventListener("output", this.received);
    terminal.write(shell.transcript);
    if (!shell.busy) editor.prompt();
    else void this.whenDone().then(() => this.editor?.prompt());
    terminal.focus();
  }

  /** Tab completes what is typed; where nothing is, and with Shift, it goes on as everywhere. Escape goes to the page. */
  private isForTerminal(event: KeyboardEvent): boolean {
    if (event.key === "Tab") return !event.shiftKey && !this.editor?.isEmpty;
    if (event.key !== "Escape") return true;
    if (event.type === "keydown") document.querySelector<HTMLElement>("main")?.focus();
    return false;
  }

  private async submit(line: string): Promise<void> {
    const { shell } = this;
    shell.echo(`${PROMPT}${line}\r\n`);
    await shell.run(line);
    this.editor?.prompt();
  }

  private whenDone(): Promise<void> {
    return new Promise((done) => {
      const look = () => {
        if (this.shell.busy) return;
        this.shell.removeEventListener("change", look);
        done();
      };
      this.shell.addEventListener("change", look);
    });
  }

  private readonly received = (event: Event) => this.fitted?.terminal.write((event as CustomEvent<string>).detail);
}

declare global {
  interface HTMLElementTagNameMap {
    "command-terminal": CommandTerminal;
  }
}
