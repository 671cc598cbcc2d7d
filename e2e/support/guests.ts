/** Where the guests of the tests are; those that are missing are skipped by name. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "@playwright/test";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = [`${root}public/guests`, `${root}../shared/guests`];

/** The path of a guest's file, or undefined. */
export function guestFile(name: string): string | undefined {
  return folders.map((folder) => `${folder}/${name}`).find(existsSync);
}

/** The same inside a test, which is skipped where a file is missing. */
export function guest(name: string): string {
  const path = guestFile(name);
  test.skip(path === undefined, `${name} is not here (npm run guests -- --tests, ../shared/guests)`);
  return path!;
}
