/**
 * A PC: the board with its power switch. Starts either the firmware or, without it, a kernel that was given; carries
 * keys, pointer and serial input to the devices; saves and restores all of it.
 */
import type { Unpacker } from "../core/unpacker.ts";
import { said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import type { BusWatcher } from "./bus/bus-trace.ts";
import { Board } from "./board.ts";
import type { Device, DeviceState } from "./device.ts";
import type { Ps2MouseButton } from "./devices/ps2/mouse.ts";
import { TextTyper } from "./devices/ps2/type-text.ts";
import type { VgaDevice } from "./devices/vga/vga-device.ts";
import { BootImageError, type BootImage } from "./firmware/boot-image.ts";
import { directBootImage } from "./firmware/direct-boot.ts";
import { postWithoutFirmware } from "./firmware/post.ts";
import { MachineError } from "./machine-error.ts";
import type { DriveActivity, KernelFiles, MachineParts } from "./machine-parts.ts";

/** What PCI devices are left below 4 GiB. */
const MAX_MEMORY_MIB = 3072;
const MIN_MEMORY_MIB = 2;
/** Processor models without long mode. */
const MODELS_32_BIT = new Set(["486", "pentium", "pentium3"]);

export class Machine implements Device {
  /** Present where a kernel is started without firmware. Unpacked only when it starts: a restored machine has no use for it. */
  private bootImage: ((unpacker: Unpacker | null) => BootImage) | null = null;
  private unpacker: Unpacker | null = null;
  private readonly typer: TextTyper;
  private readonly buttons = { left: false, right: false, middle: false };
  /** Where the absolute pointer was last. */
  private pointerX = 0.5;
  private pointerY = 0.5;

  private constructor(
    private readonly board: Board,
    private readonly parts: MachineParts,
  ) {
    this.typer = new TextTyper(parts.clock, board.keyboard);
    const { kernel, unpacker, modules, initrd } = parts;
    if (kernel && kernel !== "later") this.supplyKernel({ kernel, unpacker, modules, initrd });
    board.loadFirmware();
  }

  /** @throws MachineError when the parts do not make a machine */
  static build(parts: MachineParts): Machine {
    const { memoryMiB } = parts.config;
    if (!Number.isInteger(memoryMiB) || memoryMiB < MIN_MEMORY_MIB || memoryMiB > MAX_MEMORY_MIB)
      throw new MachineError(
        "config",
        said`A machine has ${MIN_MEMORY_MIB} to ${MAX_MEMORY_MIB} MiB of memory; ${memoryMiB} were asked for.`,
      );
    return new Machine(new Board(parts), parts);
  }

  get core(): Board["core"] {
    return this.board.core;
  }

  get screen(): VgaDevice {
    return this.board.vga;
  }

  /** The kernel that was to come later. @throws MachineError when it cannot be started */
  supplyKernel(files: KernelFiles): void {
    this.unpacker = files.unpacker;
    this.bootImage = (unpacker) => bootImageFor(this.board, this.parts, files, unpacker);
    this.bootImage(null); // what is wrong with the files is said now
  }

  // ---- power ------------------------------------------------------------------------------------------------------

  /** Hardware reset, and the way to the first instruction. Memory keeps what it holds. */
  reset(): void {
    this.typer.cancel();
    this.board.reset();
    if (this.bootImage) this.startKernel(this.bootImage(this.unpacker));
  }

  private startKernel({ memory, entry }: BootImage): void {
    postWithoutFirmware(this.board.ports, this.board.pci);
    this.board.vga.setTextMode3();
    for (const { physAddr, bytes } of memory) this.board.memory.write(physAddr, bytes);
    this.core.enterAt(entry);
  }

  pressPowerButton(): void {
    this.board.power.pressPowerButton();
  }

  // ---- input and output -------------------------------------------------------------------------------------------

  key(code: string, down: boolean): void {
    this.board.keyboard.key(code, down);
  }

  /** Resolves when the last key is up. */
  typeText(text: string): Promise<void> {
    return this.typer.type(text);
  }

  pressKeys(codes: readonly string[]): Promise<void> {
    return this.typer.press(codes);
  }

  cancelTyping(): void {
    this.typer.cancel();
  }

  serialReceive(port: 0 | 1, bytes: Uint8Array): void {
    this.board.serial[port].receive(bytes);
  }

  /** Counts, or pixels where the guest takes absolute positions; wheel detents are positive downwards. */
  moveMouse(dx: number, dy: number, wheel: number): void {
    const { pointer, mouse, vga } = this.board;
    if (!pointer.absolute) return mouse.move(dx, dy, wheel);
    const { widthPx, heightPx } = vga.frame;
    this.pointerX = clampToScreen(this.pointerX + dx / widthPx);
    this.pointerY = clampToScreen(this.pointerY + dy / heightPx);
    pointer.pointTo(this.pointerX, this.pointerY, this.buttons, wheel);
  }

  /** Each 0…1 of the screen. Without effect where the guest has no absolute pointer. */
  pointTo(x: number, y: number): void {
    this.pointerX = clampToScreen(x);
    this.pointerY = clampToScreen(y);
    this.board.pointer.pointTo(this.pointerX, this.pointerY, this.buttons);
  }

  mouseButton(button: Ps2MouseButton & keyof typeof this.buttons, down: boolean): void {
    const { pointer, mouse } = this.board;
    this.buttons[button] = down;
    const taken = pointer.pointTo(this.pointerX, this.pointerY, this.buttons);
    // A button that went down before the guest changed its pointer must come up there, too.
    if (!taken || !down) mouse.button(button, down);
  }

  /** Hands over serial and debug output that is still being gathered. */
  flushOutput(): void {
    this.board.flushOutput();
  }

  /** Resolves when what the guest wrote to flash is where it is kept. */
  flashSettled(): Promise<void> {
    return this.board.flashSettled();
  }

  // ---- media ------------------------------------------------------------------------------------------------------

  insertCdrom(store: BlockStore | null): void {
    this.board.drives.cdrom.insert(store);
  }

  insertFloppy(store: BlockStore | null): void {
    this.board.insertFloppy(store);
  }

  activity(): DriveActivity {
    return { ...this.board.drives.activity(), floppy: { ...this.board.floppyActivity } };
  }

  /** For traces: see Board. */
  watch(watcher: BusWatcher): void {
    this.board.watch(watcher);
  }

  // ---- state ------------------------------------------------------------------------------------------------------

  save(): DeviceState {
    return this.board.save();
  }

  restore(state: DeviceState): void {
    this.typer.cancel();
    this.board.restore(state);
  }
}

function clampToScreen(position: number): number {
  return Math.min(1, Math.max(0, position));
}

function bootImageFor(
  board: Board,
  { config }: MachineParts,
  { kernel, modules, initrd }: KernelFiles,
  unpacker: Unpacker | null,
): BootImage {
  try {
    return directBootImage({
      facts: board.facts,
      kernel,
      modules,
      initrd: initrd ?? undefined,
      commandLine: config.commandLine ?? "",
      longMode: !MODELS_32_BIT.has(config.cpuModel),
      unpacker,
    });
  } catch (error) {
    if (error instanceof BootImageError) throw new MachineError("media", error.said);
    throw error;
  }
}
