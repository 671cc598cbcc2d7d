/** Opens a machine that came by a link: reads it, asks about it, and starts it when the person has agreed. */
import type { Desk } from "../services/desk.ts";
import { decodeLink } from "../services/links/link-code.ts";
import { LinkError } from "../services/links/link-error.ts";
import { LinkOffer } from "../services/links/link-offer.ts";
import type { PosadaApp } from "../ui/app/posada-app.ts";
import "../ui/share/link-consent.ts";

/** @param fragment of the page's address */
export function openLink(app: PosadaApp, desk: Desk, fragment: string, baseUrl: string): void {
  try {
    app.offer = new LinkOffer(decodeLink(fragment, baseUrl), baseUrl);
    void app.offer.askHere();
  } catch (error) {
    app.offer = null;
    if (!(error instanceof LinkError)) throw error;
    desk.tell({ kind: "link", problem: error.problem });
  }
}
