/** What tests, replay and developers have of a machine beyond VmApi: runs with a bound, and a trace of one. */
import type { Timer } from "../machine/clock.ts";
import { TRACE_CATEGORIES } from "../machine/trace-categories.ts";
import type { Touched } from "../protocol/replay-api.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { VmState } from "../protocol/vm-api.ts";
import type { TraceOptions } from "../protocol/trace-options.ts";
import { currentLogSink } from "../shared/log.ts";
import { said } from "../shared/said.ts";
import type { MadeMachine, VmPlatform } from "./make-machine.ts";
import type { RunLoop } from "./run-loop.ts";
import { TouchRecorder } from "./touch-recorder.ts";
import type { Tracer } from "./tracer.ts";

export interface ReplayHost {
  made: MadeMachine;
  loop: RunLoop;
  powerOn: { readonly instructions: number };
  openTrace: VmPlatform["openTrace"];
  current(): VmState;
  /** @throws VmError */
  expect(...states: VmState[]): void;
  start(): Promise<void>;
  go(): void;
  pause(): void;
}

export class Replay {
  private tracer: Tracer | null = null;
  private touches: TouchRecorder | null = null;
  private readonly spanTimer: Timer;
  /** Called when a run with a bound is over. */
  private spanEnds: () => void = () => {};

  constructor(private readonly host: ReplayHost) {
    this.spanTimer = host.made.clock.createTimer("span", () => host.pause());
  }

  async runInstructions(count: number): Promise<void> {
    const { loop, made } = this.host;
    await this.runBounded(() => loop.stopAt(made.core.instructions() + count));
  }

  async runFor(guestMs: number): Promise<void> {
    await this.runBounded(() => this.spanTimer.armAt(this.host.made.clock.nowNs() + guestMs * 1e6));
  }

  async trace(options: TraceOptions): Promise<void> {
    const { host } = this;
    host.expect("poweredOff");
    const unknown = options.categories.find((name) => !TRACE_CATEGORIES.includes(name));
    if (unknown !== undefined)
      throw new VmError("badConfig", said`"${unknown}" cannot be traced; there are ${TRACE_CATEGORIES.join(", ")}.`);
    if (!host.openTrace || this.tracer) throw new VmError("wrongState", "This machine cannot be traced here and now.");
    const { core, machine, clock } = host.made;
    // With the disassembler, which is a third of the Worker's script: those who only want a machine go without.
    const { Tracer } = await import("./tracer.ts");
    const sink = host.openTrace(options.file);
    this.tracer = new Tracer(core, machine, options, sink, () => host.powerOn.instructions);
    this.tracer.alsoLog(currentLogSink());
    host.loop.connect(this.tracer, clock);
  }

  /** To be called when the machine's state is another one. */
  entered(state: VmState): void {
    // Whoever hears of it may read the trace.
    this.tracer?.flush();
    if (state === "paused" || state === "poweredOff" || state === "aborted") this.spanEnds();
  }

  watchTouched(): void {
    const { core, drives } = this.host.made;
    this.host.expect("poweredOff", "paused");
    this.touches = new TouchRecorder(core, drives);
  }

  touched(): Touched {
    if (!this.touches) throw new VmError("wrongState", "Nobody watches what this machine uses.");
    const { ram, vram, rom } = this.host.made.core;
    return this.touches.touched([ram.length, vram.length, rom.length]);
  }

  close(): void {
    this.tracer?.close();
  }

  /** Runs until the bound is reached or the machine is not running any more. */
  private async runBounded(setBound: () => void): Promise<void> {
    const { host } = this;
    host.expect("paused", "poweredOff");
    if (host.current() === "poweredOff") {
      await host.start();
      host.loop.stop();
    }
    setBound();
    await new Promise<void>((resolve) => {
      this.spanEnds = resolve;
      host.go();
    });
    host.loop.stopAt(Infinity);
    this.spanTimer.cancel();
  }
}
