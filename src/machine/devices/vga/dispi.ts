/**
 * The Bochs "dispi" display interface: how VGA BIOS and drivers set linear modes of 4, 8, 15, 16, 24 and 32 bits.
 * Eleven 16-bit registers behind ports 1CE (index) and 1CF (data), and in the board's memory-mapped registers.
 *
 * The state read here is always consistent: whatever the guest writes, `view` lies inside the video memory.
 * Left out: the 32 KiB bank granularity, and the per-function limits of hypervisors with several screens.
 * References: [DISPI] Bochs VBE display API (vbe_display_api.txt), versions B0C0–B0C5.
 */
import { expectVersion, type DeviceState } from "../../device.ts";
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";

export const DISPI_PORT_BASE = 0x1ce;
/** 1CE index, 1CF data; 1D0 is the high half of a 16-bit access and an aligned alias of the data port. */
export const DISPI_PORT_COUNT = 3;

export const DISPI_INDEX_ID = 0;
export const DISPI_INDEX_XRES = 1;
export const DISPI_INDEX_YRES = 2;
export const DISPI_INDEX_BPP = 3;
export const DISPI_INDEX_ENABLE = 4;
export const DISPI_INDEX_BANK = 5;
export const DISPI_INDEX_VIRT_WIDTH = 6;
export const DISPI_INDEX_VIRT_HEIGHT = 7;
export const DISPI_INDEX_X_OFFSET = 8;
export const DISPI_INDEX_Y_OFFSET = 9;
export const DISPI_INDEX_VIDEO_MEMORY_64K = 10;
const DISPI_REGISTER_COUNT = 10;

export const DISPI_ID0 = 0xb0c0;
export const DISPI_ID5 = 0xb0c5;

export const DISPI_ENABLED = 0x01;
export const DISPI_GETCAPS = 0x02;
export const DISPI_8BIT_DAC = 0x20;
export const DISPI_LFB_ENABLED = 0x40;
export const DISPI_NOCLEARMEM = 0x80;

export const DISPI_MAX_XRES = 2560;
export const DISPI_MAX_YRES = 1600;
export const DISPI_MAX_BPP = 32;
export const DISPI_BANK_BYTES = 0x10000;

/** The linear mode in force, in numbers that fit the video memory. */
export interface LinearView {
  widthPx: number;
  heightPx: number;
  bpp: 4 | 8 | 15 | 16 | 24 | 32;
  /** From one line to the next: bytes of video memory (of one map, in 4-bit modes). */
  pitchBytes: number;
  virtualWidthPx: number;
  virtualHeightPx: number;
  xOffsetPx: number;
  yOffsetPx: number;
}

export interface DispiListener {
  /** The mode, its position in memory, or the bank has changed. */
  dispiChanged(): void;
  dispiDacWidthChanged(eightBit: boolean): void;
  /** Enabling a mode clears the memory that it shows. */
  clearVideoMemory(lengthBytes: number): void;
}

function bytesPerPixel(bpp: LinearView["bpp"]): number {
  return bpp === 4 ? 0.5 : (bpp + 7) >> 3;
}

export class Dispi implements PortDevice {
  readonly category = "vga";
  private readonly registers = new Uint16Array(DISPI_REGISTER_COUNT);
  private index = 0;
  private currentView: LinearView | null = null;

  constructor(
    private readonly videoMemoryBytes: number,
    private readonly listener: DispiListener,
  ) {
    this.setResetValues();
  }

  reset(): void {
    this.setResetValues();
    this.listener.dispiDacWidthChanged(false);
    this.listener.dispiChanged();
  }

  /** The linear mode in force; null where the VGA's own registers rule. */
  get view(): LinearView | null {
    return this.currentView;
  }

  /** Where the 64 KiB window shows the memory: a byte offset (of one map, in 4-bit modes). */
  get bankOffsetBytes(): number {
    return this.currentView ? this.registers[DISPI_INDEX_BANK]! * DISPI_BANK_BYTES : 0;
  }

  portRead(offset: number, _sizeBytes: AccessSize): number {
    return offset === 0 ? this.index : this.readRegister(this.index);
  }

  portWrite(offset: number, _sizeBytes: AccessSize, value: number): void {
    if (offset === 0) this.index = value;
    else this.writeRegister(this.index, value);
  }

  readRegister(index: number): number {
    if (index === DISPI_INDEX_VIDEO_MEMORY_64K) return this.videoMemoryBytes >>> 16;
    if (index >= DISPI_REGISTER_COUNT) return 0;
    if ((this.registers[DISPI_INDEX_ENABLE]! & DISPI_GETCAPS) !== 0) {
      if (index === DISPI_INDEX_XRES) return DISPI_MAX_XRES;
      if (index === DISPI_INDEX_YRES) return DISPI_MAX_YRES;
      if (index === DISPI_INDEX_BPP) return DISPI_MAX_BPP;
    }
    const view = this.currentView;
    if (view) {
      if (index === DISPI_INDEX_VIRT_WIDTH) return view.virtualWidthPx;
      if (index === DISPI_INDEX_VIRT_HEIGHT) return Math.min(view.virtualHeightPx, 0xffff);
      if (index === DISPI_INDEX_X_OFFSET) return view.xOffsetPx;
      if (index === DISPI_INDEX_Y_OFFSET) return view.yOffsetPx;
    }
    return this.registers[index]!;
  }

