/**
 * A Debian that debootstrap installed on a disk of 2 GB, in the formats of other hypervisors (made by qemu-img): imported into
 * the library, it boots, installs a package from a file, and has it after the tab was closed and opened again. `npm run
 * debian-disk` makes the disks in build/debian; without them this is skipped. FORMATS=qcow2,ova for some of them, PATIENCE=N on a
 * busy machine.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { hear, LibrarySite, PATIENCE, said, send, start } from "./support/library-site.ts";

const folder = fileURLToPath(new URL("../build/debian", import.meta.url));
const formats = (process.env.FORMATS ?? "").split(",").filter(Boolean);
const BOOT_MS = 400_000;

let site: LibrarySite;
test.beforeAll(async () => void (site = await LibrarySite.start()));
test.afterAll(() => site.close());

/** Brings the file into the library as a person would choose it. @returns the machine's id */
async function importFile(page: Page, path: string): Promise<string> {
  await page.setInputFiles("input", path);
  return page.evaluate(async () => {
    const { library } = window;
    const file = document.querySelector("input")!.files![0]!;
    const { format } = await library.inspect(file);
    if (format === "ova") return (await library.importMachine(file)).id;
    const disk = await library.importMedium(file);
    return (await library.create({ name: "Debian", hardware: { memoryMiB: 256 }, media: { disk0: disk.id } })).id;
  });
}

async function boot(page: Page, id: string): Promise<void> {
  await start(page, id);
  await hear(page, id, "root@debian:~# ", BOOT_MS);
}

for (const format of ["qcow2", "vmdk", "vdi", "vhd", "vhdx", "ova"]) {
  test(`Debian on a disk in ${format.toUpperCase()} boots, installs a package and keeps it`, async () => {
    const path = `${folder}/debian.${format}`;
    test.skip(!existsSync(path), `${path} is not here (npm run debian-disk)`);
    test.skip(formats.length > 0 && !formats.includes(format), "not asked for");
    test.setTimeout((2 * BOOT_MS + 200_000) * PATIENCE);
    const began = Date.now();
    const context = await site.launch(format);
    let page = await site.open(context);
    const id = await importFile(page, path);
    const imported = Date.now();
    await boot(page, id);
    const booted = Date.now();
    await send(page, id, "hello; dpkg -i hello.deb && hello && sync && echo instal''led $?\n");
    await hear(page, id, "installed 0");
    expect(await said(page, id)).toMatch(/hello: command not found[^]*Setting up hello[^]*Hello, world!/);
    await page.close();
    page = await site.open(context);
    await boot(page, id);
    await send(
      page,
      id,
      "dpkg -s hello | grep Status; hello; dpkg -V hello && echo ver''ified; findmnt -no FSTYPE /\n",
    );
    await hear(page, id, "verified");
    expect(await said(page, id)).toMatch(/Status: install ok installed\r\nHello, world!/);
    const seconds = (from: number, to: number): number => Math.round((to - from) / 1000);
    console.log(
      `${format}: imported in ${seconds(began, imported)} s, at its prompt ${seconds(imported, booted)} s later`,
    );
    await context.close();
  });
}
