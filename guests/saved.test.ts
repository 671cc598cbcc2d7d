/**
 * A machine that is saved in one process and restored in another goes on exactly: after another hundred million
 * instructions its registers, its serial output and its screen are those of a machine that was never interrupted.
 * (In the middle of a boot: e2e/cli.spec.ts, with the command alone.)
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Guest, guestFile } from "./support/guest.ts";
import type { GuestSpec } from "./support/guest.ts";
import { KOLIBRIOS, showDesktop } from "./support/kolibrios.ts";

const AFTER = 100_000_000;
const posada = fileURLToPath(new URL("../cli/posada.mjs", import.meta.url));

interface Story {
  spec: GuestSpec;
  /** Brings the guest to where it is saved, the same in every run. */
  prepare(guest: Guest): Promise<void>;
  /** That it does something afterwards. */
  saysSomething: boolean;
}

const STORIES: Record<string, Story> = {
  "Linux at its prompt, with a command just given": {
    spec: {
      memoryMiB: 256,
      kernel: "vmlinuz-cloud-amd64",
      initrd: "initrd-cloud-amd64.gz",
      commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
    },
    async prepare(guest) {
      await guest.untilSerial(/posada:\S*# /, 90);
      await guest.send("while md5sum /bin/busybox; do cat /proc/uptime /proc/interrupts; done\n");
    },
    saysSomething: true,
  },
  "KolibriOS's desktop, with the pointer moving": {
    spec: KOLIBRIOS,
    async prepare(guest) {
      await showDesktop(guest);
      await guest.vm.moveMouse(50, 30);
    },
    saysSomething: false,
  },
};

/** The command goes on from a state, in a process of its own. */
async function goOn(args: string[]): Promise<void> {
  const child = spawn(process.execPath, [posada, "run", ...args], { stdio: ["ignore", "inherit", "inherit"] });
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
}

test.for(Object.entries(STORIES))("%s", async ([, { spec, prepare, saysSomething }], context) => {
  const folder = mkdtempSync(join(tmpdir(), "posada-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  const option = (name: "kernel" | "initrd" | "floppy") =>
    spec[name] === undefined ? [] : [`--${name}`, guestFile(context, spec[name])];

  const whole = await Guest.make(context, spec);
  await prepare(whole);
  const serialBefore = whole.serial.length;
  await whole.vm.runInstructions(AFTER);

  const first = await Guest.make(context, spec);
  await prepare(first);
  writeFileSync(file("state"), await first.vm.save());
  const then = ["--restore", file("state"), "--instructions", String(AFTER)];
  const results = ["--serial", `file:${file("serial")}`, "--stats", file("stats"), "--screenshot", file("screen.png")];
  await goOn([
    ...["--memory", String(spec.memoryMiB), "--clock", "instructions"],
    ...["kernel", "initrd", "floppy"].flatMap((name) => option(name as "kernel")),
    ...[...(spec.commandLine ? ["--append", spec.commandLine] : []), ...then, ...results],
  ]);

  const stats = await whole.stats();
  const restored = JSON.parse(readFileSync(file("stats"), "utf8")) as typeof stats;
  expect(restored.instructions).toBe(stats.instructions);
  expect(restored.guestMs).toBe(stats.guestMs);
  expect(restored.registerHash).toBe(stats.registerHash);
  const said = readFileSync(file("serial"), "utf8");
  expect(said).toBe(whole.serial.slice(serialBefore));
  expect(said !== "").toBe(saysSomething);
  expect(readFileSync(file("screen.png")).equals(await whole.vm.screenshot())).toBe(true);
});
