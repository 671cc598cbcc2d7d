/**
 * The VGA's registers behind ports 3B0–3DF: general registers, sequencer, CRT controller, graphics controller,
 * attribute controller, and the way to the DAC. Holds values only; what they mean for memory accesses is in
 * `memory-window.ts`, for the picture in `scan-geometry.ts`.
 *
 * Left out: the light pen, the feature connector, and test bits of single boards.
 * References: [VGA] "Video Subsystem Register Overview" and the sections it lists.
 */
import { expectVersion, type DeviceState } from "../../device.ts";
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";
import type { Dac } from "./dac.ts";
import type { Beam, FrameTiming } from "./retrace.ts";
import { timingFromRegisters } from "./retrace.ts";
import * as R from "./register-names.ts";

const SEQ_COUNT = 5;
const CRTC_COUNT = 0x19;
const GC_COUNT = 9;
const ATTR_COUNT = 0x15;

/** Bits that exist, by register; others read as 0. [VGA] register layouts */
const SEQ_MASKS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
const GC_MASKS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];

function attributeMask(index: number): number {
  if (index < R.ATTR_MODE_CONTROL) return 0x3f;
  if (index === R.ATTR_MODE_CONTROL) return 0xef;
  return index === R.ATTR_OVERSCAN ? 0xff : index === R.ATTR_COLOR_PLANE_ENABLE ? 0x3f : 0x0f;
}

export interface RegisterListener {
  /** Something that decides how memory accesses work has changed. */
  memoryModeChanged(): void;
  /** The latch as the CPU may read it through CRTC 22h. */
  readLatch(): number;
}

export class VgaRegisters implements PortDevice {
  readonly category = "vga";
  readonly seq = new Uint8Array(SEQ_COUNT);
  readonly crtc = new Uint8Array(CRTC_COUNT);
  readonly gc = new Uint8Array(GC_COUNT);
  readonly attr = new Uint8Array(ATTR_COUNT);
  misc = 0;
  featureControl = 0;
  /** Port 3C3 bit 0: the video subsystem answers. */
  enabled = true;
  /** Attribute index as last written, with the palette address source bit. */
  attrIndex = 0;
  /** A register that the picture depends on was changed; the renderer clears it. */
  pictureChanged = true;
  /** The timing that a linear mode imposes instead of the CRT controller's. */
  timingOverride: FrameTiming | null = null;

  private seqIndex = 0;
  private crtcIndex = 0;
  private gcIndex = 0;
  /** The attribute port takes data next, not an index. */
  private attrDataNext = false;
  private crtcTiming: FrameTiming | null = null;

  constructor(
    private readonly dac: Dac,
    private readonly beam: Beam,
    private readonly listener: RegisterListener,
  ) {}

  /** Attribute index bit 5: the palette is the display's, not the CPU's. Clear blanks the screen. */
  get paletteSourceOn(): boolean {
    return (this.attrIndex & R.ATTR_INDEX_PALETTE_SOURCE) !== 0;
  }

  get timing(): FrameTiming {
    return (
      this.timingOverride ??
      (this.crtcTiming ??= timingFromRegisters(this.misc, this.seq[R.SEQ_CLOCKING_MODE]!, this.crtc))
    );
  }

  reset(): void {
    for (const block of [this.seq, this.crtc, this.gc, this.attr]) block.fill(0);
    this.misc = this.featureControl = this.attrIndex = 0;
    this.seqIndex = this.crtcIndex = this.gcIndex = 0;
    this.attrDataNext = false;
    this.enabled = true;
    this.changed();
    this.listener.memoryModeChanged();
  }

