/** What a machine needs of a browser's Worker. */
import { allocateMemory } from "../core/load.ts";
import { WasmCore } from "../core/wasm-core.ts";
import { VmError } from "../protocol/vm-api.ts";
import { Machine } from "../machine/machine.ts";
import { StorageError } from "../storage/block-store.ts";
import { IndexedBlobs } from "../storage/library/indexed-blobs.ts";
import { IndexedLayers } from "../storage/library/indexed-layers.ts";
import { webOpener } from "./media.ts";
import type { SourceOpener } from "./media.ts";
import type { FramePace } from "./frame-loop.ts";
import type { VmPlatform } from "./make-machine.ts";

/** Nobody sees a machine without a canvas; its mode is still reported. */
const FRAME_MS: Record<FramePace, number> = { repaint: 16, resting: 50, headless: 250 };

const coreUrl = new URL("../../build/core.wasm", import.meta.url).href;
const unpackerUrl = new URL("../../build/unpack.wasm", import.meta.url).href;

async function compile(what: string, url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok)
    throw new VmError("unreachable", `The ${what} cannot be loaded from ${url}; it belongs beside posada.js.`);
  return response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

const opener: SourceOpener = {
  ...webOpener,
  libraryAt(place) {
    if (place.kind !== "indexedDb") throw new StorageError("This library is not in the browser's storage.");
    return { layers: new IndexedLayers(place.name), blobs: new IndexedBlobs(place.name) };
  },
};

export function browserPlatform(): VmPlatform {
  return {
    opener,
    processors: navigator.hardwareConcurrency || 1,
    compileCore: () => compile("processor core", coreUrl),
    compileUnpacker: () => compile("unpacker of kernels", unpackerUrl),
    makeCore: (module, options) => new WasmCore(module, allocateMemory(options.ramBytes, options.vramBytes), options),
    buildMachine: (parts) => Machine.build(parts),
    nextFrame(pace, draw) {
      if (pace === "repaint" && typeof requestAnimationFrame === "function") requestAnimationFrame(draw);
      else setTimeout(draw, FRAME_MS[pace]);
    },
  };
}
