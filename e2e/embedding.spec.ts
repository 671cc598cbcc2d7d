/** Story: machines in other people's pages, by an element or in a frame. The pages are the live examples of the site. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import type {} from "../src/embed/posada-machine.ts";
import { encodeLink } from "../src/services/links/link-code.ts";
import { expectNoViolations } from "./support/axe.ts";
import { guest } from "./support/guests.ts";
import { floppy } from "./support/page.ts";

/** What is on the screen of an element, found by its id. */
const textOf = (page: Page, id: string) =>
  page.evaluate(async (each) => {
    const element = document.getElementById(each) as HTMLElementTagNameMap["posada-machine"];
    return ((await element.machine?.screenText()) ?? []).join("\n");
  }, id);
const stateOf = (page: Page, id: string) =>
  page.evaluate((each) => {
    const element = document.getElementById(each) as HTMLElementTagNameMap["posada-machine"];
    return element.machine?.state ?? null;
  }, id);

test("the page of examples: an element with a definition, driven by script and by keyboard", async ({ page }) => {
  guest("vmlinuz-cloud-amd64");
  const violations: string[] = [];
  page.on("console", (message) => message.type() === "error" && violations.push(message.text()));
  await page.goto("examples/index.html");
  const linux = page.locator("#linux");
  await expect(linux.getByRole("button", { name: "Start" }).first()).toBeVisible();
  await expectNoViolations(page, "iframe");
  await page.getByRole("button", { name: "Ask the first machine" }).click();
  await expect(page.getByRole("log")).toContainText("Linux posada", { timeout: 120_000 });
  await expect(page.getByRole("log")).toContainText("x86_64");
  // Keys go to the guest, until the host key gives them back.
  await linux.locator("canvas").click();
  await page.keyboard.type("seq 4 2 8\n", { delay: 40 });
  await expect.poll(() => textOf(page, "linux")).toMatch(/^6 *$/m);
  await page.keyboard.press("ControlRight");
  await expect(linux.getByRole("button", { name: "Pause" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect.poll(() => stateOf(page, "linux")).toBe("paused");
  expect(violations).toEqual([]);
});

test("several on one page, each for itself; unseen ones stand still if that is asked for", async ({ page }) => {
  guest("memtest86plus-ia32.iso");
  guest("grub-rescue.img");
  await page.goto("examples/index.html");
  for (const id of ["memtest", "grub"])
    await page.locator(`#${id}`).getByRole("button", { name: "Start" }).first().click();
  await expect.poll(() => textOf(page, "memtest"), { timeout: 90_000 }).toMatch(/Memtest86\+/);
  await expect.poll(() => textOf(page, "grub"), { timeout: 90_000 }).toMatch(/GNU GRUB/);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  for (const id of ["memtest", "grub"]) await expect.poll(() => stateOf(page, id)).toBe("paused");
  await page.locator("#memtest").scrollIntoViewIfNeeded();
  await expect.poll(() => stateOf(page, "memtest")).toBe("running");
  // One that was paused by hand stays so.
  await page.evaluate(() => (document.getElementById("memtest") as HTMLElementTagNameMap["posada-machine"]).pause());
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForTimeout(300);
  await page.locator("#memtest").scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  expect(await stateOf(page, "memtest")).toBe("paused");
});

test("a frame is driven by messages", async ({ page }) => {
  guest("vmlinuz-cloud-amd64");
  await page.goto("examples/index.html");
  const said = page.locator("#frame-said");
  await expect(said).toHaveText("ready");
  await page.locator("#frame-start").click();
  await expect(said).toHaveText("running", { timeout: 60_000 });
  const frame = page.frameLocator("#framed");
  const screen = () =>
    frame.locator("posada-machine").evaluate(async (element) => {
      const { machine } = element as HTMLElementTagNameMap["posada-machine"];
      return ((await machine!.screenText()) ?? []).join("\n");
    });
  await expect.poll(screen, { timeout: 120_000 }).toMatch(/posada:\S*# *\s*$/);
  await page.getByRole("button", { name: "Type “uname”" }).click();
  await expect.poll(screen).toContain("Linux posada");
  await page.getByRole("button", { name: "Screenshot" }).click();
  await expect(page.getByAltText("Screenshot of the machine in the frame")).toBeVisible();
  expect(await page.locator("#picture").evaluate((each) => (each as HTMLImageElement).naturalWidth)).toBeGreaterThan(
    600,
  );
  await page.locator("#frame-pause").click();
  await expect(said).toHaveText("paused");
});

/** A page of another origin with a frame of ours, which notes what it is told. */
async function withForeignPage(page: Page, frameUrl: string, use: () => Promise<void>): Promise<void> {
  const html = `<!doctype html><title>other</title><iframe src="${frameUrl.replaceAll("&", "&amp;")}"></iframe>
    <script>window.told = []; addEventListener("message", (event) => told.push(event.data));</script>`;
  const server = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end(html));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await use();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

interface Told {
  told: { event?: string; id?: number; result?: unknown; error?: { code: string } }[];
}
const told = (page: Page) => page.evaluate(() => (window as unknown as Told).told);
const ask = (page: Page, id: number, call: string) =>
  page.evaluate(([n, name]) => document.querySelector("iframe")!.contentWindow!.postMessage({ posada: 1, id: n, call: name }, "*"), [id, call] as const); // prettier-ignore

test("a frame talks only to the origins that its address names", async ({ page, baseURL }) => {
  const link = encodeLink({ title: "Hello", floppy: { url: "nothing.img" } });
  await withForeignPage(page, `${baseURL}embed.html?origin=https://school.example#${link}`, async () => {
    await expect(page.frameLocator("iframe").locator("posada-machine")).toBeVisible();
    await ask(page, 1, "start");
    await page.waitForTimeout(1000);
    expect(await told(page)).toEqual([]);
    await expect(page.frameLocator("iframe").locator("posada-machine .text")).toHaveText("");
  });
  await page.goto("embed.html?origin=*");
  await expect(page.getByText('"*" is no origin')).toBeVisible();
});

test("a page of another origin that is named drives its frame, by a link", async ({ page, baseURL }) => {
  const { buffer } = floppy("", "Hello in a frame");
  await page
    .context()
    .route("**/frame-hello.img", (route) =>
      route.fulfill({ body: buffer, headers: { "Content-Length": String(buffer.length) } }),
    );
  const link = encodeLink({ title: "Hello", floppy: { url: "frame-hello.img", sizeBytes: buffer.length } });
  // The origin of the page is known when its server listens.
  const server = createServer((request, response) => {
    const own = `http://${request.headers.host}`;
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end(
        `<!doctype html><title>other</title><iframe src="${baseURL}embed.html?origin=${own}#${link}"></iframe><script>window.told = []; addEventListener("message", (event) => told.push(event.data));</script>`,
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await expect.poll(() => told(page)).toEqual([{ posada: 1, event: "ready" }]);
    await ask(page, 1, "start");
    await expect.poll(async () => (await told(page)).find(({ id }) => id === 1)).toMatchObject({ result: null });
    await expect
      .poll(async () => {
        await ask(page, 2, "screenText");
        return JSON.stringify((await told(page)).findLast(({ id }) => id === 2));
      })
      .toContain("Hello in a frame");
    await ask(page, 3, "nonsense");
    await expect.poll(async () => (await told(page)).find(({ id }) => id === 3)?.error?.code).toBe("badCall");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("what is wrong with a definition is said in the element, and told", async ({ page }) => {
  await page.goto("examples/index.html");
  const errors = await page.evaluate(async () => {
    const said: string[] = [];
    for (const attributes of [
      { src: "nothing.json" },
      { src: "index.html" },
      { src: "file:///etc/passwd" },
      { floppy: "javascript:alert(1)" },
      { floppy: "a.img", memory: "lots" },
      {},
      { floppy: "nothing.img" },
    ] as Record<string, string>[]) {
      const element = document.createElement("posada-machine");
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      document.body.append(element);
      await element.start().catch(() => undefined);
      said.push(element.shadowRoot!.querySelector(".text")!.textContent!);
      element.remove();
    }
    return said;
  });
  expect(errors[0]).toContain("404");
  expect(errors[1]).toContain("is not JSON");
  expect(errors[2]).toContain("notFetchable src");
  expect(errors[3]).toContain("notFetchable");
  expect(errors[4]).toContain("memoryMiB");
  expect(errors[5]).toContain("nothing");
  expect(errors[6]).toMatch(/There is no file at|404/);
});
