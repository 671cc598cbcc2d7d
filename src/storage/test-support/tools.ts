/** What tests of images share: programs of Debian, random numbers, disks with something on them. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { BlockStore } from "../block-store.ts";

/** mkfs programs are in folders that are not on everybody's PATH. */
const PATH = [process.env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter);

export function hasProgram(name: string): boolean {
  return PATH.split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));
}

/** Runs a program; its output. @throws with what it said where it fails */
export function runProgram(
  name: string,
  args: readonly string[],
  options: { cwd?: string; input?: string } = {},
): string {
  return execFileSync(name, args, {
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, PATH, LC_ALL: "C.UTF-8" },
    maxBuffer: 64 << 20,
    ...options,
  });
}

/** The exit status of a program. */
export function statusOf(name: string, args: readonly string[], cwd?: string): number {
  try {
    runProgram(name, args, cwd === undefined ? {} : { cwd });
    return 0;
  } catch (error) {
    return (error as { status: number | null }).status ?? 128;
  }
}

/** A repeatable stream of numbers. */
export class SeededRandom {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next());
  }
}

/** Text that packs well, bytes that do not, and nothing between them. */
export async function fillDisk(store: BlockStore, seed: number, places: readonly number[]): Promise<void> {
  const random = new SeededRandom(seed);
  for (const [index, place] of places.entries()) {
    const length = Math.min(3 * 65536 + random.below(200_000), store.sizeBytes - place);
    const text = `block ${index} of seed ${seed}: `.repeat(40);
    const bytes =
      index % 2 === 0 ? random.bytes(length) : Uint8Array.from({ length }, (_, i) => text.charCodeAt(i % text.length));
    await store.write(place, bytes);
  }
}

/** Where two stores first differ, from one to the other's end; null where they are the same. */
export async function firstDifference(left: BlockStore, right: BlockStore): Promise<number | null> {
  const pieceBytes = 1 << 20;
  const length = Math.max(left.sizeBytes, right.sizeBytes);
  const piece = async (store: BlockStore, offset: number, count: number): Promise<Buffer> => {
    const result = Buffer.alloc(count);
    const present = Math.min(count, store.sizeBytes - offset);
    if (present > 0) result.set(await store.read(offset, present));
    return result;
  };
  for (let offset = 0; offset < length; offset += pieceBytes) {
    const count = Math.min(pieceBytes, length - offset);
    const [a, b] = await Promise.all([piece(left, offset, count), piece(right, offset, count)]);
    if (!a.equals(b)) return offset + a.findIndex((byte, i) => byte !== b[i]);
  }
  return null;
}
