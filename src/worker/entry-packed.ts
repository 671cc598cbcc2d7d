/**
 * The Worker script of a machine in a page that is one file: a classic script, since pages of `file:` start no modules. The
 * first message brings what other pages load: the processor core and the unpacker of kernels.
 */
import { serve } from "./serve-machine.ts";

interface PackedModules {
  core: Uint8Array<ArrayBuffer>;
  unpacker: Uint8Array<ArrayBuffer>;
}

addEventListener(
  "message",
  ({ data }: MessageEvent<PackedModules>) => {
    const { core, unpacker } = data;
    serve({
      compileCore: () => WebAssembly.compile(core),
      compileUnpacker: () => WebAssembly.compile(unpacker),
    });
  },
  { once: true },
);
