/** Why a link or a machine definition is refused: as data, to be worded in the reader's language. */
import { inEnglish } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";

export type LinkFault =
  /** Cut short or changed on its way: its check does not fit. */
  | "damaged"
  /** Of a later Posada. */
  | "newer"
  /** Longer, packed or unpacked, than any machine needs. */
  | "tooLarge"
  /** A part of the definition that cannot be, named by `field`. */
  | "wrongField"
  /** A part that definitions do not have. */
  | "unknownField"
  /** An address that a link may not lead to: only http and https. */
  | "notFetchable"
  /** Words with control characters, hidden directions or markup. */
  | "notPlainText"
  | "needsKernel"
  /** Nothing to start from. */
  | "nothing"
  /** The file that a link names cannot be had. */
  | "unreachable";

export interface LinkProblem {
  fault: LinkFault;
  /** Path of the part: "disks.0.url". */
  field?: string;
  /** What stood there, shortened; the version for `newer`. */
  value?: string;
  /** Of `unreachable`. */
  reason?: Said;
}

export class LinkError extends Error {
  override name = "LinkError";
  constructor(readonly problem: LinkProblem) {
    const { fault, field, value, reason } = problem;
    const what = reason ? inEnglish(reason) : value;
    super(`${fault}${field ? ` ${field}` : ""}${what ? `: ${what}` : ""}`);
  }
}
