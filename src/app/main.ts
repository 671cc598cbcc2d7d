/** Composition root of the page: makes the services, wires them to the elements, and does what the address asks. */
import type { MachineId } from "../protocol/library.ts";
import { AutoSnapshots } from "../services/auto-snapshots.ts";
import { Clerk } from "../services/clerk.ts";
import { PageShell } from "../services/commands/page-shell.ts";
import { Desk } from "../services/desk.ts";
import { loadCatalogue } from "../services/guest-library.ts";
import type { GuestCatalogue } from "../services/guest-library.ts";
import { checkHost, missingFeatures } from "../services/host-check.ts";
import { ImageConverter } from "../services/image-converter.ts";
import { Jobs } from "../services/jobs.ts";
import { isLink } from "../services/links/link-fragment.ts";
import { PageLibrary } from "../services/library/page-library.ts";
import { withSettings } from "../services/machine-plan.ts";
import { MediumFiles } from "../services/medium-files.ts";
import { isFatal, readPageRequest } from "../services/page-request.ts";
import { AppUpdates } from "../services/offline/app-updates.ts";
import { OfflineGuests } from "../services/offline/offline-guests.ts";
import type { PageRequest } from "../services/page-request.ts";
import { loadPublished } from "../services/published/published-machine.ts";
import { Preferences } from "../services/preferences.ts";
import { applyChoices, PosadaApp } from "../ui/app/posada-app.ts";
import "../ui/icon/library-icons.ts";
import { language } from "../ui/messages/language.ts";
import { pickFiles } from "../ui/shared/pick-files.ts";
import { saveFile } from "../ui/shared/save-file.ts";
import { manifest } from "./early.ts";

const EMPTY: GuestCatalogue = { files: [], machines: [] };

const baseUrl = document.baseURI;
const preferences = new Preferences();
const library = new PageLibrary({ baseUrl });
const desk = new Desk(
  baseUrl,
  (plan) => withSettings(plan, preferences.choices.machine),
  undefined,
  undefined,
  library,
);

language.onChange(() => (document.documentElement.lang = language.tag));
const applied = follow();
preferences.addEventListener("change", () => void follow());

/** Does what the person chose; where a language cannot be loaded the page says so, and speaks English. */
async function follow(): Promise<void> {
  try {
    await applyChoices(preferences);
  } catch {
    desk.tell({ kind: "machine", code: "unreachable", message: language.messages.languageUnreachable });
  }
}

const app = new PosadaApp();
app.desk = desk;
app.preferences = preferences;
app.openMediumFiles = async (id, of) => MediumFiles.open(await library.openToRead(id, of));
app.converter = new ImageConverter(library);

/** A browser that keeps nothing (private windows of some) has no library; machines can be tried all the same. */
async function openLibrary(): Promise<void> {
  try {
    await library.open();
  } catch (error) {
    return desk.tellError(error);
  }
  library.addEventListener("show", (event) => {
    const machine = desk.ofLibrary((event as CustomEvent<MachineId>).detail);
    if (machine) desk.show(machine);
    window.focus();
  });
  const clerk = new Clerk(library, desk, new Jobs(), saveFile);
  desk.bring = (file, kind) => clerk.importMedium(file, kind);
  app.shell = new PageShell({
    library,
    desk,
    say: () => language.commands,
    pickFiles: () => pickFiles({ multiple: true }),
    saveFile,
  });
  app.clerk = clerk;
  const nameOf = (atMs: number) =>
    language.messages.snapshots.automaticName(new Date(atMs).toLocaleString(language.tag));
  new AutoSnapshots(library, desk, preferences, nameOf).begin();
}

/** Where the default guest is wanted at once, `autostart` waits for the list. */
async function showCatalogue(): Promise<GuestCatalogue> {
  let catalogue = EMPTY;
  try {
    catalogue = await loadCatalogue(baseUrl, (input) => manifest ?? fetch(input));
  } catch (error) {
    desk.tellError(error);
  }
  app.catalogue = catalogue;
  // Only a secure page keeps files.
  if ("caches" in globalThis && navigator.serviceWorker) {
    const offline = new OfflineGuests(catalogue, caches);
    void offline.look().then(
      () => {
        app.offline = offline;
        if (!navigator.serviceWorker.controller) void rememberFirst(offline, catalogue);
      },
      () => undefined, // a browser that keeps nothing: nothing is offered
    );
  }
  return catalogue;
}

