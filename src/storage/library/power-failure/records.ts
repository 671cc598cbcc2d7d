/** What the writer writes, and whoever looks at it afterwards expects. */
import { crc32 } from "../../formats/crc32.ts";
import type { Catalogue } from "../catalogue.ts";

/** Not a multiple of a chunk: records lie across chunks. */
export const SLOT_BYTES = 41 * 512;
export const SLOTS = 97;
export const DISK_BYTES = 64 * 1024 * 1024;

/** Sectors that each name their record, with a sum. */
export function recordOf(number: number): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < SLOT_BYTES; at += 512) {
    view.setUint32(at, number + 1);
    bytes.fill((number * 7 + at) & 0xff, at + 8, at + 512);
    view.setUint32(at + 4, crc32(bytes.subarray(at + 8, at + 512)));
  }
  return bytes;
}

/** The record of which a sector is whole, -1 for zeros. @throws where it is of none */
export function recordIn(sector: Uint8Array): number {
  const view = new DataView(sector.buffer, sector.byteOffset, 512);
  const number = view.getUint32(0) - 1;
  if (number === -1 && sector.every((byte) => byte === 0)) return -1;
  if (view.getUint32(4) !== crc32(sector.subarray(8))) throw new Error(`a torn sector of record ${number}`);
  return number;
}

/** From the top down: the layer that is nobody's parent, and those below. */
export function stackIn({ layers }: Catalogue): string[] {
  const parents = new Set(Object.values(layers).map(({ parent }) => parent));
  const tops = Object.keys(layers).filter((id) => !parents.has(id));
  if (tops.length !== 1) throw new Error(`${tops.length} layers on top`);
  const stack: string[] = [];
  for (let id: string | null = tops[0]!; id !== null; id = layers[id]!.parent) stack.push(id);
  return stack;
}
