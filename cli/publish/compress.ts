/**
 * Packs files of a published machine: by Zstandard where this Node or this system has it, else by deflate. What is read before the
 * machine goes on is always packed by deflate: it is a tenth longer, but browsers unpack it themselves.
 */
import { execFileSync, spawnSync } from "node:child_process";
import zlib from "node:zlib";

const ZSTD_LEVEL = 19;
const MAX_OUTPUT_BYTES = 64 << 20;

type Compress = (raw: Uint8Array) => Uint8Array;

/** Node 22.15 and later; the types of Node 20 do not know it. */
interface NewZlib {
  zstdCompressSync?(raw: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  constants: { ZSTD_c_compressionLevel?: number };
}

function choose(): Compress {
  const { zstdCompressSync, constants } = zlib as unknown as NewZlib;
  if (zstdCompressSync && constants.ZSTD_c_compressionLevel !== undefined) {
    const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
    return (raw) => zstdCompressSync(raw, { params });
  }
  if (spawnSync("zstd", ["--version"], { stdio: "ignore" }).status === 0)
    return (raw) =>
      execFileSync("zstd", ["-q", `-${ZSTD_LEVEL}`, `--stream-size=${raw.length}`, "-c"], {
        input: raw,
        maxBuffer: MAX_OUTPUT_BYTES,
      });
  return deflate;
}

const deflate: Compress = (raw) => zlib.deflateRawSync(raw, { level: 9 });

let chosen: Compress | null = null;

export function compress(raw: Uint8Array): Uint8Array {
  chosen ??= choose();
  return new Uint8Array(chosen(raw));
}

/** Of what is wanted at once. */
export function compressFirst(raw: Uint8Array): Uint8Array {
  return new Uint8Array(deflate(raw));
}