  writeRegister(index: number, value: number): void {
    switch (index) {
      case DISPI_INDEX_ID:
        if (value >= DISPI_ID0 && value <= DISPI_ID5) this.registers[index] = value;
        return;
      case DISPI_INDEX_ENABLE:
        this.writeEnable(value);
        return;
      case DISPI_INDEX_VIRT_HEIGHT:
      case DISPI_INDEX_VIDEO_MEMORY_64K:
        return;
      default:
        if (index >= DISPI_REGISTER_COUNT || this.registers[index] === value) return;
        this.registers[index] = value;
        if (!this.currentView) return;
        this.currentView = this.consistentView();
        this.listener.dispiChanged();
    }
  }

  private writeEnable(value: number): void {
    const before = this.registers[DISPI_INDEX_ENABLE]!;
    this.registers[DISPI_INDEX_ENABLE] = value;
    if (((value ^ before) & DISPI_8BIT_DAC) !== 0) this.listener.dispiDacWidthChanged((value & DISPI_8BIT_DAC) !== 0);
    if (((value ^ before) & DISPI_ENABLED) === 0) return;
    if ((value & DISPI_ENABLED) === 0) {
      this.registers[DISPI_INDEX_BANK] = 0;
      this.currentView = null;
    } else {
      this.registers[DISPI_INDEX_VIRT_WIDTH] = 0;
      this.registers[DISPI_INDEX_X_OFFSET] = 0;
      this.registers[DISPI_INDEX_Y_OFFSET] = 0;
      this.currentView = this.consistentView();
      const { pitchBytes, heightPx, bpp } = this.currentView;
      if ((value & DISPI_NOCLEARMEM) === 0) this.listener.clearVideoMemory(pitchBytes * heightPx * (bpp === 4 ? 4 : 1));
    }
    this.listener.dispiChanged();
  }

  /** The registers as a mode that fits: too large a resolution is cut, offsets stay inside the virtual screen. */
  private consistentView(): LinearView {
    const wanted = this.registers[DISPI_INDEX_BPP]!;
    const bpp = wanted === 4 || wanted === 15 || wanted === 16 || wanted === 24 || wanted === 32 ? wanted : 8;
    const perPixel = bytesPerPixel(bpp);
    // Eight pixels are the unit of the character clock.
    const widthPx = Math.min(Math.max(this.registers[DISPI_INDEX_XRES]! & ~7, 8), DISPI_MAX_XRES);
    const fittingLines = Math.floor(this.videoMemoryBytes / (widthPx * perPixel));
    const heightPx = Math.min(Math.max(this.registers[DISPI_INDEX_YRES]!, 1), DISPI_MAX_YRES, fittingLines);
    const widestPx = Math.floor(this.videoMemoryBytes / heightPx / perPixel) & ~7;
    const virtualWidthPx = Math.min(
      Math.max((this.registers[DISPI_INDEX_VIRT_WIDTH]! + 7) & ~7, widthPx),
      widestPx,
      0xfff8,
    );
    const virtualHeightPx = Math.floor(this.videoMemoryBytes / (virtualWidthPx * perPixel));
    return {
      widthPx,
      heightPx,
      bpp,
      pitchBytes: bpp === 4 ? virtualWidthPx / 8 : virtualWidthPx * perPixel,
      virtualWidthPx,
      virtualHeightPx,
      xOffsetPx: Math.min(this.registers[DISPI_INDEX_X_OFFSET]!, virtualWidthPx - widthPx),
      yOffsetPx: Math.min(this.registers[DISPI_INDEX_Y_OFFSET]!, virtualHeightPx - heightPx),
    };
  }

  private setResetValues(): void {
    this.registers.fill(0);
    this.registers[DISPI_INDEX_ID] = DISPI_ID5;
    this.index = 0;
    this.currentView = null;
  }

  save(): DeviceState {
    return { version: 1, index: this.index, registers: Array.from(this.registers) };
  }

  restore(state: DeviceState): void {
    expectVersion("the dispi interface", state, 1);
    this.registers.set((state.registers as number[]).slice(0, DISPI_REGISTER_COUNT));
    this.index = (state.index as number) & 0xffff;
    const enable = this.registers[DISPI_INDEX_ENABLE]!;
    this.currentView = (enable & DISPI_ENABLED) !== 0 ? this.consistentView() : null;
    this.listener.dispiDacWidthChanged((enable & DISPI_8BIT_DAC) !== 0);
    this.listener.dispiChanged();
  }
}
