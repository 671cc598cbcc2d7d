/**
 * Video memory as the CPU reaches it through A0000–BFFFF: the window's place and size, odd/even and chain-4 addressing,
 * the four latches, four write modes and two read modes; and the flat 64 KiB bank of linear modes.
 *
 * The four maps lie interleaved: map p of address a is byte 4a+p, so that the latches and every operation of the
 * graphics controller are one 32-bit word. As on IBM's board, odd/even and chain-4 addressing replace the low address
 * bits rather than shift them out: chain-4 byte A is at address A & ~3 of map A & 3.
 *
 *   video memory   | map 0 | map 1 | map 2 | map 3 | map 0 | …        address a: bytes 4a … 4a+3
 *
 * Which way an access takes is settled when a register changes; text, chain-4 and plain planar writes have their own.
 * References: [VGA] "Graphics Controller Registers", "Sequencer Registers", "Video Memory Organization".
 */
import type { AccessSize } from "../../bus/port-bus.ts";
import type { MmioDevice } from "../../bus/mmio-bus.ts";
import type { DirtyPages } from "./dirty-pages.ts";
import * as R from "./register-names.ts";

export const WINDOW_BASE = 0xa0000;
export const WINDOW_BYTES = 0x20000;

/** Without a linear mode the VGA has 64 KiB a map. */
const MAP_ADDRESS_MASK = 0xffff;

/** How accesses go; the order is of no meaning. */
const PATH_CLOSED = 0;
const PATH_LINEAR = 1;
/** Odd/even, write mode 0 with nothing to combine: text. */
const PATH_TEXT = 2;
/** Chain-4, write mode 0 with nothing to combine, all maps enabled: mode 13h. */
const PATH_CHAIN4 = 3;
/** One address for all maps, write mode 0 with nothing to combine: mode X. */
const PATH_PLANAR = 4;
const PATH_GENERAL = 5;

/** The registers that decide about accesses. */
export interface MemoryModeSource {
  readonly seq: Uint8Array;
  readonly gc: Uint8Array;
  readonly misc: number;
  readonly enabled: boolean;
}

/** Bit p of the index as 0xFF in byte p. */
const EXPANDED_MAPS = Int32Array.from({ length: 16 }, (_, maps) => {
  let word = 0;
  for (let map = 0; map < 4; map++) if ((maps & (1 << map)) !== 0) word |= 0xff << (8 * map);
  return word;
});

function expandMaps(maps: number): number {
  return EXPANDED_MAPS[maps & 0x0f]!;
}

export class MemoryWindow implements MmioDevice {
  readonly category = "vga";
  /** Last word read: one byte a map. */
  latch = 0;
  /** Set by writes that reach maps 2 and 3: in text modes, the fonts. */
  fontMapsWritten = false;

  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  private path = PATH_CLOSED;
  private generalOnly = false;
  private source: MemoryModeSource | null = null;

