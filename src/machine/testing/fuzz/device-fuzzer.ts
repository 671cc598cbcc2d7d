/**
 * The device fuzzer: random register traffic, sequences that mean something with steps bent, left out and put in, time
 * passing in between, things coming from outside, resets. Nothing of it may make a device throw, hang, reach outside of
 * its memory, or answer with what is no register value.
 *
 * Now and then the device is saved and restored into another one that has a past of its own. Both then take the same
 * steps and must answer alike, and their states must be equal at the end.
 */
import type { MmioBus } from "../../bus/mmio-bus.ts";
import type { PortBus } from "../../bus/port-bus.ts";
import { type AccessSize } from "../../bus/port-bus.ts";
import type { Device, DeviceState, StateValue } from "../../device.ts";
import { describeAction, isAccess, type FuzzAction, type Recipe } from "./fuzz-action.ts";
import { FuzzFinding, type FencedMemory, type FuzzClock, type FuzzStore } from "./fuzz-host.ts";
import { FuzzRandom } from "./fuzz-random.ts";

/** Ports or physical addresses that belong to the device. */
export interface FuzzWindow {
  space: "port" | "mmio";
  base: number;
  length: number;
  /** How often it is chosen, against the others. */
  weight?: number;
}

/** A device on a bare board, ready to be driven. */
export interface FuzzSubject {
  readonly clock: FuzzClock;
  readonly ports: PortBus;
  readonly mmio: MmioBus;
  readonly parts: readonly (readonly [string, Device])[];
  readonly windows: readonly FuzzWindow[];
  readonly recipes: readonly Recipe[];
  readonly memory?: FencedMemory;
  readonly stores?: readonly FuzzStore[];
  /** What can come from outside; `value` is 32 random bits. A number that it returns is compared like a read. */
  readonly outside?: readonly ((value: number) => number | void)[];
  /** Levels of the interrupt lines and other outputs, as one number. */
  readonly outputs?: () => number;
  /** What is not in the parts' state and has to be the same before it is restored, such as which media are in. */
  readonly hostSide?: { get(): number[]; set(state: number[]): void };
  /** Memory beside `memory` that is not in the parts' state. */
  readonly moreBytes?: readonly Uint8Array[];
  /** @throws FuzzFinding */
  readonly check?: () => void;
}

export interface FuzzTarget {
  readonly name: string;
  /** `startNs`: the time at which its clock stands. */
  build(startNs: number): FuzzSubject;
  /** A field of saved states that is not compared. */
  readonly ignoredField?: string;
  /** Accesses between two round trips through a saved state. */
  readonly roundTripEvery?: number;
}

export interface FuzzProgress {
  accesses: number;
  roundTrips: number;
}

const SIZES: readonly AccessSize[] = [1, 1, 1, 2, 4];
const DEFAULT_ROUND_TRIP_EVERY = 20_000;
const WAIT_FOR_WORK = 2000;
const STEPS_TOGETHER = 400;
const STEPS_OF_ANOTHER_PAST = 300;
const REMEMBERED_STEPS = 60;
const RAM_WORDS_USED = 0x4000;

export class DeviceFuzzer {
  private readonly random: FuzzRandom;
  private subject: FuzzSubject;
  private readonly queue: FuzzAction[] = [];
  private readonly recent: FuzzAction[] = [];
  private readonly weighted: FuzzWindow[];
  private lastRead = 0;
  private nextRoundTrip: number;
  readonly progress: FuzzProgress = { accesses: 0, roundTrips: 0 };

  constructor(
    private readonly target: FuzzTarget,
    private readonly seed: number,
  ) {
    this.random = new FuzzRandom(seed);
    this.subject = target.build(0);
    // A first one soon, so that short runs have it, too.
    this.nextRoundTrip = (target.roundTripEvery ?? DEFAULT_ROUND_TRIP_EVERY) / 10;
    for (const [, part] of this.subject.parts) part.reset();
    this.weighted = this.subject.windows.flatMap((window) => new Array<FuzzWindow>(window.weight ?? 1).fill(window));
  }

