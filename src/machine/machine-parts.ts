/**
 * Everything that a machine is made of, loaded and ready, and what it tells its owner. The worker fills this in; the
 * machine knows neither URLs nor threads.
 */
import type { CoreHost, CoreInterface } from "../core/core.ts";
import type { Unpacker } from "../core/unpacker.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import type { BlockStore } from "../storage/block-store.ts";
import type { Clock } from "./clock.ts";

export interface KeyboardLedState {
  scrollLock: boolean;
  numLock: boolean;
  capsLock: boolean;
}

/** None of these may throw; all may be called while the core runs. */
export interface MachineEvents {
  serial(port: 0 | 1, bytes: Uint8Array): void;
  keyboardLeds(leds: KeyboardLedState): void;
  /** The guest began or ended using the absolute pointer. */
  pointerMode(absolute: boolean): void;
  /** Text written to the debug console (port 0x402). */
  debugText(text: string): void;
  postCode(code: number): void;
  /** The guest wrote to the debug-exit port; `status` is what it wrote. */
  debugExit(status: number): void;
  /** The guest switched itself off (ACPI S5). */
  poweredOff(): void;
  /** The guest asked for a reset (keyboard controller, port 0xCF9, port 0x92): call `reset` after the run. */
  resetRequested(): void;
  /** An interrupt arrived while the core may be asleep. */
  wake(): void;
}

/** A file for a Multiboot kernel, with its words. */
export interface BootModule {
  bytes: Uint8Array;
  commandLine: string;
}

/** What is in a flash chip that holds firmware. */
export interface FlashImage {
  bytes: Uint8Array;
  readOnly: boolean;
  /** Where changes are kept; null: they live as long as the machine. */
  store: BlockStore | null;
}

/** A kernel that is started without firmware, with what it is given. */
export interface KernelFiles {
  kernel: Uint8Array;
  unpacker: Unpacker | null;
  /** For Multiboot kernels. */
  modules: readonly BootModule[];
  initrd: Uint8Array | null;
}

export interface MachineParts {
  config: MachineConfig;
  clock: Clock;
  events: MachineEvents;
  /** Empty where the firmware is in flash. */
  firmware: Uint8Array;
  /** The first chip ends at 4 GiB, the next one below it. */
  flash: readonly FlashImage[];
  /** Empty: no VGA BIOS; the text font is then drawn. */
  vgaFirmware: Uint8Array;
  /** later: it is given by `supplyKernel` before the machine starts. */
  kernel: Uint8Array | "later" | null;
  /** Unpacks a Linux kernel before it is started; null: it unpacks itself, which takes longer. */
  unpacker: Unpacker | null;
  /** For Multiboot kernels. */
  modules: readonly BootModule[];
  initrd: Uint8Array | null;
  floppy: BlockStore | null;
  cdrom: BlockStore | null;
  disks: BlockStore[];
  /** Makes the core; called once, with what the board answers it. */
  makeCore(host: CoreHost, vramBytes: number): CoreInterface;
}

/** Bytes moved by each kind of drive since power-on. */
export interface DriveActivity {
  disk: { readBytes: number; writtenBytes: number };
  cdrom: { readBytes: number };
  floppy: { readBytes: number; writtenBytes: number };
}
