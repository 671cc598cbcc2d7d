/** GRUB's rescue media, started by SeaBIOS: the menu, the prompt, and `ls` lists the devices. */
import { expect, test } from "vitest";
import { Guest } from "./support/guest.ts";
import type { GuestSpec } from "./support/guest.ts";

const MEDIA: [string, GuestSpec, RegExp][] = [
  ["CD", { cdrom: "grub-rescue.iso", bootOrder: ["cdrom"] }, /^\(cd\)/m],
  ["floppy", { floppy: "grub-rescue.img", bootOrder: ["floppy"] }, /^\(fd0\)/m],
];

test.for(MEDIA)("GRUB rescue %s", async ([, drive, devices], context) => {
  const guest = await Guest.make(context, { memoryMiB: 64, ...drive });
  await guest.untilScreen("GNU GRUB  version");
  await guest.untilScreen("`c' for a command-line");
  await guest.type("c");
  await guest.untilScreen(/^grub>$/m);
  await guest.type("echo $grub_platform $grub_cpu\n");
  await guest.untilScreen(/^pc i386$/m);
  expect(await guest.screen()).not.toMatch(/error/);
  // It goes on to look for a floppy in an empty drive, for seconds.
  await guest.type("ls\n");
  await guest.untilScreen(devices);
});
