/**
 * A machine in view: its worker, what a page shows of it, and what a person does with it. Fires
 *   "change"   something that the page shows is different now
 *   "serial"   bytes from COM1 (detail: Uint8Array); earlier ones are in `serialHistory`
 *   "problem"  a failure (detail: VmError)
 * Actions never reject: what fails is a "problem".
 */
import { VmError } from "../protocol/vm-api.ts";
import type { KeyCode, MouseButton, VmApi, VmEvent, VmState, VmStats } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { asPlain } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import { configOf } from "./machine-plan.ts";
import { logEventOf, MachineLog } from "./machine-log.ts";
import type { MachinePlan, Medium } from "./machine-plan.ts";
import { RatesHistory } from "./rates-history.ts";
import { SerialHistory } from "./serial-history.ts";
import { ratesBetween } from "./vm-rates.ts";
import type { VmRates } from "./vm-rates.ts";
import { EVENT_NAMES, VmClient } from "./vm-client.ts";

/** What a session needs of VmClient. */
export type MachineClient = Pick<
  VmClient,
  "api" | "state" | "create" | "attachCanvas" | "dispose" | "addEventListener"
>;

/** loading: files are on their way; ready: the machine can be used; failed, closed: it is no more. */
export type SessionPhase = "loading" | "ready" | "failed" | "closed";

export interface ScreenMode {
  text: boolean;
  widthPx: number;
  heightPx: number;
  /** Width to height on the monitor. */
  aspect: number;
}

export interface LoadProgress {
  doneBytes: number;
  /** null while a size is not known. */
  totalBytes: number | null;
}

const STATS_MS = 1000;

export class MachineSession extends EventTarget {
  phase: SessionPhase = "loading";
  /** Why the machine is in its state, where it told. */
  reason: Said | string | undefined;
  screenMode: ScreenMode | null = null;
  leds = { scrollLock: false, numLock: false, capsLock: false };
  pointerAbsolute = false;
  /** Whether it has run before. */
  hasRun = false;
  /** Of the last second; null while there is none. */
  rates: VmRates | null = null;
  /** What is in the drives, by name. */
  cdrom: Medium | null;
  floppy: Medium | null;
  readonly serialHistory = new SerialHistory();
  readonly ratesHistory = new RatesHistory();
  readonly log = new MachineLog();

  private readonly client: MachineClient;
  private readonly api: VmApi;
  private readonly files = new Map<string, LoadProgress>();
  private readonly loaded: Promise<void>;
  private timer: ReturnType<typeof setInterval> | null = null;
  private lastStats: VmStats | null = null;
  private changeTold = false;

  /** Begins to load at once. @throws VmError `badConfig` */
  constructor(
    readonly plan: MachinePlan,
    baseUrl: string,
    makeClient: () => MachineClient = () => new VmClient(),
  ) {
    super();
    this.cdrom = plan.cdrom ?? null;
    this.floppy = plan.floppy ?? null;
    const config = configOf(plan, baseUrl);
    this.client = makeClient();
    this.api = this.client.api;
    for (const name of Object.values(EVENT_NAMES))
      this.client.addEventListener(name, (event) => this.receive((event as CustomEvent<VmEvent>).detail));
    this.loaded = this.client.create(config).then(
      () => this.enterPhase("ready"),
      (error: unknown) => {
        if (this.phase !== "closed") this.enterPhase("failed");
        void this.client.dispose();
        throw asVmError(error);
      },
    );
    // Those who wait for it are told; nobody has to wait.
    this.loaded.catch(() => undefined);
  }

  get state(): VmState {
    return this.client.state;
  }

  /** Whether keys and the mouse reach the guest. */
  get takesInput(): boolean {
    return this.phase === "ready" && (this.state === "running" || this.state === "paused");
  }

  /** All files together. */
  get progress(): LoadProgress {
    let doneBytes = 0;
    let totalBytes: number | null = 0;
    for (const file of this.files.values()) {
      doneBytes += file.doneBytes;
      totalBytes = totalBytes === null || file.totalBytes === null ? null : totalBytes + file.totalBytes;
    }
    return { doneBytes, totalBytes: totalBytes === 0 ? null : totalBytes };
  }

  /** Rejects with the VmError that kept the machine from being made. */
  whenLoaded(): Promise<void> {
    return this.loaded;
  }

  /** Draws on the canvas, which can be handed over once. */
  async showOn(canvas: HTMLCanvasElement): Promise<void> {
    try {
      await this.loaded;
    } catch {
      return; // told by whenLoaded
    }
    await this.attempt(() => this.client.attachCanvas(canvas));
  }

  async start(): Promise<void> {
    await this.attempt(() => this.api.start());
  }

  async pause(): Promise<void> {
    await this.attempt(() => this.api.pause());
  }

  async resume(): Promise<void> {
    await this.attempt(() => this.api.resume());
  }

  async reset(): Promise<void> {
    await this.attempt(() => this.api.reset());
  }

  async pressPowerButton(): Promise<void> {
    await this.attempt(() => this.api.pressPowerButton());
  }

  async powerOff(): Promise<void> {
    await this.attempt(() => this.api.powerOff());
  }

