/**
 * What the worker needs of a PC. `src/machine/machine.ts` is the PC; this is its face as the VM worker uses it, so that
 * the worker is tested without one.
 */
import type { CoreInterface } from "../core/core.ts";
import type { Device } from "../machine/device.ts";
import type { KeyCode, MouseButton, VmEvent } from "../protocol/vm-api.ts";
import type { BlockStore } from "../storage/block-store.ts";

type EventOf<T extends VmEvent["type"]> = Extract<VmEvent, { type: T }>;

/** What a machine tells its owner. None of these may throw; all may be called while the core runs. */
export interface MachineEvents {
  serial(port: 0 | 1, byte: number): void;
  screenMode(mode: Omit<EventOf<"screenmode">, "type">): void;
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

/** The picture as it stands, in RGBA. */
export interface ScreenImage {
  widthPx: number;
  heightPx: number;
  rgba: Uint8ClampedArray | Uint8Array;
}

export interface MachinePort extends Device {
  readonly core: CoreInterface;
  key(code: KeyCode, down: boolean): void;
  /** Scan codes that the guest has not read yet. */
  keyboardBacklog(): number;
  serialReceive(port: 0 | 1, bytes: Uint8Array): void;
  moveMouse(dx: number, dy: number, wheel: number): void;
  pointTo(x: number, y: number): void;
  mouseButton(button: MouseButton, down: boolean): void;
  pressPowerButton(): void;
  attachCanvas(canvas: OffscreenCanvas): void;
  /** Draws what changed since the last call. @returns false where there is no canvas. */
  drawFrame(): boolean;
  screenText(): string[] | null;
  screenImage(): ScreenImage;
  insertCdrom(store: BlockStore | null): void;
  insertFloppy(store: BlockStore | null): void;
  activity(): DriveActivity;
}
