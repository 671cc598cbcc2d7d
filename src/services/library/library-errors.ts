/** What storage and image formats fail with, as the library's failures. */
import { LibraryError } from "../../protocol/library.ts";
import { VmError } from "../../protocol/vm-api.ts";
import { StorageError } from "../../storage/block-store.ts";
import { ImageError } from "../../storage/formats/image-error.ts";
import { QuotaError } from "../../storage/library/quota-error.ts";

/** @param signal where it was given up, that is why */
export function asLibraryError(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof LibraryError) return error;
  if (signal?.aborted) return new LibraryError("cancelled", "This was cancelled.");
  if (error instanceof QuotaError) return new LibraryError("quota", error.said);
  if (error instanceof ImageError) return new LibraryError("badMedia", error.said);
  if (error instanceof StorageError) return new LibraryError("storage", error.said);
  if (error instanceof VmError) return new LibraryError(error.code === "storage" ? "storage" : "badInput", error.said);
  return error;
}

/** What `work` gives. @throws LibraryError */
export async function orLibraryError<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asLibraryError(error, signal);
  }
}
