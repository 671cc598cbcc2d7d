/** One chart of the session information: uPlot, in the colors of the page, sized to its place. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { HISTORY_SAMPLES } from "../../services/rates-history.ts";
import type { RateSample } from "../../services/rates-history.ts";
import { language } from "../messages/language.ts";
import type { Measure } from "./session-info.ts";

const HEIGHT_PX = 120;
const COLORS = ["--accent", "--good"];
/** A machine that stood still for longer leaves a gap. */
const GAP_MS = 3000;

export class RateChart {
  private plot: uPlot | null = null;
  private widthPx = 0;
  private readonly resized: ResizeObserver;
  private samples: readonly RateSample[] = [];

  constructor(
    private readonly place: HTMLElement,
    private readonly measures: readonly (Measure & { label: string })[],
  ) {
    this.resized = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width === 0 || width === this.widthPx) return;
      this.widthPx = width;
      if (this.plot) this.plot.setSize({ width, height: HEIGHT_PX });
      else this.make();
    });
    this.resized.observe(place);
  }

  draw(samples: readonly RateSample[]): void {
    this.samples = samples;
    this.plot?.setData(this.data());
  }

  dispose(): void {
    this.resized.disconnect();
    this.plot?.destroy();
  }

  private make(): void {
    const style = getComputedStyle(this.place);
    // Custom properties of both color schemes have to be resolved for a canvas.
    const color = (name: string) => {
      this.place.style.color = `var(${name})`;
      const resolved = style.color;
      this.place.style.color = "";
      return resolved;
    };
    const [text, line] = [color("--muted"), color("--line")];
    const axis = { stroke: text, font: `11px ${style.fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }; // prettier-ignore
    const show = (value: number | null) => (value === null ? "–" : this.measures[0]!.show(value));
    this.plot = new uPlot(
      {
        width: this.widthPx,
        height: HEIGHT_PX,
        cursor: { show: false },
        legend: { show: this.measures.length > 1, live: false },
        scales: {
          x: { time: true },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        series: [
          {},
          ...this.measures.map(({ label }, i) => ({ label, stroke: color(COLORS[i]!), width: 1.5, points: { show: false } })), // prettier-ignore
        ],
        axes: [
          {
            ...axis,
            size: 26,
            values: (_, times) =>
              times.map((seconds) =>
                new Date(seconds * 1000).toLocaleTimeString(language.tag, { minute: "2-digit", second: "2-digit" }),
              ),
          },
          { ...axis, size: 74, values: (_, values) => values.map(show) },
        ],
      },
      this.data(),
      this.place,
    );
  }

  private data(): uPlot.AlignedData {
    const rows = this.samples.slice(-HISTORY_SAMPLES);
    const times: number[] = [];
    const columns: (number | null)[][] = this.measures.map(() => []);
    rows.forEach(({ atMs, rates }, i) => {
      const before = rows[i - 1]?.atMs;
      if (before !== undefined && atMs - before > GAP_MS) {
        times.push(before / 1000 + 1);
        for (const column of columns) column.push(null);
      }
      times.push(atMs / 1000);
      this.measures.forEach(({ of }, column) => columns[column]!.push(of(rates)));
    });
    return [times, ...columns] as uPlot.AlignedData;
  }
}