  private windowStart = 0;
  private windowBytes = 0;
  private bankBytes = 0;
  private addressMask = MAP_ADDRESS_MASK;
  private mapMask = 0;
  private mapMaskWord = 0;
  private chain4 = false;
  private oddEvenWrites = false;
  private oddEvenReads = false;
  private replaceBit0 = false;
  private wideWindow = false;
  private pageBit = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly dirty: DirtyPages,
  ) {
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  }

  /**
   * Takes over the registers' present values. `linearBank`: byte offset of the flat bank where a linear mode of 8 and
   * more bits is on; `planarBank`: address offset in each map where a linear mode of 4 bits is on.
   */
  update(source: MemoryModeSource, linearBank: number | null, planarBank: number | null): void {
    const { seq, gc } = source;
    this.source = source;
    if (!source.enabled || (source.misc & R.MISC_RAM_ENABLE) === 0) {
      this.path = PATH_CLOSED;
      this.windowBytes = 0;
      return;
    }
    if (linearBank !== null) {
      this.path = PATH_LINEAR;
      this.windowStart = 0;
      this.windowBytes = 0x10000;
      this.bankBytes = linearBank;
      return;
    }
    this.bankBytes = planarBank ?? 0;
    this.addressMask = planarBank === null ? MAP_ADDRESS_MASK : this.words.length - 1;
    const mapSelect = (gc[R.GC_MISCELLANEOUS]! >> 2) & 3;
    this.windowStart = mapSelect === 2 ? 0x10000 : mapSelect === 3 ? 0x18000 : 0;
    this.windowBytes = mapSelect === 0 ? 0x20000 : mapSelect === 1 ? 0x10000 : 0x8000;
    this.wideWindow = mapSelect === 0;
    this.mapMask = seq[R.SEQ_MAP_MASK]!;
    this.mapMaskWord = expandMaps(this.mapMask);
    this.chain4 = (seq[R.SEQ_MEMORY_MODE]! & R.MEMORY_MODE_CHAIN4) !== 0;
    this.oddEvenWrites = (seq[R.SEQ_MEMORY_MODE]! & R.MEMORY_MODE_NOT_ODD_EVEN) === 0;
    this.oddEvenReads = (gc[R.GC_MODE]! & R.GC_MODE_ODD_EVEN) !== 0;
    this.replaceBit0 = (gc[R.GC_MISCELLANEOUS]! & R.GC_MISC_CHAIN_ODD_EVEN) !== 0;
    this.pageBit = (source.misc & R.MISC_ODD_EVEN_PAGE) !== 0 ? 0 : 1;
    this.path = this.generalOnly ? PATH_GENERAL : this.choosePath(gc);
  }

  /** Tests only: every access goes the general way, to compare it with the others. */
  useGeneralPathOnly(): void {
    this.generalOnly = true;
  }

  private choosePath(gc: Uint8Array): number {
    const nothingToCombine =
      (gc[R.GC_MODE]! & 3) === 0 &&
      gc[R.GC_ENABLE_SET_RESET] === 0 &&
      gc[R.GC_DATA_ROTATE] === 0 &&
      gc[R.GC_BIT_MASK] === 0xff;
    const plainReads = (gc[R.GC_MODE]! & R.GC_MODE_READ_COMPARE) === 0;
    if (!nothingToCombine) return PATH_GENERAL;
    if (this.chain4) return plainReads && this.mapMask === 0x0f && !this.wideWindow ? PATH_CHAIN4 : PATH_GENERAL;
    if (this.oddEvenWrites) {
      const text = plainReads && this.oddEvenReads && this.replaceBit0 && this.pageBit === 0 && !this.wideWindow;
      return text && this.mapMask === 0x03 && (gc[R.GC_READ_MAP_SELECT]! & 2) === 0 && this.bankBytes === 0
        ? PATH_TEXT
        : PATH_GENERAL;
    }
    return this.replaceBit0 ? PATH_GENERAL : PATH_PLANAR;
  }

  mmioWrite(offset: number, sizeBytes: AccessSize, value: number): void {
    const at = offset - this.windowStart;
    if (at < 0 || at + sizeBytes > this.windowBytes) {
      if (sizeBytes > 1) this.writeSplit(offset, sizeBytes, value);
      return;
    }
    switch (this.path) {
      case PATH_TEXT:
        // A character with its attribute: maps 0 and 1 of the even address.
        if (sizeBytes === 2 && (at & 1) === 0) {
          this.halves[at << 1] = value;
          this.dirty.mark(at >> 10);
        } else if (sizeBytes === 1) {
          this.bytes[((at & ~1) << 2) | (at & 1)] = value;
          this.dirty.mark(at >> 10);
        } else if (sizeBytes === 4 && (at & 1) === 0) {
          this.halves[at << 1] = value;
          this.halves[(at + 2) << 1] = value >>> 16;
          this.dirty.mark(at >> 10);
          this.dirty.mark((at + 2) >> 10);
        } else this.writeSplit(offset, sizeBytes, value);
        return;
      case PATH_CHAIN4: {
        const to = this.bankBytes + at;
        if (sizeBytes === 4 && (at & 3) === 0) {
          this.words[to & this.addressMask] = value;
          this.dirty.mark((to & this.addressMask) >> 10);
        } else if (sizeBytes === 1) {
          const address = to & ~3 & this.addressMask;
          this.bytes[(address << 2) | (at & 3)] = value;
          this.dirty.mark(address >> 10);
        } else if (sizeBytes === 2 && (at & 1) === 0) {
          const address = to & ~3 & this.addressMask;
          this.halves[(address << 1) | ((at >> 1) & 1)] = value;
          this.dirty.mark(address >> 10);
        } else this.writeSplit(offset, sizeBytes, value);
        this.fontMapsWritten = true;
        return;
      }
      case PATH_PLANAR: {
        let rest = value;
        for (let i = 0; i < sizeBytes; i++, rest >>>= 8) {
          const address = (this.bankBytes + at + i) & this.addressMask;
          this.store(address, Math.imul(rest & 0xff, 0x01010101), this.mapMaskWord);
        }
        return;
      }
      case PATH_LINEAR: {
        const to = this.bankBytes + at;
        if (to + sizeBytes > this.bytes.length) return;
        let rest = value;
        for (let i = 0; i < sizeBytes; i++, rest >>>= 8) this.bytes[to + i] = rest;
        this.dirty.mark(to >> 12);
        this.dirty.mark((to + sizeBytes - 1) >> 12);
        return;
      }
      default:
        if (sizeBytes === 1) this.writeGeneral(at, value & 0xff);
        else this.writeSplit(offset, sizeBytes, value);
    }
  }

  mmioRead(offset: number, sizeBytes: AccessSize): number {
    const at = offset - this.windowStart;
    if (at < 0 || at + sizeBytes > this.windowBytes) return sizeBytes === 1 ? 0xff : this.readSplit(offset, sizeBytes);
    switch (this.path) {
      case PATH_TEXT:
        if ((at & 1) !== 0 && sizeBytes > 1) return this.readSplit(offset, sizeBytes);
        if (sizeBytes === 4) {
          this.latch = this.words[at + 2]!;
          return ((this.words[at]! & 0xffff) | (this.latch << 16)) >>> 0;
        }
        this.latch = this.words[at & ~1]!;
        return sizeBytes === 2 ? this.latch & 0xffff : (this.latch >>> ((at & 1) << 3)) & 0xff;
      case PATH_CHAIN4: {
        if ((at & (sizeBytes - 1)) !== 0) return this.readSplit(offset, sizeBytes);
        this.latch = this.words[(this.bankBytes + at) & ~3 & this.addressMask]!;
        const low = this.latch >>> ((at & 3) << 3);
        return sizeBytes === 4 ? low >>> 0 : low & (sizeBytes === 2 ? 0xffff : 0xff);
      }
      case PATH_LINEAR: {
        const from = this.bankBytes + at;
        let value = 0;
        for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | (this.bytes[from + i] ?? 0xff);
        return value >>> 0;
      }
      default:
        return sizeBytes === 1 ? this.readGeneral(at) : this.readSplit(offset, sizeBytes);
    }
  }

  private writeSplit(offset: number, sizeBytes: AccessSize, value: number): void {
    for (let i = 0; i < sizeBytes; i++) this.mmioWrite(offset + i, 1, (value >>> (8 * i)) & 0xff);
  }

  private readSplit(offset: number, sizeBytes: AccessSize): number {
    let value = 0;
    for (let i = 0; i < sizeBytes; i++) value |= this.mmioRead(offset + i, 1) << (8 * i);
    return value >>> 0;
  }

  /** The address in each map that window offset `at` reaches. */
  private mapAddress(at: number): number {
    let address = at;
    // With the 128 KiB window the bits above the map's 64 KiB stand in for those that choose the map.
    if (this.chain4) address = (at & ~3) | (this.wideWindow ? (at >> 16) & 3 : 0);
    else if (this.replaceBit0) address = (at & ~1) | (this.wideWindow ? (at >> 16) & 1 : this.pageBit);
    return (this.bankBytes + address) & this.addressMask;
  }

  private writeGeneral(at: number, value: number): void {
    const gc = this.source!.gc;
    let maps = this.mapMask;
    if (this.chain4) maps &= 1 << (at & 3);
    else if (this.oddEvenWrites) maps &= (at & 1) !== 0 ? 0x0a : 0x05;
    const rotation = gc[R.GC_DATA_ROTATE]! & 7;
    const rotated = ((value >>> rotation) | (value << (8 - rotation))) & 0xff;
    let bitMask = gc[R.GC_BIT_MASK]!;
    let data: number;
    switch (gc[R.GC_MODE]! & 3) {
      case 0: {
        const setReset = expandMaps(gc[R.GC_ENABLE_SET_RESET]!);
        data = (Math.imul(rotated, 0x01010101) & ~setReset) | (expandMaps(gc[R.GC_SET_RESET]!) & setReset);
        break;
      }
      case 1:
        this.store(this.mapAddress(at), this.latch, expandMaps(maps));
        return;
      case 2:
        data = expandMaps(value);
        break;
      default:
        data = expandMaps(gc[R.GC_SET_RESET]!);
        bitMask &= rotated;
    }
    switch ((gc[R.GC_DATA_ROTATE]! >> 3) & 3) {
      case 1:
        data &= this.latch;
        break;
      case 2:
        data |= this.latch;
        break;
      case 3:
        data ^= this.latch;
    }
    const bits = Math.imul(bitMask, 0x01010101);
    this.store(this.mapAddress(at), (data & bits) | (this.latch & ~bits), expandMaps(maps));
  }

  private readGeneral(at: number): number {
    const gc = this.source!.gc;
    this.latch = this.words[this.mapAddress(at)]!;
    if ((gc[R.GC_MODE]! & R.GC_MODE_READ_COMPARE) !== 0) {
      // A bit is 1 where every map that is cared about holds the compared color.
      const different = (this.latch ^ expandMaps(gc[R.GC_COLOR_COMPARE]!)) & expandMaps(gc[R.GC_COLOR_DONT_CARE]!);
      return ~(different | (different >>> 8) | (different >>> 16) | (different >>> 24)) & 0xff;
    }
    let map = gc[R.GC_READ_MAP_SELECT]! & 3;
    if (this.chain4) map = at & 3;
    else if (this.oddEvenReads) map = (map & 2) | (at & 1);
    return (this.latch >>> (8 * map)) & 0xff;
  }

  private store(address: number, data: number, mask: number): void {
    this.words[address] = (this.words[address]! & ~mask) | (data & mask);
    this.dirty.mark(address >> 10);
    if ((mask & 0xffff0000) !== 0) this.fontMapsWritten = true;
  }
}
