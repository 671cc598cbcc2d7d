/**
 * Typed face of the unpacker (wasm/unpack): LZMA2, the filter for x86 code, LZ4 and CRC-32 over bytes in a memory that is
 * made for one file. What was unpacked is a view of that memory, which lives as long as the view does.
 *
 * Work is done in pieces: an engine puts better code in place of a function only between two calls of it.
 */
import { said, SaidError } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";

/** The data is not what it should be, or there is no room for it. */
export class UnpackError extends SaidError {
  override name = "UnpackError";
}

/** Exports of wasm/unpack/index.ts; addresses in its memory. */
interface UnpackerExports {
  readonly INPUT: WebAssembly.Global;
  readonly SLACK: WebAssembly.Global;
  beginLzma2(input: number, inputEnd: number, output: number, outputEnd: number): void;
  stepLzma2(): number;
  lzma2At(): number;
  beginLz4(input: number, inputEnd: number, output: number, outputEnd: number): void;
  stepLz4(): number;
  lz4Out(): number;
  beginX86(from: number, end: number): void;
  stepX86(from: number, until: number): number;
  crc32(from: number, end: number, before: number): number;
}

/** How a step ended, wasm/unpack/layout.ts; the rest are failures. */
const MORE = 0;
const DONE = 1;
const WORDS: Record<number, Said> = {
  2: said`it is cut off`,
  3: said`a chunk of an unknown kind`,
  4: said`properties that are not allowed`,
  5: said`it refers to what is not there`,
  6: said`a chunk does not end where it should`,
  7: said`it is longer than announced`,
};

const WASM_PAGE_BYTES = 0x10000;
const PIECE_BYTES = 0x20000;
const ALIGNMENT = 64;

export class Unpacker {
  /** @param module build/unpack.wasm, compiled */
  constructor(private readonly module: WebAssembly.Module) {}

  /** @throws UnpackError where there is no room for so much */
  open(packed: Uint8Array, unpackedBytes: number): Unpacking {
    return new Unpacking(this.module, packed, unpackedBytes);
  }
}

/** One file being unpacked. Places are offsets in the packed and in the unpacked bytes. */
export class Unpacking {
  readonly output: Uint8Array;
  private readonly code: UnpackerExports;
  private readonly input: number;
  private readonly out: number;

  constructor(
    module: WebAssembly.Module,
    private readonly packed: Uint8Array,
    unpackedBytes: number,
  ) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    this.code = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as UnpackerExports;
    const slackBytes = Number(this.code.SLACK.value);
    this.input = Number(this.code.INPUT.value);
    this.out = roundUp(this.input + packed.length + slackBytes, ALIGNMENT);
    growTo(memory, this.out + unpackedBytes + slackBytes);
    new Uint8Array(memory.buffer).set(packed, this.input);
    this.output = new Uint8Array(memory.buffer, this.out, unpackedBytes);
  }

  /** LZMA2 from `at`, which must become exactly the bytes from `from` to `end`. @returns where it ends. @throws UnpackError */
  lzma2(at: number, from: number, end: number): number {
    const { code, input, out, packed } = this;
    code.beginLzma2(input + at, input + packed.length, out + from, out + end);
    run(() => code.stepLzma2());
    return code.lzma2At() - input;
  }

  /** An LZ4 block, written from `from` on. @returns where it ends there. @throws UnpackError */
  lz4(at: number, blockBytes: number, from: number): number {
    const { code, input, out, output } = this;
    code.beginLz4(input + at, input + at + blockBytes, out + from, out + output.length);
    run(() => code.stepLz4());
    return code.lz4Out() - out;
  }

  /** Undoes the filter for x86 code in the bytes from `from` to `end`. */
  undoX86(from: number, end: number): void {
    const { code, out } = this;
    code.beginX86(out + from, out + end);
    for (let at = out + from; at < out + end;) at = code.stepX86(at, Math.min(at + PIECE_BYTES, out + end));
  }

  crc32(from: number, end: number): number {
    const { code, out } = this;
    let value = 0;
    for (let at = out + from; at < out + end; at += PIECE_BYTES)
      value = code.crc32(at, Math.min(at + PIECE_BYTES, out + end), value);
    return value >>> 0;
  }
}

function run(step: () => number): void {
  let ended = MORE;
  while (ended === MORE) ended = step();
  if (ended !== DONE) throw new UnpackError(WORDS[ended] ?? said`it cannot be unpacked`);
}

function growTo(memory: WebAssembly.Memory, bytes: number): void {
  try {
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / WASM_PAGE_BYTES));
  } catch {
    throw new UnpackError("there is no room for it");
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
