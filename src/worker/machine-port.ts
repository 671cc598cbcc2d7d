/**
 * What the worker needs of a PC. `src/machine/machine.ts` is the PC; this is its face as the VM worker uses it, so that
 * the worker is tested without one.
 */
import type { CoreInterface } from "../core/core.ts";
import type { BusWatcher } from "../machine/bus/bus-trace.ts";
import type { Device } from "../machine/device.ts";
import type { DriveActivity, KernelFiles, MachineParts } from "../machine/machine-parts.ts";
import type { KeyCode, MouseButton } from "../protocol/vm-api.ts";
import type { BlockStore } from "../storage/block-store.ts";
import type { PictureSource } from "./display/presenter.ts";

export interface MachinePort extends Device {
  readonly core: CoreInterface;
  readonly screen: PictureSource & { screenText(): string[] | null };
  supplyKernel(files: KernelFiles): void;
  key(code: KeyCode, down: boolean): void;
  /** Resolves when the last key is up. */
  typeText(text: string): Promise<void>;
  pressKeys(codes: readonly KeyCode[]): Promise<void>;
  /** What has not been typed is not typed any more; its callers' promises reject. */
  cancelTyping(): void;
  serialReceive(port: 0 | 1, bytes: Uint8Array): void;
  moveMouse(dx: number, dy: number, wheel: number): void;
  pointTo(x: number, y: number): void;
  mouseButton(button: MouseButton, down: boolean): void;
  pressPowerButton(): void;
  /** Hands over output that is still being gathered. */
  flushOutput(): void;
  /** Resolves when what the guest wrote to flash is where it is kept. */
  flashSettled(): Promise<void>;
  insertCdrom(store: BlockStore | null): void;
  insertFloppy(store: BlockStore | null): void;
  activity(): DriveActivity;
  /** Hands accesses to devices to `watcher` from now on. */
  watch(watcher: BusWatcher): void;
}

export type BuildMachine = (parts: MachineParts) => MachinePort;
