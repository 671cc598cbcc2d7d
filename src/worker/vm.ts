/**
 * One virtual machine: implements VmApi over the board, the run loop and the clock. Nothing here knows whether it runs
 * in a browser's Worker or in Node; the entry files hand in what differs (VmPlatform).
 */
import type { WasmCore, WasmCoreOptions } from "../core/wasm-core.ts";
import type { Timer } from "../machine/clock.ts";
import type { MachineEvents } from "../machine/machine-parts.ts";
import { TRACE_CATEGORIES } from "../machine/trace-categories.ts";
import { isKept } from "../protocol/machine-config.ts";
import type { MachineConfig, MediaSource, StoragePlace } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { ReplayApi } from "../protocol/replay-api.ts";
import type { TraceOptions } from "../protocol/trace-options.ts";
import type {
  CaptureRequest,
  CaptureResult,
  KeyCode,
  MouseButton,
  VmEvent,
  VmState,
  VmStats,
} from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { currentLogSink, logger } from "../shared/log.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { Captures } from "./captures.ts";
import { coverageOf } from "./coverage.ts";
import { CanvasSink } from "./display/canvas-sink.ts";
import { HeadlessSink } from "./display/headless-sink.ts";
import { Presenter } from "./display/presenter.ts";
import { encodeScreenshot, shrunk } from "./display/screenshot.ts";
import { asFailure, orFailure } from "./failures.ts";
import { FrameLoop } from "./frame-loop.ts";
import type { FramePace } from "./frame-loop.ts";
import { HostClock } from "./host-clock.ts";
import { InstructionClock } from "./instruction-clock.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { BuildMachine, MachinePort } from "./machine-port.ts";
import { MediaLoader } from "./media.ts";
import type { FileKind, SourceOpener } from "./media.ts";
import { RunLoop } from "./run-loop.ts";
import { Snapshot } from "./snapshot.ts";
import { Tracer } from "./tracer.ts";
import type { TraceSink } from "./tracer.ts";

export interface VmPlatform {
  opener: SourceOpener;
  compileCore(): Promise<WebAssembly.Module>;
  /** @throws CoreMemoryError */
  makeCore(module: WebAssembly.Module, options: WasmCoreOptions): WasmCore;
  buildMachine: BuildMachine;
  /** Begins a trace in a file (null: the error output), where the host has such. @throws VmError */
  openTrace?(file: string | null): TraceSink;
  /** Calls `draw` before the next repaint; later where the picture rests, and seldom where nobody watches. */
  nextFrame(pace: FramePace, draw: () => void): void;
}

const log = logger("vm");

const CLICK_MS = 60;

export class Vm implements ReplayApi {
  private readonly loop = new RunLoop({
    onTripleFault: () => this.tripleFault(),
    onLimit: () => this.enter("paused"),
    onFailure: (error) => this.fail(asVmError(error)),
  });
  private listener: (event: VmEvent) => void = () => {};
  private current: VmState = "poweredOff";
  private config: MachineConfig | null = null;
  private machine!: MachinePort;
  private core!: WasmCore;
  private clock!: MachineClock;
  private presenter!: Presenter;
  /** What is in the drives: floppy, cdrom, disk0, … */
  private readonly drives = new Map<string, BlockStore>();
  private readonly powerOn = { instructions: 0 };
  private snapshot!: Snapshot;
  private captures!: Captures;
  /** What the machine was when a capture brought it to a stand. */
  private beforeCapture: VmState | null = null;
  private timesAtPowerOn = { activeMs: 0, haltedMs: 0 };
  private readonly frames: FrameLoop;
  private clickTimer!: Timer;
  private clickDone: () => void = () => {};
  private usedBefore = false;
  private spanTimer!: Timer;
  /** Called when a run with a bound is over. */
  private spanEnds: () => void = () => {};
  private tracer: Tracer | null = null;

  constructor(private readonly platform: VmPlatform) {
    this.frames = new FrameLoop({
      nextFrame: (pace, draw) => platform.nextFrame(pace, draw),
      draw: () => this.presenter.tick(),
      goesOn: () => this.current === "running",
    });
  }

