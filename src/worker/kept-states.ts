/**
 * States of a machine that are kept and brought back, as VmApi has them: saved ones (one piece of bytes) and captured ones
 * (into a library). Here is in which state of the machine that may be done, and what it is afterwards.
 */
import type { WasmCore } from "../core/wasm-core.ts";
import { isKept } from "../protocol/machine-config.ts";
import type { MachineConfig, StoragePlace } from "../protocol/machine-config.ts";
import type { CaptureRequest, CaptureResult, VmError, VmState } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import type { Said } from "../shared/said.ts";
import { Captures } from "./captures.ts";
import { asFailure } from "./failures.ts";
import type { MadeMachine } from "./make-machine.ts";
import type { SourceOpener } from "./media.ts";
import { notPublished } from "./published-start.ts";
import { Snapshot } from "./snapshot.ts";

/** The machine's states as the VM goes through them. */
export interface StateHost {
  current(): VmState;
  /** @throws VmError */
  expect(...states: VmState[]): void;
  enter(state: VmState, reason?: Said): void;
  /** Lets the processor run: the machine is `running`. */
  go(): void;
  /** The processor stands still when this returns; the machine's state is as before. */
  halt(): void;
  /** A page of its memory that was to come cannot be had. */
  lost(error: VmError): void;
  /** The picture is another one. */
  redraw(): void;
}

export class KeptStates {
  private readonly snapshot: Snapshot;
  private readonly captures: Captures;
  private readonly core: WasmCore;
  private readonly published: MadeMachine["published"];
  /** What the machine was when a capture brought it to a stand. */
  private beforeCapture: VmState | null = null;
  /** Its memory is not all zeros any more. */
  private usedBefore = false;

  constructor(
    config: MachineConfig,
    made: MadeMachine,
    powerOn: { instructions: number },
    opener: SourceOpener,
    private readonly host: StateHost,
  ) {
    this.core = made.core;
    this.published = made.published;
    this.snapshot = new Snapshot({ config, ...made, powerOn });
    this.captures = this.makeCaptures(config, made, opener);
  }

  /** For a machine that is switched on: memory as if it had been without power. */
  clearMemory(): void {
    this.published?.forget();
    if (this.usedBefore) for (const memory of [this.core.ram, this.core.vram]) memory.fill(0);
    this.usedBefore = true;
    this.captures.forget();
  }

  /** Has a machine that is new go on from the published state that belongs to it. @returns null where there is none */
  async takePublished(): Promise<MadeMachine["published"]> {
    if (!this.published || this.usedBefore) return null;
    if (!(await this.published.restore(this.snapshot, this.core, (error) => this.host.lost(error)))) return null;
    this.usedBefore = true;
    this.host.redraw();
    return this.published;
  }

  /** For whoever looks at all of the memory. @throws StorageError */
  async whole(): Promise<void> {
    await this.published?.whole();
    this.captures.whole();
  }

  /** The machine is done for: what was still to come is let go. */
  forget(): void {
    this.published?.forget();
    this.captures.forget();
  }

  async save(): Promise<Uint8Array> {
    this.host.expect("running", "paused");
    return this.whileStopped("saving", this.host.current(), async () => {
      await this.whole();
      return this.snapshot.save();
    });
  }

  /** What has changed since the published state from which the machine went on. */
  async saveDifference(): Promise<Uint8Array> {
    this.host.expect("running", "paused");
    const { published } = this;
    if (!published) throw notPublished();
    return this.whileStopped("saving", this.host.current(), () => published.difference(this.snapshot));
  }

  async restore(saved: Uint8Array, then?: "running" | "paused"): Promise<void> {
    const { host } = this;
    host.expect("poweredOff", "running", "paused", "aborted");
    const next = then ?? (host.current() === "paused" ? "paused" : "running");
    await this.whileStopped("restoring", next, async () => {
      // Should the state be refused, all goes on as it was.
      await this.whole();
      await this.snapshot.restore(saved);
      this.forget();
      this.usedBefore = true;
    });
    host.redraw();
  }

  async capture(request: CaptureRequest): Promise<CaptureResult> {
    this.host.expect("running", "paused");
    try {
      await this.published?.whole();
      return await this.captures.capture(request);
    } catch (error) {
      throw asFailure(error);
    }
  }

  async restoreCaptured(memory: { place: StoragePlace; id: string }, then: "running" | "paused"): Promise<void> {
    const { host } = this;
    host.expect("poweredOff", "aborted");
    let touched = false;
    try {
      await this.whileStopped("restoring", then, () =>
        this.captures.restore(memory, !this.usedBefore, () => {
          touched = true;
          this.published?.forget();
          this.usedBefore = true;
        }),
      );
    } catch (error) {
      // Half a memory is none; before that everything is as it was.
      if (touched) host.enter("aborted", asVmError(error).said);
      throw error;
    }
    host.redraw();
  }

  /** Does something with the machine standing still; afterwards it is in the state `next`, or what it was where that failed. */
  private async whileStopped<T>(state: VmState, next: VmState, work: () => Promise<T>): Promise<T> {
    const { host } = this;
    const before = host.current();
    const goOn = (after: VmState) => (after === "running" ? host.go() : host.enter(after));
    host.halt();
    host.enter(state);
    try {
      const result = await work();
      goOn(next);
      return result;
    } catch (error) {
      goOn(before);
      throw asFailure(error);
    }
  }

  private makeCaptures(config: MachineConfig, { core, drives }: MadeMachine, opener: SourceOpener): Captures {
    const { host } = this;
    const places = new Map<string, StoragePlace>();
    config.disks.forEach(({ source }, i) => isKept(source) && places.set(`disk${i}`, source.kept.place));
    return new Captures({
      core,
      snapshot: this.snapshot,
      drives,
      libraryAt: (place) => opener.libraryAt(place),
      placeOf: (drive) => places.get(drive) ?? null,
      lost: (error) => host.lost(error),
      stop: () => {
        host.expect("running", "paused");
        this.beforeCapture = host.current();
        host.halt();
        host.enter("saving");
      },
      goOn: () => {
        const before = this.beforeCapture;
        this.beforeCapture = null;
        if (host.current() !== "saving" || before === null) return;
        if (before === "running") host.go();
        else host.enter(before);
      },
    });
  }
}
