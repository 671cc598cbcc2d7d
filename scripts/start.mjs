#!/usr/bin/env node
/**
 * `npm start [-- --port N]`: does all the set-up, builds, and serves the page, whose default guest starts with one
 * click.
 */
import { at, stop } from "./lib/process.mjs";
import { serveFolder } from "./lib/static-server.mjs";
import { setup } from "./setup.mjs";

const position = process.argv.indexOf("--port");
const port = Number(position >= 0 ? process.argv[position + 1] : (process.env.PORT ?? 8086));
if (!Number.isInteger(port) || port < 0 || port > 65535) stop("--port needs a number from 0 to 65535.", 2);

await setup("start");
const server = await serveFolder(at("dist"), port).catch((error) =>
  stop(
    error.code === "EADDRINUSE" ? `Port ${port} is in use; choose another with: npm start -- --port N` : error.message,
  ),
);
console.log(`Posada is at http://localhost:${server.address().port}/ (Ctrl+C ends it).`);
