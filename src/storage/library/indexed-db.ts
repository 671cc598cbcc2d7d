/**
 * IndexedDB by idb-keyval, with transactions that are durable when they are complete (`durability: "strict"`; browsers
 * promise less by default). Arrays are keys too: [layer, chunk] keeps what belongs together in one range.
 *
 * Reference: [IDB] W3C Indexed Database API 3.0, 2.7.3 (durability hint).
 */
import { promisifyRequest } from "idb-keyval";
import { said } from "../../shared/said.ts";
import type { UseStore } from "idb-keyval";
import { StorageError } from "../block-store.ts";
import { QuotaError } from "./quota-error.ts";

const STORE = "entries";

/** A database with one object store, opened when it is first needed, and again where the browser closed it. */
export function strictStore(databaseName: string): UseStore {
  let opening: Promise<IDBDatabase> | null = null;
  const open = (): Promise<IDBDatabase> => {
    if (opening) return opening;
    const request = indexedDB.open(databaseName);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    opening = promisifyRequest(request).then((database) => {
      const forget = (): void => void (opening = null);
      database.onclose = forget;
      // Somebody wants to delete it: we must not stand in the way.
      database.onversionchange = () => {
        forget();
        database.close();
      };
      return database;
    });
    opening.catch(() => (opening = null));
    return opening;
  };
  return async (mode, callback) => {
    try {
      const database = await open();
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      return await callback(transaction.objectStore(STORE));
    } catch (error) {
      throw asStorageError(error);
    }
  };
}

/** All keys that are arrays beginning with these parts. */
export function keysUnder(...parts: (string | number)[]): IDBKeyRange {
  return IDBKeyRange.bound(parts, [...parts, []]);
}

/** The browser's reasons in words. Errors that are not the database's go through. */
export function asStorageError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  switch (error.name) {
    case "QuotaExceededError":
      return new QuotaError();
    case "InvalidStateError":
    case "UnknownError":
      return new StorageError(said`The browser's storage failed: ${error.message}`);
    case "SecurityError":
      return new StorageError("This browser does not let the page keep anything (a private window, or its settings).");
    default:
      return new StorageError(said`The browser's storage failed (${error.name}): ${error.message}`);
  }
}
