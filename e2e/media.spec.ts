/** One's own images: opened, dropped, put into drives; and what is said of those that are no use. */
import { expect, test } from "@playwright/test";
import { cd, disk, dropFiles, expectOnScreen, expectState, faultingFloppy, floppy, formatted, openFiles, startButton } from "./support/page.ts"; // prettier-ignore

const alert = "problem-list .problem";

for (const [kind, file] of [
  ["floppy", floppy("hello.img", "Hello from a floppy")],
  ["disk", disk("hello.raw", "Hello from a disk")],
  ["CD", cd("hello.iso", "Hello from a CD")],
] as const)
  test(`a dropped ${kind} image boots`, async ({ page }) => {
    await page.goto("./");
    await dropFiles(page, file);
    await expectState(page, "running");
    await expectOnScreen(page, new RegExp(`Hello from a ${kind}`));
    await expect(page).toHaveTitle(new RegExp(file.name));
  });

test("an opened image gets the memory that was chosen", async ({ page }) => {
  await page.goto("./");
  await page.getByLabel("Memory").fill("64");
  await page.getByLabel("Memory").press("Tab");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
  const memoryMiB = await page.evaluate(() => document.querySelector("vm-screen")!.machine!.plan.memoryMiB);
  expect(memoryMiB).toBe(64);
});

test("a CD goes into the drive of a running machine and comes out again", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
  await dropFiles(page, cd("other.iso", "no"));
  await expect(page.getByRole("status").filter({ hasText: "CD “other.iso” inserted" })).toBeAttached();
  await page.getByRole("button", { name: "Drives" }).click();
  await expect(page.getByRole("menuitem", { name: /Insert CD/ })).toContainText("other.iso");
  await page.getByRole("menuitem", { name: "Eject CD" }).click();
  await expect(page.getByRole("status").filter({ hasText: "CD ejected" })).toBeAttached();
  await expectState(page, "running");
});

test("a disk beside a running machine is another machine; both go on, and one is closed", async ({ page }) => {
  await page.goto("./");
  await dropFiles(page, floppy("first.img", "First machine"));
  await expectOnScreen(page, /First machine/);
  await dropFiles(page, disk("second.raw", "Second machine"));
  await expectOnScreen(page, /Second machine/);
  const open = page.getByRole("navigation", { name: "Open machines" });
  await expect(open.getByRole("button", { name: /^first\.img Running/ })).toBeVisible();
  await expect(open.locator("canvas")).toHaveCount(1);
  await open.getByRole("button", { name: /^first\.img/ }).click();
  await expectOnScreen(page, /First machine/);
  await open.getByRole("button", { name: "Close second.raw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(open).toBeVisible();
  await open.getByRole("button", { name: "Close second.raw" }).click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();
  await expect(open).toHaveCount(0);
  await expectState(page, "running");
});

test("a file that does not say what it is is asked about", async ({ page }) => {
  await page.goto("./");
  const blank = { name: "mystery", mimeType: "", buffer: Buffer.alloc(720 * 1024 + 512) };
  await openFiles(page, blank);
  await expect(page.getByRole("dialog", { name: "What is “mystery”?" })).toBeVisible();
  await page.getByRole("button", { name: "Hard disk" }).click();
  await expectState(page, "running");
  await expectOnScreen(page, /No bootable device|Boot failed|Booting from/);
});

const bad: [string, string, Buffer, RegExp][] = [
  ["an empty file", "empty.iso", Buffer.alloc(0), /empty/],
  ["a truncated CD", "cut.iso", cd("", "", 90_000).buffer, /cut short: it should be 17\d MB/],
  ["a CD that is too small", "small.iso", Buffer.alloc(5000), /too small for a CD image/],
  ["a truncated floppy", "floppy.img", formatted("").buffer.subarray(0, 1_000_000), /cut short: it should be 1\.4 MB/],
  ["a truncated kernel", "vmlinuz", truncatedKernel(), /Linux kernel is cut short/],
  ["something else as a kernel", "vmlinuz", Buffer.alloc(9000, "text "), /not a kernel/],
  ["a truncated disk", "disk.raw", disk("", "").buffer.subarray(0, 5_000_001 - 812_000), /whole number of 512-byte/],
  ["a compressed image", "disk.img.gz", Buffer.from([0x1f, 0x8b, 8, 0]), /compressed \(gzip\)/],
  ["a web page", "image.iso", Buffer.from("<!doctype html><title>404</title>"), /web page/],
  ["a text", "letter.txt", Buffer.from("Dear innkeeper"), /not recognized/],
];

function truncatedKernel(): Buffer {
  const kernel = Buffer.alloc(4096);
  kernel.write("HdrS", 0x202, "latin1");
  kernel.writeUInt32LE(100_000, 0x1f4);
  return kernel;
}

for (const [what, name, buffer, sentence] of bad)
  test(`${what} gets one sentence, and the page goes on`, async ({ page }) => {
    await page.goto("./");
    await openFiles(page, { name, mimeType: "", buffer });
    await expect(page.locator(alert)).toHaveCount(1);
    await expect(page.locator(alert)).toContainText(`“${name}” cannot be used`);
    await expect(page.locator(alert)).toContainText(sentence);
    await expect(startButton(page)).toBeEnabled();
    await page.getByRole("button", { name: /^Dismiss/ }).click();
    await expect(page.locator(alert)).toHaveCount(0);
  });

test("a damaged disk image is named, with what is wrong in it", async ({ page }) => {
  await page.goto("./");
  const buffer = Buffer.from("QFI\xfb".padEnd(600), "latin1");
  await openFiles(page, { name: "vm.qcow2", mimeType: "", buffer });
  await expect(page.locator(alert)).toHaveCount(1);
  await expect(page.locator(alert)).toContainText(/Disk 1 \(vm\.qcow2\): QCOW images of version \d+ are not read/);
});

test("more memory than the browser gives is said, and the page goes on", async ({ page }) => {
  // As a browser does that has no room left.
  const patch = `WebAssembly.Memory = class { constructor() { throw new RangeError("could not allocate memory"); } };`;
  await page.route("**/assets/entry-browser-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: patch + (await response.text()) });
  });
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expect(page.locator(alert)).toContainText("There is not enough memory");
  await expect(startButton(page)).toBeEnabled();
});

test("a guest that triple-faults is shown, and can be reset", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, faultingFloppy());
  await expectState(page, "aborted");
  await expect(page.locator(alert)).toContainText("triple fault");
  await page.getByRole("button", { name: "Reset machine" }).click();
  await expect(page.locator(alert)).toContainText("triple fault"); // it does the same again
  await page.getByRole("button", { name: "Leave machine" }).click();
  await expect(startButton(page)).toBeEnabled();
});

test("loading can be cancelled", async ({ page }) => {
  await page.route("**/vmlinuz-cloud-amd64", () => {}); // never answered
  await page.goto("./");
  await startButton(page).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(startButton(page)).toBeEnabled();
  await expect(page.locator(alert)).toHaveCount(0);
});
