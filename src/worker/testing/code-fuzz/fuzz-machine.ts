/**
 * A whole machine for random code: board, run loop and clock as the worker has them, on the instruction clock, with disks
 * in memory. It runs for spans of machine time.
 */
import { defaultLimits } from "../../../protocol/machine-config.ts";
import { WasmCore, type WasmCoreOptions } from "../../../core/wasm-core.ts";
import { Board, VRAM_BYTES } from "../../../machine/board.ts";
import { postWithoutFirmware } from "../../../machine/firmware/post.ts";
import { FuzzStore } from "../../../machine/testing/fuzz/fuzz-host.ts";
import type { FuzzRandom } from "../../../machine/testing/fuzz/fuzz-random.ts";
import { InstructionClock } from "../../instruction-clock.ts";
import { RunLoop } from "../../run-loop.ts";
import type { Timer } from "../../../machine/clock.ts";
import type { Model } from "./code-modes.ts";
import { IRQ_BASE_VECTOR, RAM_BYTES } from "./guest-world.ts";
import { MemoryGuards, guardedMemory } from "./memory-guards.ts";
import { quietEvents } from "../../../machine/testing/quiet-events.ts";

export const BACKENDS = ["interpreter", "jit"] as const;
export type BackendName = (typeof BACKENDS)[number];

export type CompiledHow = Pick<WasmCoreOptions, "jitThreshold" | "jitMaxBlock" | "jitWhen">;
/** Code that rewrites itself has a module compiled every few instructions. With thousands of them V8 takes milliseconds for each. */
const MOST_MODULES_BEFORE_USE = 1000;

/** Runs that end early in a span. What does nothing but repeated string instructions on a device is not worth more. */
const MOST_SHORT_RUNS = 100;

const PIC_MASTER = 0x20;
const PIC_SLAVE = 0xa0;
const PIT_COUNTER0 = 0x40;
const PIT_CONTROL = 0x43;

export class FuzzMachine {
  readonly core: WasmCore;
  readonly board: Board;
  /** Processor time of the longest run of the core, in milliseconds: other processes do not count. */
  longestRunMs = 0;
  private readonly clock: InstructionClock;
  private readonly loop: RunLoop;
  private readonly guards: MemoryGuards;
  private readonly stores: FuzzStore[];
  private readonly spanTimer: Timer;
  private shortRuns = 0;
  private ended: (how: "time" | "triple fault" | Error) => void = () => {};

  constructor(
    module: WebAssembly.Module,
    model: Model,
    readonly backend: BackendName,
    firmware: Uint8Array,
    jit: CompiledHow,
    /** Called after each run of the core: a sign of life. */
    private readonly onRun: () => void,
  ) {
    this.loop = new RunLoop({
      onTripleFault: () => {
        this.ended("triple fault");
        return false;
      },
      onLimit: () => {},
      onFailure: (error) => this.ended(error instanceof Error ? error : new Error(String(error))),
    });
    let core: WasmCore | undefined;
    this.clock = new InstructionClock(this.loop, () => core?.instructions() ?? 0);
    const memory = guardedMemory(RAM_BYTES, VRAM_BYTES);
    this.stores = [new FuzzStore(512 * 1000), new FuzzStore(2048 * 100, true), new FuzzStore(1440 * 1024)];
    this.board = new Board({
      config: {
        ...defaultLimits,
        memoryMiB: RAM_BYTES >> 20,
        processors: 1,
        cpuModel: model.name,
        modules: [],
        disks: [],
        flash: [],
        bootOrder: ["disk", "cdrom", "floppy"],
        clock: "instructions",
        jit: backend === "jit",
        onTripleFault: "reset",
        testDevice: false,
      },
      clock: this.clock,
      events: {
        ...quietEvents,
        resetRequested: () => this.loop.betweenRuns(() => this.board.reset()),
        wake: () => this.loop.wake(),
      },
      firmware,
      flash: [],
      modules: [],
      vgaFirmware: new Uint8Array(4096).fill(0x66),
      kernel: null,
      unpacker: null,
      initrd: null,
      disks: [this.stores[0]!],
      cdrom: this.stores[1]!,
      floppy: this.stores[2]!,
      makeCore: (host, vramBytes) =>
        (core = new WasmCore(module, memory, {
          ramBytes: RAM_BYTES,
          vramBytes,
          processors: 1,
          cpuModel: model.name,
          host,
          epochMs: () => this.clock.epochMs,
          randomKey: new BigUint64Array(4),
          jit: backend === "jit",
          jitMostBeforeUse: MOST_MODULES_BEFORE_USE,
          ...jit,
        })),
    });
    this.core = core!;
    this.board.loadFirmware();
    this.guards = new MemoryGuards(memory, RAM_BYTES, VRAM_BYTES, backend === "jit");
    this.spanTimer = this.clock.createTimer("span", () => this.endSpan());
    this.loop.connect(this.timed(), this.clock);
  }

