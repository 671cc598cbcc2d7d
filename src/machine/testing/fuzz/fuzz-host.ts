/**
 * The host's side of a fuzzed device: a clock, guest memory and storage that notice when a device asks for what it must
 * never ask for: addresses that are none, bytes outside a store, timers that never let time pass.
 */
import type { BlockStore } from "../../../storage/block-store.ts";
import type { Timer } from "../../clock.ts";
import type { GuestMemory } from "../../guest-memory.ts";
import { ManualClock } from "../manual-clock.ts";
import { PlainMemory } from "../plain-memory.ts";

/** What a device must never do. */
export class FuzzFinding extends Error {
  override name = "FuzzFinding";
}

/** Timers may fire this often in one step, and once a microsecond besides. */
const MOST_TIMERS_AT_ONCE = 2000;
const FASTEST_TIMER_NS = 1000;
const CREEP_NS = 90;

export class FuzzClock extends ManualClock {
  /** Time goes on between two looks at it, as the host's does: a device must not count on its standing still. */
  creeps = false;
  private mayFire = 0;

  /** @param startNs a clock that goes on from another one. */
  constructor(startNs = 0) {
    super();
    super.advance(startNs);
  }

  override nowNs(): number {
    if (this.creeps) this.now += CREEP_NS;
    return this.now;
  }

  override advance(byNs: number): void {
    this.mayFire = this.fired + MOST_TIMERS_AT_ONCE + Math.floor(byNs / FASTEST_TIMER_NS);
    super.advance(byNs);
  }

  override createTimer(name: string, onFire: (deadlineNs: number) => void): Timer {
    return super.createTimer(name, (deadlineNs) => {
      if (this.fired > this.mayFire) throw new FuzzFinding(`timer ${name} lets no time pass`);
      onFire(deadlineNs);
    });
  }
}

/** Guest memory that refuses addresses that no device can mean. */
export class FencedMemory extends PlainMemory implements GuestMemory {
  override read(physAddr: number, length: number): Uint8Array {
    this.check(physAddr, length);
    const bytes = new Uint8Array(length).fill(0xff);
    bytes.set(this.bytes.subarray(physAddr, physAddr + length));
    return bytes;
  }

  override write(physAddr: number, bytes: Uint8Array): void {
    this.check(physAddr, bytes.length);
    const inside = Math.min(bytes.length, this.ramBytes - physAddr);
    if (inside > 0) this.bytes.set(bytes.subarray(0, inside), physAddr);
  }

  override readU8(physAddr: number): number {
    this.check(physAddr, 1);
    return super.readU8(physAddr);
  }

  override writeU8(physAddr: number, value: number): void {
    this.check(physAddr, 1);
    super.writeU8(physAddr, value);
  }

  private check(physAddr: number, length: number): void {
    if (!Number.isSafeInteger(physAddr) || physAddr < 0 || !Number.isSafeInteger(length) || length < 0)
      throw new FuzzFinding(`memory access at ${physAddr}, ${length} bytes`);
  }
}

/** A store whose bytes can be copied, and that remembers the first access outside of it. */
export class FuzzStore implements BlockStore {
  readonly bytes: Uint8Array;
  finding: string | null = null;

  /** @param badBytes where every access fails: a host whose disk has trouble. */
  constructor(
    readonly sizeBytes: number,
    readonly readOnly = false,
    private readonly badBytes: readonly [from: number, to: number] = [0, 0],
  ) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.check("read", offset, length);
    return this.bytes.slice(offset, offset + length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.check("write", offset, bytes.length);
    if (this.readOnly) this.finding ??= "write to a read-only store";
    else this.bytes.set(bytes, offset);
  }

  async flush(): Promise<void> {
    this.check("flush", 0, 0);
  }

  async discard(offset: number, length: number): Promise<void> {
    this.check("discard", offset, length);
    if (this.readOnly) this.finding ??= "discard in a read-only store";
    else this.bytes.fill(0, offset, offset + length);
  }

  private check(what: string, offset: number, length: number): void {
    const inside = Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= this.sizeBytes;
    if (!inside) this.finding ??= `${what} of ${length} bytes at ${offset} in a store of ${this.sizeBytes}`;
    const [from, to] = this.badBytes;
    if (!inside || (offset < to && offset + length > from)) throw new Error("the fuzzer's disk is broken");
  }
}
