#!/usr/bin/env node
/**
 * `npm run boot-table [-- --long] [-- vitest options]`: boots whole guests headless and looks at what they show.
 * `--long` adds those that take minutes each: GRUB's functional tests, Memtest86+, Debian's
 * installers, Xen.
 */
import { at, nodeBin, run, runOrStop } from "./lib/process.mjs";

await runOrStop("The build", process.execPath, [at("scripts", "build.mjs"), "--if-changed"]);
const args = process.argv.slice(2);
const env = { ...process.env, ...(args.includes("--long") ? { POSADA_LONG_GUESTS: "1" } : {}) };
const rest = args.filter((arg) => arg !== "--long");
process.exit(await run(nodeBin("vitest"), ["run", "--config", at("guests", "vitest.config.ts"), ...rest], { env }));