  /** The core as the run loop sees it, with its runs timed. */
  private timed(): WasmCore {
    const { core } = this;
    const timed = Object.create(core) as WasmCore;
    timed.run = (count) => {
      const began = process.cpuUsage();
      const exit = core.run(count);
      const { user, system } = process.cpuUsage(began);
      this.longestRunMs = Math.max(this.longestRunMs, (user + system) / 1000);
      this.onRun();
      if (exit === "stopRequested" && ++this.shortRuns > MOST_SHORT_RUNS) this.endSpan();
      return exit;
    };
    return timed;
  }

  private endSpan(): void {
    this.loop.stop();
    this.ended("time");
  }

  /** As after firmware, with the interrupts of the 8259s open at IRQ_BASE_VECTOR and the timer at `timerCount`. */
  reset(timerCount: number): void {
    this.board.reset();
    const { ports, pci } = this.board;
    postWithoutFirmware(ports, pci);
    const out = (port: number, ...values: number[]): void => values.forEach((value) => ports.write(port, 1, value));
    out(PIC_MASTER, 0x11);
    out(PIC_MASTER + 1, IRQ_BASE_VECTOR, 4, 1, 0);
    out(PIC_SLAVE, 0x11);
    out(PIC_SLAVE + 1, IRQ_BASE_VECTOR + 8, 2, 1, 0);
    out(PIT_CONTROL, 0x34);
    out(PIT_COUNTER0, timerCount & 0xff, timerCount >> 8);
  }

  write(physAddr: number, bytes: Uint8Array): void {
    this.board.memory.write(physAddr, bytes);
  }

  /** Something from outside of the machine. */
  disturb(random: FuzzRandom): void {
    const { board, core } = this;
    switch (random.below(6)) {
      case 0:
        board.keyboard.key("KeyA", random.oneIn(2));
        return;
      case 1:
        board.mouse.move(random.below(100) - 50, random.below(100) - 50);
        return;
      case 2:
        board.serial[0].receive(Uint8Array.of(random.byte(), random.byte()));
        return;
      case 3:
        core.pulseNmi();
        return;
      case 4:
        board.vga.render();
        return;
      default:
        board.flushOutput();
    }
  }

  /** Runs for `spanNs` of machine time. @throws what the machine threw, which it must not */
  async run(spanNs: number): Promise<"time" | "triple fault"> {
    const how = await new Promise<"time" | "triple fault" | Error>((resolve) => {
      this.ended = resolve;
      this.shortRuns = 0;
      this.spanTimer.armAt(this.clock.nowNs() + spanNs);
      this.loop.start();
    });
    this.spanTimer.cancel();
    if (how instanceof Error) throw how;
    return how;
  }

  /** @throws FuzzFinding @param all video memory as well, which takes longer */
  check(all: boolean): void {
    this.guards.check(all ? [this.core.ram, this.core.vram] : [this.core.ram]);
    for (const { finding } of this.stores) if (finding !== null) throw new Error(finding);
  }

  close(): void {
    this.loop.close();
  }
}
