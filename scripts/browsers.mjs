#!/usr/bin/env node
/**
 * `npm run browsers [-- chromium firefox webkit] [-- --guest NAME] [-- --write]`: boots the boot table's quick guests in
 * Debian's browsers, one browser after the other, and prints how long each took to its prompt. `--write` puts the table
 * into docs/browsers.md. Browsers that are missing are installed where apt-get may be used, else skipped by name.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus } from "node:os";
import { join } from "node:path";
import { browsers, launch } from "./browsers/launch.mjs";
import { filesOf, guests } from "./browsers/guests.mjs";
import { debianPackages } from "./lib/debian-packages.mjs";
import { at, runOrStop, stop } from "./lib/process.mjs";
import { fileHandler } from "./lib/static-server.mjs";

const SILENCE_MS = 300_000;
const page = at("docs", "browsers.md");
const args = process.argv.slice(2);
const wanted = [];
const names = [];
let write = false;
for (let i = 0; i < args.length; i++)
  if (args[i] === "--write") write = true;
  else if (args[i] === "--guest") names.push(args[++i] ?? "");
  else if (args[i] in browsers) wanted.push(args[i]);
  else stop(`browsers: "${args[i]}" is none of ${Object.keys(browsers).join(", ")}, --guest NAME, --write.`, 2);

const folders = [at("public", "guests"), at("..", "shared", "guests")];
const fileOf = (name) => folders.map((folder) => join(folder, name)).find(existsSync);
const chosen = guests.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
const present = chosen.filter((guest) => {
  const missing = filesOf(guest).filter((file) => !fileOf(file));
  if (missing.length > 0) console.log(`skipped: ${guest.name} (${missing.join(", ")} not here)`);
  return missing.length === 0;
});

await runOrStop("The build", process.execPath, [at("scripts", "build.mjs"), "--if-changed"]);

const site = fileHandler(at("dist"));
let receive = () => {};
const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  if (request.method === "POST") {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(204).end();
    return receive(path.split("/").at(-1), JSON.parse(body));
  }
  if (path === "/boot-table/guests.json")
    return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(present));
  if (path.startsWith("/boot-table/")) return fileHandler(at("scripts", "browsers"))(request, response, path.slice(11));
  const guest = path.startsWith("/guest/") ? fileOf(path.slice(7)) : undefined;
  if (guest) return fileHandler(join(guest, ".."))(request, response, path.slice(6));
  site(request, response, path);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/boot-table/page.html`;

/** Boots all guests in one browser. */
async function tableOf(word) {
  const browser = browsers[word];
  const column = { word, title: `${browser.name} ${browser.version()}`.trim(), features: null, results: [] };
  console.log(`${column.title}:`);
  const running = launch(browser, url);
  let timer;
  const over = new Promise((resolve) => {
    const silent = () => resolve("it says nothing any more");
    timer = setTimeout(silent, SILENCE_MS);
    receive = (what, told) => {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS);
      if (what === "begin") {
        column.features = told.features;
        const lacking = Object.entries(told.features).filter(([, is]) => !is);
        if (lacking.length > 0) console.log(`  without ${lacking.map(([name]) => name).join(", ")}`);
      }
      if (what === "result") {
        column.results.push(told);
        console.log(`  ${told.name}: ${told.failure ?? `${seconds(told.promptMs)} s`}`);
      }
      if (what === "end") resolve(null);
    };
    void running.gone.then(() => resolve("the browser ended"));
  });
  const trouble = await over;
  clearTimeout(timer);
  if (trouble) console.log(`  ${trouble}`);
  await running.end();
  return column;
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}

const columns = [];
for (const word of wanted.length > 0 ? wanted : Object.keys(browsers)) {
  if (!browsers[word].isThere()) await debianPackages(browsers[word].packages);
  if (browsers[word].isThere()) columns.push(await tableOf(word));
  else console.log(`skipped: ${browsers[word].name} (Debian: ${browsers[word].packages.join(", ")})`);
}
server.close();

const cell = (column, name) => {
  const result = column.results.find((each) => each.name === name);
  return result ? (result.failure ? "–" : seconds(result.promptMs)) : "–";
};
const yes = (is) => (is ? "yes" : "no");
const table = [
  `| to the prompt, seconds | ${columns.map(({ title }) => title).join(" | ")} |`,
  `| --- | ${columns.map(() => "---:").join(" | ")} |`,
  ...present.map(({ name }) => `| ${name} | ${columns.map((column) => cell(column, name)).join(" | ")} |`),
  `| tail calls | ${columns.map(({ features }) => yes(features?.tailCalls)).join(" | ")} |`,
  `| SharedArrayBuffer | ${columns.map(({ features }) => yes(features?.sharedArrayBuffer)).join(" | ")} |`,
  `| OffscreenCanvas | ${columns.map(({ features }) => yes(features?.offscreenCanvas)).join(" | ")} |`,
  `| File System Access | ${columns.map(({ features }) => yes(features?.fileSystemAccess)).join(" | ")} |`,
].join("\n");
console.log(`\n${table}`);
if (write) {
  const [before, after] = ["<!-- table -->", "<!-- end of table -->"];
  const text = readFileSync(page, "utf8");
  const [head, rest] = text.split(before);
  const tail = rest?.split(after)[1];
  if (tail === undefined) stop(`browsers: ${page} has no place for the table.`);
  const told = `Measured on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} cores (${cpus()[0]?.model.trim()}).`;
  writeFileSync(page, `${head}${before}\n\n${told}\n\n${table}\n\n${after}${tail}`);
}
const failures = columns.flatMap(({ results }) => results.filter(({ failure }) => failure)).length;
const absent = columns.some(({ results }) => results.length < present.length);
process.exit(failures > 0 || absent ? 1 : 0);
