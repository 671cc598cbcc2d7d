/**
 * A library in a real browser's IndexedDB: a Linux writes to a kept disk, with flushes, while its tab is crashed, or the
 * whole browser killed, at random moments; everything that it was told is durable is there afterwards. And a snapshot of the
 * running machine, its restore and a clone. KILLS=N for more rounds, PATIENCE=N on a busy machine; how long such things
 * take, npm run bench:library tells.
 */
import { expect, test } from "@playwright/test";
import {
  crash,
  hear,
  LibrarySite,
  makeLinux,
  PATIENCE,
  said,
  send,
  start,
  startWithDisk,
} from "./support/library-site.ts";

const KILLS = Number(process.env.KILLS ?? 2);

let site: LibrarySite;
test.beforeAll(async () => void (site = await LibrarySite.start()));
test.afterAll(() => site.close());

/** Each record is a sector with its number, written to a place of its own; "durable N" follows its flush. */
const LOAD = `n=$FROM; while true; do printf '%-511d\\n' $n | dd of=/dev/sda bs=512 seek=$((n*3)) conv=fsync 2>/dev/null && echo durable $n; n=$((n+1)); done\n`;

test("everything that was flushed is there after the tab crashed or the browser was killed", async () => {
  test.setTimeout((120_000 + KILLS * 90_000) * PATIENCE);
  let context = await site.launch("crashed");
  let page = await site.open(context);
  // Each round writes to a stretch of its own, of 1000 records in three sectors each and a few hundred more.
  const id = await makeLinux(page, 128, 8 + 2 * KILLS);
  let next = 0;
  const ranges: { from: number; to: number }[] = [];
  for (let round = 0; round <= KILLS; round++) {
    await startWithDisk(page, id);
    // What was said to be durable before, read from the disk by the guest.
    for (const { from, to } of ranges) {
      const read = `for n in $(seq ${from} ${to}); do dd if=/dev/sda bs=512 skip=$((n*3)) count=1 2>/dev/null | head -c 8 | tr -d ' \\n'; echo; done`;
      await send(page, id, `${read}; echo check''ed\n`);
      await hear(page, id, "checked");
      const found = (await said(page, id)).match(/^\d+(?=\r?$)/gm) ?? [];
      expect(found.map(Number)).toEqual(Array.from({ length: to - from + 1 }, (_, n) => from + n));
    }
    if (round === KILLS) break;
    // The page is asked often, for it says nothing any more when it is gone.
    await send(page, id, LOAD.replace("$FROM", String(next)));
    let heard = "";
    const until = Date.now() + 1500 + Math.random() * 4000;
    while (Date.now() < until || !heard.includes("durable")) {
      heard = await said(page, id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    context = await crash(site, "crashed", context, page, round % 2 === 0 ? "tab" : "browser");
    const numbers = [...heard.matchAll(/^durable (\d+)\r\n/gm)].map(([, number]) => Number(number));
    expect(numbers.length).toBeGreaterThan(0);
    ranges.push({ from: next, to: numbers.at(-1)! });
    next = numbers.at(-1)! + 1000;
    page = await site.open(context);
    await expect.poll(() => page.evaluate((machine) => window.library.refresh().then(() => window.library.machine(machine)!.runs), id)).toBe(null); // prettier-ignore
    expect(await page.evaluate((machine) => window.library.machine(machine)!.state, id)).toBe("aborted");
  }
  const count = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  console.log(`${count} flushed records over ${KILLS} crashes, all there`);
  await context.close();
});

test("a running machine is kept, brought back, and cloned while it goes on", async () => {
  test.setTimeout(400_000);
  const context = await site.launch("kept");
  const page = await site.open(context);
  const id = await makeLinux(page, 128);
  await startWithDisk(page, id);
  const write =
    "dd if=/dev/urandom of=/dev/sda bs=64k count=100 conv=fsync 2>/dev/null; md5sum /dev/sda; echo writ''ten\n";
  await send(page, id, write);
  await hear(page, id, "written");
  const sum = /([0-9a-f]{32}) {2}\/dev\/sda/.exec(await said(page, id))![1]!;
  const kept = await page.evaluate(async (machine) => {
    const { library } = window;
    await library.takeSnapshot(machine, "One");
    const second = await library.takeSnapshot(machine, "Two");
    const clone = await library.clone(machine, { name: "Twin", how: "linked" });
    return { second: second.id, clone: clone.id, state: clone.state };
  }, id);
  expect(kept.state).toBe("saved");
  await send(page, id, "echo original go''es on\n");
  await hear(page, id, "original goes on");
  const twin = kept.clone;
  await start(page, twin);
  await send(page, twin, "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda; echo twin''ned\n");
  await hear(page, twin, "twinned");
  expect(await said(page, twin)).toContain(sum);
  await send(page, twin, "dd if=/dev/zero of=/dev/sda bs=64k count=10 conv=fsync 2>/dev/null; echo wro''te\n");
  await hear(page, twin, "wrote");
  // Suspended, and gone on with.
  await page.evaluate((machine) => window.library.runOf(machine)!.saveState(), twin);
  expect(await page.evaluate((machine) => window.library.machine(machine), twin)).toMatchObject({
    state: "saved",
    runs: null,
  });
  await start(page, twin);
  await send(page, twin, "echo a''wake\n");
  await hear(page, twin, "awake");
  // The original, back to where it was.
  await page.evaluate((machine) => window.library.runOf(machine)!.close(), id);
  await page.evaluate(({ machine, snapshot }) => window.library.restoreSnapshot(machine, snapshot), {
    machine: id,
    snapshot: kept.second,
  });
  await start(page, id);
  await send(page, id, "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda; echo ba''ck\n");
  await hear(page, id, "back");
  expect(await said(page, id)).toContain(sum);
  await context.close();
});
