/** Memtest86+ from CD, both builds: a minute of testing by its own clock, without an error. */
import { expect, test } from "vitest";
import { Guest } from "./support/guest.ts";

test.for(["x64", "ia32"])("Memtest86+ %s tests for 60 s without errors", async (word, context) => {
  const guest = await Guest.make(context, {
    memoryMiB: 64,
    cdrom: `memtest86plus-${word}.iso`,
    bootOrder: ["cdrom"],
  });
  await guest.untilScreen(/Memtest86\+ v\d/);
  await guest.untilScreen(/Status: Testing/, 30);
  await guest.untilScreen(/Time:\s+0:01:0\d/, 90);
  const screen = await guest.screen();
  expect(screen).toMatch(/Status: Testing/);
  expect(screen).toMatch(/Errors: 0\s/);
  expect(screen).toMatch(/Memory\s*:\s*64MB/);
});
