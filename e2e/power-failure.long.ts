/**
 * Power failures under a file system: a Linux writes files and a log to ext4 on a kept disk, each record with fsync, while its tab is
 * crashed or the whole browser killed, in turn and at random moments. Afterwards the disk is carried out of the library and looked at
 * by e2fsprogs: the journal is replayed, the check finds nothing, and every record that was said to be durable is in the log and in a
 * file of its own. KILLS=50 for the bar; PATIENCE=N on a busy machine. Wants mkfs.ext4, e2fsck and debugfs (Debian: e2fsprogs), and the
 * modules of Debian's kernel package.
 */
import { spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { crash, hear, LibrarySite, makeLinux, PATIENCE, said, send, startWithDisk } from "./support/library-site.ts";

const KILLS = Number(process.env.KILLS ?? 6);
const DISK_MIB = 48;
const kernelModules = fileURLToPath(new URL("../scripts/kernel-modules.mjs", import.meta.url));

let site: LibrarySite;
test.beforeAll(async () => void (site = await LibrarySite.start()));
test.afterAll(() => site.close());

const tool = (command: string, ...args: string[]): { status: number; text: string } => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  return { status: status ?? 128, text: `${stdout}${stderr}` };
};
const hasTool = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/**
 * Record N: a file of its own among others that come and go, in one of sixteen folders, and a line in the log; both are flushed
 * before "durable N" is said.
 */
const LOAD = [
  `n=$FROM; while true; do d=/mnt/$((n%16)); mkdir -p $d`,
  `{ echo $n; head -c $((n*977%30000)) /dev/urandom; } | dd of=$d/$n conv=fsync 2>/dev/null`,
  `echo $n | dd of=/mnt/log oflag=append conv=notrunc,fsync 2>/dev/null && echo durable $n`,
  `head -c 20000 /dev/urandom >$d/scratch; [ $((n%5)) = 0 ] && mv $d/scratch /mnt/moved; n=$((n+1)); done`,
].join("; ");
const KEPT_FILES = 200;

/** What is chosen in the page's file field, as a disk of the library. */
async function bring(page: Page, path: string): Promise<string> {
  await page.setInputFiles("input", path);
  return page.evaluate(async () => {
    const file = document.querySelector("input")!.files![0]!;
    return (await window.library.importMedium(file, { kind: "disk" })).id;
  });
}

/** The disk as a raw image beside the site. */
async function carryOut(page: Page, medium: string, path: string): Promise<void> {
  const download = page.waitForEvent("download");
  await page.evaluate(async (id) => {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    await window.library.exportMedium(id, "raw", {
      write: async (bytes) => void parts.push(bytes.slice()),
      skip: async (lengthBytes) => void parts.push(new Uint8Array(lengthBytes)),
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts));
    link.download = "disk.img";
    link.click();
  }, medium);
  await (await download).saveAs(path);
}

test("a file system is whole after the power failed, with all that was flushed", async () => {
  for (const command of ["mkfs.ext4", "e2fsck", "debugfs"])
    test.skip(!hasTool(command), `${command} is not here (Debian: e2fsprogs)`);
  const modules = tool("node", kernelModules, "vmlinuz-amd64", "crc32c_generic", "ext4");
  test.skip(modules.status !== 0, modules.text);
  const [tarPath, ...names] = modules.text
    .slice(modules.text.search(/^.*\.tar$/m))
    .trim()
    .split("\n");
  test.setTimeout((200_000 + KILLS * 120_000) * PATIENCE);
  let context = await site.launch("ext4");
  let page = await site.open(context);
  const id = await makeLinux(page, 128, DISK_MIB);
  const [blank, tar] = [join(site.folder, "blank.img"), join(site.folder, "modules.img")];
  writeFileSync(blank, "");
  truncateSync(blank, DISK_MIB << 20);
  expect(tool("mkfs.ext4", "-q", "-F", blank)).toEqual({ status: 0, text: "" });
  tool("cp", tarPath!, tar);
  const disk = await bring(page, blank);
  const drivers = await bring(page, tar);
  await page.evaluate(
    ({ machine, disk0, disk1 }) => window.library.modify(machine, { media: { disk0, disk1 } }),
    { machine: id, disk0: disk, disk1: drivers }, // prettier-ignore
  );
  // Which of them is sda is not settled: the kernel looks at disks side by side.
  const unpack = "cd /tmp; for d in /dev/sda /dev/sdb; do tar xf $d 2>/dev/null; done";
  const insert = `for m in ${names.join(" ")}; do insmod $m; done`;
  const mount = `${unpack}; ${insert}; { mount -t ext4 /dev/sda /mnt || mount -t ext4 /dev/sdb /mnt; } && echo mou''nted\n`;
  const durable: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    await startWithDisk(page, id);
    await send(page, id, mount);
    await hear(page, id, "mounted");
    const from = durable.length > 0 ? durable.at(-1)! + 1000 : 1;
    // What is long ago makes room.
    const clear = `ls -t /mnt/*/[0-9]* 2>/dev/null | tail -n +${KEPT_FILES / 2} | xargs -r rm; sync; `;
    await send(page, id, `${clear}${LOAD.replace("$FROM", String(from))}\n`);
    // The page is asked often, for it says nothing any more when it is gone.
    let heard = "";
    const until = Date.now() + 1500 + Math.random() * 4000;
    while (Date.now() < until || !heard.includes("durable")) {
      heard = await said(page, id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    context = await crash(site, "ext4", context, page, round % 2 === 0 ? "tab" : "browser");
    const numbers = [...heard.matchAll(/^durable (\d+)\r\n/gm)].map(([, number]) => Number(number));
    expect(numbers.length).toBeGreaterThan(0);
    durable.push(...numbers);
    page = await site.open(context);
    await expect.poll(() => page.evaluate((machine) => window.library.refresh().then(() => window.library.machine(machine)!.runs), id)).toBe(null); // prettier-ignore

    const image = join(site.folder, "carried.img");
    await carryOut(page, disk, image);
    // The journal is for this: replayed, and nothing else mended.
    const replayed = tool("e2fsck", "-E", "journal_only", "-y", image);
    expect(replayed.status & ~1, replayed.text).toBe(0);
    const checked = tool("e2fsck", "-f", "-n", image);
    expect(checked.status, `round ${round}: ${checked.text}`).toBe(0);
    const log = new Set(tool("debugfs", "-R", "cat /log", image).text.split("\n").filter((line) => /^\d+$/.test(line)).map(Number)); // prettier-ignore
    expect(durable.filter((n) => !log.has(n))).toEqual([]);
    for (const n of numbers) expect(tool("debugfs", "-R", `cat /${n % 16}/${n}`, image).text).toContain(`${n}\n`);
    console.log(`round ${round + 1}: ${numbers.length} records, the file system is clean`);
  }
  console.log(`${durable.length} flushed records over ${KILLS} power failures, all there`);
  await context.close();
});
