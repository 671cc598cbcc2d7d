/** A machine in a worker thread of Node: the same worker code as in a page. */
import { Worker } from "node:worker_threads";
import * as Comlink from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { ReplayApi } from "../src/protocol/replay-api.ts";
import { VmError } from "../src/protocol/vm-api.ts";
import { asVmError } from "../src/protocol/vm-error.ts";

export interface LinkedMachine {
  api: ReplayApi;
  end(): Promise<void>;
}

/**
 * @param script the built worker script
 * @param onDeath called when the worker fails; calls under way never come back
 */
export function startMachine(script: string, onDeath: (error: VmError) => void): LinkedMachine {
  const worker = new Worker(script);
  worker.on("error", (error) => onDeath(new VmError("internal", `the machine's worker failed: ${error.message}`)));
  const remote = Comlink.wrap<ReplayApi>(nodeEndpoint(worker)) as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const api = new Proxy({} as ReplayApi, {
    get: (_, name) => {
      if (typeof name === "symbol" || name === "then") return undefined;
      return async (...args: unknown[]) => {
        try {
          return await remote[name]!(...args);
        } catch (error) {
          throw asVmError(error);
        }
      };
    },
  });
  return { api, end: async () => void (await worker.terminate()) };
}

/** A function that the worker may call. */
export const callback = Comlink.proxy;
