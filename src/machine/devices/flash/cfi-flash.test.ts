import { beforeEach, describe, expect, it } from "vitest";
import { CfiFlash, FLASH_BLOCK_BYTES } from "./cfi-flash.ts";

const SIZE = 4 * FLASH_BLOCK_BYTES;
const READY = 0x80;

describe("flash chip", () => {
  let cells: Uint8Array;
  let chip: CfiFlash;
  let isArray: boolean;
  let changes: [number, number][];
  const make = (readOnly = false) => {
    cells = new Uint8Array(SIZE).fill(0xff);
    isArray = true;
    changes = [];
    chip = new CfiFlash({
      cells,
      readOnly,
      onArrayMode: (on) => (isArray = on),
      onChange: (offset, length) => void changes.push([offset, length]),
    });
  };
  const write = (offset: number, ...values: number[]) => values.forEach((value) => chip.mmioWrite(offset, 1, value));
  const status = () => (write(0, 0x70), chip.mmioRead(0, 1));
  beforeEach(() => make());

  it("reads its cells in array mode and tells when it is in another", () => {
    cells.set([1, 2, 3, 4], 8);
    expect(chip.mmioRead(8, 4)).toBe(0x04030201);
    write(0, 0x70);
    expect(isArray).toBe(false);
    expect(chip.mmioRead(8, 1)).toBe(READY);
    write(0, 0xff);
    expect(isArray).toBe(true);
    expect(chip.mmioRead(8, 1)).toBe(1);
  });

  it.each([0x10, 0x40])("programs a byte by %i, which can only clear bits", (command) => {
    write(5, command, 0xf0);
    expect(chip.mmioRead(5, 1)).toBe(READY);
    write(5, command, 0x3f, 0xff);
    expect(cells[5]).toBe(0x30);
    expect(changes).toEqual([
      [5, 1],
      [5, 1],
    ]);
  });

  it("erases the block that is named, after a confirmation", () => {
    cells.fill(0);
    write(FLASH_BLOCK_BYTES + 7, 0x20, 0xd0, 0xff);
    expect([...cells].filter((cell) => cell === 0xff).length).toBe(FLASH_BLOCK_BYTES);
    expect(cells[FLASH_BLOCK_BYTES]).toBe(0xff);
    expect(cells[2 * FLASH_BLOCK_BYTES]).toBe(0);
    expect(changes).toEqual([[FLASH_BLOCK_BYTES, FLASH_BLOCK_BYTES]]);
  });

  it("reports a broken command sequence in the status until it is cleared", () => {
    write(0, 0x20, 0x00);
    expect(status()).toBe(READY | 0x30);
    write(0, 0x50);
    expect(status()).toBe(0);
    expect(changes).toEqual([]);
  });

  it("reads a cleared status as zero until the next command, by which OVMF knows it", () => {
    cells[0] = 0x11;
    write(0, 0x50);
    expect(chip.mmioRead(0, 1)).toBe(0x11);
    expect(status()).toBe(0);
    write(0, 0x10, 0xff);
    expect(status()).toBe(READY);
  });

  it("writes a buffer into one block, all or nothing", () => {
    write(0x10, 0xe8, 1);
    write(0x10, 0x11);
    write(0x11, 0x22);
    write(0x10, 0xd0);
    expect(status()).toBe(READY);
    expect([...cells.subarray(0x10, 0x13)]).toEqual([0x11, 0x22, 0xff]);
    write(0x20, 0xe8, 0);
    write(FLASH_BLOCK_BYTES, 0x33);
    write(0x20, 0xd0);
    expect(status()).toBe(READY | 0x30);
    expect(cells[FLASH_BLOCK_BYTES]).toBe(0xff);
    write(0, 0x50, 0xe8, 32);
    expect(status()).toBe(READY | 0x30);
  });

  it("says what it is", () => {
    write(0, 0x98);
    const query = (offset: number) => chip.mmioRead(offset, 1);
    expect(String.fromCharCode(query(0x10), query(0x11), query(0x12))).toBe("QRY");
    expect(1 << query(0x27)).toBe(SIZE);
    expect([query(0x2d), query(0x2e), query(0x2f), query(0x30)]).toEqual([3, 0, 0x10, 0]);
    write(0, 0x90);
    expect(chip.mmioRead(0, 2)).toBe(0x1889);
  });

  it("refuses to change where it is read-only", () => {
    make(true);
    write(0, 0x10, 0x00);
    expect(status()).toBe(READY | 0x12);
    write(0, 0x50, 0x20, 0xd0);
    expect(status()).toBe(READY | 0x22);
    expect(cells.every((cell) => cell === 0xff)).toBe(true);
  });

  it("goes on where it was saved, in the middle of a buffer", () => {
    write(0x40, 0xe8, 1);
    write(0x40, 0x0f);
    const saved = chip.save();
    chip.reset();
    expect(isArray).toBe(true);
    chip.restore(saved);
    expect(isArray).toBe(false);
    write(0x41, 0x0e);
    write(0x40, 0xd0, 0xff);
    expect([...cells.subarray(0x40, 0x42)]).toEqual([0x0f, 0x0e]);
  });
});
