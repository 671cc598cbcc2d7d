/** A machine's platform in a page that loads the processor core from beside itself. */
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";
import type { VmPlatform } from "./make-machine.ts";
import { platformWith } from "./platform-web.ts";

const coreUrl = new URL("../../build/core.wasm", import.meta.url).href;
const unpackerUrl = new URL("../../build/unpack.wasm", import.meta.url).href;

async function compile(what: string, url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok)
    throw new VmError("unreachable", said`The ${what} cannot be loaded from ${url}; it belongs beside posada.js.`);
  return response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

export function browserPlatform(): VmPlatform {
  // A Worker is made for a machine: while it is told which, its core can be compiled.
  const core = compile("processor core", coreUrl);
  core.catch(() => undefined); // who asks for it is told
  return platformWith({
    compileCore: () => core,
    compileUnpacker: () => compile("unpacker of kernels", unpackerUrl),
  });
}
