/** What a published machine does otherwise than others: it goes on from a saved state whose pages come as they are wanted. */
import type { WasmCore } from "../core/wasm-core.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import { logger } from "../shared/log.ts";
import { listName } from "./media.ts";
import type { MediaLoader, Progress, SourceOpener } from "./media.ts";
import { PublishedMemory } from "./published-memory.ts";
import type { Snapshot } from "./snapshot.ts";

const log = logger("published");

/** The guest is to have what it asks for first; the rest comes when it has settled. */
const REST_AFTER_MS = 1500;

export class PublishedStart {
  private memory: PublishedMemory | null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    memory: PublishedMemory,
    private readonly isOptional: boolean,
  ) {
    this.memory = memory;
  }

  /** Reads what the machine goes on with; null where it does not go on from a published state. */
  static async load(
    config: MachineConfig,
    media: MediaLoader,
    opener: SourceOpener,
    progress: Progress,
  ): Promise<PublishedStart | null> {
    const source = config.savedState;
    if (!source) return null;
    const isOptional = config.savedStateIsOptional ?? false;
    try {
      const change = config.savedStateDifference;
      const difference = change === undefined ? null : await media.plain(change, "saved state");
      const memory = await media.explained(source, "saved state", () =>
        PublishedMemory.load(
          listName(source),
          opener.published(source),
          (done, total) => progress("saved state", done, total),
          difference,
        ),
      );
      return new PublishedStart(memory, isOptional);
    } catch (error) {
      if (!isOptional) throw error;
      startsAnew(error);
      return null;
    }
  }

  /**
   * Puts the state into a machine that has not been switched on.
   * @returns false where it has to start anew
   * @throws VmError or StateError
   */
  async restore(snapshot: Snapshot, core: WasmCore, lost: (error: VmError) => void): Promise<boolean> {
    const { memory } = this;
    if (!memory) return false;
    try {
      await snapshot.restoreImage(memory.image, async () =>
        memory.fill(snapshot.regions(), { awaitPages: (bringer) => core.awaitPages(bringer), lost }),
      );
    } catch (error) {
      if (!this.isOptional) throw error;
      startsAnew(error);
      this.forget();
      return false;
    }
    this.timer = setTimeout(() => void this.bringRest(), REST_AFTER_MS);
    return true;
  }

  /** What has changed since the state was published; the machine must stand still. @throws VmError or StorageError */
  async difference(snapshot: Snapshot): Promise<Uint8Array> {
    const { memory } = this;
    if (!memory) throw notPublished();
    await memory.bringRest();
    return memory.differenceTo(snapshot.regions(), snapshot.describe().devices());
  }

  /** What the guest has written to COM1 before. */
  get serial(): Uint8Array {
    return this.memory?.index.serial ?? new Uint8Array(0);
  }

  /** For whoever looks at all of the memory. @throws StorageError */
  async whole(): Promise<void> {
    await this.memory?.bringRest();
  }

  /** The memory is another's from now on. */
  forget(): void {
    clearTimeout(this.timer);
    this.memory?.forget();
    this.memory = null;
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

export function notPublished(): VmError {
  return new VmError(
    "wrongState",
    "This machine has not gone on from a published state, so that there is none to differ from.",
  );
}

function startsAnew(error: unknown): void {
  log.warn(`the machine starts anew, since its saved state is of no use here: ${(error as Error).message}`);
}
