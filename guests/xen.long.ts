/** Xen 4.17 by Multiboot, with Debian's amd64 kernel as its dom0: a paravirtual one, as its own dmesg says. */
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { Guest, guestFile } from "./support/guest.ts";

test("Xen starts Debian's amd64 kernel as a paravirtual dom0", async (context) => {
  const url = (name: string) => pathToFileURL(guestFile(context, name)).href;
  const guest = await Guest.make(context, {
    memoryMiB: 1024,
    kernel: "xen-4.17-amd64.gz",
    initrd: "initrd-amd64.gz",
    commandLine: "no-real-mode com1=115200,8n1 console=com1",
    modules: [{ source: url("vmlinuz-amd64"), commandLine: "console=hvc0 cryptomgr.notests" }],
  });
  await guest.untilSerial(/Xen version 4\.17/, 60);
  await guest.untilSerial(/posada:\S*# /, 600);
  await guest.send("dmesg | grep 'Hypervisor detected: Xen PV'; uname -m; echo $((6*7)) done\n");
  await guest.untilSerial(/\] Hypervisor detected: Xen PV/, 60);
  await guest.untilSerial(/^x86_64\r\n42 done/m, 60);
  await guest.send("poweroff\n");
  await guest.untilOff(120);
  expect(guest.offBecause).toBe("the guest switched itself off");
});
