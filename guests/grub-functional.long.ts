/** GRUB's functional tests: its own arithmetic, ciphers, fonts, scripts and every video mode, drawn and summed up. */
import { expect, test } from "vitest";
import { Guest } from "./support/guest.ts";

test("GRUB functional tests: ALL TESTS PASSED", async (context) => {
  const guest = await Guest.make(context, {
    memoryMiB: 256,
    cdrom: "grub-functional-tests.iso",
    bootOrder: ["cdrom"],
  });
  await guest.untilSerial(/ALL TESTS PASSED|FAIL/, 3600);
  expect(guest.serial).not.toMatch(/FAIL/);
});
