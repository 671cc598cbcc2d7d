/**
 * What has changed in a machine since the published state from which it went on: small enough, often, to stand in a link.
 *
 *   u32      length of what follows when unpacked
 *   deflate  of MessagePack: version, name of the list of the state that it differs from, the device states, and for RAM, video memory
 *            and ROM the numbers of the changed pages, each but the first as its distance from the one before; then `xor`: of each
 *            such page, one after the other, the bytes as they are XOR as they were
 *
 * A page in which little changed is zeros but for that, which deflate packs to little.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import { deflateSync } from "fflate";
import type { DeviceState } from "../machine/device.ts";
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";
import { unpackFile } from "../storage/published/pack-codec.ts";

const VERSION = 1;
export const PAGE_BYTES = 4096;
/** What differs in more is told by a saved state. */
export const MAX_CHANGED_PAGES = 16384;
const MAX_DEVICE_BYTES = 16 << 20;
const MAX_RAW_BYTES = MAX_CHANGED_PAGES * (PAGE_BYTES + 8) + MAX_DEVICE_BYTES;

export interface StateDifference {
  /** Name of the file that lists the parts of the state that this differs from: the hash of its contents. */
  base: string;
  devices: DeviceState;
  /** Numbers of changed pages, ascending, by region. */
  pages: Uint32Array[];
  /** Of all these pages, in that order. */
  xor: Uint8Array;
}

export function encodeDifference({ base, devices, pages, xor }: StateDifference): Uint8Array {
  const raw = new Encoder({ useBigInt64: true, ignoreUndefined: true }).encode({
    version: VERSION,
    base,
    devices,
    pages: pages.map(distances),
    xor,
  });
  const packed = deflateSync(raw, { level: 9 });
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, raw.length, true);
  bytes.set(packed, 4);
  return bytes;
}

const damaged = () => new VmError("badState", "The state in this link is damaged or cut short.");

/**
 * @param base the list of the state that is at hand
 * @param regionBytes sizes of RAM, video memory and ROM
 * @throws VmError `badState`
 */
export function decodeDifference(bytes: Uint8Array, base: string, regionBytes: readonly number[]): StateDifference {
  const rawBytes = bytes.length < 5 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (rawBytes === 0) throw damaged();
  if (rawBytes > MAX_RAW_BYTES)
    throw new VmError("badState", "The state in this link claims to be larger than any such state.");
  let found: Record<string, unknown>;
  try {
    found = new Decoder({ useBigInt64: true }).decode(unpackFile(bytes.subarray(4), rawBytes)) as typeof found;
  } catch {
    throw damaged();
  }
  if (typeof found !== "object" || found === null) throw damaged();
  if (Number(found.version) !== VERSION)
    throw new VmError("badState", said`The state in this link is of version ${Number(found.version)}; this Posada reads version ${VERSION}.`); // prettier-ignore
  if (found.base !== base)
    throw new VmError("badState", "The state in this link belongs to another machine than the one that is there.");
  const { devices, pages, xor } = found;
  const isWhole =
    typeof devices === "object" &&
    devices !== null &&
    xor instanceof Uint8Array &&
    Array.isArray(pages) &&
    pages.length === regionBytes.length &&
    pages.every((each) => each instanceof Uint8Array);
  if (!isWhole) throw damaged();
  const numbers = (pages as Uint8Array[]).map((each, region) => numbersIn(each, regionBytes[region]! / PAGE_BYTES));
  if (numbers.reduce((sum, { length }) => sum + length, 0) * PAGE_BYTES !== xor.length) throw damaged();
  return { base, devices: devices as DeviceState, pages: numbers, xor };
}

/** Numbers of up to 7 bits a byte, the lowest first; all but the last byte of each have the highest bit. */
function distances(pages: Uint32Array): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const page of pages) {
    let distance = page - before;
    before = page;
    for (; distance > 0x7f; distance >>>= 7) bytes.push((distance & 0x7f) | 0x80);
    bytes.push(distance);
  }
  return Uint8Array.from(bytes);
}

function numbersIn(bytes: Uint8Array, count: number): Uint32Array {
  const pages: number[] = [];
  for (let at = 0, before = -1, from = 0; at < bytes.length;) {
    let distance = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 21) throw damaged();
      distance |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const page = from + distance;
    if (page <= before || page >= count) throw damaged();
    pages.push((before = from = page));
  }
  return Uint32Array.from(pages);
}

/** Whether two pages are the same; if not, `into` gets their difference. */
export function differ(now: Uint8Array, before: Uint8Array | null, into: Uint8Array): boolean {
  const words = inWords(now);
  const wordsBefore = before && inWords(before);
  let at = 0;
  if (wordsBefore) while (at < words.length && words[at] === wordsBefore[at]) at++;
  else while (at < words.length && words[at] === 0) at++;
  if (at === words.length) return false;
  for (let i = 0; i < PAGE_BYTES; i++) into[i] = now[i]! ^ (before === null ? 0 : before[i]!);
  return true;
}

/** Most pages are as they were, and all of the memory is looked at. */
function inWords(page: Uint8Array): Int32Array {
  const aligned = page.byteOffset % 4 === 0 ? page : page.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, PAGE_BYTES / 4);
}
