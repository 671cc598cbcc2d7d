/** What can be wrong with an image file: one kind each for programs, one sentence each for people. */
import { asSaid, said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { StorageError } from "../block-store.ts";

export type ImageErrorCode =
  /** The file ends before what its own structures say is there. */
  | "truncated"
  /** Fields contradict each other, a checksum is wrong, or tables overlap. */
  | "damaged"
  /** A well-formed image with something that is not read here. */
  | "unsupported"
  | "encrypted"
  /** Sizes that no disk has. */
  | "absurd"
  /** A parent, a backing file or an extent is not there. */
  | "missing"
  /** A chain of parents that comes back to itself or does not end. */
  | "cyclic"
  /** A parent that is not the one from which the child was made. */
  | "mismatch";

export class ImageError extends StorageError {
  override name = "ImageError";

  constructor(
    readonly code: ImageErrorCode,
    message: Said | string,
  ) {
    super(message);
  }
}

/** @throws ImageError "damaged" */
export function damaged(format: string, what: Said | string): never {
  throw new ImageError("damaged", said`This ${format} image is damaged: ${asSaid(what)}.`);
}
