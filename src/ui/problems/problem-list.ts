/**
 * What went wrong, each in one sentence with a heading. Tells "dismissproblem" (detail: its id) and "resetmachine".
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Problem } from "../../services/desk.ts";
import { isFatal } from "../../services/page-request.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import { linkSentence, parameterSentence } from "./problem-words.ts";
import "./problem-list.css";

@customElement("problem-list")
export class ProblemList extends PageElement {
  @property({ attribute: false }) problems: readonly Problem[] = [];

  protected override render() {
    return html`<div role="alert" class="problems">
      ${repeat(
        this.problems,
        ({ id }) => id,
        (problem) => this.item(problem),
      )}
    </div>`;
  }

  private item(problem: Problem) {
    const { t } = this;
    const mild =
      (problem.kind === "file" && problem.usable) || (problem.kind === "parameter" && !isFatal(problem.problem));
    const { title, text } = this.words(problem);
    // Engines and systems speak English.
    const foreign = "message" in problem && !language.knows(problem.message);
    return html`
      <div class="problem ${mild ? "mild" : ""}">
        ${icon("warning")}
        <div class="words">
          <p class="title">${title}</p>
          <p lang=${foreign ? "en" : nothing}>${text}</p>
          ${
            problem.kind === "machine" && problem.code === "tripleFault"
              ? html`<button type="button" class="button" @click=${() => this.send("resetmachine", problem.id)}>
                  ${icon("reset")}${t.problems.resetMachine}
                </button>`
              : nothing
          }
        </div>
        <button
          type="button"
          class="button plain"
          aria-label="${t.dismiss}: ${title}"
          @click=${() => this.send("dismissproblem", problem.id)}
        >
          ${icon("close")}
        </button>
      </div>
    `;
  }

  private words(problem: Problem): { title: string; text: string } {
    const words = this.t.problems;
    switch (problem.kind) {
      case "machine": {
        const title = words.codes[problem.code];
        return { title: problem.machine ? `${problem.machine}: ${title}` : title, text: language.say(problem.message) };
      }
      case "library":
        return { title: words.library, text: language.say(problem.message) };
      case "parameter":
        return { title: words.parameters, text: parameterSentence(problem.problem) };
      case "link":
        return { title: this.t.link.title, text: linkSentence(problem.problem) };
      case "file":
        return {
          title: (problem.usable ? words.fileWarning : words.file)(problem.name),
          text: language.say(problem.message),
        };
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "problem-list": ProblemList;
  }
}
