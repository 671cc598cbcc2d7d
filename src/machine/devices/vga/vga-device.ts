/**
 * The display board: a VGA with linear modes on PCI, as drivers and the VGA BIOS know it from the "standard VGA" of
 * other virtual machines (1234:1111). BAR 0 is the linear frame buffer, BAR 2 the memory-mapped registers, and the
 * expansion ROM holds the VGA BIOS. The legacy ports and the window at A0000 are decoded always.
 *
 * Left out: VGA palette snooping, the vertical interrupt, gating of the legacy addresses by the command register (a
 * kernel that is started without firmware finds the screen working).
 * References: [QEMU-VGA] docs/specs/standard-vga.rst; [VGA]; [DISPI].
 */
import { assert } from "../../../shared/assert.ts";
import type { MmioBus, MmioRegion } from "../../bus/mmio-bus.ts";
import type { PortBus } from "../../bus/port-bus.ts";
import { EXPANSION_ROM_BAR, PciFunction } from "../../chipset/pci/pci-function.ts";
import type { Clock } from "../../clock.ts";
import { expectVersion, type DeviceState } from "../../device.ts";
import { BOARD_REGISTERS_BYTES, BoardRegisters } from "./board-registers.ts";
import { Dac } from "./dac.ts";
import { DirtyPages } from "./dirty-pages.ts";
import { Dispi, DISPI_PORT_BASE, DISPI_PORT_COUNT } from "./dispi.ts";
import { drawnFont } from "./drawn-font.ts";
import { monitorEdid } from "./edid.ts";
import type { Frame } from "./frame.ts";
import { MemoryWindow, WINDOW_BASE, WINDOW_BYTES } from "./memory-window.ts";
import { Picture, programmedKind, type RenderResult } from "./picture.ts";
import { VGA_PORT_BASE, VGA_PORT_COUNT } from "./register-names.ts";
import { VgaRegisters } from "./registers.ts";
import { Beam, timingForLines } from "./retrace.ts";
import { findRomFont } from "./rom-font.ts";
import { readTextScreen } from "./screen-text.ts";
import { setTextMode3 } from "./text-mode3.ts";

const STATE_VERSION = 2;
const FRAME_BUFFER_BAR = 0;
const REGISTERS_BAR = 2;
/** Four maps of 64 KiB: the least that a VGA has. */
const LEAST_VIDEO_MEMORY_BYTES = 0x40000;
const MAX_ROM_BYTES = 0x20000;

export interface VgaOptions {
  clock: Clock;
  ports: PortBus;
  mmio: MmioBus;
  /** The core's view of the video memory: a power of two of bytes, word aligned; it must stay where it is. */
  videoMemory: Uint8Array;
  /** `CoreInterface.takeDirtyVramPages`: a bit per 4 KiB page that the guest wrote through the linear frame buffer. */
  takeDirtyVramPages: () => Uint8Array;
  /** `CoreInterface.mapVram`. */
  mapVram: (physAddr: number | null, lengthBytes: number) => void;
  /** Shown in the expansion ROM; also the source of the font that direct kernel boot uses. */
  vgaBios?: Uint8Array;
}

export class VgaDevice extends PciFunction {
  private readonly dac = new Dac();
  private readonly beam: Beam;
  private readonly registers: VgaRegisters;
  private readonly dispi: Dispi;
  private readonly dirty: DirtyPages;
  private readonly window: MemoryWindow;
  private readonly picture: Picture;
  private readonly videoMemory: Uint8Array;
  private readonly registersRegion: MmioRegion;
  private readonly romRegion: MmioRegion | null = null;
  private readonly rom: Uint8Array | null = null;

