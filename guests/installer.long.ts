/**
 * Debian's installer as it comes: it draws its pages in a graphics mode. Spanish is chosen with the keyboard, and the
 * next page is in Spanish.
 */
import { expect, test } from "vitest";
import { CellReader } from "./support/cell-text.ts";
import { Guest } from "./support/guest.ts";

const PROMPT = "Choose the language to be used for the installation process.";
const isRed = (color: number) => color >> 16 > 0x80 && (color & 0xff) < 0x40 && ((color >> 8) & 0xff) < 0x40;

test.for(["amd64", "i386"])("Debian installer, %s: Spanish", async (architecture, context) => {
  const guest = await Guest.make(context, {
    memoryMiB: 1024,
    kernel: `installer-${architecture}-vmlinuz`,
    initrd: `installer-${architecture}-initrd.gz`,
    commandLine: "mitigations=off cryptomgr.notests",
  });
  const reader = new CellReader(8, 16);
  const isShown = async () => (await guest.screen()) === "" && reader.learn(await guest.picture(), PROMPT);
  await guest.until("the question for the language", isShown, 120, 2000);
  expect(reader.learn(await guest.picture(), "[!!] Select a language")).toBe(true);

  const chosen = async () => reader.readOn(await guest.picture(), isRed);
  expect(await chosen()).toMatch(/^.nglish/);
  for (let pressed = 0; !(await chosen()).startsWith("Spanish"); pressed++) {
    expect(pressed, "times that the arrow was pressed").toBeLessThan(100);
    await guest.press("ArrowDown");
    await guest.run(200);
  }
  await guest.press("Enter");
  const page = async () => reader.read(await guest.picture()).join("\n");
  await guest.until("the next page in Spanish", async () => /Seleccione su ubicaci/.test(await page()), 30, 1000);
  // Letters that the English page has not shown are unknown.
  expect(await page()).toMatch(/.a ubicaci.n seleccionada a.u/);
});
