/**
 * What a machine does, over the last minutes: charts, and the same numbers as a table. The chart library (uPlot) is
 * loaded when this is first shown.
 */
import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineSession } from "../../services/machine-session.ts";
import type { VmRates } from "../../services/vm-rates.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import type { RateChart } from "./rate-chart.ts";
import { screenModeWords } from "./screen-mode-words.ts";
import "./session-info.css";

export interface Measure {
  id: "speed" | "halted" | "jit" | "memory" | "read" | "written";
  of: (rates: VmRates) => number | null;
  show: (value: number) => string;
}

const mips = (value: number) => language.number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });

export const MEASURES: readonly Measure[] = [
  { id: "speed", of: ({ instructionsPerSecond }) => instructionsPerSecond / 1e6, show: (value) => `${mips(value)} MIPS` },
  { id: "halted", of: ({ haltedShare }) => haltedShare, show: (value) => language.percent(value) },
  { id: "jit", of: ({ jitShare }) => jitShare, show: (value) => language.percent(value) },
  { id: "memory", of: ({ memoryBytes }) => memoryBytes, show: (value) => language.size(value) },
  { id: "read", of: ({ readBytesPerSecond }) => readBytesPerSecond, show: (value) => `${language.size(value)}/s` },
  { id: "written", of: ({ writtenBytesPerSecond }) => writtenBytesPerSecond, show: (value) => `${language.size(value)}/s` },
]; // prettier-ignore

/** Which measures share a chart. */
const CHARTS: readonly { id: "processor" | "shares" | "disk" | "memory"; measures: Measure["id"][] }[] = [
  { id: "processor", measures: ["speed"] },
  { id: "shares", measures: ["halted", "jit"] },
  { id: "disk", measures: ["read", "written"] },
  { id: "memory", measures: ["memory"] },
];

const measure = (id: Measure["id"]): Measure => MEASURES.find((each) => each.id === id)!;

@customElement("session-info")
export class SessionInfo extends PageElement {
  @property({ attribute: false }) session!: MachineSession;
  @state() private table = false;
  private charts: RateChart[] = [];
  private shown: MachineSession | null = null;
  private drawnAt = 0;

  constructor() {
    super();
    this.follow(() => this.session);
  }

  protected override render() {
    const { t, session, table } = this;
    const words = t.info;
    const { plan, screenMode } = session;
    return html`
      <section class="panel" aria-label=${words.heading}>
        <header>
          <h2>${words.heading}</h2>
          <div class="switch" role="group" aria-label=${words.shownAs}>
            <button type="button" aria-pressed=${table ? "false" : "true"} @click=${() => (this.table = false)}>
              ${words.charts}
            </button>
            <button type="button" aria-pressed=${table ? "true" : "false"} @click=${() => (this.table = true)}>
              ${words.table}
            </button>
          </div>
        </header>
        <div class="content" tabindex="0" role="group" aria-label=${words.content}>
          <dl class="facts">
            <dt>${t.settings.memory}</dt>
            <dd>${language.size((plan.memoryMiB ?? 512) * 2 ** 20)}</dd>
            <dt>${t.settings.processor}</dt>
            <dd>${t.settings.processors[plan.cpuModel ?? "default"]}</dd>
            <dt>${words.screen}</dt>
            <dd>${screenMode ? screenModeWords(screenMode) : words.none}</dd>
          </dl>
          <div class="charts" ?hidden=${table}>
            ${CHARTS.map(
              ({ id }) =>
                html`<figure>
                  <figcaption>${words.chartNames[id]}</figcaption>
                  <div class="chart" data-chart=${id}></div>
                </figure>`,
            )}
          </div>
          ${table ? this.numbers() : ""}
          ${session.ratesHistory.samples.length === 0 ? html`<p class="quiet">${words.nothingYet}</p>` : ""}
        </div>
      </section>
    `;
  }

  private numbers() {
    const words = this.t.info;
    const { samples } = this.session.ratesHistory;
    return html`
      <table>
        <thead>
          <tr>
            <th scope="col">${words.quantity}</th>
            <th scope="col">${words.now}</th>
            <th scope="col">${words.mean}</th>
            <th scope="col">${words.most}</th>
          </tr>
        </thead>
        <tbody>
          ${MEASURES.map(({ id, of, show }) => {
            const values = samples.map(({ rates }) => of(rates)).filter((value) => value !== null);
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
            const cells = values.length > 0 ? [values.at(-1)!, mean, Math.max(...values)].map(show) : ["–", "–", "–"];
            return html`<tr>
              <th scope="row">${words.measures[id]}</th>
              ${cells.map((text) => html`<td>${text}</td>`)}
            </tr>`;
          })}
        </tbody>
      </table>
      <p class="quiet">${language.count(words.span, samples.length)}</p>
    `;
  }

  protected override firstUpdated(): void {
    void this.openCharts();
  }

  protected override updated(): void {
    this.draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const chart of this.charts) chart.dispose();
    this.charts = [];
  }

  private async openCharts(): Promise<void> {
    const { RateChart } = await import("./rate-chart.ts");
    if (!this.isConnected || this.charts.length > 0) return;
    this.charts = CHARTS.map(
      ({ id, measures }) =>
        new RateChart(
          this.renderRoot.querySelector<HTMLElement>(`[data-chart="${id}"]`)!,
          measures.map((each) => ({ ...measure(each), label: this.t.info.measures[each] })),
        ),
    );
    this.drawnAt = 0;
    this.draw();
  }

  private draw(): void {
    const { samples, latest } = this.session.ratesHistory;
    if (this.table || (this.shown === this.session && this.drawnAt === latest?.atMs)) return;
    this.shown = this.session;
    this.drawnAt = latest?.atMs ?? 0;
    for (const chart of this.charts) chart.draw(samples);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "session-info": SessionInfo;
  }
}
