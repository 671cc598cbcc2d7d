/**
 * `<posada-machine src="machine.json">`: a machine in any page, described by its attributes. It loads when it is started:
 * by its button, by `start()`, or by itself with `autostart`. With `pause-hidden` it stands still while nobody can see it.
 * Several live in one page; each has a worker of its own.
 *
 * Attributes: those of the definition (element-definition.ts), `autostart`, `pause-hidden`, `controls`.
 * Events: those of `Machine` (posada.ts), and "error" (detail: { code, message }) where it cannot be made.
 */
import { automaticBootOrder } from "../services/machine-plan.ts";
import { planOfDefinition } from "../services/links/definition-plan.ts";
import { LinkError } from "../services/links/link-error.ts";
import { hostKeyFor, KeyboardCapture } from "../ui/screen/keyboard-capture.ts";
import { PointerCapture } from "../ui/screen/pointer-capture.ts";
import { fitScreen } from "../ui/screen/screen-fit.ts";
import { DEFINING, definitionOf } from "./element-definition.ts";
import { ElementView } from "./element-view.ts";
import { createMachine } from "./posada.ts";
import type { Machine, MachineEvents, Source } from "./posada.ts";
import { wordsFor } from "./words.ts";

const FIRST_MODE = { widthPx: 720, heightPx: 400, aspect: 4 / 3, text: true };
const TOLD: (keyof MachineEvents)[] = ["serial", "statechange", "screenmode", "exit", "error"];

export class PosadaMachineElement extends HTMLElement {
  static readonly observedAttributes = [...DEFINING, "controls", "pause-hidden"];

  /** The machine, as `createMachine` makes it; null before it is loaded. */
  machine: Machine | null = null;

  private readonly view: ElementView;
  private canvas: HTMLCanvasElement | null = null;
  private pointer: PointerCapture | null = null;
  private keyboard: KeyboardCapture | null = null;
  private loading: Promise<Machine> | null = null;
  private mode: MachineEvents["screenmode"] = FIRST_MODE;
  private absolute = false;
  private title_ = "";
  private trouble = "";
  private inView = true;
  /** Whether it stands still because nobody looks, and goes on by itself. */
  private resting = false;
  private readonly seen = new IntersectionObserver(([entry]) => this.sightChanged(entry!.isIntersecting));
  private readonly resized = new ResizeObserver(() => this.fit());

  constructor() {
    super();
    this.view = new ElementView(this.attachShadow({ mode: "open" }));
    const { begin, go, reset, full, frame } = this.view;
    begin.addEventListener("click", () => void this.go(true));
    go.addEventListener("click", () => void this.go(false));
    reset.addEventListener("click", () => void this.machine?.reset().catch(() => undefined));
    full.addEventListener("click", () => void frame.requestFullscreen().catch(() => undefined));
  }

  connectedCallback(): void {
    this.seen.observe(this);
    this.resized.observe(this.view.stage);
    document.addEventListener("visibilitychange", this.pageHidden);
    if (!this.canvas) this.freshCanvas();
    this.show();
    if (this.hasAttribute("autostart")) void this.start().catch(() => undefined);
  }

