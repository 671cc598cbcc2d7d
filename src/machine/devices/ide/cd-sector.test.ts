import { describe, expect, it } from "vitest";
import { edc, lbaToMsf, msfToLba, rawMode1Sector } from "./cd-sector.ts";
import { pattern } from "./ide-test-board.ts";

/** Multiplication in GF(2⁸) by shift and add, independent of the code under test. */
function times(a: number, b: number): number {
  let product = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) product ^= a;
    a = a & 0x80 ? (a << 1) ^ 0x11d : a << 1;
  }
  return product;
}

describe("raw mode 1 sectors [ECMA-130] 14, annex A", () => {
  const data = pattern(2048, 0x5a5a5a5a);
  const sector = rawMode1Sector(16, data);

  it("start with sync, BCD address and mode", () => {
    expect([...sector.slice(0, 16)]).toEqual([0, ...new Array<number>(10).fill(255), 0, 0x00, 0x02, 0x16, 1]);
    expect(sector.slice(16, 2064)).toEqual(data);
    expect([...sector.slice(2068, 2076)]).toEqual(new Array<number>(8).fill(0));
  });

  it("carry an EDC that makes the remainder zero", () => {
    expect(edc(sector.subarray(0, 2068))).toBe(0);
  });

  it("satisfy both parity equations of every P and Q code word", () => {
    const check = (words: number[]): void => {
      for (const plane of [0, 1]) {
        let plain = 0;
        let weighted = 0;
        for (const word of words) {
          const byte = sector[12 + 2 * word + plane]!;
          plain ^= byte;
          weighted = times(weighted, 2) ^ byte;
        }
        expect([plain, weighted]).toEqual([0, 0]);
      }
    };
    for (let column = 0; column < 43; column++) check(Array.from({ length: 26 }, (_, row) => 43 * row + column));
    for (let d = 0; d < 26; d++)
      check([...Array.from({ length: 43 }, (_, m) => (44 * m + 43 * d) % 1118), 1118 + d, 1144 + d]);
  });

  it("stand at their minute, second and frame", () => {
    expect(lbaToMsf(0)).toEqual({ minute: 0, second: 2, frame: 0 });
    expect(msfToLba(lbaToMsf(123456))).toBe(123456);
  });
});
