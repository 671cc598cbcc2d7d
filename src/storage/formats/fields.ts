/**
 * Fields of on-disk structures, in either byte order. 64-bit fields come as numbers: one that is not exact is beyond any
 * file, and every use compares it with the size of one.
 */

export class Fields {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly littleEndian: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    return this.view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.view.getUint32(at, this.littleEndian);
  }

  u64(at: number): number {
    const [low, high] = this.littleEndian ? [at, at + 4] : [at + 4, at];
    return this.u32(high) * 2 ** 32 + this.u32(low);
  }

  /** All 64 bits. */
  bits64(at: number): bigint {
    return this.view.getBigUint64(at, this.littleEndian);
  }

  /** Bytes as Latin-1. */
  text(at: number, length: number): string {
    return latin1(this.bytes.subarray(at, at + length));
  }

  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(at, at + length);
  }

  isZero(at: number, length: number): boolean {
    return isZero(this.slice(at, length));
  }

  /** A GUID whose first three fields are little-endian, as Microsoft writes them: lower case, no braces. */
  guid(at: number): string {
    const hex = (start: number, end: number, backwards: boolean): string => {
      const part = [...this.bytes.subarray(at + start, at + end)];
      if (backwards) part.reverse();
      return part.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    const mixed = this.littleEndian;
    return [hex(0, 4, mixed), hex(4, 6, mixed), hex(6, 8, mixed), hex(8, 10, false), hex(10, 16, false)].join("-");
  }
}

export const little = (bytes: Uint8Array): Fields => new Fields(bytes, true);
export const big = (bytes: Uint8Array): Fields => new Fields(bytes, false);

export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** The bytes of a Latin-1 text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function isZero(bytes: Uint8Array): boolean {
  let at = 0;
  const odd = bytes.byteOffset % 4;
  if (bytes.length >= 64) {
    for (const end = (4 - odd) % 4; at < end; at++) if (bytes[at] !== 0) return false;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2);
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
    at += words.length * 4;
  }
  for (; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Smallest multiple of `step` that is not less than `value`. */
export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

export const isPowerOfTwo = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value));
