/**
 * Shares of machines that compete for the host's processors. Each machine tells the others how much it would run (a
 * machine that hardly runs says nothing) and computes from what it hears what it may: the same sum everywhere, so nobody
 * has to decide. Where all have the same shares nobody is held back: then the host's scheduler does what is asked.
 *
 * Machines of one browser profile hear each other in all tabs of this site; those of one process under Node do. Left out:
 * what programs beside them take of the processors.
 */
import type { ExecutionLimits } from "../protocol/machine-config.ts";

export interface Competitor {
  shares: number;
  /** Of one processor: what it would run, its cap counted in; 0…1. */
  wanted: number;
}

/** Below this somebody does not compete. */
const LEAST_WANTED = 0.05;

/**
 * How much each may run: the processors are dealt out by shares, nobody gets more than he wants, and what one leaves the
 * others get.
 */
export function dealOut(competitors: readonly Competitor[], processors: number): number[] {
  const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
  const given = competitors.map(({ wanted }) => wanted);
  if (sum(given) <= processors) return given;
  const open = new Set(competitors.keys());
  let left = processors;
  for (;;) {
    const shares = sum(Array.from(open, (n) => competitors[n]!.shares));
    const satisfied = [...open].filter((n) => competitors[n]!.wanted <= (left * competitors[n]!.shares) / shares);
    if (satisfied.length === 0) {
      for (const n of open) given[n] = (left * competitors[n]!.shares) / shares;
      return given;
    }
    for (const n of satisfied) {
      left -= competitors[n]!.wanted;
      open.delete(n);
    }
  }
}

/** What a machine may run among others. @returns 1 where nothing holds it back */
export function fractionAmong(own: Competitor, others: readonly Competitor[], processors: number): number {
  const competing = others.filter(({ wanted }) => wanted >= LEAST_WANTED);
  if (competing.every(({ shares }) => shares === own.shares)) return 1;
  const given = dealOut([own, ...competing], processors)[0]!;
  return given < own.wanted ? given : 1;
}

/** As long as that a machine counts of which nothing more is heard. */
const SILENT_MS = 2500;
const TELL_MS = 1000;
const CHANNEL = "posada-shares";

interface Told extends Competitor {
  from: string;
}

/** Tells and hears, once a second while the machine runs. */
export class SharesBoard {
  private readonly heard = new Map<string, Competitor & { atMs: number }>();
  private readonly channel: BroadcastChannel | null;
  private readonly self = crypto.randomUUID();
  private timer: ReturnType<typeof setInterval> | null = null;
  private told = 0;

  constructor(
    private readonly host: {
      processors: number;
      limits(): ExecutionLimits;
      /** The part of the time since the last call in which the machine ran or would have run. */
      takeWanted(): number;
      mayRun(fraction: number): void;
    },
  ) {
    this.channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
    if (!this.channel) return;
    this.channel.onmessage = (event: { data: unknown }) => this.hear(event.data as Told);
    // In Node a channel alone does not keep a process.
    (this.channel as { unref?: () => void }).unref?.();
  }

  start(): void {
    if (this.timer !== null) return;
    this.host.takeWanted();
    this.timer = setInterval(() => this.look(), TELL_MS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.tell(0);
    this.host.mayRun(1);
  }

  close(): void {
    this.stop();
    this.channel?.close();
  }

  private hear({ from, shares, wanted }: Told): void {
    if (wanted < LEAST_WANTED) this.heard.delete(from);
    else this.heard.set(from, { shares, wanted, atMs: performance.now() });
  }

  private look(): void {
    const { processorShares, executionCapPercent } = this.host.limits();
    const wanted = Math.min(this.host.takeWanted(), executionCapPercent / 100);
    this.tell(wanted);
    const now = performance.now();
    for (const [from, { atMs }] of this.heard) if (now - atMs > SILENT_MS) this.heard.delete(from);
    const others = [...this.heard.values()];
    this.host.mayRun(fractionAmong({ shares: processorShares, wanted }, others, this.host.processors));
  }

  /** Who does not compete says so once. */
  private tell(wanted: number): void {
    if (wanted < LEAST_WANTED && this.told < LEAST_WANTED) return;
    this.told = wanted;
    const told: Told = { from: this.self, shares: this.host.limits().processorShares, wanted };
    this.channel?.postMessage(told);
  }
}
