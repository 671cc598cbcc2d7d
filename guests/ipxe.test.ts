/** iPXE from CD: its banner, and its prompt for who asks for it in time. */
import { test } from "vitest";
import { Guest } from "./support/guest.ts";

test("iPXE: banner and prompt", async (context) => {
  const guest = await Guest.make(context, { memoryMiB: 64, cdrom: "ipxe.iso", bootOrder: ["cdrom"] });
  await guest.untilScreen(/iPXE 1\.\S+ -- Open Source Network Boot Firmware/);
  await guest.untilScreen("Press Ctrl-B for the iPXE command line");
  await guest.press("ControlLeft", "KeyB");
  await guest.untilScreen(/^iPXE>$/m);
  await guest.type("echo ${platform} ${version}\n");
  await guest.untilScreen(/^pcbios 1\./m);
});
