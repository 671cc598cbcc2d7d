/** Machines by a link: made in the page, asked about before anything is loaded, refused in words where they are bad. */
import { createHash } from "node:crypto";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { encodeLink } from "../src/services/links/link-code.ts";
import type { MachineDefinition } from "../src/services/links/machine-definition.ts";
import { expectNoViolations } from "./support/axe.ts";
import { expectOnScreen, expectState, floppy, openFiles, withOtherServer } from "./support/page.ts";

const alert = "problem-list .problem";
const { buffer } = floppy("hello.img", "Hello by link");
const SUM = createHash("sha256").update(buffer).digest("hex");

const linkTo = (definition: MachineDefinition) => `./#${encodeLink(definition)}`;

/** Addresses that anything in the page asks for, its workers too. */
function requestsOf(page: Page): string[] {
  const asked: string[] = [];
  page.context().on("request", (request) => asked.push(request.url()));
  return asked;
}

test("a machine is shared, and who has the link is asked before it is loaded", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await withOtherServer(buffer, true, async (url) => {
    await page.goto(`./?floppy=${encodeURIComponent(url)}&memory=32`);
    await expectState(page, "poweredOff");
    await page.getByRole("button", { name: "Share", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Title").fill("A floppy that greets");
    await dialog.getByLabel("Description").fill("It says hello.\nNothing more.");
    await expect(dialog.getByText("1.4 MiB, with checksum")).toBeVisible();
    await expectNoViolations(page);
    await dialog.getByRole("button", { name: "Copy link" }).click();
    await expect(dialog.getByText("Link copied")).toBeVisible();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(await dialog.getByRole("textbox", { name: /^Link/ }).inputValue());
    expect(link).toContain("/#machine=1.");

    const other = await context.newPage();
    const asked = requestsOf(other);
    await other.goto(link);
    const question = other.getByRole("dialog", { name: "Open “A floppy that greets”?" });
    await expect(question).toContainText("It says hello.");
    await expect(question.getByRole("row", { name: /hello\.img/ })).toContainText(new URL(url).host);
    await expect(question.getByRole("row", { name: /hello\.img/ })).toContainText("1.4 MiB, says the link");
    await expect(question.getByRole("row", { name: /hello\.img/ })).toContainText("by checksum");
    await expect(question).toContainText("32 MiB of this computer’s memory");
    await expectNoViolations(other);
    expect(asked.filter((each) => each.startsWith(url))).toEqual([]);
    await question.getByRole("button", { name: "Ask the servers for sizes" }).click();
    await expect(question.getByRole("row", { name: /hello\.img/ })).not.toContainText("says the link");
    await question.getByRole("button", { name: "Load and start" }).click();
    await expectOnScreen(other, /Hello by link/);
    expect(await other.evaluate(() => document.querySelector("vm-screen")!.machine!.plan.memoryMiB)).toBe(32);
  });
});

test("by keyboard alone: a link is refused with Escape, or opened", async ({ page }) => {
  await withOtherServer(buffer, true, async (url) => {
    const link = linkTo({ title: "Hello", floppy: { url, sha256: SUM, sizeBytes: buffer.length } });
    await page.goto(link);
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.locator("vm-screen")).toHaveCount(0);
    // The same link once more, in a page that is open already.
    await page.evaluate(() => (location.hash = ""));
    await page.evaluate((hash) => (location.hash = hash), link.slice(2));
    const start = page.getByRole("button", { name: "Load and start" });
    await expect(start).toBeVisible();
    for (let i = 0; i < 10 && !(await start.evaluate((each) => each === document.activeElement)); i++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expectOnScreen(page, /Hello by link/);
  });
});

test("in Spanish, too", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "languages", { value: ["es-AR"] }));
  await page.goto(linkTo({ title: "Saludo", floppy: { url: "https://files.example/saludo.img", sizeBytes: 1474560 } }));
  const question = page.getByRole("dialog", { name: "¿Abrir «Saludo»?" });
  await expect(question.getByRole("row", { name: /saludo\.img/ })).toContainText("1,4 MiB, dice el enlace");
  await expectNoViolations(page);
  await question.getByRole("button", { name: "No abrir" }).click();
  await page.goto("./#machine=1.AAAA");
  await expect(page.locator(alert)).toContainText("Este enlace está dañado o incompleto.");
});

test("a file of another content is refused: nothing of it runs", async ({ page }) => {
  await withOtherServer(floppy("", "Something else").buffer, true, async (url) => {
    await page.goto(linkTo({ title: "Hello", floppy: { url, sha256: SUM, sizeBytes: buffer.length } }));
    await page.getByRole("button", { name: "Load and start" }).click();
    await expect(page.locator(alert)).toContainText("is not the file that was asked for: its SHA-256 is another one");
    await page.goto("./");
    await page.goto(linkTo({ title: "Hello", floppy: { url, sizeBytes: 2 ** 30 } }));
    await page.getByRole("button", { name: "Ask the servers for sizes" }).click();
    await expect(page.getByRole("row", { name: /hello\.img/ })).toContainText(
      "but the link says 1 GiB: it will be refused",
    );
    await page.getByRole("button", { name: "Load and start" }).click();
    await expect(page.locator(alert)).toContainText("1474560 bytes, but 1073741824 were expected");
  });
  await expect(page.locator("vm-screen")).toHaveCount(0);
});