/** What the first visit read before the service worker was there is to be at hand at the second. */
async function rememberFirst(offline: OfflineGuests, { machines }: GuestCatalogue): Promise<void> {
  const { serviceWorker } = navigator;
  await serviceWorker.ready;
  if (!serviceWorker.controller)
    await new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  const opened = new Set(desk.machines.map(({ session }) => session.plan.savedState?.source.published.url));
  for (const machine of machines)
    if (opened.has(machine.plan.savedState?.source.published.url) && machine.plan.savedState)
      await offline.remember(machine).catch(() => undefined); // it will be read then
}

/** A link may come at any time: a click on one in another page can lead to a page that is open already. */
async function lookAtLink(): Promise<boolean> {
  if (!isLink(location.hash)) return false;
  const { openLink } = await import("./open-link.ts");
  openLink(app, desk, location.hash, baseUrl);
  return true;
}

/** The page is a published machine's: it shows that one, ready to go on. */
async function openPublished(address: string, { autostart, compiler }: PageRequest): Promise<void> {
  try {
    const { plan } = await loadPublished(new URL(address, baseUrl).href);
    await desk.open({ ...plan, ...(compiler ? { compiler } : {}) }, autostart);
  } catch (error) {
    desk.tellError(error);
  }
}

async function begin(): Promise<void> {
  const request = readPageRequest(location.search, location.href);
  const published = document.querySelector<HTMLMetaElement>('meta[name="posada-machine"]')?.content;
  const listed = published === undefined ? showCatalogue() : Promise.resolve(app.catalogue ?? EMPTY);
  for (const problem of request.problems) desk.tell({ kind: "parameter", problem });
  if (missingFeatures().length > 0) {
    try {
      checkHost();
    } catch (error) {
      desk.tellError(error);
    }
    return;
  }
  if (await lookAtLink()) return;
  if (request.problems.some(isFatal)) return;
  const mild = desk.problems;
  if (request.plan) return desk.open(request.plan, request.autostart, mild);
  if (published !== undefined) return openPublished(published, request);
  const first = (await listed).machines[0];
  if (!first || !(request.autostart || request.memoryMiB !== undefined || request.compiler)) return;
  const title = language.messages.guests[first.id]?.title ?? first.title;
  const plan = { ...withSettings(first.plan, preferences.choices.machine), title };
  const memoryMiB = request.memoryMiB ?? plan.memoryMiB;
  const { compiler } = request;
  const asked = { ...(memoryMiB === undefined ? {} : { memoryMiB }), ...(compiler ? { compiler } : {}) };
  await desk.open({ ...plan, ...asked }, request.autostart, mild);
}

/** Whoever keeps machines sees them at once, and not another place before; a library that is slow is not waited for. */
const OPEN_MS = 1500;
await Promise.all([applied, Promise.race([openLibrary(), new Promise((resolve) => setTimeout(resolve, OPEN_MS))])]);
document.body.prepend(app);
addEventListener("hashchange", () => void lookAtLink());
const begun = begin();

/** Files that the desktop opens with the installed app. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { files?: readonly FileSystemFileHandle[] }) => void): void;
}
const { launchQueue } = window as { launchQueue?: LaunchQueue };
launchQueue?.setConsumer(({ files = [] }) => void Promise.all(files.map((each) => each.getFile())).then(openFiles));

/** Packages of machines go into the library; images become machines to try. */
async function openFiles(files: File[]): Promise<void> {
  const isPackage = ({ name }: File) => /\.ova$/i.test(name);
  await app.clerk?.importFiles(files.filter(isPackage));
  await desk.openFiles(files.filter((file) => !isPackage(file)));
}

const REGISTER_MS = 15_000;
if (import.meta.env.PROD) {
  app.updates = new AppUpdates();
  const register = () => void app.updates!.register(new URL("service-worker.js", baseUrl).href);
  // The page comes first, then the machine that it is to begin with, then what it may need another time.
  const patience = new Promise((resolve) => setTimeout(resolve, REGISTER_MS));
  await Promise.race([begun, patience]);
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
