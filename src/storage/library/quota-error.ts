import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { StorageError } from "../block-store.ts";

/** There is no room for more. */
export class QuotaError extends StorageError {
  override name = "QuotaError";
  constructor(message: Said | string = said`There is no room left in what the browser lets this site keep.`) {
    super(message);
  }
}
