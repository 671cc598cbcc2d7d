/** An image of 2 GB on a server of another origin: the guest is at its prompt when a small part of it has been read. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { copyFile, mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { expectOnScreen, screen, type } from "./support/page.ts";
// @ts-expect-error a script without types
import { fileHandler } from "../scripts/lib/static-server.mjs";

const IMAGE_BYTES = 2e9;
const ALLOWING = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Content-Range",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

let folder: string;
let site: Server;
let images: Server;
/** Bytes of the image that have gone out, and how often it was asked for. */
let sentBytes = 0;
let requests = 0;

const listening = async (server: Server): Promise<Server> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "posada-ranges-"));
  const answerSite = fileHandler(fileURLToPath(new URL("../dist/", import.meta.url)));
  const answerImages = fileHandler(folder, { headers: ALLOWING });
  site = await listening(createServer((request, response) => answerSite(request, response)));
  images = await listening(
    createServer((request, response) => {
      response.on("close", () => {
        requests++;
        if (request.method === "GET") sentBytes += Number(response.getHeader("Content-Length") ?? 0);
      });
      answerImages(request, response);
    }),
  );
});

test.afterAll(async () => {
  for (const server of [site, images]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

test("under 5 % of a 2 GB image is transferred up to the prompt", async ({ page }) => {
  const image = join(folder, "large.iso");
  await copyFile(guest("grub-rescue.iso"), image);
  await truncate(image, IMAGE_BYTES);
  await page.goto(`${urlOf(site)}?cdrom=${encodeURIComponent(`${urlOf(images)}large.iso`)}&memory=64&autostart=1`);
  await expectOnScreen(page, /^grub>/m);
  await screen(page).click();
  await type(page, "ls\n");
  await expectOnScreen(page, /\(cd\)|\(memdisk\)/);
  console.log(`${sentBytes} of ${IMAGE_BYTES} bytes in ${requests} requests`);
  expect(sentBytes).toBeGreaterThan(100_000);
  expect(sentBytes / IMAGE_BYTES).toBeLessThan(0.05);
});
