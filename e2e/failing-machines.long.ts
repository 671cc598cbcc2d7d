/**
 * Machines side by side in one page: one whose worker crashes, one whose storage finds no room. The rest go on, those that
 * failed say why, and what each was told is durable is there afterwards.
 */
import { expect, test } from "@playwright/test";
import type { CDPSession, Page } from "@playwright/test";
import { hear, LibrarySite, makeLinux, PATIENCE, said, send, start, startWithDisk } from "./support/library-site.ts";

let site: LibrarySite;
test.beforeAll(async () => void (site = await LibrarySite.start()));
test.afterAll(() => site.close());

const machineOf = (page: Page, id: string) =>
  page.evaluate((machine) => window.library.refresh().then(() => window.library.machine(machine)!), id);

/** A record on the disk, durable when it is said. */
async function record(page: Page, id: string, text: string): Promise<void> {
  await send(page, id, `echo ${text} | dd of=/dev/sda bs=512 conv=fsync,sync 2>/dev/null && echo du''rable\n`);
  await hear(page, id, "durable");
}

/** After a start from nothing. */
async function expectRecord(page: Page, id: string, text: string): Promise<void> {
  await startWithDisk(page, id);
  await send(page, id, "head -c 512 /dev/sda; echo re''ad\n");
  await hear(page, id, "read");
  expect(await said(page, id)).toContain(text);
}

/**
 * From now on the page finds no room. Chromium goes on for half a minute with what it was told of the quota before, so this waits
 * until a write is refused.
 */
async function takeRoom(page: Page, browser: CDPSession): Promise<void> {
  await browser.send("Storage.overrideQuotaForOrigin", { origin: new URL(page.url()).origin, quotaSize: 4096 });
  const probe = (): Promise<string> =>
    page.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const open = indexedDB.open("probe");
          open.onupgradeneeded = () => open.result.createObjectStore("bytes");
          open.onerror = () => resolve(open.error!.name);
          open.onsuccess = () => {
            const transaction = open.result.transaction("bytes", "readwrite");
            transaction.objectStore("bytes").put(new Uint8Array(1 << 20), 0);
            transaction.oncomplete = () => resolve("written");
            transaction.onabort = () =>
              transaction.error ? resolve(transaction.error.name) : reject(new Error("aborted"));
          };
        }),
    );
  await expect.poll(probe, { timeout: 90_000 * PATIENCE, intervals: [1000] }).toBe("QuotaExceededError");
}

/** And now it does again. */
async function giveRoom(page: Page, browser: CDPSession): Promise<void> {
  await browser.send("Storage.overrideQuotaForOrigin", { origin: new URL(page.url()).origin });
}

test("a crashed worker and a full storage are told of, leave the others alone, and lose nothing durable", async () => {
  test.setTimeout(600_000 * PATIENCE);
  const context = await site.launch("failing");
  const page = await site.open(context);
  const crashing = await makeLinux(page, 96);
  await startWithDisk(page, crashing);
  // Two more, as it is now.
  const [full, healthy] = await page.evaluate(async (machine) => {
    const names = ["Full", "Healthy"];
    const clones: string[] = [];
    for (const name of names) clones.push((await window.library.clone(machine, { name, how: "linked" })).id);
    return clones;
  }, crashing);
  await start(page, full!);
  await start(page, healthy!);
  for (const id of [crashing, full!, healthy!]) await record(page, id, `record-of-${id}`);

  const [worker] = page.workers();
  await worker!.evaluate(() => void setTimeout(() => {
    throw new Error("made to fail");
  })); // prettier-ignore
  await expect.poll(() => machineOf(page, crashing)).toMatchObject({ state: "aborted" });
  expect((await machineOf(page, crashing)).stateReason).toContain("made to fail");
  await expect.poll(() => page.workers().length).toBe(2);
  for (const id of [full!, healthy!]) await record(page, id, `later-record-of-${id}`);

  const browser = await context.newCDPSession(page);
  await takeRoom(page, browser);
  const big =
    "dd if=/dev/urandom of=/dev/sda bs=64k seek=1 count=160 conv=fsync 2>/dev/null && md5sum /dev/sda && echo writ''ten\n";
  await send(page, full!, big);
  await expect.poll(() => machineOf(page, full!)).toMatchObject({ state: "paused" });
  expect((await machineOf(page, full!)).stateReason).toMatch(/no room/);
  await send(page, healthy!, "echo go''es on\n");
  await hear(page, healthy!, "goes on");

  // Room is made, and the guest never knew.
  await giveRoom(page, browser);
  await page.evaluate((machine) => window.library.runOf(machine)!.session.resume(), full!);
  await hear(page, full!, "written");
  const sum = /([0-9a-f]{32}) {2}\/dev\/sda/.exec(await said(page, full!))![1]!;
  await send(
    page,
    full!,
    "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda; dmesg | grep -ci 'i/o error'; echo com''pared\n",
  );
  await hear(page, full!, "compared");
  expect(await said(page, full!)).toMatch(new RegExp(`${sum}[^]*\\n0\\r`));

  // No room again, and this time its plug is pulled.
  await record(page, full!, "last-durable-record");
  await takeRoom(page, browser);
  await send(page, full!, "dd if=/dev/urandom of=/dev/sda bs=64k seek=1 count=160 conv=fsync; echo fai''led\n");
  await expect.poll(() => machineOf(page, full!)).toMatchObject({ state: "paused" });
  await giveRoom(page, browser);
  await page.reload();
  await page.close();
  const later = await site.open(context);
  await expectRecord(later, full!, "last-durable-record");
  await expectRecord(later, crashing, `record-of-${crashing}`);
  await expectRecord(later, healthy!, `later-record-of-${healthy}`);
  await context.close();
});
