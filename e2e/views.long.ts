/**
 * Every view and dialog of the page once, in each language: no axe violation, nothing wider than the window, and no message of the other
 * language. SHOTS=FOLDER keeps pictures of all, at three sizes of window, light and dark, to be looked at.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { PosadaApp } from "../src/ui/app/posada-app.ts";
import { en } from "../src/ui/messages/en.ts";
import { es } from "../src/ui/messages/es.ts";
import { templatesOf } from "../src/ui/messages/words.ts";
import type { Template } from "../src/ui/messages/words.ts";
import { expectNoViolations } from "./support/axe.ts";
import { fatDisk, machineWithPast } from "./support/past-machine.ts";
import { expectOnScreen, floppy } from "./support/page.ts";

const SHOTS = process.env.SHOTS;
const HELLO = floppy("hello.img", "Hello");
const languages = { en, es };
const sizes = { desktop: { width: 1440, height: 900 }, tablet: { width: 1024, height: 768 }, phone: { width: 390, height: 844 } }; // prettier-ignore
const textOf = ({ strings, values }: Template): string =>
  strings.reduce((text, string, i) => `${text}${values[i - 1] as string}${string}`);

/** Messages of one language that could not be of the other: several words, and nothing to be filled in. */
function sentencesOf(tree: object): Set<string> {
  const texts = Object.values(templatesOf(tree)).filter((each) => typeof each === "string");
  return new Set(texts.filter((text) => text.split(" ").length > 2));
}

class Walk {
  private count = 0;
  readonly t: typeof en;

  constructor(
    readonly page: Page,
    private readonly tag: keyof typeof languages,
    private readonly name: string,
  ) {
    this.t = languages[tag] as typeof en;
  }