test("a link leaves the machines that are kept as they are", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "New machine…" }).click();
  await page.getByLabel("All on one page").check();
  await page.getByLabel("Operating system").selectOption("Alpine Linux");
  await page.getByLabel("Start it right away").uncheck();
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("complementary")).toBeVisible();
  const databases = () =>
    page.evaluate(async () => {
      const names = (await indexedDB.databases()).map(({ name }) => name!).sort();
      const open = (name: string) =>
        new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error!);
        });
      const sizes: string[] = [];
      for (const name of names) {
        const db = await open(name);
        for (const store of db.objectStoreNames) {
          const records = await new Promise<unknown[]>((resolve) => {
            const request = db.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => resolve(request.result as unknown[]);
          });
          sizes.push(`${name} ${store} ${JSON.stringify(records)}`);
        }
        db.close();
      }
      return sizes;
    });
  const before = await databases();
  expect(before.join()).toContain("alpine");
  await withOtherServer(buffer, true, async (url) => {
    await page.goto(linkTo({ title: "Hello", disks: [{ url }] }));
    await page.getByRole("button", { name: "Load and start" }).click();
    await expectState(page, "running");
  });
  expect(await databases()).toEqual(before);
});

test("a file that is only here is left out of the link until it has an address", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("mine.img", "Mine"));
  await expectOnScreen(page, /Mine/);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("left out");
  await expect(dialog).toContainText("This link describes a machine without any file to start from.");
  await dialog.getByLabel("Address of “mine.img”").fill("https://files.example/mine.img");
  await expect(dialog.getByRole("textbox", { name: /^Link/ })).toHaveValue(/#machine=1\./);
  await expectNoViolations(page);
});

const GOOD = encodeLink({ title: "x", floppy: { url: "https://files.example/x.img" } });
/** What a definition of ours could not hold is written as if by hand. */
const forged = (definition: object) => encodeLink(definition as MachineDefinition);

for (const [what, fragment, sentence] of [
  ["cut short", GOOD.slice(0, -7), "This link is damaged or cut short."],
  ["tampered with", GOOD.replace(/.{5}$/, "AAAAA"), "This link is damaged or cut short."],
  ["of a later format", GOOD.replace("=1.", "=9."), "This link was made by a later Posada (format 9)."],
  ["without end", `machine=1.${"A".repeat(500_000)}`, "This link is larger than any machine’s description."],
  ["that unpacks to very much", forged({ title: " ".repeat(30 * 2 ** 20) }), "This link is larger than"],
  [
    "to a file of the reader's",
    forged({ floppy: { url: "file:///etc/passwd" } }),
    "an address that links may not lead to",
  ],
  ["to a script", forged({ floppy: { url: "javascript:alert(1)" } }), "an address that links may not lead to"],
  [
    "with a script in its name",
    forged({ title: "<script>alert(1)</script>", floppy: { url: "a" } }),
    "hidden characters or markup in “title”",
  ],
  [
    "with an image in its name",
    forged({ floppy: { url: "a", name: "<img src=x onerror=alert(1)>" } }),
    "hidden characters or markup in “floppy.name”",
  ],
  [
    "that asks for all memory",
    forged({ memoryMiB: 2 ** 30, floppy: { url: "a" } }),
    "is wrong in “memoryMiB” (1073741824)",
  ],
  ["to another description", forged({ src: "other.json" }), "a part that is not known, “src”"],
  [
    "that would write to a disk",
    forged({ disks: [{ url: "a", writable: "keep" }] }),
    "a part that is not known, “disks.0.writable”",
  ],
] as const)
  // prettier-ignore
  test(`a link ${what} gets one clear sentence, and nothing runs`, async ({ page }) => {
    let asked = false;
    page.on("dialog", (dialog) => {
      asked = true;
      void dialog.dismiss();
    });
    const requests = requestsOf(page);
    await page.goto(`./#${fragment}`);
    await expect(page.locator(alert)).toHaveCount(1);
    await expect(page.locator(alert)).toContainText("This link was not opened");
    await expect(page.locator(alert)).toContainText(sentence);
    await expect(page.locator("vm-screen")).toHaveCount(0);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(asked).toBe(false);
    expect(requests.filter((url) => !url.startsWith("http://localhost:"))).toEqual([]);
  });

test("a link that leads back to the page itself finds a page, not an image", async ({ page }) => {
  await page.goto(linkTo({ title: "Again", cdrom: { url: "./" } }));
  await page.getByRole("button", { name: "Load and start" }).click();
  await expect(page.locator(alert)).toContainText("This is a web page, not an image file");
});
