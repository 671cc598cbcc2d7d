/** For the tests of this folder and of the display: a board on buses of its own, and the register values of known modes. */
import { MmioBus } from "../../bus/mmio-bus.ts";
import { PortBus } from "../../bus/port-bus.ts";
import type { Clock } from "../../clock.ts";
import { VgaDevice } from "./vga-device.ts";

export class TestClock implements Clock {
  ns = 0;
  readonly epochMs = 0;
  nowNs(): number {
    return this.ns;
  }
  createTimer(): never {
    throw new Error("the VGA needs no timer");
  }
  defer(): never {
    throw new Error("the VGA defers nothing");
  }
}

/** Values for misc, SEQ 0–4, CRTC 0–18, GC 0–8 and ATTR 0–14, as [VGA] lists them by mode. */
export interface ModeValues {
  misc: number;
  seq: number[];
  crtc: number[];
  gc: number[];
  attr: number[];
}

const IDENTITY_PALETTE = [...Array(16).keys()];
const bytes = (text: string) => text.split(" ").map((byte) => parseInt(byte, 16));

export const MODE_03: ModeValues = {
  misc: 0x67,
  seq: bytes("03 00 03 00 02"),
  crtc: bytes("5F 4F 50 82 55 81 BF 1F 00 4F 0D 0E 00 00 00 00 9C 8E 8F 28 1F 96 B9 A3 FF"),
  gc: bytes("00 00 00 00 00 10 0E 00 FF"),
  attr: [...IDENTITY_PALETTE, 0x0c, 0, 0x0f, 8, 0],
};
export const MODE_04: ModeValues = {
  misc: 0x63,
  seq: bytes("03 09 03 00 02"),
  crtc: bytes("2D 27 28 90 2B 80 BF 1F 00 C1 00 00 00 00 00 00 9C 8E 8F 14 00 96 B9 A2 FF"),
  gc: bytes("00 00 00 00 00 30 0F 00 FF"),
  attr: [...IDENTITY_PALETTE, 0x01, 0, 0x03, 0, 0],
};
export const MODE_06: ModeValues = {
  misc: 0x63,
  seq: bytes("03 01 01 00 06"),
  crtc: bytes("5F 4F 50 82 54 80 BF 1F 00 C1 00 00 00 00 00 00 9C 8E 8F 28 00 96 B9 C2 FF"),
  gc: bytes("00 00 00 00 00 00 0D 00 FF"),
  attr: [...IDENTITY_PALETTE, 0x01, 0, 0x01, 0, 0],
};
export const MODE_0D: ModeValues = {
  misc: 0x63,
  seq: bytes("03 09 0F 00 06"),
  crtc: bytes("2D 27 28 90 2B 80 BF 1F 00 C0 00 00 00 00 00 00 9C 8E 8F 14 00 96 B9 E3 FF"),
  gc: bytes("00 00 00 00 00 00 05 0F FF"),
  attr: [...IDENTITY_PALETTE, 0x01, 0, 0x0f, 0, 0],
};
export const MODE_12: ModeValues = {
  misc: 0xe3,
  seq: bytes("03 01 0F 00 06"),
  crtc: bytes("5F 4F 50 82 54 80 0B 3E 00 40 00 00 00 00 00 00 EA 8C DF 28 00 E7 04 E3 FF"),
  gc: bytes("00 00 00 00 00 00 05 0F FF"),
  attr: [...IDENTITY_PALETTE, 0x01, 0, 0x0f, 0, 0],
};
export const MODE_13: ModeValues = {
  misc: 0x63,
  seq: bytes("03 01 0F 00 0E"),
  crtc: bytes("5F 4F 50 82 54 80 BF 1F 00 41 00 00 00 00 00 00 9C 8E 8F 28 40 96 B9 A3 FF"),
  gc: bytes("00 00 00 00 00 40 05 0F FF"),
  attr: [...IDENTITY_PALETTE, 0x41, 0, 0x0f, 0, 0],
};
/** 320×240 in 256 colors, unchained: what programs make of mode 13h. */
export const MODE_X: ModeValues = {
  ...MODE_13,
  misc: 0xe3,
  seq: bytes("03 01 0F 00 06"),
  crtc: bytes("5F 4F 50 82 54 80 0D 3E 00 41 00 00 00 00 00 00 EA AC DF 28 00 E7 06 E3 FF"),
};

