/**
 * What a published machine does otherwise than others: it goes on from a saved state whose pages come as they are wanted, and
 * its kernel, which only a new start needs, is read when there is one.
 */
import { Unpacker } from "../core/unpacker.ts";
import type { WasmCore } from "../core/wasm-core.ts";
import type { KernelFiles } from "../machine/machine-parts.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import type { VmError } from "../protocol/vm-api.ts";
import { logger } from "../shared/log.ts";
import { orFailure } from "./failures.ts";
import type { MachinePort } from "./machine-port.ts";
import { listName } from "./media.ts";
import type { MediaLoader, Progress, SourceOpener } from "./media.ts";
import { PublishedMemory } from "./published-memory.ts";
import type { Snapshot } from "./snapshot.ts";

const log = logger("published");

/** The guest is to have what it asks for first; the rest comes when it has settled. */
const REST_AFTER_MS = 1500;

/** Reads what a kernel is started with; null where the machine has none. */
export async function kernelFiles(
  config: MachineConfig,
  media: MediaLoader,
  platform: StartPlatform,
): Promise<KernelFiles | null> {
  const { kernel, initrd } = config;
  if (kernel === undefined) return null;
  const [module, kernelBytes, initrdBytes, modules] = await Promise.all([
    platform.compileUnpacker(),
    media.file(kernel, "kernel", "kernel"),
    initrd === undefined ? null : media.file(initrd, "initrd", "initrd"),
    Promise.all(config.modules.map((each, i) => media.module(each, `module ${i + 1}`))),
  ]);
  return { kernel: kernelBytes, unpacker: new Unpacker(module), initrd: initrdBytes, modules };
}

/** What of the host is needed for that. */
export interface StartPlatform {
  opener: SourceOpener;
  compileUnpacker(): Promise<WebAssembly.Module>;
}

export class PublishedStart {
  private memory: PublishedMemory | null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private supplying: Promise<void> | null = null;

  private constructor(
    memory: PublishedMemory,
    private readonly readKernel: () => Promise<KernelFiles | null>,
    /** The machine has a kernel that it has not been given yet. */
    public kernelIsLater: boolean,
  ) {
    this.memory = memory;
  }

  /** Reads what the machine goes on with; null where it does not go on from a published state. */
  static async load(
    config: MachineConfig,
    media: MediaLoader,
    platform: StartPlatform,
    progress: Progress,
  ): Promise<PublishedStart | null> {
    const source = config.savedState;
    if (!source) return null;
    const memory = await media.explained(source, "saved state", () =>
      PublishedMemory.load(listName(source), platform.opener.published(source), (done, total) =>
        progress("saved state", done, total),
      ),
    );
    return new PublishedStart(memory, () => kernelFiles(config, media, platform), config.kernel !== undefined);
  }

  /** Puts the state into a machine that has not been switched on. @throws VmError or StateError */
  async restore(snapshot: Snapshot, core: WasmCore, lost: (error: VmError) => void): Promise<void> {
    const { memory } = this;
    if (!memory) return;
    await snapshot.restoreImage(memory.index, async () =>
      memory.fill(snapshot.regions(), { awaitPages: (bringer) => core.awaitPages(bringer), lost }),
    );
    this.timer = setTimeout(() => void this.bringRest(), REST_AFTER_MS);
  }

  /** What the guest has written to COM1 before. */
  get serial(): Uint8Array {
    return this.memory?.index.serial ?? new Uint8Array(0);
  }

  /** For whoever looks at all of the memory. @throws StorageError */
  async whole(): Promise<void> {
    await this.memory?.bringRest();
  }

  /** Gives the machine its kernel, which it needs to start anew. @throws VmError */
  async supplyKernel(machine: MachinePort): Promise<void> {
    if (!this.kernelIsLater) return;
    // What could not be read is tried again next time.
    this.supplying ??= this.readAndSupply(machine).finally(() => (this.supplying = null));
    await this.supplying;
  }

  /** The memory is another's from now on. */
  forget(): void {
    clearTimeout(this.timer);
    this.memory?.forget();
    this.memory = null;
  }

  private async readAndSupply(machine: MachinePort): Promise<void> {
    const files = await this.readKernel();
    if (files) orFailure(() => machine.supplyKernel(files));
    this.kernelIsLater = false;
  }

  /** What cannot be had now may still be had when it is wanted. */
  private async bringRest(): Promise<void> {
    try {
      await this.memory?.bringRest();
    } catch (error) {
      log.warn(`the rest of the memory does not come: ${(error as Error).message}`);
    }
  }
}
