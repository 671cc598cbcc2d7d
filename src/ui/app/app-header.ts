/**
 * The page's head: name, places of the page, guest files, language, colors. Tells "home", "guestfiles" and "place"
 * (detail: Place).
 */
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import type { Preferences, Theme } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import type { IconName } from "../icon/icon.ts";
import { language, LANGUAGES } from "../messages/language.ts";
import { PageElement } from "../shared/page-element.ts";
import "./app-header.css";

/** What the page shows where no machine is in view. */
export const PLACES = ["machines", "start", "media", "terminal"] as const;
export type Place = (typeof PLACES)[number];
const placeIcons: Record<Place, IconName> = { machines: "cards", start: "play", media: "disk", terminal: "terminal" };

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const themeIcons: Record<Theme, IconName> = { system: "halves", light: "sun", dark: "moon" };

@customElement("app-header")
export class AppHeader extends PageElement {
  @property({ attribute: false }) preferences!: Preferences;
  /** Of the machine in view. */
  @property() machineTitle = "";
  /** Absent: there is no library, and only one place. */
  @property({ attribute: false }) place: Place | null = null;

  constructor() {
    super();
    this.follow(() => this.preferences);
  }

  protected override render() {
    const { t } = this;
    const { theme } = this.preferences.choices;
    return html`
      <header class="head">
        <a class="brand" href="./" aria-label=${t.toStart} @click=${this.home}>
          <img src="./logo.svg" alt="" width="36" height="36" /><span aria-hidden="true">${t.appName}</span>
        </a>
        ${this.machineTitle ? html`<h1 class="in-view">${this.machineTitle}</h1>` : nothing}
        ${this.place ? this.places(this.place) : nothing}
        <div class="choices">
          <button type="button" class="button plain" aria-label=${t.guestFiles} @click=${() => this.send("guestfiles")}>
            ${icon("box")}<span class="name" aria-hidden="true">${t.guestFiles}</span>
          </button>
          <label class="language">
            ${icon("globe")}<span class="visually-hidden">${t.language}</span>
            <span class="tag" aria-hidden="true">${language.tag.toUpperCase()}</span>
            <select @change=${this.languageChosen}>
              ${LANGUAGES.map(
                ({ tag, name }) =>
                  html`<option value=${tag} lang=${tag} .selected=${live(tag === language.tag)}>${name}</option>`,
              )}
            </select>
          </label>
          <button
            type="button"
            class="button plain"
            aria-label="${t.theme}: ${t.themes[theme]}"
            title="${t.theme}: ${t.themes[theme]}"
            @click=${() => this.preferences.set({ theme: THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]! })}
          >
            ${icon(themeIcons[theme])}
          </button>
        </div>
      </header>
    `;
  }

  private places(place: Place) {
    const { t } = this;
    return html`<nav class="places" aria-label=${t.places.heading}>
      ${PLACES.map(
        (each) =>
          html`<button
            type="button"
            class="button plain"
            aria-label=${t.places[each]}
            aria-current=${each === place && !this.machineTitle ? "page" : nothing}
            @click=${() => this.send("place", each)}
          >
            ${icon(placeIcons[each])}<span class="name" aria-hidden="true">${t.places[each]}</span>
          </button>`,
      )}
    </nav>`;
  }

  private home(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab
    event.preventDefault();
    this.send("home");
  }

  private languageChosen(event: Event): void {
    this.preferences.set({ language: (event.target as HTMLSelectElement).value });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "app-header": AppHeader;
  }
}
