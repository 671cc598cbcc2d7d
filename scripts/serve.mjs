#!/usr/bin/env node
/** Serves what is built in dist/, and nothing else: `node scripts/serve.mjs [--port N]`. */
import { at, stop } from "./lib/process.mjs";
import { serveFolder } from "./lib/static-server.mjs";

const position = process.argv.indexOf("--port");
const port = Number(position >= 0 ? process.argv[position + 1] : 8086);
if (!Number.isInteger(port) || port < 0 || port > 65535) stop("--port needs a number from 0 to 65535.", 2);
const server = await serveFolder(at("dist"), port).catch((error) => stop(error.message));
console.log(`http://localhost:${server.address().port}/`);
