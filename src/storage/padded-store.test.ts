import { expect, test } from "vitest";
import { MemoryStore } from "./memory-store.ts";
import { PaddedStore } from "./padded-store.ts";

test("reads zeros behind the end of what it pads", async () => {
  const store = new PaddedStore(new MemoryStore(Uint8Array.of(1, 2, 3)), 6);
  expect(store.sizeBytes).toBe(6);
  expect([...(await store.read(0, 6))]).toEqual([1, 2, 3, 0, 0, 0]);
  expect([...(await store.read(2, 2))]).toEqual([3, 0]);
  expect([...(await store.read(4, 2))]).toEqual([0, 0]);
  expect([...(await store.read(0, 2))]).toEqual([1, 2]);
});
