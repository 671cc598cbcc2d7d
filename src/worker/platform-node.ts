/** What a machine needs of Node: files beside URLs, and the core from the disk. Not for the browser's bundle. */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allocateMemory } from "../core/load.ts";
import { WasmCore } from "../core/wasm-core.ts";
import type { WasmCoreOptions } from "../core/wasm-core.ts";
import { VmError } from "../protocol/vm-api.ts";
import { StorageError } from "../storage/block-store.ts";
import { FolderLayers } from "../storage/library/folder-layers.ts";
import { BLOBS_FOLDER, FolderBlobs, LAYERS_FOLDER } from "../storage/library/folder-storage.ts";
import { NodeFileStore } from "../storage/node-file-store.ts";
import { Machine } from "../machine/machine.ts";
import { publishedFiles, webOpener } from "./media.ts";
import type { SourceOpener } from "./media.ts";
import type { TraceSink } from "./tracer.ts";
import type { VmPlatform } from "./make-machine.ts";

const HEADLESS_FRAME_MS = 250;

/** `file:` URLs are files; everything else is as in a browser. */
const nodeOpener: SourceOpener = {
  async bytes(source, role, progress) {
    if (!isFile(source)) return webOpener.bytes(source, role, progress);
    const path = fileURLToPath(source);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new VmError("badMedia", `The ${role} ${path} cannot be read: ${wordFor(error)}.`);
    });
    if (bytes.length === 0) throw new VmError("badMedia", `The ${role} ${path} is empty (0 bytes).`);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  },
  async open(source, role, progress) {
    if (!isFile(source)) return webOpener.open(source, role, progress);
    return NodeFileStore.open(fileURLToPath(source), { readOnly: true });
  },
  async openToWrite(source, role) {
    if (!isFile(source)) return webOpener.openToWrite(source, role);
    return NodeFileStore.open(fileURLToPath(source), { readOnly: false });
  },
  published(source) {
    if (!isFile(source.published.url)) return publishedFiles(source);
    return publishedFiles(source, {
      fetch: async (url) => {
        const bytes = await readFile(fileURLToPath(String(url))).catch(() => null);
        return bytes ? new Response(bytes) : new Response(null, { status: 404 });
      },
      readNow: (url) => new Uint8Array(readFileSync(fileURLToPath(url))),
    });
  },
  libraryAt(place) {
    if (place.kind !== "folder") throw new StorageError("This library is not in a folder.");
    return {
      layers: new FolderLayers(join(place.path, LAYERS_FOLDER)),
      blobs: new FolderBlobs(join(place.path, BLOBS_FOLDER)),
    };
  },
};

function isFile(source: unknown): source is string {
  return typeof source === "string" && source.startsWith("file:");
}

function wordFor(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such file";
  if (error.code === "EACCES") return "permission was denied";
  if (error.code === "EISDIR") return "it is a folder";
  return error.message;
}

const STDERR = 2;

/** Written at once: a trace is wanted most where the machine comes to grief. */
function openTrace(file: string | null): TraceSink {
  try {
    const target = file === null ? STDERR : openSync(file, "w");
    return {
      write: (text) => {
        writeFileSync(target, text);
      },
      close: () => {
        if (target !== STDERR) closeSync(target);
      },
    };
  } catch (error) {
    throw new VmError(
      "badConfig",
      `The trace cannot be written to ${file}: ${wordFor(error as NodeJS.ErrnoException)}.`,
    );
  }
}

/**
 * For work on the compiler: POSADA_JIT=off, POSADA_JIT_THRESHOLD=N, POSADA_JIT_MAX_BLOCK=N, POSADA_JIT_WHEN=afterRuns or beforeUse, and
 * POSADA_JIT_DUMP=FOLDER for the modules it writes.
 */
function jitSettings(): Pick<WasmCoreOptions, "jit" | "jitThreshold" | "jitMaxBlock" | "jitWhen" | "onJitModule"> {
  const { env } = process;
  const { POSADA_JIT_THRESHOLD: threshold, POSADA_JIT_MAX_BLOCK: maxBlock, POSADA_JIT_DUMP: folder } = env;
  const when = (["afterRuns", "beforeUse"] as const).find((word) => word === env.POSADA_JIT_WHEN);
  let modules = 0;
  return {
    ...(env.POSADA_JIT === "off" ? { jit: false } : {}),
    ...(threshold ? { jitThreshold: Number(threshold) } : {}),
    ...(maxBlock ? { jitMaxBlock: Number(maxBlock) } : {}),
    ...(when ? { jitWhen: when } : {}),
    ...(folder ? { onJitModule: (bytes) => writeFileSync(join(folder, `${modules++}.wasm`), bytes) } : {}),
  };
}

async function compile(what: string, path: string): Promise<WebAssembly.Module> {
  const bytes = await readFile(path).catch(() => {
    throw new VmError("internal", `The ${what} is missing at ${path}; npm run build makes it.`);
  });
  return WebAssembly.compile(bytes);
}

/** Paths of the compiled core and unpacker, build/core.wasm and build/unpack.wasm. */
export function nodePlatform(corePath: string, unpackerPath: string): VmPlatform {
  return {
    opener: nodeOpener,
    processors: availableParallelism(),
    compileCore: () => compile("processor core", corePath),
    compileUnpacker: () => compile("unpacker of kernels", unpackerPath),
    makeCore: (module, options) =>
      new WasmCore(module, allocateMemory(options.ramBytes, options.vramBytes), { ...options, ...jitSettings() }),
    buildMachine: (parts) => Machine.build(parts),
    openTrace,
    nextFrame(_pace, draw) {
      // A machine that has nothing to do must not keep the thread alive only to look at its screen.
      setTimeout(draw, HEADLESS_FRAME_MS).unref();
    },
  };
}
