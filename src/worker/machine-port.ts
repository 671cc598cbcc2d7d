/**
 * What the worker needs of a PC. `src/machine/machine.ts` is the PC; this is its face as the VM worker uses it, so that
 * the worker is tested without one.
 */
import type { CoreHost, CoreInterface } from "../core/core.ts";
import type { Clock } from "../machine/clock.ts";
import type { Device } from "../machine/device.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import type { KeyCode, MouseButton, VmEvent } from "../protocol/vm-api.ts";
import type { PictureSource } from "./display/presenter.ts";
import type { BlockStore } from "../storage/block-store.ts";

type EventOf<T extends VmEvent["type"]> = Extract<VmEvent, { type: T }>;

/** What a machine tells its owner. None of these may throw; all may be called while the core runs. */
export interface MachineEvents {
  serial(port: 0 | 1, bytes: Uint8Array): void;
  keyboardLeds(leds: Omit<EventOf<"keyboardleds">, "type">): void;
  /** The guest began or ended using the absolute pointer. */
  pointerMode(absolute: boolean): void;
  /** Text written to the debug console (port 0x402). */
  debugText(text: string): void;
  postCode(code: number): void;
  /** The guest wrote to the debug-exit port; `status` is what it wrote. */
  debugExit(status: number): void;
  /** The guest switched itself off (ACPI S5). */
  poweredOff(): void;
  /** The guest asked for a reset (keyboard controller, port 0xCF9, port 0x92): `reset` is to be called after the run. */
  resetRequested(): void;
  /** An interrupt or input arrived while the core may be asleep. */
  wake(): void;
}

/** Bytes moved by each kind of drive since power-on. */
export interface DriveActivity {
  disk: { readBytes: number; writtenBytes: number };
  cdrom: { readBytes: number };
  floppy: { readBytes: number; writtenBytes: number };
}

export interface MachinePort extends Device {
  readonly core: CoreInterface;
  readonly screen: PictureSource & { screenText(): string[] | null };
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
  insertCdrom(store: BlockStore | null): void;
  insertFloppy(store: BlockStore | null): void;
  activity(): DriveActivity;
}

/** Everything a machine is made of, loaded and ready. */
export interface MachineParts {
  config: MachineConfig;
  clock: Clock;
  events: MachineEvents;
  firmware: Uint8Array;
  vgaFirmware: Uint8Array;
  kernel: Uint8Array | null;
  initrd: Uint8Array | null;
  floppy: BlockStore | null;
  cdrom: BlockStore | null;
  disks: BlockStore[];
  /** Makes the core; called once, with what the board answers it. @throws VmError when the memory cannot be had. */
  makeCore(host: CoreHost, vramBytes: number): CoreInterface;
}

export type BuildMachine = (parts: MachineParts) => MachinePort;
