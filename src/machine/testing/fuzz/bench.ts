/** The bare board that fuzzed devices stand on, and its interrupt lines. */
import { MmioBus } from "../../bus/mmio-bus.ts";
import { PortBus } from "../../bus/port-bus.ts";
import { RecordingLine } from "../recording-line.ts";
import { FencedMemory, FuzzClock } from "./fuzz-host.ts";

const RAM_BYTES = 1 << 20;

export class FuzzBench {
  readonly clock: FuzzClock;
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly memory = new FencedMemory(RAM_BYTES);
  private readonly lines: RecordingLine[] = [];

  constructor(startNs: number) {
    this.clock = new FuzzClock(startNs);
  }

  line(): RecordingLine {
    const line = new RecordingLine();
    this.lines.push(line);
    return line;
  }

  /** The levels of all lines, a bit each. */
  readonly outputs = (): number => this.lines.reduce((bits, line, i) => bits | (line.level ? 1 << i : 0), 0);
}
