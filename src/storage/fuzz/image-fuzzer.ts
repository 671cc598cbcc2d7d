/**
 * The fuzzer of everything that reads files from outside: valid seeds are changed at random places and by lengths, with
 * their checksums made right again half of the time, and read. A parser may refuse with one typed sentence or read
 * something; it may not fail in another way, ask its file for more than a bounded piece, or take long.
 */
import type { BlockStore } from "../block-store.ts";
import { StorageError } from "../block-store.ts";
import { SeededRandom } from "../test-support/tools.ts";

export interface FuzzTarget {
  name: string;
  /** Valid files, small ones; null where the program that makes them is missing. */
  seeds(): Promise<Uint8Array[]> | null;
  /** Where structures are: changes go there nine times of ten. */
  hot(seed: Uint8Array): [start: number, end: number][];
  /** Makes checksums right again. */
  repair?(bytes: Uint8Array): void;
  /** Opens and reads; rejects with what was thrown. */
  drive(file: BlockStore, random: SeededRandom): Promise<void>;
}

export interface FuzzRun {
  inputs: number;
  refused: number;
  /** Sentences that were said, and how often. */
  reasons: Map<string, number>;
}

/** A failure of the parser, with what is needed to have it again. */
export class FuzzFinding extends Error {
  override name = "FuzzFinding";
}

/** No parser needs more of a file at once. */
const LARGEST_READ_BYTES = 65 * 2 ** 20;
const SLOW_MS = 5000;

/** A file of which no piece is asked for that is outside of it, or huge. */
class FencedFile implements BlockStore {
  readonly readOnly = true;

  constructor(private readonly bytes: Uint8Array) {}

  get sizeBytes(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!whole || offset < 0 || length < 0 || offset + length > this.bytes.length)
      throw new FuzzFinding(`read of ${length} bytes at ${offset} in a file of ${this.bytes.length}`);
    if (length > LARGEST_READ_BYTES) throw new FuzzFinding(`read of ${length} bytes at once`);
    return this.bytes.slice(offset, offset + length);
  }

  async write(): Promise<void> {
    throw new FuzzFinding("a parser writes");
  }

  async flush(): Promise<void> {}
}

const values = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x200, 0x1000, 0x7fff, 0x8000, 0xffff, 0x10000, 0x100000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]; // prettier-ignore

/** Changes `bytes` in place. @returns the old bytes, last change first */
function mutate(bytes: Uint8Array, hot: [number, number][], random: SeededRandom): [number, Uint8Array][] {
  const undo: [number, Uint8Array][] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const change = (at: number, length: number, action: () => void): void => {
    if (at < 0 || at + length > bytes.length) return;
    undo.unshift([at, bytes.slice(at, at + length)]);
    action();
  };
  for (let count = 1 + random.below(random.oneIn(3) ? 12 : 3); count > 0; count--) {
    const [start, end] = random.oneIn(10) ? [0, bytes.length] : random.pick(hot);
    const at = start + random.below(Math.max(1, end - start));
    const aligned = at - (at % 4);
    const value = random.oneIn(3) ? random.next() : random.pick(values);
    switch (random.below(7)) {
      case 0:
        change(at, 1, () => (bytes[at] = random.next()));
        break;
      case 1:
        change(at, 1, () => (bytes[at]! ^= 1 << random.below(8)));
        break;
      case 2:
        change(aligned, 4, () => view.setUint32(aligned, value, random.oneIn(2)));
        break;
      case 3:
        change(at, 2, () => view.setUint16(at, value, random.oneIn(2)));
        break;
      case 4:
        change(aligned, 8, () =>
          view.setBigUint64(aligned, BigInt(value) << BigInt(random.below(33)), random.oneIn(2)),
        );
        break;
      case 5: {
        // What stands elsewhere, to make tables overlap.
        const from = start + random.below(Math.max(1, end - start));
        const length = Math.min(1 + random.below(16), bytes.length - from);
        const piece = bytes.slice(from, from + length);
        change(at, length, () => bytes.set(piece, at));
        break;
      }
      default: {
        // A field that is a little off.
        const off = random.below(5) - 2;
        change(aligned, 4, () => view.setUint32(aligned, view.getUint32(aligned, true) + off, true));
      }
    }
  }
  return undo;
}

export async function fuzzTarget(
  target: FuzzTarget,
  options: { seed: number; inputs: number; seconds?: number; onProgress?: (run: FuzzRun) => void },
): Promise<FuzzRun> {
  const seeds = (await target.seeds())!.map((bytes) => bytes.slice());
  const hots = seeds.map((seed) => target.hot(seed));
  const run: FuzzRun = { inputs: 0, refused: 0, reasons: new Map() };
  const started = performance.now();
  while (run.inputs < options.inputs && performance.now() - started < (options.seconds ?? Infinity) * 1000) {
    const number = run.inputs++;
    const random = new SeededRandom((options.seed * 0x9e3779b1 + number) | 0);
    const which = random.below(seeds.length);
    const bytes = seeds[which]!;
    const undo = mutate(bytes, hots[which]!, random);
    const saved = target.repair && random.oneIn(2) ? repaired(target, bytes, hots[which]!) : null;
    const length = random.oneIn(12) ? random.below(bytes.length + 1) : bytes.length;
    try {
      await driveOnce(target, bytes.subarray(0, length), random, run);
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new FuzzFinding(`${target.name}, seed ${options.seed}, input ${number}: ${what}`);
    }
    for (const [at, old] of saved ?? []) bytes.set(old, at);
    for (const [at, old] of undo) bytes.set(old, at);
    if (number % 1000 === 0) options.onProgress?.(run);
  }
  return run;
}

/** @returns what the hot places were before */
function repaired(target: FuzzTarget, bytes: Uint8Array, hot: [number, number][]): [number, Uint8Array][] {
  const saved = hot.map(([start, end]) => [start, bytes.slice(start, end)] as [number, Uint8Array]);
  target.repair!(bytes);
  return saved;
}

async function driveOnce(target: FuzzTarget, bytes: Uint8Array, random: SeededRandom, run: FuzzRun): Promise<void> {
  // The processor's time: the machine may have other things to do.
  const started = process.cpuUsage();
  try {
    await target.drive(new FencedFile(bytes), random);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (/\n/.test(error.message) || !/[.…]$/.test(error.message) || error.message.length > 300)
      throw new FuzzFinding(`not one clear sentence: ${JSON.stringify(error.message)}`);
    run.refused++;
    const reason = error.message.replace(/\d+/g, "N").replace(/".*"/g, '"…"');
    if (run.reasons.size < 500) run.reasons.set(reason, (run.reasons.get(reason) ?? 0) + 1);
  }
  const { user, system } = process.cpuUsage(started);
  const tookMs = (user + system) / 1000;
  if (tookMs > SLOW_MS) throw new FuzzFinding(`took ${Math.round(tookMs)} ms`);
}
