/**
 * Where the beam is: input status 1 tells programs whether the display is enabled and whether vertical retrace is
 * under way. Both follow from machine time and from the timing that the CRT controller is programmed for.
 *
 * A program that polls must always see both edges: timings that no monitor would take are brought into a plausible
 * range, and a clock that stands still between two reads is carried on by the length of a bus cycle.
 *
 * Left out: the vertical interrupt (the PCI board does not wire it).
 * References: [VGA] "Input Status Register 1", "CRT Controller Registers".
 */
import type { Clock } from "../../clock.ts";
import { expectVersion, type DeviceState } from "../../device.ts";
import * as R from "./register-names.ts";

const DOT_CLOCK_25_HZ = 25_175_000;
const DOT_CLOCK_28_HZ = 28_322_000;
/** An I/O read on an ISA bus takes about this long. */
const BUS_CYCLE_NS = 1_000;
const SHORTEST_LINE_NS = 8_000;
const LONGEST_FRAME_NS = 40_000_000;
const FEWEST_LINES = 100;

/** One frame as the beam draws it. */
export interface FrameTiming {
  lineNs: number;
  totalLines: number;
  /** The part of a line, from its start, in which pixels are shown. */
  displayedLineNs: number;
  displayedLines: number;
  retraceStartLine: number;
  /** First line after the retrace. */
  retraceEndLine: number;
}

/** 60 Hz with the porches of a usual monitor: for modes that the CRT controller does not describe. */
export function timingForLines(lines: number): FrameTiming {
  const totalLines = lines + Math.max(20, Math.round(lines / 20));
  const lineNs = 1e9 / 60 / totalLines;
  return {
    lineNs,
    totalLines,
    displayedLineNs: lineNs * 0.8,
    displayedLines: lines,
    retraceStartLine: lines + 8,
    retraceEndLine: lines + 12,
  };
}

/** The timing that CRT controller, sequencer and miscellaneous output describe. */
export function timingFromRegisters(misc: number, clockingMode: number, crtc: Uint8Array): FrameTiming {
  const dotClockHz = (misc & R.MISC_CLOCK_SELECT) === R.MISC_CLOCK_28MHZ ? DOT_CLOCK_28_HZ : DOT_CLOCK_25_HZ;
  const dotsPerChar = (clockingMode & R.CLOCKING_8_DOTS) !== 0 ? 8 : 9;
  const charNs = (dotsPerChar * ((clockingMode & R.CLOCKING_DOT_CLOCK_HALVED) !== 0 ? 2 : 1) * 1e9) / dotClockHz;
  const overflow = crtc[R.CRTC_OVERFLOW]!;
  const doubled = (crtc[R.CRTC_MODE_CONTROL]! & R.MODE_CONTROL_VERTICAL_DOUBLED) !== 0 ? 2 : 1;
  const charsTotal = crtc[R.CRTC_HORIZONTAL_TOTAL]! + 5;
  const charsDisplayed = Math.min(crtc[R.CRTC_HORIZONTAL_DISPLAY_END]! + 1, charsTotal - 1);

  const vertical = (low: number, bit8: number, bit9: number) =>
    crtc[low]! | ((overflow & bit8) !== 0 ? 0x100 : 0) | ((overflow & bit9) !== 0 ? 0x200 : 0);
  const total = Math.max(FEWEST_LINES, (vertical(R.CRTC_VERTICAL_TOTAL, 0x01, 0x20) + 2) * doubled);
  const lineNs = Math.min(Math.max(SHORTEST_LINE_NS, charsTotal * charNs), LONGEST_FRAME_NS / total);
  const start = vertical(R.CRTC_VERTICAL_RETRACE_START, 0x04, 0x80) * doubled;
  // The end holds only the low four bits of the line counter.
  const length = ((crtc[R.CRTC_VERTICAL_RETRACE_END]! - crtc[R.CRTC_VERTICAL_RETRACE_START]!) & 0x0f || 1) * doubled;
  const retraceStartLine = Math.min(Math.max(start, 1), total - 3);
  const retraceEndLine = Math.min(retraceStartLine + length, total);
  const displayed = (vertical(R.CRTC_VERTICAL_DISPLAY_END, 0x02, 0x40) + 1) * doubled;
  return {
    lineNs,
    totalLines: total,
    displayedLineNs: (lineNs * charsDisplayed) / charsTotal,
    displayedLines: Math.min(displayed, retraceStartLine),
    retraceStartLine,
    retraceEndLine,
  };
}

export class Beam {
  private lastNowNs = -1;
  private lastNs = 0;

  constructor(private readonly clock: Clock) {}

  /** The two bits of input status 1. */
  status(timing: FrameTiming): number {
    const nowNs = this.clock.nowNs();
    this.lastNs = nowNs === this.lastNowNs ? this.lastNs + BUS_CYCLE_NS : nowNs;
    this.lastNowNs = nowNs;
    const inFrameNs = this.lastNs % (timing.lineNs * timing.totalLines);
    const line = Math.floor(inFrameNs / timing.lineNs);
    const inLineNs = inFrameNs - line * timing.lineNs;
    let status = 0;
    if (line >= timing.displayedLines || inLineNs >= timing.displayedLineNs) status |= R.STATUS1_DISPLAY_DISABLED;
    if (line >= timing.retraceStartLine && line < timing.retraceEndLine) status |= R.STATUS1_VERTICAL_RETRACE;
    return status;
  }

  save(): DeviceState {
    return { version: 1, lastNowNs: this.lastNowNs, lastNs: this.lastNs };
  }

  restore(state: DeviceState): void {
    expectVersion("the VGA's beam", state, 1);
    this.lastNowNs = state.lastNowNs as number;
    this.lastNs = state.lastNs as number;
  }

  /** Frames drawn since power-on: the cursor and blinking text follow it. */
  frameNumber(timing: FrameTiming): number {
    return Math.floor(this.clock.nowNs() / (timing.lineNs * timing.totalLines));
  }
}
