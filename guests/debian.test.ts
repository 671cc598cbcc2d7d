/** Debian's kernels with BusyBox: a shell on the text screen and one on the serial line; the machine ends by ACPI. */
import { describe, expect, test } from "vitest";
import { NS_PER_INSTRUCTION } from "../src/worker/instruction-clock.ts";
import { Guest } from "./support/guest.ts";

const KERNELS = [
  ["cloud-amd64", "x86_64"],
  ["amd64", "x86_64"],
  ["686", "i686"],
] as const;

const MIB = 2 ** 20;

describe.for(KERNELS)("Debian %s", ([id, machine]) => {
  test("prompt on the screen and on the serial line, uname -m on both, poweroff", async (context) => {
    const guest = await Guest.make(context, {
      memoryMiB: 256,
      kernel: `vmlinuz-${id}`,
      initrd: `initrd-${id}.gz`,
      commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
    });
    await guest.untilSerial(/posada:\S*# /, 90);
    await guest.untilScreen(/posada:\S*#$/);
    await guest.type("uname -m\n");
    await guest.untilScreen(new RegExp(`^${machine}$`, "m"));
    expect(guest.serial).not.toContain("uname");
    await guest.send("uname -m; echo $((6*7)) done\n");
    await guest.untilSerial(new RegExp(`^${machine}\\r\\n42 done`, "m"));
    await guest.type("poweroff\n");
    await guest.untilOff();
    expect(guest.offBecause).toBe("the guest switched itself off");
  });
});

test("a machine of 512 MiB needs at most 64 MiB more; at an idle prompt its processor is halted", async (context) => {
  const guest = await Guest.make(context, {
    memoryMiB: 512,
    kernel: "vmlinuz-cloud-amd64",
    initrd: "initrd-cloud-amd64.gz",
    commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
  });
  await guest.untilSerial(/posada:\S*# /, 90);
  await guest.run(2000);
  const before = await guest.stats();
  await guest.run(20_000);
  const after = await guest.stats();
  // What runs is what the halts leave: the share of a processor on which an instruction takes as long as here.
  const busyMs = ((after.instructions - before.instructions) * NS_PER_INSTRUCTION) / 1e6;
  expect(busyMs / (after.guestMs - before.guestMs)).toBeLessThan(0.05);
  expect(after.wasmMemoryBytes).toBeLessThanOrEqual((512 + 64) * MIB);
});
