/**
 * What all elements of the page share: they render into the page itself (one document for names, styles and tests),
 * speak its language, and render again when what they follow tells "change".
 */
import { updateWhenLocaleChanges } from "@lit/localize";
import { LitElement } from "lit";
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { language } from "../messages/language.ts";
import type { Messages } from "../messages/language.ts";

/** Renders its host again on every "change" of the target that `find` names at the time. */
class Follow implements ReactiveController {
  private target: EventTarget | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly find: () => EventTarget | null | undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.aim(this.find() ?? null);
  }

  hostUpdate(): void {
    this.aim(this.find() ?? null);
  }

  hostDisconnected(): void {
    this.aim(null);
  }

  private aim(target: EventTarget | null): void {
    if (target === this.target) return;
    this.target?.removeEventListener("change", this.render);
    target?.addEventListener("change", this.render);
    this.target = target;
  }

  private readonly render = () => this.host.requestUpdate();
}

export class PageElement extends LitElement {
  constructor() {
    super();
    updateWhenLocaleChanges(this);
  }

  protected get t(): Messages {
    return language.messages;
  }

  protected follow(find: () => EventTarget | null | undefined): void {
    new Follow(this, find);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected send<T>(type: string, detail?: T): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}
