/**
 * Executes random code in one mode. A series is a new pair of machines, one that interprets and one that compiles, which
 * see the same cases; a case is RAM full of random code, entered again and again with other registers (a burst each). After
 * each burst both machines must have executed as many instructions and stand at the same registers; after each case also their
 * memories must be the same, and nothing beside the guest's may have been touched. A series depends on nothing but its
 * seed, so that a failure can be had again.
 */
import { FuzzFinding } from "../../../machine/testing/fuzz/fuzz-host.ts";
import { FuzzRandom } from "../../../machine/testing/fuzz/fuzz-random.ts";
import { type CodeMode, MODELS, type Model } from "./code-modes.ts";
import { type BackendName, type CompiledHow, FuzzMachine } from "./fuzz-machine.ts";
import { CODE, CODE_BYTES, GuestWorld, RAM_BYTES } from "./guest-world.ts";
import { randomCode } from "./random-code.ts";

/** Few: engines whose tables know each instance that uses them get slower with every module that is added. */
const CASES_IN_SERIES = 5;
/** So many that a case is executing, not filling and comparing memory, most of its time. */
const MOST_BURSTS = 64;
const FIRMWARE_BYTES = 0x20000;
const PAGE_BYTES = 0x1000;

/** How code is compiled. Most often after each run: before its use it is known less of what belongs together. */
const COMPILED: readonly CompiledHow[] = [
  { jitThreshold: 0, jitWhen: "afterRuns" },
  { jitThreshold: 0, jitWhen: "afterRuns" },
  { jitThreshold: 4, jitWhen: "afterRuns" },
  { jitThreshold: 0, jitWhen: "beforeUse" },
  { jitThreshold: 2, jitWhen: "beforeUse" },
  { jitThreshold: 0, jitWhen: "afterRuns", jitMaxBlock: 1 },
  { jitThreshold: 0, jitWhen: "beforeUse", jitMaxBlock: 1 },
];

export interface CodeFuzzProgress {
  series: number;
  cases: number;
  bursts: number;
  /** Executed by one of the machines (the others execute the same). */
  instructions: number;
  compiledInstructions: number;
  tripleFaults: number;
  longestRunMs: number;
}

export class CodeFuzzer {
  readonly progress: CodeFuzzProgress = {
    series: 0,
    cases: 0,
    bursts: 0,
    instructions: 0,
    compiledInstructions: 0,
    tripleFaults: 0,
    longestRunMs: 0,
  };

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly mode: CodeMode,
    private readonly seed: number,
    private readonly backends: readonly BackendName[],
  ) {}

  /**
   * One series, or its first `mostCases`. @param onRun called after each run of a core
   * @throws Error that names the series, the case and the burst
   */
  async series(number: number, onRun: () => void = () => {}, mostCases = CASES_IN_SERIES): Promise<void> {
    const { mode, progress } = this;
    const random = new FuzzRandom(hashOf(`${this.seed}/${mode.name}/${number}`));
    const model = random.pick(MODELS.filter(({ hasLongMode }) => hasLongMode || mode.world !== "long"));
    const firmware = randomCode(random, FIRMWARE_BYTES, 16);
    const jit = random.pick(COMPILED);
    const machines = this.backends.map((name) => new FuzzMachine(this.module, model, name, firmware, jit, onRun));
    const where = { case: 0, burst: 0 };
    try {
      for (; where.case < mostCases; where.case++) {
        await this.runCase(machines, model, random, where);
        for (const machine of machines) machine.check(where.case === mostCases - 1);
        progress.cases++;
      }
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const places = machines.map(({ backend, core }) => `${backend} at ${core.location()}, ${core.instructions()} instructions`); // prettier-ignore
      throw new Error(
        `${mode.name} on ${model.name}, seed ${this.seed}, series ${number}, case ${where.case}, burst ${where.burst} ` +
          `(${places.join("; ")}): ${text}`,
        { cause: error },
      );
    } finally {
      for (const machine of machines) {
        machine.close();
        progress.longestRunMs = Math.max(progress.longestRunMs, machine.longestRunMs);
        progress.compiledInstructions += machine.core.counters().jit.instructions;
      }
      progress.instructions += machines[0]?.core.instructions() ?? 0;
      progress.series++;
    }
  }

  private async runCase(
    machines: readonly FuzzMachine[],
    model: Model,
    random: FuzzRandom,
    where: { burst: number },
  ): Promise<void> {
    const { mode, progress } = this;
    const world = new GuestWorld(mode, model, random);
    const image = randomMemory(random, mode);
    const timerCount = random.oneIn(2) ? 0 : 20 + random.below(2000);
    for (const machine of machines) {
      machine.reset(timerCount);
      machine.write(0, image);
    }
    const bursts = 1 + random.below(MOST_BURSTS);
    for (where.burst = 0; where.burst < bursts; where.burst++) {
      const writes: [number, Uint8Array][] = [];
      const entry = world.prepare(random, (physAddr, bytes) => writes.push([physAddr, bytes]));
      const spanNs = 5000 * (1 + random.below(20));
      const disturbance = random.oneIn(3) ? random.u32() : null;
      const ends: string[] = [];
      for (const machine of machines) {
        for (const [physAddr, bytes] of writes) machine.write(physAddr, bytes);
        machine.core.enterAt(entry);
        if (disturbance !== null) machine.disturb(new FuzzRandom(disturbance));
        ends.push(await machine.run(spanNs));
      }
      progress.bursts++;
      compareProcessors(machines, ends);
      if (ends[0] === "triple fault") {
        progress.tripleFaults++;
        for (const machine of machines) machine.reset(timerCount);
      }
    }
    compareMemories(machines);
  }
}

/** RAM with code wherever the processor may come to; the same block again and again above the first 128 KiB. */
function randomMemory(random: FuzzRandom, mode: CodeMode): Uint8Array {
  const image = new Uint8Array(RAM_BYTES);
  // A short piece that is repeated is come to more often.
  const length = random.pick([CODE_BYTES, 0x1000, 0x100, 0x40]);
  const code = randomCode(random, length, mode.bits);
  for (let at = CODE; at < CODE + CODE_BYTES; at += length) image.set(code, at);
  const rest = randomCode(random, CODE_BYTES, mode.bits);
  for (let at = CODE + CODE_BYTES; at < RAM_BYTES; at += CODE_BYTES) image.set(rest, at);
  return image;
}

function compareProcessors(machines: readonly FuzzMachine[], ends: readonly string[]): void {
  const states = machines.map(({ core }, i) => `${ends[i]}, ${core.instructions()} instructions, registers ${core.registerHash()}`); // prettier-ignore
  if (states.some((state) => state !== states[0]))
    throw new FuzzFinding(
      `the machines part: ${machines.map(({ backend, core }, i) => `${backend}: ${states[i]}\n${core.registerDump()}`).join("\n")}`,
    );
}

function compareMemories(machines: readonly FuzzMachine[]): void {
  const [first, ...others] = machines;
  for (const other of others)
    for (const kind of ["ram", "vram"] as const) {
      const [a, b] = [first!.core[kind], other.core[kind]];
      if (Buffer.compare(a, b) === 0) continue;
      const page = firstDifference(a, b);
      throw new FuzzFinding(`${kind} of ${first!.backend} and ${other.backend} differ, first at ${page.toString(16)}`);
    }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let page = 0; page < a.length; page += PAGE_BYTES) {
    if (Buffer.compare(a.subarray(page, page + PAGE_BYTES), b.subarray(page, page + PAGE_BYTES)) === 0) continue;
    for (let at = page; ; at++) if (a[at] !== b[at]) return at;
  }
  return -1;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
