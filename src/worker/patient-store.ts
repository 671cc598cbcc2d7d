/**
 * A disk whose host may run out of room. A guest that is told of a failed write takes its disk for broken; what fails for
 * want of room is not told but waits, the machine stands still meanwhile, and it is tried again when the machine goes on.
 */
import type { BlockStore } from "../storage/block-store.ts";
import { QuotaError } from "../storage/library/quota-error.ts";

/** Stops the machine; resolves when it goes on. Rejects where it will not: then the guest is told after all. */
export type WaitForRoom = (error: QuotaError) => Promise<void>;

export class PatientStore implements BlockStore {
  readonly discard?: (offset: number, length: number) => Promise<void>;

  constructor(
    private readonly inner: BlockStore,
    private readonly waitForRoom: WaitForRoom,
  ) {
    if (inner.discard) this.discard = (offset, length) => this.patiently(() => inner.discard!(offset, length));
  }

  get sizeBytes(): number {
    return this.inner.sizeBytes;
  }

  get readOnly(): boolean {
    return this.inner.readOnly;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.inner.read(offset, length);
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.patiently(() => this.inner.write(offset, bytes));
  }

  flush(): Promise<void> {
    return this.patiently(() => this.inner.flush());
  }

  private async patiently(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof QuotaError)) throw error;
        await this.waitForRoom(error);
      }
    }
  }
}

/** Those who wait for a machine to go on. */
export class RoomWaiters {
  private readonly waiting = new Set<{ goOn: () => void; giveUp: (error: Error) => void; error: QuotaError }>();

  wait(error: QuotaError): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.add({ goOn: resolve, giveUp: reject, error }));
  }

  goOn(): void {
    for (const each of this.take()) each.goOn();
  }

  giveUp(): void {
    for (const each of this.take()) each.giveUp(each.error);
  }

  private take(): { goOn: () => void; giveUp: (error: Error) => void; error: QuotaError }[] {
    const all = [...this.waiting];
    this.waiting.clear();
    return all;
  }
}