export const VIDEO_MEMORY_BYTES = 0x1000000;

export class VgaBench {
  readonly clock = new TestClock();
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly memory: Uint8Array;
  readonly vga: VgaDevice;
  /** Pages that the core is to report next, a bit each. */
  coreDirty: Uint8Array;
  mapped: { physAddr: number | null; lengthBytes: number } | null = null;

  constructor(vgaBios?: Uint8Array, videoMemoryBytes = VIDEO_MEMORY_BYTES) {
    this.memory = new Uint8Array(videoMemoryBytes);
    this.coreDirty = new Uint8Array(videoMemoryBytes >> 15);
    this.vga = new VgaDevice({
      clock: this.clock,
      ports: this.ports,
      mmio: this.mmio,
      videoMemory: this.memory,
      takeDirtyVramPages: () => {
        const taken = this.coreDirty;
        this.coreDirty = new Uint8Array(taken.length);
        return taken;
      },
      mapVram: (physAddr, lengthBytes) => (this.mapped = { physAddr, lengthBytes }),
      ...(vgaBios ? { vgaBios } : {}),
    });
    this.vga.reset();
  }

  out(port: number, value: number): void {
    this.ports.write(port, 1, value);
  }

  in(port: number): number {
    return this.ports.read(port, 1);
  }

  indexed(port: number, index: number, value: number): void {
    this.ports.write(port, 2, index | (value << 8));
  }

  attribute(index: number, value: number): void {
    this.in(0x3da);
    this.out(0x3c0, index);
    this.out(0x3c0, value);
    this.in(0x3da);
    this.out(0x3c0, 0x20);
  }

  dispi(index: number, value: number): void {
    this.ports.write(0x1ce, 2, index);
    this.ports.write(0x1cf, 2, value);
  }

  dispiRead(index: number): number {
    this.ports.write(0x1ce, 2, index);
    return this.ports.read(0x1cf, 2);
  }

  setDispiMode(widthPx: number, heightPx: number, bpp: number, flags = 0x41): void {
    this.dispi(4, 0);
    this.dispi(1, widthPx);
    this.dispi(2, heightPx);
    this.dispi(3, bpp);
    this.dispi(4, flags);
    this.in(0x3da);
    this.out(0x3c0, 0x20);
  }

  setMode(mode: ModeValues): void {
    this.out(0x3c2, mode.misc);
    mode.seq.forEach((value, index) => this.indexed(0x3c4, index, value));
    this.indexed(0x3d4, 0x11, 0);
    mode.crtc.forEach((value, index) => this.indexed(0x3d4, index, index === 0x11 ? value & 0x7f : value));
    mode.gc.forEach((value, index) => this.indexed(0x3ce, index, value));
    mode.attr.forEach((value, index) => this.attribute(index, value));
  }

  /** A DAC ramp in which color i is (i & 63, 63 - (i & 63), i >> 2), so that colors tell their index. */
  setRamp(): void {
    this.out(0x3c8, 0);
    for (let i = 0; i < 256; i++) for (const component of [i & 63, 63 - (i & 63), i >> 2]) this.out(0x3c9, component);
  }

  /** The RGBA word of a color of `setRamp`. */
  ramp(i: number): number {
    const wide = (v: number) => (v << 2) | (v >> 4);
    return ((0xff << 24) | (wide(i >> 2) << 16) | (wide(63 - (i & 63)) << 8) | wide(i & 63)) >>> 0;
  }

  poke(physAddr: number, value: number, sizeBytes: 1 | 2 | 4 = 1): void {
    this.mmio.write(physAddr, sizeBytes, value);
  }

  peek(physAddr: number, sizeBytes: 1 | 2 | 4 = 1): number {
    return this.mmio.read(physAddr, sizeBytes);
  }

  pixel(x: number, y: number): number {
    return this.vga.frame.pixels[y * this.vga.frame.widthPx + x]!;
  }
}