  portRead(offset: number, _sizeBytes: AccessSize): number {
    switch (offset) {
      case R.PORT_CRTC_INDEX_MONO:
      case R.PORT_CRTC_INDEX_COLOR:
        return this.decodes(offset) ? this.crtcIndex : 0xff;
      case R.PORT_CRTC_DATA_MONO:
      case R.PORT_CRTC_DATA_COLOR:
        return this.decodes(offset) ? this.readCrtc() : 0xff;
      case R.PORT_STATUS1_MONO:
      case R.PORT_STATUS1_COLOR:
        if (!this.decodes(offset)) return 0xff;
        this.attrDataNext = false;
        return this.beam.status(this.timing);
      case R.PORT_ATTRIBUTE:
        return this.attrIndex;
      case R.PORT_ATTRIBUTE_READ:
        return this.attr[this.attrIndex & 0x1f] ?? 0;
      case R.PORT_MISC_WRITE:
        return R.STATUS0_SWITCH_SENSE;
      case R.PORT_SUBSYSTEM_ENABLE:
        return this.enabled ? 1 : 0;
      case R.PORT_SEQ_INDEX:
        return this.seqIndex;
      case R.PORT_SEQ_DATA:
        return this.seq[this.seqIndex] ?? 0;
      case R.PORT_PEL_MASK:
        return this.dac.pelMask;
      case R.PORT_DAC_READ_ADDRESS:
        return this.dac.readState();
      case R.PORT_DAC_WRITE_ADDRESS:
        return this.dac.readWriteAddress();
      case R.PORT_DAC_DATA:
        return this.dac.readData();
      case R.PORT_FEATURE_READ:
        return this.featureControl;
      case R.PORT_MISC_READ:
        return this.misc;
      case R.PORT_GC_INDEX:
        return this.gcIndex;
      case R.PORT_GC_DATA:
        return this.gc[this.gcIndex] ?? 0;
      default:
        return 0xff;
    }
  }

  portWrite(offset: number, _sizeBytes: AccessSize, value: number): void {
    switch (offset) {
      case R.PORT_CRTC_INDEX_MONO:
      case R.PORT_CRTC_INDEX_COLOR:
        if (this.decodes(offset)) this.crtcIndex = value & 0x3f;
        return;
      case R.PORT_CRTC_DATA_MONO:
      case R.PORT_CRTC_DATA_COLOR:
        if (this.decodes(offset)) this.writeCrtc(value);
        return;
      case R.PORT_STATUS1_MONO:
      case R.PORT_STATUS1_COLOR:
        if (this.decodes(offset)) this.featureControl = value & 0x08;
        return;
      case R.PORT_ATTRIBUTE:
        this.writeAttribute(value);
        return;
      case R.PORT_MISC_WRITE:
        if (value === this.misc) return;
        this.misc = value;
        this.changed();
        this.listener.memoryModeChanged();
        return;
      case R.PORT_SUBSYSTEM_ENABLE:
        if (this.enabled === ((value & 1) !== 0)) return;
        this.enabled = !this.enabled;
        this.changed();
        this.listener.memoryModeChanged();
        return;
      case R.PORT_SEQ_INDEX:
        this.seqIndex = value & 0x07;
        return;
      case R.PORT_SEQ_DATA:
        this.writeSequencer(value);
        return;
      case R.PORT_PEL_MASK:
        this.dac.pelMask = value;
        return;
      case R.PORT_DAC_READ_ADDRESS:
        this.dac.setReadAddress(value);
        return;
      case R.PORT_DAC_WRITE_ADDRESS:
        this.dac.setWriteAddress(value);
        return;
      case R.PORT_DAC_DATA:
        this.dac.writeData(value);
        return;
      case R.PORT_GC_INDEX:
        this.gcIndex = value & 0x0f;
        return;
      case R.PORT_GC_DATA:
        this.writeGraphicsController(value);
        return;
      default:
    }
  }

  /** CRTC and status 1 answer at 3Bx or at 3Dx. [VGA] "Miscellaneous Output Register" bit 0 */
  private decodes(offset: number): boolean {
    return offset >= R.PORT_CRTC_INDEX_COLOR === ((this.misc & R.MISC_IO_ADDRESS_COLOR) !== 0);
  }

