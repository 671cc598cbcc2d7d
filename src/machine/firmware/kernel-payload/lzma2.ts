/**
 * LZMA2, as in .xz files: chunks that are stored, or coded by LZMA's range coder. One dictionary, the output itself: the
 * whole of it is in memory. Written here because the libraries for browsers leave out the filter that kernels are packed with.
 * References: [XZ-FORMAT] 1.2.0, "5.3.1. LZMA2"; [LZMA-SPEC] Igor Pavlov, "LZMA specification" (2015)
 */

/** The data is not what it should be. */
export class UnpackError extends Error {
  override name = "UnpackError";
}

const PROBABILITY_BITS = 11;
const PROBABILITY_START = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 2 ** 24;

const STATES = 12;
const POSITION_STATES = 16;
const LENGTH_STATES = 4;
const MATCH_LENGTH_MIN = 2;
const END_POSITION_MODEL = 14;
const ALIGN_BITS = 4;

// Where each table of probabilities begins in one array.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POSITION_STATES;
const IS_REP_0 = IS_REP + STATES;
const IS_REP_1 = IS_REP_0 + STATES;
const IS_REP_2 = IS_REP_1 + STATES;
const IS_REP_0_LONG = IS_REP_2 + STATES;
const DISTANCE_SLOT = IS_REP_0_LONG + STATES * POSITION_STATES;
const DISTANCE = DISTANCE_SLOT + LENGTH_STATES * 64;
const ALIGN = DISTANCE + 128 - END_POSITION_MODEL + 1;
const MATCH_LENGTH = ALIGN + (1 << ALIGN_BITS);
const LENGTH_LOW = 2;
const LENGTH_MIDDLE = LENGTH_LOW + POSITION_STATES * 8;
const LENGTH_HIGH = LENGTH_MIDDLE + POSITION_STATES * 8;
const LENGTH_SIZE = LENGTH_HIGH + 256;
const REP_LENGTH = MATCH_LENGTH + LENGTH_SIZE;
const LITERAL = REP_LENGTH + LENGTH_SIZE;
const LITERAL_SIZE = 0x300;
/** LZMA2 keeps lc + lp at most 4. */
const MAX_LITERAL_BITS = 4;

export class Lzma2Decoder {
  private at = 0;
  /** Range and code: in an array, as numbers above 2^31 are slow in fields. */
  private readonly coder = new Uint32Array(2);
  private out = 0;
  private readonly probabilities = new Uint16Array(LITERAL + (LITERAL_SIZE << MAX_LITERAL_BITS));
  private state = 0;
  private readonly reps = [0, 0, 0, 0];
  private lc = 0;
  private lp = 0;
  private pb = 0;

  /** @param output as large as what is packed */
  constructor(
    private readonly input: Uint8Array,
    private readonly output: Uint8Array,
  ) {}

  /** Unpacks from `start` up to the end marker. @returns where the input ends. @throws UnpackError */
  run(start: number): number {
    this.at = start;
    let hasProperties = false;
    for (;;) {
      const control = this.next();
      if (control === 0) break;
      if (control < 0x80) {
        if (control > 2) throw new UnpackError("a chunk of an unknown kind");
        this.store(((this.next() << 8) | this.next()) + 1);
        continue;
      }
      const size = (((control & 0x1f) << 16) | (this.next() << 8) | this.next()) + 1;
      const packedSize = ((this.next() << 8) | this.next()) + 1;
      const reset = (control >> 5) & 3;
      if (reset >= 2) {
        this.setProperties(this.next());
        hasProperties = true;
      }
      if (!hasProperties) throw new UnpackError("a chunk without properties");
      if (reset >= 1) this.resetState();
      const end = this.at + packedSize;
      if (end > this.input.length || this.out + size > this.output.length) throw new UnpackError("it is cut off");
      this.decode(this.out + size);
      if (this.at !== end) throw new UnpackError("a chunk does not end where it should");
    }
    if (this.out !== this.output.length) throw new UnpackError("it is shorter than announced");
    return this.at;
  }

  private next(): number {
    const byte = this.input[this.at++];
    if (byte === undefined) throw new UnpackError("it is cut off");
    return byte;
  }

  private store(size: number): void {
    if (this.at + size > this.input.length || this.out + size > this.output.length)
      throw new UnpackError("it is cut off");
    this.output.set(this.input.subarray(this.at, this.at + size), this.out);
    this.at += size;
    this.out += size;
  }

  private setProperties(byte: number): void {
    this.lc = byte % 9;
    this.lp = Math.floor(byte / 9) % 5;
    this.pb = Math.floor(byte / 45);
    if (byte >= 225 || this.lc + this.lp > MAX_LITERAL_BITS) throw new UnpackError("properties that are not allowed");
  }

  private resetState(): void {
    this.probabilities.fill(PROBABILITY_START);
    this.state = 0;
    this.reps.fill(0);
  }

  // ---- the range coder

