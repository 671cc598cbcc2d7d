/**
 * A machine's screen in a browser window of its own: a plain one, or a small one that stays on top of others (Document
 * Picture-in-Picture [DOCUMENT-PIP], where the browser has it). The elements in it are this page's; only the document they
 * stand in is the window's, so the page's styles are copied there.
 */
import type { OpenMachine } from "../../services/open-machine.ts";
import "./machine-window.ts";

export type WindowKind = "window" | "onTop";

interface PictureInPicture {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

const pictureInPicture = (): PictureInPicture | undefined =>
  (window as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture;

export function canStayOnTop(): boolean {
  return pictureInPicture() !== undefined;
}

export interface OwnWindow {
  focus(): void;
  close(): void;
}

const WIDTH_PX = 800;
const SMALL_WIDTH_PX = 480;
/** Of the bar below the screen. */
const BAR_PX = 56;

/**
 * To be called while a click is handled.
 * @param closed told when the window is gone, however that came
 * @returns null where the browser opens no window
 */
export async function openOwnWindow(
  machine: OpenMachine,
  kind: WindowKind,
  closed: () => void,
): Promise<OwnWindow | null> {
  const width = kind === "onTop" ? SMALL_WIDTH_PX : WIDTH_PX;
  const height = Math.round(width / (machine.session.screenMode?.aspect ?? 4 / 3)) + BAR_PX;
  let opened: Window | null;
  try {
    opened =
      kind === "onTop"
        ? await pictureInPicture()!.requestWindow({ width, height })
        : window.open("", "_blank", `popup,width=${width},height=${height}`);
  } catch {
    opened = null;
  }
  if (!opened) return null;
  const own = opened;
  const { document: place } = own;
  const { lang, dataset } = document.documentElement;
  place.documentElement.lang = lang;
  if (dataset.theme) place.documentElement.dataset.theme = dataset.theme;
  place.title = machine.title;
  for (const style of document.querySelectorAll('link[rel="stylesheet"], style')) {
    const copy = place.importNode(style, true);
    // A document without an address of its own has nothing that addresses could be relative to.
    if (style instanceof HTMLLinkElement) copy.setAttribute("href", style.href);
    place.head.append(copy);
  }
  const element = document.createElement("machine-window");
  element.machine = machine;
  place.body.append(element);
  const end = () => own.close();
  element.addEventListener("windowback", end);
  window.addEventListener("pagehide", end);
  own.addEventListener("pagehide", () => {
    window.removeEventListener("pagehide", end);
    element.remove();
    closed();
  });
  return { focus: () => own.focus(), close: end };
}
