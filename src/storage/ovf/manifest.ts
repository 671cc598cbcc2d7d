/**
 * Manifests of OVF packages: a line for each file, "SHA1(name)= hex" or "SHA256(name)= hex". Sums are computed piece by
 * piece, so a disk of any length is checked in little memory.
 *
 * References: [OVF] 5.1; [FIPS 180-4] 6.1 (SHA-1), 6.2 (SHA-256). (WebCrypto has no sums in pieces.)
 */
import { ImageError } from "../formats/image-error.ts";
import { checkedName } from "./tar.ts";

export interface ManifestLine {
  name: string;
  algorithm: "SHA1" | "SHA256";
  hex: string;
}

const MAX_MANIFEST_BYTES = 1024 * 1024;

/** @throws ImageError */
export function parseManifest(bytes: Uint8Array): ManifestLine[] {
  if (bytes.length > MAX_MANIFEST_BYTES) throw new ImageError("absurd", "The manifest of this package has no end.");
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/).filter((line) => line.trim() !== ""); // prettier-ignore
  return lines.map((line) => {
    const [, algorithm, name, hex] = /^(SHA\d+)\s*\(([^)]*)\)\s*=\s*([0-9a-fA-F]+)\s*$/.exec(line) ?? [];
    if (algorithm === undefined) throw new ImageError("damaged", "The manifest of this package cannot be read.");
    const known = (algorithm === "SHA1" && hex!.length === 40) || (algorithm === "SHA256" && hex!.length === 64);
    if (!known)
      throw new ImageError("unsupported", "The manifest of this package has sums of a kind that is not known here.");
    return { name: checkedName(name!), algorithm: algorithm as ManifestLine["algorithm"], hex: hex!.toLowerCase() };
  });
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const firstPrimes = (count: number): number[] => {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++)
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  return primes;
};
const fraction = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;
/** Of the cube roots of the first 64 primes. [FIPS 180-4] 4.2.2 */
const SHA256_K = firstPrimes(64).map((prime) => fraction(Math.cbrt(prime)));
/** Of the square roots of the first eight. 5.3.3 */
const SHA256_START = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)));
const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** A sum that takes its bytes in pieces. */
export class RunningSum {
  private readonly state: Int32Array;
  private readonly words: Int32Array;
  private readonly rest = new Uint8Array(64);
  private restBytes = 0;
  private totalBytes = 0;

  constructor(private readonly algorithm: ManifestLine["algorithm"]) {
    this.state = Int32Array.from(algorithm === "SHA1" ? SHA1_START : SHA256_START);
    this.words = new Int32Array(algorithm === "SHA1" ? 80 : 64);
  }

  add(bytes: Uint8Array): void {
    this.totalBytes += bytes.length;
    let at = 0;
    if (this.restBytes > 0) {
      at = Math.min(64 - this.restBytes, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.restBytes);
      this.restBytes += at;
      if (this.restBytes < 64) return;
      this.block(this.rest, 0);
      this.restBytes = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    this.rest.set(bytes.subarray(at));
    this.restBytes = bytes.length - at;
  }

  /** Nothing can be added any more. */
  hex(): string {
    const bits = BigInt(this.totalBytes) * 8n;
    const tail = new Uint8Array(this.restBytes < 56 ? 64 - this.restBytes : 128 - this.restBytes);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, bits);
    this.add(tail);
    return [...this.state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  private block(bytes: Uint8Array, at: number): void {
    const { words } = this;
    for (let i = 0; i < 16; i++, at += 4)
      words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (this.algorithm === "SHA1") this.sha1();
    else this.sha256();
  }

  private sha1(): void {
    const { words, state } = this;
    for (let i = 16; i < 80; i++) words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
    for (let i = 0; i < 80; i++) {
      const [f, k] = i < 20 ? [(b & c) | (~b & d), 0x5a827999] : i < 40 ? [b ^ c ^ d, 0x6ed9eba1] : i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6]; // prettier-ignore
      const next = (rotate(a, 5) + f + e + k + words[i]!) | 0;
      [e, d, c, b, a] = [d, c, rotate(b, 30), a, next];
    }
    [a, b, c, d, e].forEach((value, i) => (state[i]! += value));
  }

  private sha256(): void {
    const { words, state } = this;
    for (let i = 16; i < 64; i++) {
      const [x, y] = [words[i - 15]!, words[i - 2]!];
      const s0 = rotate(x, 25) ^ rotate(x, 14) ^ (x >>> 3);
      const s1 = rotate(y, 15) ^ rotate(y, 13) ^ (y >>> 10);
      words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0;
    }
    let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!; // prettier-ignore
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7)) + ((e & f) ^ (~e & g)) + SHA256_K[i]! + words[i]!) | 0; // prettier-ignore
      const t2 = ((rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i]! += value));
  }
}
