/** What the stories share: the machine in view, its screen as text, and small images made on the spot. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { VmScreen } from "../../src/ui/screen/vm-screen.ts";

/** Enough for a guest to come up on a busy machine. */
export const BOOT_MS = 90_000;
export const DEFAULT_GUEST = "Debian, 64-bit kernel with BusyBox";
export const PROMPT = /posada:\S*# *$/;

export function screen(page: Page): Locator {
  return page.locator("vm-screen canvas");
}

/** The text screen as one string without empty lines; "" in graphics modes or without a machine. */
export async function screenText(page: Page): Promise<string> {
  const lines = await page.evaluate(async () => {
    const machine = document.querySelector<VmScreen>("vm-screen")?.machine;
    return machine?.phase === "ready" ? machine.screenText() : null;
  });
  return (lines ?? [])
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

export async function expectOnScreen(page: Page, text: RegExp, timeout = BOOT_MS): Promise<void> {
  await expect.poll(() => screenText(page), { timeout, intervals: [250] }).toMatch(text);
}

export async function expectState(page: Page, state: string, timeout = BOOT_MS): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-vm-state", state, { timeout });
}

/** What the guest wrote to COM1 until now. */
export function serialText(page: Page): Promise<string> {
  return page.evaluate(() => document.querySelector<VmScreen>("vm-screen")!.machine!.serialHistory.text());
}

export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const SECTOR = 512;
const FLOPPY_BYTES = 1440 * 1024;
const CD_BLOCK = 2048;

/** 16-bit code at 0000:7C00 with the boot signature. */
function bootSector(code: number[]): Buffer {
  const sector = Buffer.alloc(SECTOR);
  Buffer.from(code).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** xor ax,ax; mov ds,ax; mov si,text; next: lodsb; test al,al; jz end; mov ah,0Eh; int 10h; jmp next; end: hlt; jmp end */
function printing(text: string): number[] {
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x15, 0x7c, 0xac, 0x84, 0xc0, 0x74, 0x06],
    ...[0xb4, 0x0e, 0xcd, 0x10, 0xeb, 0xf5, 0xf4, 0xeb, 0xfd],
  ];
  return [...code, ...Buffer.from(text, "latin1"), 0];
}

/** xor ax,ax; mov ds,ax; lidt [empty]; int3: no handler for anything, so a triple fault. */
const FAULTING = [0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x1e, 0x0b, 0x7c, 0xcc, 0xf4];

const image = (name: string, buffer: Buffer): TestFile => ({ name, mimeType: "application/octet-stream", buffer });

export function floppy(name: string, text: string): TestFile {
  return image(name, Buffer.concat([bootSector(printing(text)), Buffer.alloc(FLOPPY_BYTES - SECTOR)]));
}

export function faultingFloppy(): TestFile {
  return image("fault.img", Buffer.concat([bootSector(FAULTING), Buffer.alloc(FLOPPY_BYTES - SECTOR)]));
}

/** A floppy whose boot sector says how large a FAT volume is on it. [FAT] 3.1 */
export function formatted(name: string): TestFile {
  const file = floppy(name, "");
  file.buffer[0] = 0xeb;
  file.buffer.writeUInt16LE(SECTOR, 11);
  file.buffer[13] = 1;
  file.buffer.writeUInt16LE(FLOPPY_BYTES / SECTOR, 19);
  file.buffer[21] = 0xf0;
  return file;
}

export function disk(name: string, text: string): TestFile {
  return image(name, Buffer.concat([bootSector(printing(text)), Buffer.alloc(4 * 2 ** 20 - SECTOR)]));
}

/**
 * A CD that boots a floppy image: [ECMA-119] 8.4 primary descriptor, [El Torito] 2.0 boot record and catalog.
 * `blocks` is what the volume claims to have.
 */
export function cd(name: string, text: string, blocks = 800): TestFile {
  const bytes = Buffer.alloc(800 * CD_BLOCK);
  const block = (number: number) => bytes.subarray(number * CD_BLOCK, (number + 1) * CD_BLOCK);
  const descriptor = (number: number, type: number) => {
    block(number)[0] = type;
    block(number).write("CD001", 1, "latin1");
    block(number)[6] = 1;
    return block(number);
  };
  const primary = descriptor(16, 1);
  primary.write("POSADA TEST".padEnd(32), 40, "latin1");
  primary.writeUInt32LE(blocks, 80);
  primary.writeUInt16LE(CD_BLOCK, 128);
  const boot = descriptor(17, 0);
  boot.write("EL TORITO SPECIFICATION", 7, "latin1");
  boot.writeUInt32LE(19, 0x47);
  descriptor(18, 255);
  const catalog = block(19);
  catalog.set([1, 0]);
  catalog.set([0x55, 0xaa], 30);
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += catalog.readUInt16LE(at);
  catalog.writeUInt16LE(-sum & 0xffff, 28);
  // Bootable, 1.44 MB floppy, one sector at block 20.
  catalog.set([0x88, 2], 32);
  catalog.writeUInt16LE(1, 38);
  catalog.writeUInt32LE(20, 40);
  bootSector(printing(text)).copy(bytes, 20 * CD_BLOCK);
  return image(name, bytes);
}

/** Opens files by the page's own button. */
export async function openFiles(page: Page, ...files: TestFile[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open image…" }).click();
  await (await chooser).setFiles(files);
}

/** Drops files on the page as the desktop does. */
export async function dropFiles(page: Page, ...files: TestFile[]): Promise<void> {
  const data = files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
  const transfer = await page.evaluateHandle((contents) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of contents)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name));
    return transfer;
  }, data);
  await page.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
  await expect(page.locator("drop-target .drop")).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await expect(page.locator("drop-target .drop")).toHaveCount(0);
}

/** Another server, which allows pages of other origins to read its one file or does not. */
export async function withOtherServer(
  body: Buffer,
  allows: boolean,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((_, response) => {
    const allowing = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
    response.writeHead(200, { "Content-Length": body.length, ...(allows ? allowing : {}) }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hello.img`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export function startButton(page: Page): Locator {
  return page.getByRole("button", { name: `Start ${DEFAULT_GUEST}` });
}

/** Opens the page and starts the default guest up to its prompt. */
export async function bootDefaultGuest(page: Page): Promise<void> {
  await page.goto("./");
  await startButton(page).click();
  await expectOnScreen(page, PROMPT);
}

/** Types with the page's keyboard, no faster than a quick person. */
export async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.type(text, { delay: 40 });
}

/** By the command that types for a person: at the guest's pace, so that no key is down for long on a busy machine. */
export async function typeForGuest(page: Page, text: string): Promise<void> {
  await page.evaluate((keys) => document.querySelector<VmScreen>("vm-screen")!.machine!.typeText(keys), text);
}
