/** Machines that go on from a published state: the default guest, and a folder for any static host. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import {
  bootDefaultGuest,
  expectOnScreen,
  expectState,
  PROMPT,
  screen,
  screenText,
  serialText,
  startButton,
  typeForGuest,
} from "./support/page.ts";
import { guest } from "./support/guests.ts";
import { posada } from "./support/posada.ts";
// @ts-expect-error a script without types
import { fileHandler } from "../scripts/lib/static-server.mjs";

/** Of `bench/visits` without compression; here nothing is in the browser's cache either. */
const MAX_BYTES = 6e6;

test("the default guest is at its prompt without a boot, and little is loaded for that", async ({ page }) => {
  guest("saved/debian-cloud-amd64/machine.json");
  let bytes = 0;
  page.on("response", (response) => (bytes += Number(response.headers()["content-length"] ?? 0)));
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto("./");
  await startButton(page).click();
  await expectOnScreen(page, PROMPT);
  expect(bytes).toBeGreaterThan(1e6);
  expect(bytes).toBeLessThan(MAX_BYTES);
  expect(asked.filter((url) => url.includes("vmlinuz"))).toEqual([]);
  await typeForGuest(page, "uname -m; uptime\n");
  await expectOnScreen(page, /^x86_64$/m);
  expect(await serialText(page)).toContain("Run /init as init process");

  await test.step("everything that it has can be used, and it starts anew", async () => {
    await typeForGuest(page, "clear; md5sum /bin/busybox; echo read\n");
    await expectOnScreen(page, /^[0-9a-f]{32} +\/bin\/busybox\nread$/m);
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    await expect.poll(() => asked.some((url) => url.includes("vmlinuz"))).toBe(true);
    await expect.poll(() => screenText(page)).not.toContain("read");
    await expectOnScreen(page, PROMPT);
  });
});

test("where the state is of no use, the default guest boots", async ({ page }) => {
  guest("saved/debian-cloud-amd64/machine.json");
  await page.route(/guests\/saved/, (route) => route.fulfill({ status: 404, body: "" }));
  await bootDefaultGuest(page);
  expect(await serialText(page)).toContain("Run /init as init process");
});

test("a published folder works from a host without headers, with its title, description and picture", async ({
  page,
}) => {
  const folder = await mkdtemp(join(tmpdir(), "posada-published-"));
  // Any static host: no isolation headers.
  const answer = fileHandler(folder, { headers: {} });
  const server = createServer((request, response) => answer(request, response));
  try {
    const floppy = guest("freedos-720k.img");
    const done = await posada(
      ...["publish", folder, "--title", "DOS & <friends>", "--description", "A prompt", "--memory", "16"],
      ...["--floppy", floppy, "--boot", "floppy", "--serial", "none", "--until", "A:\\>", "--rehearse", "dir\\n"],
      ...["--watch", "1", "--timeout", "120"],
    );
    expect(done.stderr).toMatch(/MB are loaded before its screen lives/);
    expect(done.status).toBe(0);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await expect(page).toHaveTitle(/DOS & <friends>/);
    expect(await page.locator('meta[property="og:image"]').getAttribute("content")).toMatch(
      /^data\/[0-9a-f]{32}\.png$/,
    );
    expect(await page.locator('meta[name="description"]').getAttribute("content")).toBe("A prompt");
    await page.getByRole("button", { name: "Start", exact: true }).first().click();
    await expectState(page, "running");
    await expectOnScreen(page, /^A:\\>$/m);
    await screen(page).click();
    await typeForGuest(page, "dir\n");
    await expectOnScreen(page, /COMMAND\s+COM/);
    expect(asked.filter((path) => path.startsWith("/guests"))).toEqual([]);

    await test.step("a part that is missing is named", async () => {
      await writeFile(join(folder, "machine.json"), "{}");
      await page.reload();
      await expect(page.getByRole("alert").first()).toContainText("no description of a machine");
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