  disconnectedCallback(): void {
    this.seen.disconnect();
    this.resized.disconnect();
    document.removeEventListener("visibilitychange", this.pageHidden);
    // An element that is only moved is back at once.
    queueMicrotask(() => this.isConnected || void this.unload());
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "pause-hidden") this.rest();
    this.show();
  }

  /** Loads the machine, if that is not done yet, and leaves it as it is. Rejects in words. */
  load(): Promise<Machine> {
    this.loading ??= this.make().catch((error: unknown) => {
      this.loading = null;
      this.fail(error);
      throw error;
    });
    return this.loading;
  }

  /** Loads the machine where that is needed and switches it on, or lets it go on. */
  async start(): Promise<void> {
    const machine = await this.load();
    this.resting = false;
    if (machine.state === "paused") await machine.resume();
    else if (machine.state === "aborted") await machine.reset();
    else if (machine.state === "poweredOff") await machine.start();
    this.rest();
  }

  async pause(): Promise<void> {
    this.resting = false;
    if (this.machine?.state === "running") await this.machine.pause();
  }

  /** Ends the machine; it can be loaded anew. */
  async unload(): Promise<void> {
    const { loading } = this;
    this.loading = null;
    if (!loading) return;
    const machine = await loading.catch(() => null);
    this.machine = null;
    await machine?.dispose();
    if (!this.isConnected) return;
    this.freshCanvas();
    this.show();
  }

  private async make(): Promise<Machine> {
    this.trouble = "";
    this.view.begin.hidden = true;
    this.view.text.textContent = wordsFor(this).loading;
    const { definition, baseUrl } = await definitionOf((name) => this.getAttribute(name), document.baseURI);
    const plan = planOfDefinition(definition, baseUrl);
    this.title_ = plan.title;
    const files = new Map<string, MachineEvents["progress"]>();
    const machine = await createMachine({
      name: plan.title,
      ...(plan.memoryMiB === undefined ? {} : { memoryMiB: plan.memoryMiB }),
      ...(plan.processors === undefined ? {} : { processors: plan.processors }),
      ...(plan.cpuModel === undefined ? {} : { cpuModel: plan.cpuModel }),
      ...(plan.commandLine === undefined ? {} : { commandLine: plan.commandLine }),
      ...Object.fromEntries(
        (["kernel", "initrd", "floppy", "cdrom"] as const).flatMap((role) =>
          plan[role] ? [[role, plan[role].source]] : [],
        ),
      ),
      disks: plan.disks.map(({ source }) => ({ source: source as Source, writable: "discard" as const })),
      bootOrder: plan.bootOrder ?? automaticBootOrder(plan),
      canvas: this.canvas!,
      onProgress: (detail) => this.progressed(detail, files),
    });
    this.machine = machine;
    machine.addEventListener("screenmode", ({ detail }) => {
      this.mode = detail;
      this.fit();
    });
    machine.addEventListener("pointermode", ({ detail }) => (this.absolute = detail.absolute));
    machine.addEventListener("statechange", () => this.show());
    for (const name of TOLD)
      machine.addEventListener(name, (event) =>
        this.dispatchEvent(new CustomEvent(name, { detail: (event as CustomEvent<unknown>).detail })),
      );
    this.show();
    return machine;
  }

  private progressed(detail: MachineEvents["progress"], files: Map<string, MachineEvents["progress"]>): void {
    files.set(detail.what, detail);
    const sum = (of: (file: MachineEvents["progress"]) => number) => [...files.values()].reduce((all, file) => all + of(file), 0);
    const totalBytes = sum((file) => file.totalBytes ?? NaN);
    const words = wordsFor(this);
    const percent = new Intl.NumberFormat(words.tag, { style: "percent", maximumFractionDigits: 0 });
    this.view.text.textContent = totalBytes > 0 ? words.loaded(percent.format(sum((file) => file.doneBytes) / totalBytes)) : words.loading;
    this.dispatchEvent(new CustomEvent("progress", { detail }));
  } // prettier-ignore

  /** A canvas can be handed to a machine once. */
  private freshCanvas(): void {
    this.pointer?.detach();
    this.canvas?.remove();
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-describedby", "help");
    canvas.setAttribute("part", "screen");
    const hostKey = hostKeyFor(navigator.platform);
    const listens = () => this.machine?.state === "running" || this.machine?.state === "paused";
    const send = (action: (machine: Machine) => Promise<void>) => {
      // What fails is told by the machine's "error".
      if (listens()) void action(this.machine!).catch(() => undefined);
    };
    this.keyboard = new KeyboardCapture(
      {
        key: (code, down) => send((machine) => machine.key(code, down)),
        release: () => this.giveBack(),
        command: (command) => command === "ctrlAltDel" && send((machine) => machine.pressKeys(["ControlLeft", "AltLeft", "Delete"])),
      },
      hostKey,
    ); // prettier-ignore
    const key = (event: KeyboardEvent) => listens() && this.keyboard!.handle(event);
    canvas.addEventListener("keydown", key);
    canvas.addEventListener("keyup", key);
    canvas.addEventListener("blur", () => this.keyboard!.releaseAll());
    canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }));
    const quiet = (call: Promise<void> | undefined) => call?.catch(() => undefined) ?? Promise.resolve();
    this.pointer = new PointerCapture(canvas, {
      move: (dx, dy, wheel) => quiet(this.machine?.moveMouse(dx, dy, wheel)),
      pointTo: (x, y) => quiet(this.machine?.pointTo(x, y)),
      button: (button, down) => send((machine) => machine.mouseButton(button, down)),
      active: listens,
      absolute: () => this.absolute,
      capturesOnClick: () => !this.mode.text,
      refused: () => {},
    });
    this.mode = FIRST_MODE;
    this.canvas = canvas;
    this.view.stage.prepend(canvas);
    this.fit();
  }

  /** To the next thing in the page after the screen. */
  private giveBack(): void {
    const { bar, go } = this.view;
    if (!bar.hidden) go.focus();
    else this.canvas?.blur();
  }

  private async go(focus: boolean): Promise<void> {
    if (this.machine?.state === "running") return this.pause();
    try {
      await this.start();
    } catch {
      return; // shown
    }
    if (focus) this.canvas?.focus({ preventScroll: true });
  }

  private sightChanged(visible: boolean): void {
    this.inView = visible;
    this.rest();
  }

  private readonly pageHidden = () => {
    if (document.hidden) this.keyboard?.releaseAll();
    this.rest();
  };

  /** Stands still while nobody can see it, where that was asked for; goes on when somebody can. */
  private rest(): void {
    const { machine } = this;
    const unseen = this.hasAttribute("pause-hidden") && (!this.inView || document.hidden);
    if (unseen && machine?.state === "running") {
      this.resting = true;
      void machine.pause().catch(() => (this.resting = false));
    } else if (!unseen && this.resting && machine) {
      this.resting = false;
      void machine.resume().catch(() => undefined);
    }
  }

  private fail(error: unknown): void {
    const message = error instanceof LinkError ? `The machine's definition is of no use (${error.message}).` : (error as Error).message;
    this.trouble = message;
    const code = error instanceof LinkError ? "badConfig" : ((error as { code?: string }).code ?? "internal");
    this.dispatchEvent(new CustomEvent("error", { detail: { code, message } }));
    this.show();
  } // prettier-ignore

  private fit(): void {
    const { canvas } = this;
    if (!canvas) return;
    const { clientWidth, clientHeight } = this.view.stage;
    const { width, height, crisp } = fitScreen(this.mode, clientWidth, clientHeight, window.devicePixelRatio);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, imageRendering: crisp ? "pixelated" : "auto" });
  } // prettier-ignore

  private show(): void {
    this.view.show({
      words: wordsFor(this),
      state: this.machine?.state ?? null,
      loading: this.loading !== null && !this.machine,
      title: this.title_ || this.getAttribute("label") || "",
      trouble: this.trouble,
      controls: this.hasAttribute("controls"),
    });
    this.canvas?.setAttribute("aria-label", wordsFor(this).screen(this.title_));
  }
}
