/** The main story: one click, and Debian's kernel boots to a shell that takes the keyboard. */
import { expect, test } from "@playwright/test";
import { bootDefaultGuest, expectOnScreen, expectState, PROMPT, screen, screenText, serialText, type } from "./support/page.ts"; // prettier-ignore

test("the default guest boots to a prompt, takes the keyboard and switches itself off", async ({ page }) => {
  await bootDefaultGuest(page);
  await expectState(page, "running");
  await expect(screen(page)).toBeFocused();
  expect(await screen(page).count()).toBe(1);

  await type(page, "uname -m\n");
  await expectOnScreen(page, /^x86_64$/m);
  expect(await serialText(page)).toContain("Run /init as init process");
  const line = page.getByRole("group", { name: "Status of the machine" });
  await expect(line).toContainText("Running");
  await expect(line).toContainText(/MIPS/);
  await expect(line).toContainText(/9\d%|100%/); // a prompt is idle

  await test.step("pause and resume", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await expectState(page, "paused");
    await page.getByRole("button", { name: "Resume" }).first().click();
    await expectState(page, "running");
    await expect(screen(page)).toBeFocused();
    await type(page, "echo still here\n");
    await expectOnScreen(page, /^still here$/m);
  });

  await test.step("text from an on-screen keyboard is typed", async () => {
    await page.locator("vm-screen textarea").focus();
    await page.keyboard.insertText("echo by touch\n");
    await expectOnScreen(page, /^by touch$/m);
  });

  await test.step("full screen has the screen alone; the host key brings the controls", async () => {
    await page.getByRole("button", { name: "Full screen" }).click();
    await expect(page.locator(".machine:fullscreen")).toBeVisible();
    await expect(screen(page)).toBeFocused();
    const tools = page.locator("machine-toolbar .tools");
    await expect(tools).toHaveCSS("opacity", "0.01");
    await page.keyboard.press("ControlRight");
    await expect(tools).toHaveCSS("opacity", "1");
    await page.getByRole("button", { name: "Leave full screen" }).press("Enter");
    await expect(page.locator(".machine:fullscreen")).toHaveCount(0);
  });

  await test.step("a screenshot is a PNG named for the machine", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Screenshot" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^Debian, 64-bit .*\.png$/);
    const head = (await (await import("node:fs/promises")).readFile(await file.path())).subarray(0, 8);
    expect([...head]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  });

  await test.step("it ends by ACPI, and starts again", async () => {
    await screen(page).click();
    await type(page, "poweroff\n");
    await expectState(page, "poweredOff");
    await expect(page.getByText("The machine is switched off")).toBeVisible();
    await page.getByRole("button", { name: "Start", exact: true }).first().click();
    await expectState(page, "running");
    await expect(screen(page)).toBeFocused();
    await expect.poll(() => screenText(page), { timeout: 60_000 }).not.toMatch(/still here/);
    await expectOnScreen(page, PROMPT);
  });
});

test("the serial console shows what was written before, and takes keys", async ({ page }) => {
  await bootDefaultGuest(page);
  await page.getByRole("button", { name: "Serial console" }).click();
  const console = page.getByRole("region", { name: "Serial console" });
  await expect(console).toContainText("BusyBox");
  await expect.poll(() => serialText(page)).toMatch(/posada:\S*# /);
  await type(page, "echo $((6*7)) by serial\n");
  await expect.poll(() => serialText(page)).toContain("\n42 by serial");
  await expect(console).toContainText("42 by serial");
  expect(await screenText(page)).not.toContain("by serial");
  await page.keyboard.press("ControlRight");
  await expect(page.getByRole("button", { name: "Serial console" })).toBeFocused();
});

test("nothing is fetched from anywhere else", async ({ page, baseURL }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== new URL(baseURL!).origin) elsewhere.push(request.url());
  });
  await bootDefaultGuest(page);
  await page.getByRole("button", { name: "Drives" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Serial console" }).click();
  await expect(page.locator("serial-console .xterm")).toBeVisible();
  expect(elsewhere).toEqual([]);
});

test("the power button lets the guest end; pulling the plug needs no guest", async ({ page }) => {
  await bootDefaultGuest(page);
  await page.getByRole("button", { name: "Power button" }).click();
  await expectState(page, "poweredOff");
  await page.getByRole("button", { name: "Start", exact: true }).first().click();
  await expectState(page, "running");
  await page.getByRole("button", { name: "Power off" }).click();
  await expectState(page, "poweredOff");
});

test("Ctrl+Alt+Del and Reset begin again, and nothing of before is left", async ({ page }) => {
  await bootDefaultGuest(page);
  for (const button of ["Ctrl+Alt+Del", "Reset"]) {
    await screen(page).click();
    await type(page, "touch mark; ls mark\n");
    await expectOnScreen(page, /^mark$/m);
    await page.getByRole("button", { name: button, exact: true }).click();
    await expect.poll(() => screenText(page)).not.toMatch(/mark/);
    await expectOnScreen(page, PROMPT);
    await screen(page).click();
    await type(page, "ls mark\n");
    await expectOnScreen(page, /ls: mark: No such file/);
  }
});

test("leaving a running machine asks first, and gives the start page back", async ({ page }) => {
  await bootDefaultGuest(page);
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expectState(page, "running");
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("html")).not.toHaveAttribute("data-vm-state");
});