  private readCrtc(): number {
    if (this.crtcIndex === R.CRTC_LATCH_READBACK)
      return (this.listener.readLatch() >>> (8 * (this.gc[R.GC_READ_MAP_SELECT]! & 3))) & 0xff;
    if (this.crtcIndex === R.CRTC_ATTRIBUTE_STATE) return this.attrDataNext ? 0x80 : 0;
    return this.crtc[this.crtcIndex] ?? 0;
  }

  private writeCrtc(value: number): void {
    const index = this.crtcIndex;
    if (index >= CRTC_COUNT) return;
    const old = this.crtc[index]!;
    let next = value;
    if (index <= R.CRTC_OVERFLOW && (this.crtc[R.CRTC_VERTICAL_RETRACE_END]! & R.RETRACE_END_PROTECT) !== 0) {
      // Line compare's ninth bit stays writable. [VGA] "Vertical Retrace End Register" bit 7
      if (index !== R.CRTC_OVERFLOW) return;
      next = (old & ~R.OVERFLOW_LINE_COMPARE_8) | (value & R.OVERFLOW_LINE_COMPARE_8);
    }
    if (next === old) return;
    this.crtc[index] = next;
    this.changed();
  }

  private writeSequencer(value: number): void {
    const index = this.seqIndex;
    if (index >= SEQ_COUNT) return;
    const next = value & SEQ_MASKS[index]!;
    if (next === this.seq[index]) return;
    this.seq[index] = next;
    if (index === R.SEQ_MAP_MASK || index === R.SEQ_MEMORY_MODE) this.listener.memoryModeChanged();
    else this.changed();
  }

  private writeGraphicsController(value: number): void {
    const index = this.gcIndex;
    if (index >= GC_COUNT) return;
    const next = value & GC_MASKS[index]!;
    if (next === this.gc[index]) return;
    this.gc[index] = next;
    this.listener.memoryModeChanged();
    if (index === R.GC_MODE || index === R.GC_MISCELLANEOUS) this.changed();
  }

  private writeAttribute(value: number): void {
    this.attrDataNext = !this.attrDataNext;
    if (this.attrDataNext) {
      const next = value & 0x3f;
      if (((next ^ this.attrIndex) & R.ATTR_INDEX_PALETTE_SOURCE) !== 0) this.changed();
      this.attrIndex = next;
      return;
    }
    const index = this.attrIndex & 0x1f;
    if (index >= ATTR_COUNT) return;
    const next = value & attributeMask(index);
    if (next === this.attr[index]) return;
    this.attr[index] = next;
    this.changed();
  }

  private changed(): void {
    this.pictureChanged = true;
    this.crtcTiming = null;
  }

  save(): DeviceState {
    return {
      version: 1,
      seq: this.seq.slice(),
      crtc: this.crtc.slice(),
      gc: this.gc.slice(),
      attr: this.attr.slice(),
      misc: this.misc,
      featureControl: this.featureControl,
      enabled: this.enabled,
      seqIndex: this.seqIndex,
      crtcIndex: this.crtcIndex,
      gcIndex: this.gcIndex,
      attrIndex: this.attrIndex,
      attrDataNext: this.attrDataNext,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the VGA registers", state, 1);
    for (const name of ["seq", "crtc", "gc", "attr"] as const)
      this[name].set((state[name] as Uint8Array).subarray(0, this[name].length));
    this.misc = (state.misc as number) & 0xff;
    this.featureControl = (state.featureControl as number) & 0xff;
    this.enabled = state.enabled === true;
    this.seqIndex = (state.seqIndex as number) & 0x07;
    this.crtcIndex = (state.crtcIndex as number) & 0x3f;
    this.gcIndex = (state.gcIndex as number) & 0x0f;
    this.attrIndex = (state.attrIndex as number) & 0x3f;
    this.attrDataNext = state.attrDataNext === true;
    this.changed();
    this.listener.memoryModeChanged();
  }
}