  /** @throws Error that names the target, the seed and the last steps. */
  async run(accesses: number): Promise<void> {
    const end = this.progress.accesses + accesses;
    const every = this.target.roundTripEvery ?? DEFAULT_ROUND_TRIP_EVERY;
    try {
      while (this.progress.accesses < end) {
        const action = this.nextAction();
        const result = this.take(this.subject, action);
        if (action.kind === "settle" && this.subject.clock.hasDueWork) await this.subject.clock.settleDue();
        if (result !== null) this.lastRead = result;
        if (this.progress.accesses < this.nextRoundTrip) continue;
        // Every other one waits for a moment in which host work is under way.
        const waited = this.progress.accesses - this.nextRoundTrip;
        if (this.progress.roundTrips % 2 === 1 && !this.subject.clock.hasWork && waited < WAIT_FOR_WORK) continue;
        this.nextRoundTrip = this.progress.accesses + every;
        await this.roundTrip();
        this.checkSubject(this.subject);
      }
      this.checkSubject(this.subject);
    } catch (error) {
      throw this.report(error);
    }
  }

  // ---- steps ------------------------------------------------------------------------------------------------------

  private nextAction(): FuzzAction {
    const { random, queue } = this;
    const next = queue.shift();
    if (next) return this.bend(next);
    const { recipes } = this.subject;
    switch (random.below(24)) {
      case 0:
      case 1:
        return { kind: "wait", ns: random.waitNs() };
      case 2:
        return { kind: "settle" };
      case 3:
        return this.outsideAction() ?? this.randomAccess();
      case 4:
      case 5:
      case 6:
      case 7:
      case 8: {
        if (recipes.length === 0) return this.randomAccess();
        const [first, ...rest] = random.pick(recipes)(random);
        queue.push(...rest);
        return first ? this.bend(first) : this.randomAccess();
      }
      case 9:
        return random.oneIn(400) ? { kind: "reset" } : this.randomAccess();
      default:
        return this.randomAccess();
    }
  }

  /** Most steps of a sequence stay as they are. */
  private bend(action: FuzzAction): FuzzAction {
    const { random } = this;
    if (!random.oneIn(12)) return action;
    switch (random.below(5)) {
      case 0: // Left out.
        return this.queue.shift() ?? this.randomAccess();
      case 1: // Something in between.
        this.queue.unshift(action);
        return random.oneIn(2) ? this.randomAccess() : { kind: "wait", ns: random.waitNs() };
      case 2: // Twice.
        if (isAccess(action)) this.queue.unshift(action);
        return action;
      case 3: // The rest is forgotten.
        if (random.oneIn(4)) this.queue.length = 0;
        return action;
      default: {
        if (action.kind !== "out" && action.kind !== "store" && action.kind !== "ram") return action;
        const bit = 2 ** random.below(action.kind === "ram" ? 32 : action.size * 8);
        return { ...action, value: random.oneIn(2) ? (action.value ^ bit) >>> 0 : random.bits(32) };
      }
    }
  }

  private outsideAction(): FuzzAction | null {
    const { outside } = this.subject;
    if (!outside || outside.length === 0) return null;
    return { kind: "outside", which: this.random.below(outside.length), value: this.random.u32() };
  }

  private randomAccess(): FuzzAction {
    const { random } = this;
    if (this.subject.memory && random.oneIn(40))
      return { kind: "ram", physAddr: 4 * random.below(RAM_WORDS_USED), value: random.bits(32) };
    const window = random.pick(this.weighted);
    const size = random.pick(SIZES);
    const at = window.base + random.below(window.length);
    const reads = random.oneIn(2);
    if (window.space === "mmio") {
      const physAddr = random.oneIn(8) ? at : at - (at % size);
      return reads ? { kind: "load", physAddr, size } : { kind: "store", physAddr, size, value: this.value(size) };
    }
    const port = at & 0xffff;
    if (random.oneIn(50)) {
      const count = 1 + random.below(random.oneIn(4) ? 1024 : 16);
      return reads ? { kind: "ins", port, size, count } : { kind: "outs", port, size, count, value: random.u32() };
    }
    return reads ? { kind: "in", port, size } : { kind: "out", port, size, value: this.value(size) };
  }

