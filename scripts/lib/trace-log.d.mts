export interface TraceState {
  lines: string[];
  event: string | null;
}
export function readTrace(text: string): TraceState[];
export function placeOf(state: TraceState): string;
export function firstDifference(
  ours: readonly TraceState[],
  theirs: readonly TraceState[],
): { index: number; lines: string[] } | null;
