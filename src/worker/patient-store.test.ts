import { expect, test } from "vitest";
import { StorageError } from "../storage/block-store.ts";
import { QuotaError } from "../storage/library/quota-error.ts";
import { MemoryStore } from "../storage/memory-store.ts";
import { PatientStore, RoomWaiters } from "./patient-store.ts";

/** A store with room when it is told that there is. */
function crampedStore() {
  const bytes = new Uint8Array(4096);
  const inner = new MemoryStore(bytes);
  const host = { failure: null as Error | null };
  const orFail = async (work: () => Promise<void>): Promise<void> => {
    if (host.failure) throw host.failure;
    return work();
  };
  const store = {
    sizeBytes: inner.sizeBytes,
    readOnly: false,
    read: (offset: number, length: number) => inner.read(offset, length),
    write: (offset: number, data: Uint8Array) => orFail(() => inner.write(offset, data)),
    flush: () => orFail(() => inner.flush()),
  };
  return { bytes, host, store };
}

test("a write that finds no room waits, and is done when the machine goes on", async () => {
  const { bytes, host, store } = crampedStore();
  const waiters = new RoomWaiters();
  const stops: string[] = [];
  const patient = new PatientStore(store, (error) => {
    stops.push(error.message);
    return waiters.wait(error);
  });
  host.failure = new QuotaError("full");
  let written = false;
  const write = patient.write(512, new Uint8Array(512).fill(7)).then(() => (written = true));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(stops).toEqual(["full"]);
  // Still none.
  waiters.goOn();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect([stops.length, written, bytes[512]]).toEqual([2, false, 0]);
  host.failure = null;
  waiters.goOn();
  await write;
  expect(bytes[512]).toBe(7);
  await patient.flush();
});

test("a machine that does not go on is told, and so is every other failure", async () => {
  const { host, store } = crampedStore();
  const waiters = new RoomWaiters();
  const patient = new PatientStore(store, (error) => waiters.wait(error));
  host.failure = new QuotaError("full");
  const flush = patient.flush();
  await new Promise((resolve) => setTimeout(resolve, 0));
  waiters.giveUp();
  await expect(flush).rejects.toThrow("full");
  host.failure = new StorageError("broken");
  await expect(patient.flush()).rejects.toThrow("broken");
});
