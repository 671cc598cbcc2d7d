/**
 * One virtual machine: implements VmApi over the board, the run loop and the clock. What it consists of is made by
 * make-machine.ts; keyboard and mouse are vm-input.ts's, saved states and captures kept-states.ts's.
 */
import type { MachineEvents } from "../machine/machine-parts.ts";
import type { ExecutionLimits, MachineConfig, MediaSource, StoragePlace } from "../protocol/machine-config.ts";
import { defaultLimits } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { ReplayApi, Touched } from "../protocol/replay-api.ts";
import type { TraceOptions } from "../protocol/trace-options.ts";
import type {
  CaptureRequest,
  CaptureResult,
  KeyCode,
  MouseButton,
  PicturePiece,
  VmEvent,
  VmState,
  VmStats,
} from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { logger } from "../shared/log.ts";
import { inEnglish, said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { QuotaError } from "../storage/library/quota-error.ts";
import { CanvasSink } from "./display/canvas-sink.ts";
import { HeadlessSink } from "./display/headless-sink.ts";
import { PieceSink } from "./display/piece-sink.ts";
import { Presenter } from "./display/presenter.ts";
import { encodeScreenshot, shrunk } from "./display/screenshot.ts";
import { orFailure } from "./failures.ts";
import { FrameLoop } from "./frame-loop.ts";
import { KeptStates } from "./kept-states.ts";
import { makeMachine } from "./make-machine.ts";
import type { MadeMachine, VmPlatform } from "./make-machine.ts";
import { MediaLoader } from "./media.ts";
import { RoomWaiters } from "./patient-store.ts";
import { Replay } from "./replay.ts";
import { RunLoop } from "./run-loop.ts";
import { SharesBoard } from "./shares.ts";
import { VmInput } from "./vm-input.ts";

const log = logger("vm");

export class Vm implements ReplayApi {
  private readonly loop = new RunLoop({
    onTripleFault: () => this.tripleFault(),
    onLimit: () => this.enter("paused"),
    onFailure: (error) => this.fail(asVmError(error)),
  });
  private listener: (event: VmEvent) => void = () => {};
  private current: VmState = "poweredOff";
  private config: MachineConfig | null = null;
  private made: MadeMachine | null = null;
  private presenter!: Presenter;
  private input!: VmInput;
  private states!: KeptStates;
  private readonly powerOn = { instructions: 0 };
  private timesAtPowerOn = { activeMs: 0, haltedMs: 0, heldBackMs: 0 };
  private readonly frames: FrameLoop;
  private replay!: Replay;

  private limits: ExecutionLimits = defaultLimits;
  /** What others' shares leave it. */
  private left = 1;
  private readonly roomWaiters = new RoomWaiters();
  private timesAtShare = { activeMs: 0, haltedMs: 0 };
  private readonly shares: SharesBoard;

  constructor(private readonly platform: VmPlatform) {
    this.shares = new SharesBoard({
      processors: platform.processors,
      limits: () => this.limits,
      takeWanted: () => this.takeWanted(),
      mayRun: (fraction) => {
        this.left = fraction;
        this.limitRun();
      },
    });
    this.frames = new FrameLoop({
      nextFrame: (pace, draw) => platform.nextFrame(pace, draw),
      draw: () => this.presenter.tick(),
      goesOn: () => this.current === "running",
    });
  }

  async create(config: MachineConfig): Promise<void> {
    if (this.config) throw new VmError("wrongState", "This machine has been created already.");
    this.made = await makeMachine(config, {
      platform: this.platform,
      media: this.media(),
      progress: (what, done, total) => this.progress(what, done, total),
      clockListener: this.loop,
      events: this.machineEvents(),
      waitForRoom: (error) => {
        this.storageFailed(error);
        return this.roomWaiters.wait(error);
      },
    });
    const { machine, core, clock } = this.made;
    this.loop.connect(core, clock);
    this.presenter = new Presenter(machine.screen, new HeadlessSink(), (mode) =>
      this.send({ type: "screenmode", ...mode }),
    );
    this.input = new VmInput({
      machine,
      clock,
      isRunning: () => this.current === "running",
      takesInput: () => this.current === "running" || this.current === "paused",
      expectRunning: () => this.expect("running"),
      wake: () => this.loop.wake(),
      quicken: () => this.frames.quicken(),
    });
    this.states = new KeptStates(config, this.made, this.powerOn, this.platform.opener, {
      current: () => this.current,
      expect: (...states) => this.expect(...states),
      enter: (state, reason) => this.enter(state, reason),
      go: () => this.go(),
      halt: () => this.loop.stop(),
      lost: (error) => this.loop.betweenRuns(() => this.fail(error)),
      redraw: () => this.frames.ask(),
    });
    this.replay = new Replay({
      made: this.made,
      loop: this.loop,
      powerOn: this.powerOn,
      openTrace: this.platform.openTrace?.bind(this.platform),
      current: () => this.current,
      expect: (...states) => this.expect(...states),
      start: () => this.start(),
      go: () => this.go(),
      pause: () => {
        this.loop.stop();
        this.enter("paused");
      },
    });
    this.config = config;
    await this.setLimits(config);
  }

  async attachCanvas(canvas: OffscreenCanvas): Promise<void> {
    this.created();
    this.presenter.attach(new CanvasSink(canvas));
    this.frames.visible = true;
    this.frames.ask();
  }

  async showPicture(show: (piece: PicturePiece) => void): Promise<void> {
    this.created();
    this.presenter.attach(new PieceSink(show));
    this.frames.visible = true;
    this.frames.ask();
  }

  async subscribe(listener: (event: VmEvent) => void): Promise<void> {
    this.listener = listener;
  }

  async state(): Promise<VmState> {
    return this.current;
  }

  async start(): Promise<void> {
    this.created();
    this.expect("poweredOff", "aborted");
    this.enter("starting");
    try {
      const published = await this.states.takePublished();
      if (published) this.send({ type: "serial", port: 0, bytes: published.serial });
      else {
        await this.made?.laterKernel?.supply(this.machine);
        this.states.clearMemory();
        this.machine.reset();
        this.powerOn.instructions = this.core.instructions();
      }
    } catch (error) {
      this.fail(asVmError(error));
      throw asVmError(error);
    }
    this.timesAtPowerOn = this.loop.times();
    this.go();
  }

  async pause(): Promise<void> {
    this.expect("running");
    this.loop.stop();
    this.enter("paused");
  }

  async resume(): Promise<void> {
    this.expect("paused");
    this.go();
  }

  async reset(): Promise<void> {
    this.expect("running", "paused", "aborted");
    await this.made?.laterKernel?.supply(this.machine);
    this.expect("running", "paused", "aborted");
    this.machine.reset();
    if (this.current === "aborted") this.go();
    else this.loop.wake();
  }

  async pressPowerButton(): Promise<void> {
    this.expect("running");
    this.machine.pressPowerButton();
    this.loop.wake();
  }

  async powerOff(): Promise<void> {
    this.created();
    if (this.current !== "poweredOff") await this.switchOff();
  }

  async serialWrite(port: 0 | 1, bytes: Uint8Array): Promise<void> {
    this.expect("running", "paused");
    this.machine.serialReceive(port, bytes);
    this.loop.wake();
  }

  async key(code: KeyCode, down: boolean): Promise<void> {
    this.created();
    this.input.key(code, down);
  }

  async typeText(text: string): Promise<void> {
    this.created();
    await this.input.typeText(text);
  }

  async pressKeys(codes: KeyCode[]): Promise<void> {
    this.created();
    await this.input.pressKeys(codes);
  }

  async moveMouse(dx: number, dy: number, wheel = 0): Promise<void> {
    this.created();
    this.input.moveMouse(dx, dy, wheel);
  }

  async pointTo(x: number, y: number): Promise<void> {
    this.created();
    this.input.pointTo(x, y);
  }

  async mouseButton(button: MouseButton, down: boolean): Promise<void> {
    this.created();
    this.input.mouseButton(button, down);
  }

  async clickMouse(button: MouseButton): Promise<void> {
    this.created();
    await this.input.clickMouse(button);
  }

  async screenText(): Promise<string[] | null> {
    this.created();
    return this.machine.screen.screenText();
  }

  async screenshot(): Promise<Uint8Array> {
    this.created();
    this.presenter.tick();
    return encodeScreenshot(this.machine.screen.frame);
  }

  async save(): Promise<Uint8Array> {
    this.created();
    return this.states.save();
  }

  async saveDifference(): Promise<Uint8Array> {
    this.created();
    return this.states.saveDifference();
  }

  async restore(saved: Uint8Array, then?: "running" | "paused"): Promise<void> {
    this.created();
    await this.states.restore(saved, then);
  }

  async capture(request: CaptureRequest): Promise<CaptureResult> {
    this.created();
    return this.states.capture(request);
  }

  async restoreCaptured(
    memory: { place: StoragePlace; id: string },
    then: "running" | "paused" = "running",
  ): Promise<void> {
    this.created();
    await this.states.restoreCaptured(memory, then);
  }

  async thumbnail(maxWidthPx: number): Promise<Uint8Array> {
    this.created();
    this.presenter.tick();
    return encodeScreenshot(shrunk(this.machine.screen.frame, maxWidthPx));
  }

  async stats(): Promise<VmStats> {
    this.created();
    const { activeMs, haltedMs, heldBackMs } = this.loop.times();
    const counters = this.core.counters();
    return {
      instructions: this.core.instructions() - this.powerOn.instructions,
      wallMs: activeMs - this.timesAtPowerOn.activeMs,
      haltedMs: haltedMs - this.timesAtPowerOn.haltedMs,
      heldBackMs: heldBackMs - this.timesAtPowerOn.heldBackMs,
      guestMs: this.clock.nowNs() / 1e6,
      wasmMemoryBytes: this.core.memory.buffer.byteLength,
      ...this.machine.activity(),
      jit: counters.jit,
      interpreter: { traces: counters.traces, flushes: counters.flushes, tlbMisses: counters.tlbMisses },
      registerHash: this.core.registerHash(),
    };
  }

  async runInstructions(count: number): Promise<void> {
    this.created();
    await this.replay.runInstructions(count);
  }

  async runFor(guestMs: number): Promise<void> {
    this.created();
    await this.replay.runFor(guestMs);
  }

  async trace(options: TraceOptions): Promise<void> {
    this.created();
    await this.replay.trace(options);
  }

  async watchTouched(): Promise<void> {
    this.created();
    await this.states.whole();
    this.replay.watchTouched();
  }

  async touched(): Promise<Touched> {
    this.created();
    return this.replay.touched();
  }

  async coverage(): Promise<Record<string, number> | null> {
    this.created();
    return (await import("./coverage.ts")).coverageOf(this.core);
  }

  async registers(): Promise<string> {
    this.created();
    return this.core.registerDump();
  }

  async setLimits(limits: ExecutionLimits): Promise<void> {
    this.limits = limits;
    this.limitRun();
  }

  async insertCdrom(source: MediaSource | null): Promise<void> {
    this.created();
    const store = source === null ? null : await this.media().cd(source);
    this.machine.insertCdrom(store);
    this.inserted("cdrom", store);
  }

  async insertFloppy(source: MediaSource | null): Promise<void> {
    this.created();
    const store = source === null ? null : await this.media().floppy(source);
    orFailure(() => this.machine.insertFloppy(store));
    this.inserted("floppy", store);
  }

  async dispose(): Promise<void> {
    if (this.config && this.current !== "poweredOff") await this.switchOff();
    this.shares.close();
    this.loop.close();
    if (this.config) {
      this.states.forget();
      this.replay.close();
    }
    for (const store of this.drives.values()) await store.close?.();
    this.drives.clear();
    this.listener = () => {};
  }

  private machineEvents(): MachineEvents {
    return {
      serial: (port, bytes) => this.send({ type: "serial", port, bytes }),
      keyboardLeds: (leds) => this.send({ type: "keyboardleds", ...leds }),
      pointerMode: (absolute) => this.send({ type: "pointermode", absolute }),
      debugText: (text) => this.send({ type: "debug", text }),
      postCode: (code) => this.send({ type: "postcode", code }),
      debugExit: (value) => {
        this.loop.betweenRuns(() => {
          this.machine.flushOutput();
          this.send({ type: "exit", status: ((value << 1) | 1) & 0xff });
          void this.switchOff(said`the guest wrote to the debug-exit port`);
        });
      },
      poweredOff: () => {
        this.loop.betweenRuns(() => void this.switchOff(said`the guest switched itself off`));
      },
      resetRequested: () => {
        this.loop.betweenRuns(() => this.resetFromInside());
      },
      wake: () => this.loop.wake(),
    };
  }

  private get machine(): MadeMachine["machine"] {
    return this.made!.machine;
  }

  private get core(): MadeMachine["core"] {
    return this.made!.core;
  }

  private get clock(): MadeMachine["clock"] {
    return this.made!.clock;
  }

  /** What is in the drives. */
  private get drives(): Map<string, BlockStore> {
    return this.made?.drives ?? new Map<string, BlockStore>();
  }

  private created(): void {
    if (!this.config) throw new VmError("wrongState", "The machine has not been created yet.");
  }

  private expect(...states: VmState[]): void {
    this.created();
    if (!states.includes(this.current))
      throw new VmError(
        "wrongState",
        said`The machine is ${wordFor[this.current]}; this needs it to be ${states.map((s) => wordFor[s]).reduce((some, one) => said`${some} or ${one}`)}.`,
      );
  }

  private enter(state: VmState, reason?: Said): void {
    this.current = state;
    if (state !== "running") this.shares.stop();
    // What waits for room is tried again, or told to the guest where it is to have another state.
    if (state === "running") this.roomWaiters.goOn();
    else if (state !== "paused" && state !== "saving") this.roomWaiters.giveUp();
    if (state !== "running") this.input.endClick();
    this.replay.entered(state);
    this.send({ type: "state", state, ...(reason === undefined ? {} : { reason: inEnglish(reason), said: reason }) });
  }

  private limitRun(): void {
    this.loop.limitTo(Math.min(this.left, this.limits.executionCapPercent / 100));
  }

  /** Of the time since the last call: the part in which there was something to run. */
  private takeWanted(): number {
    const before = this.timesAtShare;
    const now = this.loop.times();
    this.timesAtShare = now;
    const activeMs = now.activeMs - before.activeMs;
    return activeMs > 0 ? 1 - (now.haltedMs - before.haltedMs) / activeMs : 0;
  }

  private send(event: VmEvent): void {
    this.listener(event);
  }

  private go(): void {
    this.enter("running");
    this.loop.start();
    this.shares.start();
    this.frames.ask();
  }

  private async switchOff(reason?: Said): Promise<void> {
    this.loop.stop();
    this.machine.cancelTyping();
    this.machine.flushOutput();
    this.enter("stopping", reason);
    try {
      await this.machine.flashSettled();
      await Promise.all(Array.from(this.drives.values(), (store) => store.flush()));
    } catch (error) {
      this.storageFailed(error);
    }
    this.enter("poweredOff", reason);
  }

  private tripleFault(): boolean {
    if (this.config?.onTripleFault === "reset") {
      this.resetFromInside();
      return true;
    }
    log.error(`triple fault\n${this.core.registerDump()}`);
    this.fail(
      new VmError(
        "tripleFault",
        said`The guest's processor stopped at ${this.core.location()}: a fault occurred while it handled a double fault (triple fault).`,
      ),
    );
    return false;
  }

  /** A reset that the guest brought about. Where its kernel has to be read first, it stands still until then. */
  private resetFromInside(): void {
    const kernel = this.made?.laterKernel;
    if (!kernel?.isDue) return this.machine.reset();
    this.loop.stop();
    kernel.supply(this.machine).then(
      () => {
        if (this.current !== "running" && this.current !== "paused") return;
        this.machine.reset();
        if (this.current === "running") this.loop.start();
      },
      (error: unknown) => this.fail(asVmError(error)),
    );
  }

  private fail(error: VmError): void {
    this.loop.stop();
    this.machine.cancelTyping();
    this.machine.flushOutput();
    this.send({ type: "error", code: error.code, message: error.message, said: error.said });
    this.enter("aborted", error.said);
  }

  private progress(what: string, doneBytes: number, totalBytes: number | null): void {
    this.send({ type: "progress", what, doneBytes, totalBytes });
  }

  private media(): MediaLoader {
    return new MediaLoader(
      this.platform.opener,
      (what, done, total) => this.progress(what, done, total),
      (error) => this.storageFailed(error),
    );
  }

  /** The medium that was in the drive is let go. */
  private inserted(drive: "floppy" | "cdrom", store: BlockStore | null): void {
    const before = this.drives.get(drive);
    if (store) this.drives.set(drive, store);
    else this.drives.delete(drive);
    before?.close?.().catch((error: unknown) => this.storageFailed(error));
    this.loop.wake();
  }

  /** Where there is no room the machine waits for some: what it has gathered is not lost. */
  private storageFailed(error: unknown): void {
    const { message, said } = asVmError(error);
    this.send({ type: "error", code: "storage", message, said });
    if (!(error instanceof QuotaError) || this.current !== "running") return;
    this.loop.stop();
    this.enter("paused", said);
  }
}

const wordFor: Record<VmState, Said> = {
  poweredOff: said`switched off`,
  starting: said`starting`,
  running: said`running`,
  paused: said`paused`,
  saving: said`being saved`,
  restoring: said`being restored`,
  stopping: said`being switched off`,
  aborted: said`stopped by an error`,
};
