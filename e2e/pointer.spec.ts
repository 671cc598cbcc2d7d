/** The mouse: captured where the guest wants motion, absolute where it has such a pointer. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { BOOT_MS, expectOnScreen, expectState, floppy, openFiles, screen } from "./support/page.ts";

/** What the page asks of the machine's mouse. */
async function listen(page: Page) {
  return page.evaluateHandle(() => {
    const told: string[] = [];
    const machine = document.querySelector("vm-screen")!.machine!;
    machine.moveMouse = async (dx, dy, wheel = 0) => void told.push(`move ${dx} ${dy} ${wheel}`);
    machine.pointTo = async (x, y) => void told.push(`at ${x.toFixed(2)} ${y.toFixed(2)}`);
    machine.mouseButton = (button, down) => void told.push(`${button} ${down ? "down" : "up"}`);
    return told;
  });
}

const setMachine = (page: Page, state: { pointerAbsolute?: boolean; text?: boolean }) =>
  page.evaluate(({ pointerAbsolute = false, text = true }) => {
    const machine = document.querySelector("vm-screen")!.machine!;
    machine.pointerAbsolute = pointerAbsolute;
    machine.screenMode = { ...machine.screenMode!, text };
    machine.dispatchEvent(new Event("change"));
  }, state);

const locked = (page: Page) => page.evaluate(() => document.pointerLockElement instanceof HTMLCanvasElement);

test.beforeEach(async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
});

test("an absolute pointer follows the page's, with buttons and wheel", async ({ page }) => {
  await setMachine(page, { pointerAbsolute: true });
  const told = await listen(page);
  const box = (await screen(page).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
  await page.mouse.down({ button: "right" });
  await page.mouse.up({ button: "right" });
  await page.mouse.wheel(0, 200);
  await expect.poll(() => told.jsonValue()).toContain("move 0 0 2");
  const all = await told.jsonValue();
  expect(all[0]).toBe("at 0.50 0.25");
  expect(all.filter((line) => line.startsWith("right"))).toEqual(["right down", "right up"]);
  expect(await locked(page)).toBe(false);
});

test("in a graphics mode a click captures the mouse; the page says how to get it back", async ({ page }) => {
  await setMachine(page, { text: false });
  const told = await listen(page);
  await screen(page).click();
  await expect.poll(() => locked(page)).toBe(true);
  await expect(page.getByText("Esc gives it back")).toBeVisible();
  expect(await told.jsonValue()).toEqual([]); // that click was for the page
  const box = (await screen(page).boundingBox())!;
  await page.mouse.move(box.x + 40, box.y + 30);
  await page.mouse.down();
  await page.mouse.up();
  await expect.poll(() => told.jsonValue()).toContain("left up");
  expect((await told.jsonValue()).some((line) => line.startsWith("move"))).toBe(true);
  await page.getByRole("button", { name: "Pause" }).dispatchEvent("click");
  await expectState(page, "paused");
  await expect.poll(() => locked(page)).toBe(false);
});

test("in a text mode a click takes the keyboard alone; a button captures the mouse", async ({ page }) => {
  await screen(page).click();
  await expect(screen(page)).toBeFocused();
  expect(await locked(page)).toBe(false);
  await page.getByRole("button", { name: "Capture pointer" }).click();
  await expect.poll(() => locked(page)).toBe(true);
});

test("KolibriOS comes to its desktop, and its pointer moves with the mouse", async ({ page }) => {
  test.setTimeout(300_000);
  const image = { name: "kolibrios.img", mimeType: "", buffer: readFileSync(guest("kolibrios-1440k.img")) };
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();
  await openFiles(page, image);
  // Its own menu goes on by itself after a while; Enter goes on at once.
  await expectOnScreen(page, /Kolibri|default|boot/i);
  await screen(page).click();
  await page.keyboard.press("Enter");
  const mode = () => page.evaluate(() => document.querySelector("vm-screen")!.machine!.screenMode);
  await expect.poll(async () => (await mode())?.text, { timeout: BOOT_MS }).toBe(false);
  await expect.poll(async () => (await mode())!.widthPx, { timeout: BOOT_MS }).toBeGreaterThanOrEqual(640);
  /** How many pixels are different from the last time that this was asked. */
  const changedPixels = () =>
    page.evaluate(async () => {
      const png = (await document.querySelector("vm-screen")!.machine!.screenshot())!;
      const image = await createImageBitmap(png);
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      const kept = globalThis as { lastPixels?: Uint32Array };
      const before = kept.lastPixels ?? new Uint32Array(0);
      kept.lastPixels = pixels;
      return pixels.reduce((sum, pixel, i) => sum + Number(pixel !== before[i]), 0);
    });
  // Only its clock changes once the desktop stands.
  await expect.poll(changedPixels, { timeout: BOOT_MS, intervals: [2000] }).toBeLessThan(400);
  await page.evaluate(() => document.querySelector("vm-screen")!.machine!.moveMouse(60, 60));
  await expect.poll(changedPixels).toBeGreaterThan(40);
});