  async create(config: MachineConfig): Promise<void> {
    if (this.config) throw new VmError("wrongState", "This machine has been created already.");
    if (!config.firmware && config.flash.length === 0)
      throw new VmError("badConfig", "The machine has no firmware (a BIOS image such as SeaBIOS).");
    const media = this.media();
    const file = (source: MediaSource | undefined, role: string, kind: FileKind) =>
      source === undefined ? null : media.file(source, role, kind);
    const [module, firmware, vgaFirmware, kernel, initrd, floppy, cdrom, disks, flash, modules] = await Promise.all([
      this.platform.compileCore(),
      config.flash.length > 0 ? null : file(config.firmware, "firmware", "firmware"),
      file(config.vgaFirmware, "VGA firmware", "vgaFirmware"),
      file(config.kernel, "kernel", "kernel"),
      file(config.initrd, "initrd", "initrd"),
      config.floppy === undefined ? null : media.floppy(config.floppy),
      config.cdrom === undefined ? null : media.cd(config.cdrom),
      Promise.all(config.disks.map((disk, i) => media.disk(disk, `disk ${i + 1}`))),
      Promise.all(config.flash.map((chip, i) => media.flash(chip, `flash ${i + 1}`))),
      Promise.all(config.modules.map((each, i) => media.module(each, `module ${i + 1}`))),
    ]);
    const drives = { floppy, cdrom, ...Object.fromEntries(disks.map((disk, i) => [`disk${i}`, disk])) };
    for (const [drive, store] of Object.entries(drives)) if (store) this.drives.set(drive, store);
    flash.forEach(({ store }, i) => store && this.drives.set(`flash${i}`, store));

    this.clock =
      config.clock === "instructions"
        ? // Parts of the board look at the clock before there is a core.
          new InstructionClock(this.loop, () => (this.core ? this.core.instructions() : 0))
        : new HostClock(this.loop);
    this.machine = orFailure(() =>
      this.platform.buildMachine({
        config,
        clock: this.clock,
        events: this.machineEvents(),
        firmware: firmware ?? new Uint8Array(0),
        flash,
        vgaFirmware: vgaFirmware ?? new Uint8Array(0),
        kernel,
        modules,
        initrd,
        floppy,
        cdrom,
        disks,
        makeCore: (host, vramBytes) => {
          const { cpuModel, processors, memoryMiB, jit, jitThreshold, jitMaxBlock } = config;
          const epochMs = () => this.clock.epochMs;
          const sizes = { vramBytes, ramBytes: memoryMiB * 2 ** 20 };
          // A machine on the instruction clock repeats itself, its random numbers too.
          const random = config.clock === "instructions" ? { randomKey: new BigUint64Array(4) } : {};
          const limits = {
            ...(jitThreshold === undefined ? {} : { jitThreshold }),
            ...(jitMaxBlock === undefined ? {} : { jitMaxBlock }),
          };
          const options = { host, epochMs, cpuModel, processors, jit, ...limits, ...sizes, ...random };
          return (this.core = this.platform.makeCore(module, options));
        },
      }),
    );
    this.loop.connect(this.core, this.clock);
    this.presenter = new Presenter(this.machine.screen, new HeadlessSink(), (mode) =>
      this.send({ type: "screenmode", ...mode }),
    );
    const { core, clock, machine, drives: inDrives, powerOn } = this;
    this.snapshot = new Snapshot({ config, core, clock, machine, drives: inDrives, powerOn });
    this.captures = this.makeCaptures(config);
    this.clickTimer = clock.createTimer("click", () => this.clickDone());
    this.spanTimer = clock.createTimer("span", () => {
      this.loop.stop();
      this.enter("paused");
    });
    this.config = config;
  }

