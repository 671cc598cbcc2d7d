/** What is under way: how far it is, how fast, and a button to give it up. */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Job, Jobs } from "../../services/jobs.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import "./job-list.css";

@customElement("job-list")
export class JobList extends PageElement {
  @property({ attribute: false }) jobs!: Jobs;

  constructor() {
    super();
    this.follow(() => this.jobs);
  }

  protected override render() {
    const { running } = this.jobs;
    if (running.length === 0) return nothing;
    return html`<section class="jobs" aria-label=${this.t.jobs.heading}>
      ${repeat(
        running,
        ({ id }) => id,
        (job) => this.item(job),
      )}
    </section>`;
  }

  private item(job: Job) {
    const words = this.t.jobs;
    const { progress } = job;
    const title = words.titles[job.kind](job.name);
    const total = progress?.totalBytes ?? null;
    return html`
      <div class="job">
        <p class="title">${title}</p>
        ${
          progress && total !== null
            ? html`<progress aria-label=${title} max=${Math.max(1, total)} .value=${progress.doneBytes}></progress>`
            : html`<progress aria-label=${title}></progress>`
        }
        <p class="numbers">
          ${
            progress
              ? [
                  total === null
                    ? language.size(progress.doneBytes)
                    : this.t.loading.bytes(language.size(progress.doneBytes), language.size(total)),
                  ...(progress.bytesPerSecond > 0 ? [`${language.size(progress.bytesPerSecond)}/s`] : []),
                ].join(" · ")
              : words.begins
          }
        </p>
        <button
          type="button"
          class="button plain small"
          aria-label=${words.cancel(title)}
          title=${this.t.cancel}
          @click=${() => this.jobs.cancel(job.id)}
        >
          ${icon("close")}
        </button>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "job-list": JobList;
  }
}
