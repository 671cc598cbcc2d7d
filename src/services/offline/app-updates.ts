/**
 * Registers the service worker and tells of new versions. One that is ready waits until the page says `take`, or until
 * every page of the site is closed. Fires "change".
 */
import { scriptUrl } from "../../shared/trusted-types.ts";

export class AppUpdates extends EventTarget {
  /** Whether a new version is loaded and waits. */
  ready = false;
  private waiting: ServiceWorker | null = null;

  /** Does nothing where there are no service workers: an insecure address, or a private window of some browsers. */
  async register(url: string): Promise<void> {
    const { serviceWorker } = navigator;
    if (!serviceWorker) return;
    let registration: ServiceWorkerRegistration;
    try {
      registration = await serviceWorker.register(scriptUrl(url));
    } catch {
      return; // the site works without it, as long as there is a network
    }
    this.look(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => {
        if (installing.state === "installed") this.look(registration.waiting);
      });
    });
  }

  /** The new version from now on: the page is loaded anew. */
  take(reload: () => void = () => location.reload()): void {
    navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
    this.waiting?.postMessage("takeOver");
  }

  private look(waiting: ServiceWorker | null): void {
    // The first version of all replaces nothing.
    if (!waiting || !navigator.serviceWorker.controller) return;
    this.waiting = waiting;
    this.ready = true;
    this.dispatchEvent(new Event("change"));
  }
}