  /** Sometimes what was read before, or nearly: drivers write back what they read. */
  private value(size: AccessSize): number {
    const { random } = this;
    const bits = 8 * size;
    if (!random.oneIn(8)) return random.bits(bits);
    const changed = random.oneIn(2) ? this.lastRead : this.lastRead ^ (2 ** random.below(bits));
    return (size === 4 ? changed : changed & (2 ** bits - 1)) >>> 0;
  }

  /** Takes a step. @returns what it read, or null. */
  private take(subject: FuzzSubject, action: FuzzAction): number | null {
    if (isAccess(action)) this.progress.accesses++;
    this.remember(action);
    return perform(subject, action);
  }

  private remember(action: FuzzAction): void {
    if (this.recent.length >= 2 * REMEMBERED_STEPS) this.recent.splice(0, REMEMBERED_STEPS);
    this.recent.push(action);
  }

  // ---- saved states -------------------------------------------------------------------------------------------------

  private async roundTrip(): Promise<void> {
    const { subject, random } = this;
    this.progress.roundTrips++;
    // Saving and restoring look at the clock, too: it stands while two devices are compared.
    subject.clock.creeps = false;
    // Whatever storage was told to write is written, so that the copy has the same bytes.
    await hostIdle();
    const other = this.target.build(subject.clock.nowNs());
    for (const [, part] of other.parts) part.reset();
    for (let i = 0; i < STEPS_OF_ANOTHER_PAST; i++) {
      const action = this.nextAction();
      if (action.kind === "wait") continue;
      perform(other, action);
    }
    this.queue.length = 0;
    await hostIdle();
    copyWorld(subject, other);
    const saved = saveAll(subject);
    restoreAll(other, saved);
    const difference = firstDifference(saved, saveAll(other), "state", this.target.ignoredField);
    if (difference) throw new FuzzFinding(`a restored device saves another state: ${difference}`);
    for (let i = 0; i < STEPS_TOGETHER; i++) {
      const action = this.nextAction();
      const here = this.take(subject, action);
      const there = perform(other, action);
      if (action.kind === "settle") {
        // Host work comes as far with one as with the other.
        await hostIdle();
        await subject.clock.settleDue();
        await other.clock.settleDue();
        await hostIdle();
      }
      if (here !== there) throw new FuzzFinding(`a restored device answers ${there}, the saved one ${here}`);
      const lines = [subject.outputs?.() ?? 0, other.outputs?.() ?? 0];
      if (lines[0] !== lines[1])
        throw new FuzzFinding(`a restored device drives ${lines[1]}, the saved one ${lines[0]}`);
      if (here !== null) this.lastRead = here;
      if (random.oneIn(STEPS_TOGETHER)) break;
    }
    await hostIdle();
    const later =
      firstDifference(saveAll(subject), saveAll(other), "state", this.target.ignoredField) ??
      firstDifference(bytesOf(subject), bytesOf(other), "bytes");
    if (later) throw new FuzzFinding(`a restored device goes another way: ${later}`);
    this.checkSubject(other);
    // Every other time the restored device is the one that goes on.
    if (random.oneIn(2)) this.subject = other;
    this.subject.clock.creeps = random.oneIn(2);
  }

  private checkSubject(subject: FuzzSubject): void {
    for (const store of subject.stores ?? []) if (store.finding) throw new FuzzFinding(store.finding);
    subject.check?.();
  }

  private report(error: unknown): Error {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const steps = this.recent.slice(-REMEMBERED_STEPS).map((action) => `  ${describeAction(action)}`);
    return new Error(
      `${this.target.name}, seed ${this.seed}, access ${this.progress.accesses}: ${text}\nlast steps:\n${steps.join("\n")}`,
    );
  }
}

