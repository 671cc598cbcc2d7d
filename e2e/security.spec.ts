/** The page under its content security policy: everything works, and nothing is reported. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { expectOnScreen, expectState, floppy, openFiles } from "./support/page.ts";

declare global {
  interface Window {
    violations: string[];
  }
}

/** Notes every violation, also those before the page's own scripts run. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample} (${event.sourceFile}:${event.lineNumber})`),
    );
  }); // prettier-ignore
}
const violations = (page: Page) => page.evaluate(() => window.violations);

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

test("the pages and the server say the same policy, without unsafe-inline", async ({ page, request }) => {
  for (const name of ["index.html", "embed.html", "examples/index.html"]) {
    const html = readFileSync(`${dist}${name}`, "utf8");
    const meta = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1] ?? "";
    const header = (await request.get(name)).headers()["content-security-policy"] ?? "";
    for (const policy of [meta, header]) {
      expect(policy, name).toContain("default-src 'none'");
      expect(policy, name).toContain("require-trusted-types-for 'script'");
      expect(policy, name).not.toMatch(/'unsafe-inline'|'unsafe-eval'/);
    }
  }
  await page.goto("./");
  const inline = await page.evaluate(() => {
    const script = document.createElement("script");
    script.setAttribute("nonce", "x");
    let refused = "";
    try {
      script.textContent = "window.ran = true";
      document.body.append(script);
      document.body.innerHTML = "<img src=x onerror='window.ran = true'>";
    } catch (error) {
      refused = (error as Error).message;
    }
    return { refused, ran: "ran" in window };
  });
  expect(inline.ran).toBe(false);
  expect(inline.refused).toContain("Trusted");
});

test("a walk through the page reports no violation", async ({ page }) => {
  test.setTimeout(300_000);
  await watch(page);
  await page.goto("./");
  await page.getByRole("button", { name: "Guest files" }).click();
  await page.keyboard.press("Escape");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
  // The terminal of xterm.js, with the colors and sizes that it sets itself.
  await page.getByRole("button", { name: "Serial console" }).click();
  await expect(page.locator(".xterm-rows > div").first()).toBeVisible();
  const cell = await page
    .locator(".xterm-rows > div")
    .first()
    .evaluate((row) => getComputedStyle(row).fontFamily);
  expect(cell).not.toBe("");
  const rows = page.locator(".xterm-rows");
  expect(await rows.evaluate((each) => getComputedStyle(each).color)).toBe("rgb(243, 230, 214)");
  for (const panel of ["Session information", "Log"]) {
    await page.getByRole("button", { name: panel, exact: true }).click();
    await expect(page.getByRole("region", { name: panel })).toBeVisible();
  }
  await page.getByRole("button", { name: "Size of the screen" }).click();
  const checked = page.getByRole("menuitemcheckbox", { name: "Fit to the window" });
  await expect(checked).toBeVisible();
  // Its check mark is a picture of ours.
  await expect(checked.locator("use")).toHaveAttribute("href", /icons\.svg#check$/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Keys", exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: "PC keyboard on the screen" }).click();
  const keys = page.getByRole("region", { name: "PC keyboard" });
  await expect(keys).toBeVisible();
  // Keys have the widths of a keyboard, which are computed styles.
  const widths = await keys.getByRole("button").evaluateAll((all) => new Set(all.map((each) => each.clientWidth)).size);
  expect(widths).toBeGreaterThan(2);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();

  await page.getByRole("button", { name: "New machine…" }).click();
  await page.getByLabel("All on one page").check();
  await page.getByLabel("Operating system").selectOption("Alpine Linux");
  await page.getByLabel("Start it right away").uncheck();
  await page.getByRole("button", { name: "Create" }).click();
  const details = page.getByRole("complementary");
  await details.getByRole("button", { name: "Take a snapshot" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take a snapshot" }).click();
  await details.getByText("Snapshot 1").click();
  await details.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("tab", { name: "Drives" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Media", exact: true }).click();
  await expect(page.locator("media-page .medium")).toHaveCount(1);
  expect(await violations(page)).toEqual([]);
});

test("a machine by address runs without a violation in the page or its worker", async ({ page }) => {
  test.skip(!existsSync(`${dist}guests/vmlinuz-cloud-amd64`), "the default guest is not here (npm run guests)");
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await watch(page);
  await page.goto("./?kernel=guests/vmlinuz-cloud-amd64&initrd=guests/initrd-cloud-amd64.gz&memory=128&autostart=1");
  await expectState(page, "running");
  await expectOnScreen(page, /posada:\S*# *$/);
  expect(await violations(page)).toEqual([]);
  // A worker's violations are told in the console alone.
  expect(errors.filter((text) => /Content Security|Trusted/i.test(text))).toEqual([]);
});
