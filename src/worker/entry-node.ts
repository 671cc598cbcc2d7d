/** The worker_threads script of a machine in Node. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort } from "node:worker_threads";
import * as Comlink from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { setLogSink } from "../shared/log.ts";
import { exposable } from "./expose.ts";
import { nodePlatform } from "./platform-node.ts";
import { Vm } from "./vm.ts";

if (!parentPort) throw new Error("this script runs in a worker thread");
// What parts of the machine have to say to a developer: POSADA_LOG=debug, info, warn or error.
const levels: readonly string[] = ["debug", "info", "warn", "error"];
const least = levels.indexOf(process.env.POSADA_LOG ?? "");
if (least >= 0)
  setLogSink(({ level, category, message }) => {
    if (levels.indexOf(level) >= least) console.error(`${category}: ${message}`);
  });

const folder = dirname(fileURLToPath(import.meta.url));
const corePath = process.env.POSADA_CORE ?? join(folder, "core.wasm");
Comlink.expose(exposable(new Vm(nodePlatform(corePath, join(folder, "unpack.wasm")))), nodeEndpoint(parentPort));
