/**
 * A running machine is captured into a library again and again while it works, and each capture, restored into another
 * machine with the disk of that moment, goes on exactly: at a later instruction its registers, its time and its serial
 * output are those of the machine that was never interrupted. A second capture holds only what changed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { TestContext } from "vitest";
import type { StoragePlace } from "../src/protocol/machine-config.ts";
import { FolderStorage } from "../src/storage/library/folder-storage.ts";
import { Guest } from "./support/guest.ts";

const MEMORY_MIB = Number(process.env.MEMORY_MIB ?? 256);
const DISK_BYTES = 64 << 20;
/** How much later the two are compared. */
const AFTER = 60_000_000;

/** @param layers of its disk, from the top down */
function machine(context: TestContext, place: StoragePlace, layers: string[]): Promise<Guest> {
  return Guest.make(context, {
    memoryMiB: MEMORY_MIB,
    kernel: "vmlinuz-amd64",
    initrd: "initrd-amd64.gz",
    commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
    disks: [{ source: { kept: { place, layers, sizeBytes: DISK_BYTES, name: "disk" } }, writable: "keep" }],
  });
}

test("a Linux that reads, writes and counts", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "posada-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const storage = new FolderStorage(folder);
  const { place } = storage;
  const guest = await machine(context, place, ["a0"]);
  await guest.untilSerial(/posada:\S*# /, 90);
  // The drivers are loaded first; without them /dev/sda would be a file in the guest's memory.
  await guest.send("disks >/dev/null; test -b /dev/sda || exit; n=0; while true; do n=$((n+1)); echo $n; dd if=/dev/urandom of=/dev/sda bs=64k count=3 seek=$((n%10)) conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/sda bs=64k count=10 2>/dev/null | md5sum; done\n"); // prettier-ignore
  await guest.untilSerial(/^3\r?$/m, 90);
  expect(guest.serial).toMatch(/^[0-9a-f]{32} {2}-/m);

  const captures: { id: string; layers: string[]; serial: number; storedBytes: number; pauseMs: number }[] = [];
  const stack = ["a0"];
  let packs: string[] = [];
  for (let n = 1; n <= 2; n++) {
    const id = `m${n}`;
    const running = guest.vm.runInstructions(80_000_000);
    const result = await guest.vm.capture({
      memory: { place, id, mayUse: packs },
      layers: { disk0: `a${n}` },
      then: "goOn",
    });
    captures.push({ id, layers: [...stack], serial: guest.serial.length, ...result });
    stack.unshift(`a${n}`);
    packs = result.packs;
    await running;
  }
  console.log(
    captures
      .map(({ storedBytes, pauseMs }) => `${(storedBytes / 2 ** 20).toFixed(1)} MiB, ${pauseMs.toFixed(0)} ms`)
      .join("; "),
  );
  expect(captures[1]!.storedBytes).toBeLessThan(captures[0]!.storedBytes / 3);

  const end = (await guest.stats()).instructions + AFTER;
  await guest.vm.runInstructions(AFTER);
  const whole = await guest.stats();
  expect(whole.instructions).toBe(end);
  for (const { id, layers } of captures) {
    const restored = await machine(context, place, [`r${id}`, ...layers]);
    const started = performance.now();
    await restored.vm.restoreCaptured({ place, id }, "paused");
    console.log(`restored in ${(performance.now() - started).toFixed(0)} ms`);
    const { instructions } = await restored.stats();
    await restored.vm.runInstructions(end - instructions);
    const stats = await restored.stats();
    expect(stats.instructions).toBe(end);
    expect(stats.guestMs).toBe(whole.guestMs);
    expect(stats.registerHash).toBe(whole.registerHash);
    expect(Buffer.compare(await restored.vm.screenshot(), await guest.vm.screenshot())).toBe(0);
    expect(guest.serial.endsWith(restored.serial)).toBe(true);
  }
});