  async pressKeys(codes: KeyCode[]): Promise<void> {
    await this.attempt(() => this.api.pressKeys(codes));
  }

  /** Resolves when all is typed; false where it could not be. */
  typeText(text: string): Promise<boolean> {
    return this.attempt(() => this.api.typeText(text));
  }

  key(code: KeyCode, down: boolean): void {
    this.input(() => this.api.key(code, down));
  }

  async moveMouse(dx: number, dy: number, wheel = 0): Promise<void> {
    if (this.takesInput) await this.attempt(() => this.api.moveMouse(dx, dy, wheel));
  }

  async pointTo(x: number, y: number): Promise<void> {
    if (this.takesInput) await this.attempt(() => this.api.pointTo(x, y));
  }

  mouseButton(button: MouseButton, down: boolean): void {
    this.input(() => this.api.mouseButton(button, down));
  }

  serialWrite(bytes: Uint8Array): void {
    this.input(() => this.api.serialWrite(0, bytes));
  }

  /** The text on the screen as lines; null in graphics modes. */
  async screenText(): Promise<string[] | null> {
    return this.api.screenText();
  }

  /** What has changed since the published state from which it went on; null where that failed. */
  async difference(): Promise<Uint8Array | null> {
    let difference: Uint8Array | null = null;
    await this.attempt(async () => {
      difference = await this.api.saveDifference();
    });
    return difference;
  }

  /** A PNG, or null where it failed. */
  async screenshot(): Promise<Blob | null> {
    let blob: Blob | null = null;
    await this.attempt(async () => {
      blob = new Blob([(await this.api.screenshot()) as Uint8Array<ArrayBuffer>], { type: "image/png" });
    });
    return blob;
  }

  insertCdrom(medium: Medium | null): Promise<boolean> {
    return this.changeMedium(
      () => this.api.insertCdrom(medium?.source ?? null),
      () => this.inserted("cdrom", medium),
    );
  }

  insertFloppy(medium: Medium | null): Promise<boolean> {
    return this.changeMedium(
      () => this.api.insertFloppy(medium?.source ?? null),
      () => this.inserted("floppy", medium),
    );
  }

  /** Ends the machine, also while it is loading. */
  async close(): Promise<void> {
    this.enterPhase("closed");
    this.stopStats();
    await this.client.dispose();
  }

  private inserted(drive: "cdrom" | "floppy", medium: Medium | null): void {
    this[drive] = medium;
    this.log.add({ kind: "medium", drive, name: medium?.name ?? null });
  }

  private async changeMedium(change: () => Promise<void>, remember: () => void): Promise<boolean> {
    let done = false;
    await this.attempt(async () => {
      await change();
      remember();
      done = true;
    });
    this.changed();
    return done;
  }

  private input(send: () => Promise<void>): void {
    if (this.takesInput) void this.attempt(send);
  }

  private async attempt(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (this.phase !== "closed") this.tell(asVmError(error));
      return false;
    }
  }

  private tell(error: VmError): void {
    this.log.add({ kind: "failure", message: asPlain(error.said) });
    this.dispatchEvent(new CustomEvent("problem", { detail: error }));
  }

  private receive(event: VmEvent): void {
    const noted = logEventOf(event);
    if (noted) this.log.add(noted);
    switch (event.type) {
      case "state":
        this.reason = event.said ?? event.reason;
        this.hasRun ||= event.state === "running";
        if (event.state === "running") this.startStats();
        else this.stopStats();
        break;
      case "serial":
        if (event.port !== 0) return;
        this.serialHistory.add(event.bytes);
        this.dispatchEvent(new CustomEvent("serial", { detail: event.bytes }));
        return;
      case "screenmode":
        this.screenMode = event;
        break;
      case "keyboardleds":
        this.leds = event;
        break;
      case "pointermode":
        this.pointerAbsolute = event.absolute;
        break;
      case "progress":
        this.files.set(event.what, event);
        break;
      case "error":
        this.dispatchEvent(
          new CustomEvent("problem", { detail: new VmError(event.code, event.said ?? event.message) }),
        );
        return;
      case "debug":
      case "postcode":
      case "exit":
        return;
    }
    this.changed();
  }

  private enterPhase(phase: SessionPhase): void {
    this.phase = phase;
    this.changed();
  }

  /** Once for all that changes in one turn. */
  private changed(): void {
    if (this.changeTold) return;
    this.changeTold = true;
    queueMicrotask(() => {
      this.changeTold = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  private startStats(): void {
    this.stopStats();
    this.timer = setInterval(() => void this.readStats(), STATS_MS);
    void this.readStats();
  }

  private stopStats(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.lastStats = null;
    this.rates = null;
  }

  private async readStats(): Promise<void> {
    let stats: VmStats;
    try {
      stats = await this.api.stats();
    } catch {
      return; // a machine that has just ended; if it failed, an event tells
    }
    if (this.timer === null) return;
    if (this.lastStats) this.rates = ratesBetween(this.lastStats, stats);
    if (this.rates) this.ratesHistory.add(this.rates, Date.now());
    this.lastStats = stats;
    this.changed();
  }
}