  button(name: string, within: Page | Locator = this.page): Locator {
    return within.getByRole("button", { name, exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  card(name: string): Locator {
    return this.page
      .locator("library-page .card")
      .filter({ has: this.page.getByRole("heading", { name, exact: true }) });
  }

  async press(name: string, within: Page | Locator = this.page): Promise<void> {
    await this.button(name, within).first().click();
  }

  async act(machine: string, action: string): Promise<void> {
    await this.press(textOf(this.t.library.actionsOf(machine)), this.card(machine));
    await this.card(machine).getByRole("menuitem", { name: action }).click();
  }

  /** What is on the page now. */
  async look(what: string): Promise<void> {
    const { page } = this;
    // Whatever moves has come to a rest.
    await page.evaluate(() => {
      const ends = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
      return Promise.all(ends.map(({ finished }) => finished.catch(() => {})));
    });
    const file = `${String(++this.count).padStart(2, "0")}-${what}-${this.name}.png`;
    if (SHOTS) await page.screenshot({ path: join(SHOTS, file) });
    await expectNoViolations(page, ".xterm");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), what).toBeLessThanOrEqual(0);
    const other = sentencesOf(languages[this.tag === "en" ? "es" : "en"]);
    const own = sentencesOf(this.t);
    const said = await page.locator("body").innerText();
    const foreign = said.split("\n").map((line) => line.trim()).filter((line) => other.has(line) && !own.has(line)); // prettier-ignore
    expect(foreign, what).toEqual([]);
  }

  /** A dialog, and away with it. */
  async lookAndClose(what: string): Promise<void> {
    await expect(this.dialog.last()).toBeVisible();
    await this.look(what);
    await this.page.keyboard.press("Escape");
    await expect(this.dialog).toHaveCount(0);
  }
}

async function start(walk: Walk): Promise<void> {
  const { page, t } = walk;
  await page.goto(test.info().project.use.baseURL!);
  await expect(walk.button(t.library.newMachine)).toBeVisible();
  await walk.look("start");
  await walk.press(t.places.machines);
  await walk.look("no-machines");
  await walk.press(t.guestFiles);
  await walk.lookAndClose("guest-files");
}

async function wizard(walk: Walk): Promise<void> {
  const { page, t } = walk;
  await walk.press(t.library.newMachine);
  const chooser = page.waitForEvent("filechooser");
  await walk.press(t.wizard.pick, walk.dialog);
  await (await chooser).setFiles(HELLO);
  await expect(walk.dialog.getByLabel(t.library.name, { exact: true })).toHaveValue("hello");
  await walk.look("wizard-source");
  await walk.press(t.wizard.next, walk.dialog);
  await walk.look("wizard-hardware");
  await walk.press(t.wizard.next, walk.dialog);
  await walk.look("wizard-summary");
  await walk.dialog.getByLabel(t.wizard.express).check();
  await walk.lookAndClose("wizard-one-page");
}

async function machines(walk: Walk): Promise<void> {
  const { page, t } = walk;
  await machineWithPast(page);
  await page.evaluate(async () => {
    const { clerk } = document.querySelector("posada-app") as PosadaApp;
    const named = (name: string, group: string, osId: string) =>
      clerk!.library.create({ name, group, osId, notes: "" });
    await named("Alpine", "Lab", "alpine");
    await named("FreeDOS", "Lab/Old", "freedos");
  });
  await walk.press(t.places.machines);
  await expect(walk.card("past")).toBeVisible();
  await walk.look("machines");
  const layout = page.getByRole("button", { name: t.library.layouts.list, exact: true });
  if (await layout.isVisible()) {
    await layout.click();
    await walk.look("machines-list");
    await walk.press(t.library.layouts.cards);
  }
  await walk.press(textOf(t.library.detailsOf("past")));
  const details = page.getByRole("complementary", { name: textOf(t.library.detailsOf("past")) });
  await expect(details.getByRole("tree")).toBeVisible();
  await details.getByRole("tree").getByText("Evening", { exact: true }).click();
  await walk.look("details");
  for (const [what, action] of [
    ["snapshot-rename", t.snapshots.rename],
    ["snapshot-restore", t.snapshots.restore],
    ["snapshot-branch", t.snapshots.branch],
    ["snapshot-delete", t.snapshots.delete],
  ] as const) {
    await walk.press(action, details);
    await walk.lookAndClose(what);
  }
  await walk.press(t.snapshots.changes, details);
  await walk.press(t.changes.compare, walk.dialog);
  await expect(walk.dialog.getByRole("row", { name: /NEW\.TXT/i })).toBeVisible();
  await walk.lookAndClose("snapshot-changes");
  await walk.press(t.snapshots.take, details);
  await walk.lookAndClose("snapshot-take");
  await walk.press(t.snapshots.timeline, details);
  await walk.look("timeline");
  await walk.press(t.snapshots.tree, details);
  const back = walk.button(t.library.back);
  if (await back.isVisible()) await back.click();
  await walk.act("past", t.library.actions.settings);
  for (const tab of Object.values(t.editor.tabs)) {
    await walk.dialog.getByRole("tab", { name: tab }).click();
    await walk.look(`settings-${tab.toLowerCase()}`);
  }
  await page.keyboard.press("Escape");
  for (const action of ["clone", "rename", "group", "remove"] as const) {
    await walk.act("past", t.library.actions[action]);
    await walk.lookAndClose(action);
  }
}

async function media(walk: Walk): Promise<void> {
  const { page, t } = walk;
  await walk.press(t.places.media);
  const medium = page.locator("media-page .medium").filter({ hasText: "Before" });
  await expect(medium).toBeVisible();
  await walk.press(textOf(t.media.chainOf("Before")), medium);
  await walk.look("media");
  await walk.press(textOf(t.media.filesOf("Before")), medium);
  await expect(walk.dialog.getByText(/LETTER\.TXT/i)).toBeVisible();
  await walk.lookAndClose("media-files");
  for (const action of ["rename", "export", "resize"] as const) {
    await walk.press(textOf(t.library.actionsOf("Before")), medium);
    await medium.getByRole("menuitem", { name: t.media.actions[action] }).click();
    await walk.lookAndClose(`media-${action}`);
  }
  await walk.press(t.media.convert);
  const chooser = page.waitForEvent("filechooser");
  await walk.press(t.converter.choose, walk.dialog);
  await (await chooser).setFiles(fatDisk("laptop.img", { "LETTER.TXT": "hello" }));
  await expect(walk.dialog.getByRole("row", { name: /INNKEEPER/ })).toBeVisible();
  await walk.lookAndClose("converter");
  await walk.press(t.places.terminal);
  await expect(page.locator("command-terminal .xterm")).toBeVisible();
  await page.keyboard.type("help\n");
  await walk.look("terminal");
}

async function machine(walk: Walk): Promise<void> {
  const { page, t } = walk;
  await walk.press(t.places.start);
  const chooser = page.waitForEvent("filechooser");
  await walk.press(t.own.open);
  await (await chooser).setFiles(HELLO);
  await expectOnScreen(page, /Hello/);
  await walk.look("machine");
  for (const panel of [t.info.heading, t.log.heading, t.machine.serial]) {
    await page.getByRole("button", { name: panel, exact: true }).click();
    await walk.look(`machine-${panel.toLowerCase().replaceAll(/\W+/g, "-")}`);
    await page.getByRole("button", { name: panel, exact: true }).click();
  }
  await walk.press(t.machine.leave);
  await walk.look("leave");
  await walk.press(t.leave.yes, walk.dialog);
}

for (const tag of ["en", "es"] as const)
  for (const [size, viewport] of Object.entries(sizes))
    for (const colorScheme of ["light", "dark"] as const)
      test(`every view: ${tag}, ${size}, ${colorScheme}`, async ({ browser }) => {
        // Without pictures, one of each: the words, the width and the colors do not depend on each other.
        const quick = ["en desktop light", "es phone dark", "en phone dark", "es desktop light"];
        test.skip(!SHOTS && !quick.includes(`${tag} ${size} ${colorScheme}`), "SHOTS is not given");
        test.setTimeout(600_000);
        if (SHOTS) mkdirSync(SHOTS, { recursive: true });
        const locale = { en: "en-US", es: "es-ES" }[tag];
        const context = await browser.newContext({ colorScheme, viewport, locale });
        const walk = new Walk(await context.newPage(), tag, `${tag}-${size}-${colorScheme}`);
        await start(walk);
        await wizard(walk);
        await machines(walk);
        await media(walk);
        await machine(walk);
        await context.close();
      });
