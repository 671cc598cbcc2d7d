/** Xen 4.17 by Multiboot, with Debian's amd64 kernel as its dom0: a paravirtual one, as its own dmesg says. */
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { Guest, guestFile } from "./support/guest.ts";

test("Xen starts Debian's amd64 kernel as a paravirtual dom0", async (context) => {
  const url = (name: string) => pathToFileURL(guestFile(context, name)).href;
  const guest = await Guest.make(context, {
    memoryMiB: 512,
    kernel: "xen-4.17-amd64.gz",
    initrd: "initrd-amd64.gz",
    commandLine: "no-real-mode com1=115200,8n1 console=com1",
    modules: [{ source: url("vmlinuz-amd64"), commandLine: "console=hvc0 cryptomgr.notests" }],
  });
  await guest.untilSerial(/Xen version 4\.17/, 60);
  await guest.untilSerial(/posada:\S*# /, 120);
  await guest.send("dmesg | grep 'Hypervisor detected'; uname -m; echo $((6*7)) done\n");
  await guest.untilSerial(/\] Hypervisor detected: Xen PV\s+x86_64\s+42 done/);
  await guest.send("poweroff\n");
  await guest.untilOff(120);
  expect(guest.offBecause).toBe("the guest switched itself off");
});
