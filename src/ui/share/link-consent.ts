/**
 * Asks about a machine that came by a link: what it would load, how large, from where. Nothing is loaded before the
 * answer. Tells "agreed" and "closed". Everything that the link says is shown as plain text.
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { defaultConfig } from "../../protocol/machine-config.ts";
import { isWrong, sizeOf } from "../../services/links/link-offer.ts";
import type { LinkOffer, OfferedFile } from "../../services/links/link-offer.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { Modal } from "../shared/modal.ts";
import "../shared/file-table.css";
import "./link-consent.css";

const MIB = 2 ** 20;

@customElement("link-consent")
export class LinkConsent extends Modal {
  @property({ attribute: false }) offer!: LinkOffer;

  constructor() {
    super();
    this.follow(() => this.offer);
  }

  protected override heading(): string {
    return this.t.link.heading(this.offer.plan.title);
  }

  protected override body() {
    const words = this.t.link;
    const { definition, files, totalBytes } = this.offer;
    const memoryMiB = definition.memoryMiB ?? defaultConfig.memoryMiB;
    return html`
      <p>${words.intro}</p>
      ${
        definition.description
          ? html`<figure class="said">
              <figcaption>${words.description}</figcaption>
              <blockquote>${definition.description}</blockquote>
            </figure>`
          : nothing
      }
      <div class="file-table" tabindex="0" role="region" aria-label=${words.files}>
        <table>
          <caption>
            ${words.files}
          </caption>
          <thead>
            <tr>
              <th scope="col">${words.file}</th>
              <th scope="col">${words.from}</th>
              <th scope="col">${words.size}</th>
              <th scope="col">${words.checked}</th>
            </tr>
          </thead>
          <tbody>
            ${files.map((file) => this.row(file))}
          </tbody>
        </table>
      </div>
      <p class="total">${totalBytes === null ? words.totalUnknown : words.total(language.size(totalBytes))}</p>
      <dl class="rest">
        <div><dt>${words.memory}</dt><dd>${words.memoryOf(language.size(memoryMiB * MIB))}</dd></div>
        ${definition.commandLine ? html`<div><dt>${words.words}</dt><dd><code>${definition.commandLine}</code></dd></div>` : nothing}
      </dl>
      ${this.question()}
      <p class="bounds">${icon("keep")}<span>${words.bounds}</span></p>
      <div class="answers">
        <button type="button" class="button" @click=${() => this.dismiss()}>${words.refuse}</button>
        <button type="button" class="button primary" @click=${() => this.send("agreed")}>
          ${icon("play")}${words.agree}
        </button>
      </div>
    `; // prettier-ignore
  }

  /** Other servers are asked for sizes only where a person wants it. */
  private question() {
    const words = this.t.link;
    const { offer } = this;
    if (!offer.canAsk) return nothing;
    return html`<div class="elsewhere">
      <p>${words.elsewhere}</p>
      <button type="button" class="button small" ?disabled=${offer.asking} @click=${() => void offer.askAll()}>
        ${offer.asking ? words.asking : words.ask}
      </button>
    </div>`;
  }

  private row(file: OfferedFile) {
    const words = this.t.link;
    const check = file.hasSum ? words.withSum : file.claimedBytes === null ? words.withNothing : words.withLength;
    return html`
      <tr class=${isWrong(file) ? "wrong" : ""}>
        <th scope="row">${file.name}<span class="beside">${words.roles[file.role]}</span></th>
        <td>
          <span class="host">${file.ownSite ? words.hereAlready : file.host}</span>
          <span class="beside as-typed">${file.url}</span>
        </td>
        <td>${this.size(file)}</td>
        <td>${check}</td>
      </tr>
    `;
  }

  private size(file: OfferedFile): string {
    const words = this.t.link;
    const { answer, claimedBytes } = file;
    const size = sizeOf(file);
    if (answer?.kind === "missing") return words.missing(answer.status);
    if (answer?.kind === "unreachable") return words.unreachable;
    if (size === null) return words.unknownSize;
    if (isWrong(file)) return words.otherSize(language.size(size), language.size(claimedBytes!));
    return answer?.kind === "size" ? language.size(size) : words.asClaimed(language.size(size));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "link-consent": LinkConsent;
  }
}
