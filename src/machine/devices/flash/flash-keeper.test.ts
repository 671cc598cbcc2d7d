import { describe, expect, it } from "vitest";
import type { BlockStore } from "../../../storage/block-store.ts";
import { FLASH_BLOCK_BYTES } from "./cfi-flash.ts";
import { FlashKeeper } from "./flash-keeper.ts";

function bench(write?: BlockStore["write"]) {
  const cells = new Uint8Array(4 * FLASH_BLOCK_BYTES).fill(0xff);
  const log: string[] = [];
  const store: BlockStore = {
    sizeBytes: cells.length,
    readOnly: false,
    read: (offset, length) => Promise.resolve(cells.slice(offset, offset + length)),
    write: write ?? ((offset, bytes) => (log.push(`${offset}+${bytes.length}:${bytes[0]}`), Promise.resolve())),
    flush: () => (log.push("flush"), Promise.resolve()),
  };
  const keeper = new FlashKeeper(cells, store, (error) => void log.push(error.message));
  return { cells, keeper, log };
}

describe("keeping a flash chip's contents", () => {
  it("writes whole blocks, once for what changes in one go, and then makes them durable", async () => {
    const { cells, keeper, log } = bench();
    for (let i = 0; i < 3; i++) {
      cells[i] = 7;
      keeper.changed(i, 1);
    }
    keeper.changed(2 * FLASH_BLOCK_BYTES - 1, 2);
    await keeper.settled();
    expect(log).toEqual(["0+4096:7", "4096+4096:255", "8192+4096:255", "flush"]);
    keeper.changed(0, FLASH_BLOCK_BYTES);
    await keeper.settled();
    expect(log.slice(4)).toEqual(["0+4096:7", "flush"]);
  });

  it("writes what changes while it makes other blocks durable", async () => {
    const { keeper, log } = bench();
    keeper.changed(0, 1);
    while (!log.includes("flush")) await Promise.resolve();
    keeper.changed(FLASH_BLOCK_BYTES, 1);
    await keeper.settled();
    expect(log).toEqual(["0+4096:255", "flush", "4096+4096:255", "flush"]);
  });

  it("says what went wrong, and goes on", async () => {
    let fails = true;
    const { keeper, log } = bench(() => (fails ? Promise.reject(new Error("disk full")) : Promise.resolve()));
    keeper.changed(0, 1);
    await keeper.settled();
    fails = false;
    keeper.changed(0, 1);
    await keeper.settled();
    expect(log).toEqual(["disk full", "flush"]);
  });
});
