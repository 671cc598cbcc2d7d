/**
 * Every disk, CD, floppy and file of the library: who uses it, how large it is and how much of it is kept, and what it is
 * stacked of. Tells "mediumaction" (detail: MediumRequest) for what is asked about, "importfiles" and "convertimage".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import "@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js";
import type { MediumDetails, MediumKind, MediumRecord, StorageUse } from "../../protocol/library.ts";
import type { Clerk } from "../../services/clerk.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import { pickFiles } from "../shared/pick-files.ts";
import "./media-page.css";

export interface MediumRequest {
  action: "files" | "rename" | "export" | "resize" | "compact" | "remove" | "removeUnused";
  medium: MediumRecord | null;
  /** Of "removeUnused". */
  unused: readonly MediumRecord[];
}

const icons: Record<MediumKind, IconName> = { disk: "disk", cdrom: "disc", floppy: "floppy", file: "file" };
const KINDS: readonly MediumKind[] = ["disk", "cdrom", "floppy", "file"];

@customElement("media-page")
export class MediaPage extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @state() private details = new Map<string, MediumDetails>();
  @state() private use: StorageUse | null = null;
  @state() private open: string | null = null;
  private looking = false;
  private lookAgain = false;
  private readonly changed = () => void this.look();

  constructor() {
    super();
    this.follow(() => this.clerk?.library);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.clerk.library.addEventListener("change", this.changed);
    void this.look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.clerk.library.removeEventListener("change", this.changed);
  }

  protected override render() {
    const { t, clerk, use } = this;
    const words = t.media;
    const { media } = clerk.library;
    const unused = media.filter(({ id }) => this.details.get(id)?.usedBy.length === 0);
    return html`
      <div class="media">
        <header>
          <h1>${words.heading}</h1>
          <div class="doing">
            <button type="button" class="button primary" @click=${() => void this.import()}>
              ${icon("download")}${t.library.import}
            </button>
            <button type="button" class="button" @click=${() => this.send("convertimage")}>
              ${icon("convert")}${words.convert}
            </button>
            <button
              type="button"
              class="button"
              ?disabled=${unused.length === 0}
              @click=${() => this.ask("removeUnused", null, unused)}
            >
              ${icon("trash")}${words.removeUnused(unused.length)}
            </button>
          </div>
        </header>
        ${use ? this.storage(use) : nothing}
        ${
          media.length === 0
            ? html`<p class="quiet">${words.none}</p>`
            : KINDS.map((kind) =>
                this.kind(
                  kind,
                  media.filter((medium) => medium.kind === kind),
                ),
              )
        }
      </div>
    `;
  }

  private storage({ usedBytes, quotaBytes, persisted }: StorageUse) {
    const words = this.t.media;
    const used = language.size(usedBytes);
    return html`
      <section class="storage" aria-label=${words.storage}>
        <p>
          <strong>${words.storage}</strong>
          ${quotaBytes === null ? used : words.usedOf(used, language.size(quotaBytes))}
        </p>
        ${
          quotaBytes === null
            ? nothing
            : html`<meter
                aria-label=${words.storage}
                max=${quotaBytes}
                .value=${usedBytes}
                high=${quotaBytes * 0.8}
              ></meter>`
        }
        ${
          persisted
            ? html`<p class="quiet">${words.persisted}</p>`
            : html`<p class="quiet">
                ${words.notPersisted}
                <button type="button" class="button small" @click=${() => void this.persist()}>${words.persist}</button>
              </p>`
        }
      </section>
    `;
  }

  private kind(kind: MediumKind, media: readonly MediumRecord[]) {
    if (media.length === 0) return nothing;
    const words = this.t.media;
    return html`
      <section aria-labelledby="media-${kind}">
        <h2 id="media-${kind}">${words.kinds[kind]}</h2>
        <ul>
          ${repeat(
            media,
            ({ id }) => id,
            (medium) => this.row(medium),
          )}
        </ul>
      </section>
    `;
  }

  private row(medium: MediumRecord) {
    const { t } = this;
    const words = t.media;
    const details = this.details.get(medium.id);
    const open = this.open === medium.id;
    const users = [...new Set(details?.usedBy.map(({ machineName }) => machineName))];
    return html`
      <li class="medium">
        <div class="line">
          ${icon(icons[medium.kind])}
          <div class="words">
            <h3>${medium.name}</h3>
            <p class="quiet">
              ${
                medium.url
                  ? html`${words.onTheWeb} <span class="url">${medium.url}</span>`
                  : html`${language.size(medium.sizeBytes)}${
                      details ? html` · ${words.kept(language.size(details.ownBytes))}` : nothing
                    }${
                      details && details.sharedBytes > 0
                        ? html` · ${words.shared(language.size(details.sharedBytes))}`
                        : nothing
                    }`
              }
            </p>
            ${
              details
                ? html`<p class="users ${users.length === 0 ? "none" : ""}">
                    ${users.length === 0 ? words.unused : words.usedBy(users.join(", "))}
                  </p>`
                : nothing
            }
          </div>
          ${
            medium.url
              ? nothing
              : html`<button
                  type="button"
                  class="button small"
                  aria-label=${words.filesOf(medium.name)}
                  @click=${() => this.ask("files", medium)}
                >
                  ${icon("folder")}${words.files}
                </button>`
          }
          ${this.menu(medium, users.length === 0)}
          ${
            details && details.chain.length > 0
              ? html`<button
                  type="button"
                  class="button plain small fold"
                  aria-expanded=${open ? "true" : "false"}
                  aria-label=${words.chainOf(medium.name)}
                  @click=${() => (this.open = open ? null : medium.id)}
                >
                  ${icon("chevron")}
                </button>`
              : nothing
          }
        </div>
        ${open && details ? this.chain(details) : nothing}
      </li>
    `;
  }

  private chain({ chain, medium }: MediumDetails) {
    const words = this.t.media;
    return html`
      <div class="chain">
        ${medium.origin ? html`<p class="quiet">${words.origin(medium.origin.fileName, medium.origin.format)}</p>` : nothing}
        <table>
          <thead>
            <tr>
              <th scope="col">${words.layer}</th>
              <th scope="col">${words.keptColumn}</th>
              <th scope="col">${words.sharedColumn}</th>
            </tr>
          </thead>
          <tbody>
            ${chain.map(
              (layer, i) => html`
                <tr>
                  <th scope="row">
                    ${i === 0 ? words.top : i === chain.length - 1 ? words.base : words.between(i + 1)}
                  </th>
                  <td>${language.size(layer.keptBytes)}</td>
                  <td>${this.sharers(layer.media.length - 1, layer.snapshots.length)}</td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    `;
  }

  /** Who else uses a layer. */
  private sharers(otherMedia: number, snapshots: number): string {
    const words = this.t.media;
    const sharers = [
      ...(otherMedia > 0 ? [language.count(words.otherDisks, otherMedia)] : []),
      ...(snapshots > 0 ? [language.count(words.snapshots, snapshots)] : []),
    ];
    return sharers.join(", ") || "–";
  }

  private menu(medium: MediumRecord, unused: boolean) {
    const words = this.t.media;
    const item = (action: MediumRequest["action"], name: IconName, enabled = true) =>
      html`<wa-dropdown-item
        value=${action}
        ?disabled=${!enabled}
        variant=${action === "remove" ? "danger" : "default"}
      >
        <span slot="icon">${icon(name)}</span>${words.actions[action]}
      </wa-dropdown-item>`;
    return html`
      <wa-dropdown
        placement="bottom-end"
        @wa-select=${(event: CustomEvent<{ item: { value: string } }>) =>
          this.ask(event.detail.item.value as MediumRequest["action"], medium)}
      >
        <button
          slot="trigger"
          type="button"
          class="button plain small"
          aria-label=${this.t.library.actionsOf(medium.name)}
        >
          ${icon("dots")}
        </button>
        ${item("rename", "edit")}${medium.url ? nothing : item("export", "download")}
        ${medium.kind === "disk" && !medium.url ? html`${item("resize", "scale")}${item("compact", "shrink")}` : nothing}
        ${item("remove", "trash", unused)}
      </wa-dropdown>
    `;
  }

  private ask(
    action: MediumRequest["action"],
    medium: MediumRecord | null,
    unused: readonly MediumRecord[] = [],
  ): void {
    this.send<MediumRequest>("mediumaction", { action, medium, unused });
  }

  private async import(): Promise<void> {
    this.send("importfiles", await pickFiles({ multiple: true }));
  }

  private async persist(): Promise<void> {
    await this.clerk.persist();
    await this.look();
  }

  /** What has to be looked up, one after the other; a change meanwhile is looked at after. */
  private async look(): Promise<void> {
    if (this.looking) {
      this.lookAgain = true;
      return;
    }
    this.looking = true;
    do {
      this.lookAgain = false;
      const { library } = this.clerk;
      this.use = await library.storageUse().catch(() => null);
      const details = new Map<string, MediumDetails>();
      for (const { id } of library.media) {
        // A medium that has just been removed has none.
        const known = await library.mediumDetails(id).catch(() => null);
        if (known) details.set(id, known);
      }
      this.details = details;
    } while (this.lookAgain && this.isConnected);
    this.looking = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "media-page": MediaPage;
  }
}
