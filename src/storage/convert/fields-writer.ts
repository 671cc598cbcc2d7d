/** Writes fields of on-disk structures in either byte order. */
import { bytesOf } from "../formats/fields.ts";

export class FieldWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    lengthBytes: number,
    private readonly littleEndian: boolean,
  ) {
    this.bytes = new Uint8Array(lengthBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  u8(at: number, value: number): this {
    this.view.setUint8(at, value);
    return this;
  }

  u16(at: number, value: number): this {
    this.view.setUint16(at, value, this.littleEndian);
    return this;
  }

  u32(at: number, value: number): this {
    this.view.setUint32(at, value, this.littleEndian);
    return this;
  }

  u64(at: number, value: number | bigint): this {
    this.view.setBigUint64(at, BigInt(value), this.littleEndian);
    return this;
  }

  text(at: number, text: string): this {
    this.bytes.set(bytesOf(text), at);
    return this;
  }

  raw(at: number, bytes: Uint8Array): this {
    this.bytes.set(bytes, at);
    return this;
  }
}

/** 16 random bytes that are a UUID of version 4, however its fields are stored. [RFC 9562] 5.4 */
export function randomUuid(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // Byte 6 or 7 has the version, by the order of the third field's bytes: both are set.
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[7] = (bytes[7]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}
