/**
 * The main thread's handle of one virtual machine: starts its Worker, calls it by VmApi, and turns its events into DOM
 * events. A Worker that dies takes no promise with it: every call under way rejects, and the state is `aborted`.
 */
import * as Comlink from "comlink";
import type { MachineConfig } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { PicturePiece, VmApi, VmEvent, VmState } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { scriptUrl } from "../shared/trusted-types.ts";
import { said } from "../shared/said.ts";
import { drawerFor } from "./picture-drawer.ts";
import workerUrl from "../worker/entry-browser.ts?worker&url";

/** Events of a machine by their names on VmClient; each is a CustomEvent with the VmEvent as its detail. */
export const EVENT_NAMES: Record<VmEvent["type"], string> = {
  state: "statechange",
  serial: "serial",
  screenmode: "screenmode",
  keyboardleds: "keyboardleds",
  pointermode: "pointermode",
  progress: "progress",
  debug: "debug",
  postcode: "postcode",
  exit: "exit",
  error: "error",
};

/** Long enough for disks to be flushed. */
const DISPOSE_MS = 5000;

/** One that was started before anybody wanted it. */
let ahead: Worker | null = null;

/** For a page that will want a machine in a moment: its Worker can begin now. */
export function prepareWorker(): void {
  if (typeof Worker !== "function" || ahead) return;
  const worker = (ahead = newWorker());
  // One that fails before anybody listens is of no use; the next one says why.
  worker.addEventListener("error", () => {
    if (ahead === worker) ahead = null;
  });
}

function startWorker(): Worker {
  const worker = ahead ?? newWorker();
  ahead = null;
  return worker;
}

/** A Worker script of another origin cannot be started directly, but a local one may import it. */
function newWorker(): Worker {
  const url = new URL(workerUrl, import.meta.url);
  const options: WorkerOptions = { type: "module", name: "posada-machine" };
  if (url.origin === location.origin) return new Worker(scriptUrl(url.href), options);
  const starter = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
  return new Worker(scriptUrl(URL.createObjectURL(starter)), options);
}

/** Whether the browser draws on this canvas in the page's thread only. */
function isOfThisThread(canvas: HTMLCanvasElement | OffscreenCanvas): boolean {
  if (typeof OffscreenCanvas === "function" && canvas instanceof OffscreenCanvas) return false;
  return !("transferControlToOffscreen" in canvas);
}

export class VmClient extends EventTarget {
  /** Calls to the machine; they reject with VmError. */
  readonly api: VmApi;
  private readonly worker: Worker;
  private readonly remote: Comlink.Remote<VmApi>;
  /** How to reject the calls under way. */
  private readonly underWay = new Set<(error: VmError) => void>();
  private dead: VmError | null = null;
  private currentState: VmState = "poweredOff";
  private disposed = false;

  constructor(makeWorker: () => Worker = startWorker) {
    super();
    this.worker = makeWorker();
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.crashed(event.message || "its script could not be loaded");
    });
    this.worker.addEventListener("messageerror", () => this.crashed("a message could not be read"));
    this.remote = Comlink.wrap<VmApi>(this.worker);
    this.api = this.guarded();
  }

  get state(): VmState {
    return this.currentState;
  }

  /** Loads everything and builds the machine. @throws VmError that says in words what is wrong */
  async create(config: MachineConfig): Promise<void> {
    await this.api.subscribe(Comlink.proxy((event: VmEvent) => this.receive(event)));
    await this.api.create(config);
  }

  /** Draws on the canvas from now on; a canvas can be handed over once in its life. */
  async attachCanvas(canvas: HTMLCanvasElement | OffscreenCanvas): Promise<void> {
    if (isOfThisThread(canvas)) {
      const draw = drawerFor(canvas as HTMLCanvasElement);
      return this.api.showPicture(Comlink.proxy((piece: PicturePiece) => draw(piece)));
    }
    let offscreen: OffscreenCanvas;
    try {
      offscreen = "transferControlToOffscreen" in canvas ? canvas.transferControlToOffscreen() : canvas;
    } catch {
      throw new VmError("badConfig", "The canvas is in use already; a machine needs one of its own.");
    }
    await this.api.attachCanvas(Comlink.transfer(offscreen, [offscreen]));
  }

  /** Ends the machine and its Worker. Safe to call more than once. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    // A worker that answers no more is ended all the same.
    const patience = new Promise<void>((resolve) => setTimeout(resolve, DISPOSE_MS));
    await Promise.race([this.api.dispose().catch(() => undefined), patience]);
    this.remote[Comlink.releaseProxy]();
    this.worker.terminate();
    this.die(new VmError("wrongState", "The machine has been removed."));
  }

  private receive(event: VmEvent): void {
    if (event.type === "state") this.currentState = event.state;
    this.dispatchEvent(new CustomEvent(EVENT_NAMES[event.type], { detail: event }));
  }

  private die(error: VmError): void {
    this.dead ??= error;
    for (const reject of this.underWay) reject(this.dead);
    this.underWay.clear();
  }

  private crashed(why: string): void {
    const error = new VmError("internal", said`The machine's worker failed: ${why}.`);
    this.die(error);
    // Whoever hears of it takes the machine for off: nothing of it may still write to its disks.
    this.worker.terminate();
    if (this.disposed) return;
    const { code, message, said: words } = error;
    this.receive({ type: "error", code, message, said: words });
    this.receive({ type: "state", state: "aborted", reason: message, said: words });
  }

  private guarded(): VmApi {
    type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;
    const remote = this.remote as unknown as Methods;
    return new Proxy({} as VmApi, {
      get: (_, name) => {
        // Not a promise, though every name is answered.
        if (typeof name === "symbol" || name === "then") return undefined;
        return (...args: unknown[]) => this.call(() => remote[name]!(...args));
      },
    });
  }

  private call<T>(start: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      this.underWay.add(reject);
      start()
        .then(resolve, (error: unknown) => reject(asVmError(error)))
        .finally(() => this.underWay.delete(reject));
    });
  }
}