  private bit(index: number): 0 | 1 {
    const { probabilities, coder } = this;
    const probability = probabilities[index]!;
    const range = coder[0]!;
    const bound = Math.imul(range >>> PROBABILITY_BITS, probability) >>> 0;
    if (coder[1]! < bound) {
      probabilities[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
      coder[0] = bound;
      if (bound < TOP) this.refill();
      return 0;
    }
    probabilities[index] = probability - (probability >> MOVE_BITS);
    coder[0] = range - bound;
    coder[1]! -= bound;
    if (coder[0] < TOP) this.refill();
    return 1;
  }

  private refill(): void {
    const { coder } = this;
    coder[0] = coder[0]! << 8;
    coder[1] = (coder[1]! << 8) | this.input[this.at++]!;
  }

  private tree(base: number, bits: number): number {
    return this.walk(base, 1, 1 << bits) - (1 << bits);
  }

  /** From node `m` of a tree down to `end`: the hot loop, with everything in locals. */
  private walk(base: number, m: number, end: number): number {
    const { probabilities, coder, input } = this;
    let range = coder[0]!;
    let code = coder[1]!;
    while (m < end) {
      const index = base + m;
      const probability = probabilities[index]!;
      const bound = Math.imul(range >>> PROBABILITY_BITS, probability) >>> 0;
      if (code < bound) {
        probabilities[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
        range = bound;
        m <<= 1;
      } else {
        probabilities[index] = probability - (probability >> MOVE_BITS);
        range -= bound;
        code -= bound;
        m = (m << 1) | 1;
      }
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | input[this.at++]!) >>> 0;
      }
    }
    coder[0] = range;
    coder[1] = code;
    return m;
  }

  private reverseTree(base: number, bits: number): number {
    let m = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(base + m);
      m = (m << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  private direct(bits: number): number {
    const { coder } = this;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const range = coder[0]! >>> 1;
      const bit = coder[1]! >= range ? 1 : 0;
      if (bit) coder[1]! -= range;
      coder[0] = range;
      value = value * 2 + bit;
      if (range < TOP) this.refill();
    }
    return value;
  }

  // ---- LZMA

  private decode(end: number): void {
    const { output, reps } = this;
    if (this.next() !== 0) throw new UnpackError("the coder does not begin with zero");
    this.coder[0] = 0xffff_ffff;
    this.coder[1] = 0;
    for (let i = 0; i < 4; i++) this.coder[1] = (this.coder[1]! << 8) | this.next();
    const positionMask = (1 << this.pb) - 1;
    while (this.out < end) {
      const position = this.out & positionMask;
      const state = this.state;
      if (this.bit(IS_MATCH + (state << 4) + position) === 0) {
        this.literal();
        this.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let length: number;
      if (this.bit(IS_REP + state) === 0) {
        reps[3] = reps[2]!;
        reps[2] = reps[1]!;
        reps[1] = reps[0]!;
        length = this.length(MATCH_LENGTH, position);
        this.state = state < 7 ? 7 : 10;
        reps[0] = this.distance(length);
      } else if (this.bit(IS_REP_0 + state) === 0) {
        if (this.bit(IS_REP_0_LONG + (state << 4) + position) === 0) {
          this.state = state < 7 ? 9 : 11;
          this.copy(1, end);
          continue;
        }
        length = this.length(REP_LENGTH, position);
        this.state = state < 7 ? 8 : 11;
      } else {
        const which = this.bit(IS_REP_1 + state) === 0 ? 1 : this.bit(IS_REP_2 + state) === 0 ? 2 : 3;
        const distance = reps[which]!;
        for (let i = which; i > 0; i--) reps[i] = reps[i - 1]!;
        reps[0] = distance;
        length = this.length(REP_LENGTH, position);
        this.state = state < 7 ? 8 : 11;
      }
      this.copy(length + MATCH_LENGTH_MIN, end);
    }
    if (this.out > output.length) throw new UnpackError("it is longer than announced");
  }

  private literal(): void {
    const { output } = this;
    const before = this.out > 0 ? output[this.out - 1]! : 0;
    const context = ((this.out & ((1 << this.lp) - 1)) << this.lc) | (before >> (8 - this.lc));
    const base = LITERAL + LITERAL_SIZE * context;
    let symbol = 1;
    if (this.state >= 7) {
      let match = output[this.out - this.reps[0]! - 1]!;
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = this.bit(base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    output[this.out++] = this.walk(base, symbol, 0x100);
  }

  private length(base: number, position: number): number {
    if (this.bit(base) === 0) return this.tree(base + LENGTH_LOW + (position << 3), 3);
    if (this.bit(base + 1) === 0) return 8 + this.tree(base + LENGTH_MIDDLE + (position << 3), 3);
    return 16 + this.tree(base + LENGTH_HIGH, 8);
  }

  private distance(length: number): number {
    const slot = this.tree(DISTANCE_SLOT + (Math.min(length, LENGTH_STATES - 1) << 6), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < END_POSITION_MODEL) return high + this.reverseTree(DISTANCE + high - slot, bits);
    return high + this.direct(bits - ALIGN_BITS) * (1 << ALIGN_BITS) + this.reverseTree(ALIGN, ALIGN_BITS);
  }

  private copy(length: number, end: number): void {
    const { output } = this;
    const distance = this.reps[0]! + 1;
    if (distance > this.out || this.out + length > end) throw new UnpackError("it refers to what is not there");
    let from = this.out - distance;
    for (let to = this.out, last = to + length; to < last;) output[to++] = output[from++]!;
    this.out += length;
  }
}