  constructor(private readonly options: VgaOptions) {
    super("VGA", {
      vendorId: 0x1234,
      deviceId: 0x1111,
      classCode: 0x030000,
      revision: 2,
      subsystemVendorId: 0x1af4,
      subsystemId: 0x1100,
    });
    const memory = (this.videoMemory = options.videoMemory);
    assert(
      memory.length >= LEAST_VIDEO_MEMORY_BYTES && (memory.length & (memory.length - 1)) === 0,
      "size of the video memory",
    );
    assert((memory.byteOffset & 3) === 0, "video memory must be word aligned");
    this.beam = new Beam(options.clock);
    this.dirty = new DirtyPages(memory.length);
    this.window = new MemoryWindow(memory, this.dirty);
    this.dispi = new Dispi(memory.length, {
      dispiChanged: () => this.linearModeChanged(),
      dispiDacWidthChanged: (eightBit) => this.dac.setEightBit(eightBit),
      clearVideoMemory: (lengthBytes) => this.clearMemory(lengthBytes),
    });
    this.registers = new VgaRegisters(this.dac, this.beam, {
      memoryModeChanged: () => this.updateWindow(),
      readLatch: () => this.window.latch,
    });
    this.picture = new Picture({
      registers: this.registers,
      dac: this.dac,
      dispi: this.dispi,
      dirty: this.dirty,
      window: this.window,
      memory,
      frameNumber: () => this.beam.frameNumber(this.registers.timing),
      takeDirtyVramPages: options.takeDirtyVramPages,
    });

    options.ports.attach(VGA_PORT_BASE, VGA_PORT_COUNT, this.registers);
    options.ports.attach(DISPI_PORT_BASE, DISPI_PORT_COUNT, this.dispi, 2);
    options.mmio.attach(WINDOW_BASE, WINDOW_BYTES, this.window);
    this.addBar(FRAME_BUFFER_BAR, { kind: "memory", sizeBytes: memory.length, prefetchable: true });
    this.addBar(REGISTERS_BAR, { kind: "memory", sizeBytes: BOARD_REGISTERS_BYTES });
    const boardRegisters = new BoardRegisters(monitorEdid(), this.registers, this.dispi);
    this.registersRegion = options.mmio.attach(null, BOARD_REGISTERS_BYTES, boardRegisters);
    if (options.vgaBios && options.vgaBios.length > 0) {
      const sizeBytes = romWindowBytes(options.vgaBios.length);
      this.rom = new Uint8Array(sizeBytes).fill(0xff);
      this.rom.set(options.vgaBios.subarray(0, sizeBytes));
      this.addExpansionRom(sizeBytes);
      this.romRegion = options.mmio.attach(null, sizeBytes, {
        category: "vga",
        mmioRead: (offset, size) => readLittleEndian(this.rom!, offset, size),
        mmioWrite: () => {},
      });
    }
    this.updateWindow();
  }

  /** The picture as last rendered. */
  get frame(): Frame {
    return this.picture.frame;
  }

  /** Brings `frame` up to date; to be called at the host's frame rate. Costs next to nothing when nothing changed. */
  render(): RenderResult {
    return this.picture.render();
  }

  /** The text-mode screen as lines without trailing blanks; null in graphics modes and before a mode is set. */
  screenText(): string[] | null {
    if (programmedKind(this.registers, this.dispi.view) !== "text") return null;
    return readTextScreen(this.registers, this.videoMemory);
  }

  /** Puts the board into text mode 3 with a font and a cleared screen, as firmware would have. */
  setTextMode3(): void {
    const font = (this.rom && findRomFont(this.rom)) ?? drawnFont();
    setTextMode3(this.registers, this.window, font);
  }

  protected override onBarMoved(index: number, base: number | null): void {
    if (index === FRAME_BUFFER_BAR) this.options.mapVram(base, this.videoMemory.length);
    else if (index === REGISTERS_BAR) this.registersRegion.moveTo(base);
    else if (index === EXPANSION_ROM_BAR) this.romRegion?.moveTo(base);
  }

  override reset(): void {
    super.reset();
    this.dac.reset();
    this.registers.reset();
    this.dispi.reset();
    this.window.latch = 0;
    this.picture.invalidate();
  }

  /** Registers alone: the video memory is one of the machine's memories, which are saved as such. */
  override save(): DeviceState {
    return {
      version: STATE_VERSION,
      pci: super.save(),
      registers: this.registers.save(),
      dac: this.dac.save(),
      dispi: this.dispi.save(),
      beam: this.beam.save(),
      latch: this.window.latch,
    };
  }

  override restore(state: DeviceState): void {
    expectVersion("the VGA", state, STATE_VERSION);
    super.restore(state.pci as DeviceState);
    this.dac.restore(state.dac as DeviceState);
    this.registers.restore(state.registers as DeviceState);
    this.dispi.restore(state.dispi as DeviceState);
    this.beam.restore(state.beam as DeviceState);
    this.window.latch = state.latch as number;
    this.picture.invalidate();
  }

  private linearModeChanged(): void {
    const view = this.dispi.view;
    this.registers.timingOverride = view ? timingForLines(view.heightPx) : null;
    this.updateWindow();
    this.picture.noteViewChanged();
  }

  private updateWindow(): void {
    const view = this.dispi.view;
    const bank = this.dispi.bankOffsetBytes;
    this.window.update(this.registers, view && view.bpp !== 4 ? bank : null, view && view.bpp === 4 ? bank : null);
  }

  private clearMemory(lengthBytes: number): void {
    this.videoMemory.fill(0, 0, lengthBytes);
    this.dirty.markBytes(0, Math.min(lengthBytes, this.videoMemory.length));
  }
}

function romWindowBytes(imageBytes: number): number {
  let sizeBytes = 2048;
  while (sizeBytes < imageBytes && sizeBytes < MAX_ROM_BYTES) sizeBytes *= 2;
  return sizeBytes;
}

function readLittleEndian(bytes: Uint8Array, offset: number, sizeBytes: number): number {
  let value = 0;
  for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | (bytes[offset + i] ?? 0xff);
  return value >>> 0;
}
