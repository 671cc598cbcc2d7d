/** The WebAssembly modules that lie beside the Worker's script in a page. It brings little along, so that they are fetched first. */
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";

const coreUrl = new URL("../../build/core.wasm", import.meta.url).href;
const unpackerUrl = new URL("../../build/unpack.wasm", import.meta.url).href;

export interface CoreModules {
  compileCore(): Promise<WebAssembly.Module>;
  compileUnpacker(): Promise<WebAssembly.Module>;
}

async function compile(what: string, url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok)
    throw new VmError("unreachable", said`The ${what} cannot be loaded from ${url}; it belongs beside posada.js.`);
  return response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

/** A Worker is made for a machine: while it is told which, its core can be compiled. */
export function coreModules(): CoreModules {
  const core = compile("processor core", coreUrl);
  core.catch(() => undefined); // who asks for it is told
  return { compileCore: () => core, compileUnpacker: () => compile("unpacker of kernels", unpackerUrl) };
}
