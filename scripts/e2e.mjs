#!/usr/bin/env node
/** `npm run e2e [-- Playwright options]`: builds what is out of date, then runs the browser and whole-guest tests. */
import { at, nodeBin, run, runOrStop } from "./lib/process.mjs";

await runOrStop("The build", process.execPath, [at("scripts", "build.mjs"), "--if-changed"]);
process.exit(await run(nodeBin("playwright"), ["test", ...process.argv.slice(2)]));