  async attachCanvas(canvas: OffscreenCanvas): Promise<void> {
    this.created();
    this.presenter.attach(new CanvasSink(canvas));
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
      if (this.usedBefore) for (const memory of [this.core.ram, this.core.vram]) memory.fill(0);
      this.usedBefore = true;
      this.captures.forget();
      this.machine.reset();
    } catch (error) {
      this.fail(asVmError(error));
      throw asVmError(error);
    }
    this.powerOn.instructions = this.core.instructions();
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
    this.input(() => this.machine.key(code, down));
  }

  async typeText(text: string): Promise<void> {
    this.expect("running");
    await this.typing(this.machine.typeText(text));
  }

  async pressKeys(codes: KeyCode[]): Promise<void> {
    this.expect("running");
    await this.typing(this.machine.pressKeys(codes));
  }

  async moveMouse(dx: number, dy: number, wheel = 0): Promise<void> {
    this.input(() => this.machine.moveMouse(dx, dy, wheel));
  }

  async pointTo(x: number, y: number): Promise<void> {
    this.input(() => this.machine.pointTo(x, y));
  }

  async mouseButton(button: MouseButton, down: boolean): Promise<void> {
    this.input(() => this.machine.mouseButton(button, down));
  }

  async clickMouse(button: MouseButton): Promise<void> {
    this.expect("running");
    await this.mouseButton(button, true);
    // A click that follows at once ends the one before.
    this.clickDone();
    await new Promise<void>((resolve) => {
      this.clickDone = resolve;
      this.clickTimer.armAt(this.clock.nowNs() + CLICK_MS * 1e6);
    });
    await this.mouseButton(button, false);
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
    this.expect("running", "paused");
    return this.whileStopped("saving", this.current, () => this.snapshot.save());
  }

  async restore(saved: Uint8Array, then?: "running" | "paused"): Promise<void> {
    this.expect("poweredOff", "running", "paused", "aborted");
    const next = then ?? (this.current === "paused" ? "paused" : "running");
    await this.whileStopped("restoring", next, async () => {
      this.captures.forget();
      await this.snapshot.restore(saved);
      this.usedBefore = true;
    });
    this.frames.ask();
  }

  async capture(request: CaptureRequest): Promise<CaptureResult> {
    this.expect("running", "paused");
    try {
      return await this.captures.capture(request);
    } catch (error) {
      throw asFailure(error);
    }
  }

  async restoreCaptured(
    memory: { place: StoragePlace; id: string },
    then: "running" | "paused" = "running",
  ): Promise<void> {
    this.expect("poweredOff", "aborted");
    let touched = false;
    try {
      await this.whileStopped("restoring", then, () =>
        this.captures.restore(memory, !this.usedBefore, () => {
          touched = true;
          this.usedBefore = true;
        }),
      );
    } catch (error) {
      // Half a memory is none; before that everything is as it was.
      if (touched) this.enter("aborted", asVmError(error).message);
      throw error;
    }
    this.frames.ask();
  }

  async thumbnail(maxWidthPx: number): Promise<Uint8Array> {
    this.created();
    this.presenter.tick();
    return encodeScreenshot(shrunk(this.machine.screen.frame, maxWidthPx));
  }

  async stats(): Promise<VmStats> {
    this.created();
    const { activeMs, haltedMs } = this.loop.times();
    const counters = this.core.counters();
    return {
      instructions: this.core.instructions() - this.powerOn.instructions,
      wallMs: activeMs - this.timesAtPowerOn.activeMs,
      haltedMs: haltedMs - this.timesAtPowerOn.haltedMs,
      guestMs: this.clock.nowNs() / 1e6,
      wasmMemoryBytes: this.core.memory.buffer.byteLength,
      ...this.machine.activity(),
      jit: counters.jit,
      interpreter: { traces: counters.traces, flushes: counters.flushes, tlbMisses: counters.tlbMisses },
      registerHash: this.core.registerHash(),
    };
  }

  /**
   * Runs exactly so many instructions from where a paused machine stands, then pauses it again. For tests and replay;
   * needs the instruction clock to repeat exactly.
   */
  async runInstructions(count: number): Promise<void> {
    await this.runBounded(() => this.loop.stopAt(this.core.instructions() + count));
  }

  async runFor(guestMs: number): Promise<void> {
    await this.runBounded(() => this.spanTimer.armAt(this.clock.nowNs() + guestMs * 1e6));
  }

  async trace(options: TraceOptions): Promise<void> {
    this.expect("poweredOff");
    const unknown = options.categories.find((name) => !TRACE_CATEGORIES.includes(name));
    if (unknown !== undefined)
      throw new VmError("badConfig", `"${unknown}" cannot be traced; there are ${TRACE_CATEGORIES.join(", ")}.`);
    const { openTrace } = this.platform;
    if (!openTrace || this.tracer) throw new VmError("wrongState", "This machine cannot be traced here and now.");
    this.tracer = new Tracer(
      this.core,
      this.machine,
      options,
      openTrace(options.file),
      () => this.powerOn.instructions,
    );
    this.tracer.alsoLog(currentLogSink());
    this.loop.connect(this.tracer, this.clock);
  }

  async coverage(): Promise<Record<string, number> | null> {
    this.created();
    return coverageOf(this.core);
  }

  async registers(): Promise<string> {
    this.created();
    return this.core.registerDump();
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
    this.loop.close();
    this.tracer?.close();
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
          void this.switchOff("the guest wrote to the debug-exit port");
        });
      },
      poweredOff: () => {
        this.loop.betweenRuns(() => void this.switchOff("the guest switched itself off"));
      },
      resetRequested: () => {
        this.loop.betweenRuns(() => this.machine.reset());
      },
      wake: () => this.loop.wake(),
    };
  }

  private makeCaptures(config: MachineConfig): Captures {
    const places = new Map<string, StoragePlace>();
    config.disks.forEach(({ source }, i) => isKept(source) && places.set(`disk${i}`, source.kept.place));
    return new Captures({
      core: this.core,
      snapshot: this.snapshot,
      drives: this.drives,
      libraryAt: (place) => this.platform.opener.libraryAt(place),
      placeOf: (drive) => places.get(drive) ?? null,
      stop: () => {
        this.expect("running", "paused");
        this.beforeCapture = this.current;
        this.loop.stop();
        this.enter("saving");
      },
      goOn: () => {
        const before = this.beforeCapture;
        this.beforeCapture = null;
        if (this.current !== "saving" || before === null) return;
        if (before === "running") this.go();
        else this.enter(before);
      },
    });
  }

  private created(): void {
    if (!this.config) throw new VmError("wrongState", "The machine has not been created yet.");
  }

  private expect(...states: VmState[]): void {
    this.created();
    if (!states.includes(this.current))
      throw new VmError(
        "wrongState",
        `The machine is ${wordFor[this.current]}; this needs it to be ${states.map((s) => wordFor[s]).join(" or ")}.`,
      );
  }

  /** Keys and mouse of a machine that is off go nowhere, as on a real one. */
  private input(deliver: () => void): void {
    this.created();
    if (this.current !== "running" && this.current !== "paused") return;
    deliver();
    this.frames.quicken();
    this.loop.wake();
  }

  private enter(state: VmState, reason?: string): void {
    this.current = state;
    // Time stands or is replaced: the button comes up.
    if (state !== "running") this.clickDone();
    // Whoever hears of it may read the trace.
    this.tracer?.flush();
    this.send(reason === undefined ? { type: "state", state } : { type: "state", state, reason });
    if (state === "paused" || state === "poweredOff" || state === "aborted") this.spanEnds();
  }

  private send(event: VmEvent): void {
    this.listener(event);
  }

  private go(): void {
    this.enter("running");
    this.loop.start();
    this.frames.ask();
  }

  private async switchOff(reason?: string): Promise<void> {
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
      this.machine.reset();
      return true;
    }
    log.error(`triple fault\n${this.core.registerDump()}`);
    this.fail(
      new VmError(
        "tripleFault",
        `The guest's processor stopped at ${this.core.location()}: a fault occurred while it handled a double fault (triple fault).`,
      ),
    );
    return false;
  }

  /** Runs until the bound is reached or the machine is not running any more. */
  private async runBounded(setBound: () => void): Promise<void> {
    this.expect("paused", "poweredOff");
    if (this.current === "poweredOff") {
      await this.start();
      this.loop.stop();
    }
    setBound();
    await new Promise<void>((resolve) => {
      this.spanEnds = resolve;
      this.go();
    });
    this.loop.stopAt(Infinity);
    this.spanTimer.cancel();
  }

  private fail(error: VmError): void {
    this.loop.stop();
    this.machine.cancelTyping();
    this.machine.flushOutput();
    this.send({ type: "error", code: error.code, message: error.message });
    this.enter("aborted", error.message);
  }

  /** Does something with the machine standing still; afterwards it is in the state `next`, or what it was where that failed. */
  private async whileStopped<T>(state: VmState, next: VmState, work: () => Promise<T>): Promise<T> {
    const before = this.current;
    const goOn = (after: VmState) => (after === "running" ? this.go() : this.enter(after));
    this.loop.stop();
    this.enter(state);
    try {
      const result = await work();
      goOn(next);
      return result;
    } catch (error) {
      goOn(before);
      throw asFailure(error);
    }
  }

  private media(): MediaLoader {
    return new MediaLoader(
      this.platform.opener,
      (what, doneBytes, totalBytes) => this.send({ type: "progress", what, doneBytes, totalBytes }),
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

  private storageFailed(error: unknown): void {
    this.send({ type: "error", code: "storage", message: asVmError(error).message });
  }

  /** The keyboard's own errors are about the text. */
  private async typing(done: Promise<void>): Promise<void> {
    this.loop.wake();
    try {
      await done;
    } catch (error) {
      throw asVmError(error, this.current === "running" ? "badConfig" : "wrongState");
    }
  }
}

const wordFor: Record<VmState, string> = {
  poweredOff: "switched off",
  starting: "starting",
  running: "running",
  paused: "paused",
  saving: "being saved",
  restoring: "being restored",
  stopping: "being switched off",
  aborted: "stopped by an error",
};
