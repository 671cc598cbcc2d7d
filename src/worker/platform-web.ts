/** What a machine needs of a browser's Worker, wherever its modules come from. */
import { allocateMemory } from "../core/load.ts";
import { WasmCore } from "../core/wasm-core.ts";
import { Machine } from "../machine/machine.ts";
import { StorageError } from "../storage/block-store.ts";
import { IndexedBlobs } from "../storage/library/indexed-blobs.ts";
import { IndexedLayers } from "../storage/library/indexed-layers.ts";
import { publishedFiles, webOpener } from "./media.ts";
import type { SourceOpener } from "./media.ts";
import type { FramePace } from "./frame-loop.ts";
import type { VmPlatform } from "./make-machine.ts";

/** Nobody sees a machine without a canvas; its mode is still reported. */
const FRAME_MS: Record<FramePace, number> = { repaint: 16, resting: 50, headless: 250 };

/** A Worker may wait for a file, as a page may not. [XHR] open(), "async" false */
function readNow(url: string): Uint8Array | null {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch {
    return null;
  }
  return request.status === 200 ? new Uint8Array(request.response as ArrayBuffer) : null;
}

const opener: SourceOpener = {
  ...webOpener,
  published: (source) => publishedFiles(source, { readNow }),
  libraryAt(place) {
    if (place.kind !== "indexedDb") throw new StorageError("This library is not in the browser's storage.");
    return { layers: new IndexedLayers(place.name), blobs: new IndexedBlobs(place.name) };
  },
};

export function platformWith(modules: Pick<VmPlatform, "compileCore" | "compileUnpacker">): VmPlatform {
  return {
    ...modules,
    opener,
    processors: navigator.hardwareConcurrency || 1,
    makeCore: (module, options) => new WasmCore(module, allocateMemory(options.ramBytes, options.vramBytes), options),
    buildMachine: (parts) => Machine.build(parts),
    nextFrame(pace, draw) {
      if (pace === "repaint" && typeof requestAnimationFrame === "function") requestAnimationFrame(draw);
      else setTimeout(draw, FRAME_MS[pace]);
    },
  };
}