/** @returns what was read (block reads as a checksum), or null. */
function perform(subject: FuzzSubject, action: FuzzAction): number | null {
  switch (action.kind) {
    case "in":
      return registerValue(subject.ports.read(action.port, action.size), action.size);
    case "out":
      subject.ports.write(action.port, action.size, action.value);
      return null;
    case "load":
      return registerValue(subject.mmio.read(action.physAddr, action.size), action.size);
    case "store":
      subject.mmio.write(action.physAddr, action.size, action.value);
      return null;
    case "ins":
      return readBlock(subject.ports, action.port, action.size, action.count);
    case "outs":
      writeBlock(subject.ports, action);
      return null;
    case "ram":
      subject.memory?.writeU32(action.physAddr, action.value);
      return null;
    case "wait":
      subject.clock.advance(action.ns);
      return null;
    case "settle":
      return null;
    case "outside":
      return subject.outside?.[action.which]?.(action.value) ?? null;
    case "reset":
      for (const [, part] of subject.parts) part.reset();
      return null;
  }
}

function registerValue(value: number, size: AccessSize): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size))
    throw new FuzzFinding(`a read of ${size} bytes gave ${value}`);
  return value;
}

/** As the core does it: what the device does not take at once goes item by item. */
function readBlock(ports: PortBus, port: number, size: AccessSize, count: number): number {
  const bytes = new Uint8Array(size * count);
  const done = ports.readBlock(port, size, bytes);
  if (!Number.isInteger(done) || done < 0 || done > count)
    throw new FuzzFinding(`a block of ${count} gave ${done} items`);
  let sum = done;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  for (let i = done; i < Math.min(count, done + 4); i++)
    sum = (Math.imul(sum, 31) + registerValue(ports.read(port, size), size)) >>> 0;
  return sum;
}

function writeBlock(ports: PortBus, action: FuzzAction & { kind: "outs" }): void {
  const { port, size, count, value } = action;
  const bytes = new Uint8Array(size * count);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(value, i + 1) >>> 24) & 0xff;
  const done = ports.writeBlock(port, size, bytes);
  if (!Number.isInteger(done) || done < 0 || done > count)
    throw new FuzzFinding(`a block of ${count} took ${done} items`);
  for (let i = done; i < Math.min(count, done + 4); i++) ports.write(port, size, value);
}

/** Every promise that waits for no timer has run. */
const hostIdle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function copyWorld(from: FuzzSubject, to: FuzzSubject): void {
  if (from.memory && to.memory) to.memory.bytes.set(from.memory.bytes);
  from.stores?.forEach((store, i) => to.stores?.[i]?.bytes.set(store.bytes));
  from.moreBytes?.forEach((bytes, i) => to.moreBytes?.[i]?.set(bytes));
  if (from.hostSide && to.hostSide) to.hostSide.set(from.hostSide.get());
}

/** What the device can write to outside of itself. */
function bytesOf(subject: FuzzSubject): Record<string, StateValue> {
  return {
    memory: subject.memory?.bytes,
    more: subject.moreBytes?.slice(),
    stores: subject.stores?.map((each) => each.bytes),
  };
}

function saveAll(subject: FuzzSubject): Record<string, DeviceState> {
  return Object.fromEntries(subject.parts.map(([name, part]) => [name, part.save()]));
}

function restoreAll(subject: FuzzSubject, state: Record<string, DeviceState>): void {
  for (const [name, part] of subject.parts) part.restore(structuredClone(state[name]!));
}

/** The path at which two states differ, with both values; null where they are equal. */
export function firstDifference(a: StateValue, b: StateValue, path: string, ignored?: string): string | null {
  if (Object.is(a, b)) return null;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    if (a.length !== b.length) return `${path}: ${a.length} and ${b.length} bytes`;
    const at = sameWords(a, b) ? -1 : a.findIndex((byte, i) => byte !== b[i]);
    return at < 0 ? null : `${path}[${at}]: ${a[at]} and ${b[at]}`;
  }
  if (a && b && typeof a === "object" && typeof b === "object") {
    const left = a as Record<string, StateValue>;
    const right = b as Record<string, StateValue>;
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const difference = key === ignored ? null : firstDifference(left[key], right[key], `${path}.${key}`, ignored);
      if (difference) return difference;
    }
    return null;
  }
  return a === b ? null : `${path}: ${String(a)} and ${String(b)}`;
}

/** Whether two arrays of one length are equal; false also where their words cannot be looked at. */
function sameWords(a: Uint8Array, b: Uint8Array): boolean {
  if (((a.byteOffset | b.byteOffset | a.length) & 3) !== 0) return false;
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length >> 2);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length >> 2);
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
