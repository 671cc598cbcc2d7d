/** What a suite from outside is to the runner, and what it reports. */

/** A difference from what the suite expects. */
export interface Failure {
  readonly name: string;
  readonly what: string;
  /** Why it is not a fault of the core, with the manual's word; none where nobody has explained it. */
  readonly reason?: string;
}

export interface Group {
  readonly name: string;
  readonly cases: number;
  readonly passes: number;
}

export interface Outcome {
  /** Commit, version or digest of what was run. */
  readonly revision: string;
  readonly groups: readonly Group[];
  readonly failures: readonly Failure[];
  /** What was left out, by reason. */
  readonly skipped: readonly { readonly reason: string; readonly names: readonly string[] }[];
  /** Sentences for the page: how it was run, what was found. */
  readonly notes?: readonly string[];
}

export interface Context {
  /** The suite's folder. */
  readonly folder: string;
  /** Where built images are kept between runs. */
  readonly cache: string;
  /** Only cases whose name contains this. */
  readonly filter: string;
  /** Switches given with `--`, such as `native`. */
  readonly switches: ReadonlySet<string>;
  log(line: string): void;
}

export interface Suite {
  /** As in `npm run conformance -- ID=FOLDER`. */
  readonly id: string;
  readonly title: string;
  /** What the folder must be and which programs the suite needs, for the page and for who forgot them. */
  readonly needs: string;
  /** Programs that must be installed. */
  readonly programs: readonly string[];
  run(context: Context): Outcome | Promise<Outcome>;
}

/** Collects cases in groups. */
export class Tally {
  private readonly byGroup = new Map<string, { cases: number; passes: number }>();
  readonly failures: Failure[] = [];
  private readonly skips = new Map<string, string[]>();

  private group(name: string): { cases: number; passes: number } {
    let group = this.byGroup.get(name);
    if (!group) this.byGroup.set(name, (group = { cases: 0, passes: 0 }));
    return group;
  }

  pass(group: string, count = 1): void {
    const entry = this.group(group);
    entry.cases += count;
    entry.passes += count;
  }

  /** Without a description the case is only counted. */
  fail(group: string, failure?: Failure): void {
    this.group(group).cases++;
    if (failure) this.failures.push(failure);
  }

  skip(reason: string, name: string): void {
    const names = this.skips.get(reason);
    if (names) names.push(name);
    else this.skips.set(reason, [name]);
  }

  outcome(revision: string, notes: readonly string[] = []): Outcome {
    return {
      revision,
      groups: [...this.byGroup].map(([name, { cases, passes }]) => ({ name, cases, passes })),
      failures: this.failures,
      skipped: [...this.skips].map(([reason, names]) => ({ reason, names })),
      notes,
    };
  }
}
