import { describe, expect, it } from "vitest";
import { buildSmbios, placeSmbios } from "./smbios.ts";

const facts = { ramBytes: 512 << 20, processors: 2, hasFloppyController: true };

/** Walks the structures: each ends with a double zero after its strings. [SMBIOS] 6.1.3 */
function structures(bytes: Uint8Array) {
  const found: { type: number; length: number; handle: number; bytes: Uint8Array; strings: string[] }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 1]!;
    let end = at + length;
    while (bytes[end] !== 0 || bytes[end + 1] !== 0) end++;
    const strings = new TextDecoder().decode(bytes.subarray(at + length, end)).split("\0");
    found.push({
      type: bytes[at]!,
      length,
      handle: bytes[at + 2]! | (bytes[at + 3]! << 8),
      bytes: bytes.subarray(at, at + length),
      strings,
    });
    at = end + 2;
  }
  return found;
}

describe("SMBIOS", () => {
  it("has every required structure, of the length that 2.8 gives it, under its own handle", () => {
    const { tables } = buildSmbios(facts);
    const all = structures(tables);
    expect(all.map(({ type, length }) => [type, length])).toEqual([
      [0, 0x18],
      [1, 0x1b],
      [3, 0x16],
      [4, 0x2a],
      [4, 0x2a],
      [16, 0x17],
      [17, 0x28],
      [19, 0x1f],
      [32, 0x0b],
      [127, 4],
    ]);
    expect(new Set(all.map(({ handle }) => handle)).size).toBe(all.length);
    const memory = all.find(({ type }) => type === 17)!.bytes;
    expect(memory[0x0c]! | (memory[0x0d]! << 8)).toBe(512);
    expect(all[1]!.strings).toEqual(["Posada", "Posada PC", "i440FX"]);
  });

  it("has an anchor whose sums are zero and that counts right [SMBIOS] 5.2.1", () => {
    const built = buildSmbios(facts);
    const [anchor] = placeSmbios(built, 0xf5100, 0xf5200);
    const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
    expect([sum(anchor!.bytes), sum(anchor!.bytes.subarray(16))]).toEqual([0, 0]);
    const view = new DataView(anchor!.bytes.buffer);
    expect([view.getUint32(24, true), view.getUint16(22, true), view.getUint16(28, true)]).toEqual([
      0xf5200,
      built.tables.length,
      10,
    ]);
    expect(view.getUint16(8, true)).toBeGreaterThan(0x2a);
  });
});
