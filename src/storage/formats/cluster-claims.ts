/**
 * Notices two parts of an image that lie in the same place of its file: tables over tables, or one cluster for two
 * parts of the disk. Each place is claimed when it is first met, at two bits a cluster, so a sound image of any size costs
 * little; an image that is larger than the limit is read on without further notes.
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { damaged } from "./image-error.ts";
import { SparseBits } from "./sparse-bits.ts";

/** 16 MiB. */
const MAX_PAGES = 4096;

export class ClusterClaims {
  private readonly places = new SparseBits(MAX_PAGES);
  private readonly owners = new Map<string, SparseBits>();
  private readonly fixed: { start: number; end: number; what: Said }[] = [];

  /** @param unitBytes distance between two places that hold different things, at least */
  constructor(
    private readonly format: string,
    private readonly unitBytes: number,
  ) {}

  /** A header or table that has one place. @throws ImageError "damaged" */
  addFixed(what: Said, start: number, lengthBytes: number): void {
    if (lengthBytes === 0) return;
    this.checkFixed(what, start, lengthBytes);
    this.fixed.push({ start, end: start + lengthBytes, what });
  }

  /** @param kind with `index`: who claims @throws ImageError "damaged" where another has the place */
  claim(kind: Said, index: number, start: number, lengthBytes: number): void {
    let owners = this.owners.get(kind.text);
    if (!owners) this.owners.set(kind.text, (owners = new SparseBits(MAX_PAGES)));
    if (owners.testAndSet(index) !== false) return;
    this.checkFixed(kind, start, lengthBytes);
    if (this.places.testAndSet(Math.floor(start / this.unitBytes)) === true)
      damaged(this.format, said`two parts of it lie at byte ${start} of the file (${kind} ${index} and another)`);
  }

  private checkFixed(what: Said, start: number, lengthBytes: number): void {
    for (const other of this.fixed)
      if (start < other.end && start + lengthBytes > other.start)
        damaged(this.format, said`its ${what} at byte ${start} of the file lies over its ${other.what}`);
  }
}
