/** Small systems that live on the BIOS, from floppies. */
import { test } from "vitest";
import { Guest } from "./support/guest.ts";

test("FreeDOS: prompt and directory", async (context) => {
  const guest = await Guest.make(context, { memoryMiB: 32, floppy: "freedos-720k.img", bootOrder: ["floppy"] });
  await guest.untilScreen(/^A:\\>$/m);
  await guest.type("dir\n");
  await guest.untilScreen(/COMMAND\s+COM\s+66,090[^]*18 file\(s\)\s+401,541 bytes[^]*bytes free\s+A:\\>$/);
  await guest.type("ver\n");
  await guest.untilScreen(/FreeCom version/);
});

test("MikeOS: dialog, menu of programs, and one of them", async (context) => {
  const guest = await Guest.make(context, { memoryMiB: 32, floppy: "mikeos-1440k.img", bootOrder: ["floppy"] });
  await guest.untilScreen("Please select an interface");
  await guest.press("Enter");
  await guest.untilScreen(/Please select a file[^]*EDIT\.BIN[^]*CALC\.BAS/);
});
