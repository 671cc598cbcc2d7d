/**
 * Decides what kind of picture the registers ask for and keeps the frame up to date with as little drawing as possible:
 * nothing when nothing changed, single cells in text modes, single lines in graphics modes, everything when a register
 * that shapes the picture has another value than it had at the last drawing.
 *
 * References: [VGA] "Attribute Controller Registers", "Graphics Controller Registers"; [DISPI].
 */
import type { Dac } from "./dac.ts";
import { rgba } from "./dac.ts";
import type { DirtyPages } from "./dirty-pages.ts";
import type { Dispi, LinearView } from "./dispi.ts";
import { ChangedRects, Frame, type Rect } from "./frame.ts";
import { GraphicsLines, pixelsPerCharacter, type GraphicsKind } from "./graphics-picture.ts";
import { LinearLines } from "./linear-picture.ts";
import type { MemoryWindow } from "./memory-window.ts";
import * as R from "./register-names.ts";
import type { VgaRegisters } from "./registers.ts";
import { ScanGeometry } from "./scan-geometry.ts";
import { dotsPerCharacter, TextPicture } from "./text-picture.ts";

export type PictureKind = "blank" | "text" | "linear" | "planarLinear" | GraphicsKind;

export interface RenderResult {
  /** Size, aspect or kind of the picture differ from the last time. */
  modeChanged: boolean;
  changed: readonly Rect[];
}

const NOTHING_CHANGED: RenderResult = { modeChanged: false, changed: [] };
const BLACK = rgba(0, 0, 0);
const VGA_ASPECT = 4 / 3;
/** The cursor is on for 8 frames in 16, blinking characters for 16 in 32. [VGA] "Cursor Start", attribute bit 7 */
const CURSOR_PHASE_FRAMES = 8;
const BLINK_PHASE_FRAMES = 16;

/** Kinds as numbers, for the signature. */
const KINDS: readonly PictureKind[] = [
  "blank",
  "text",
  "linear",
  "planarLinear",
  "planar",
  "interleaved",
  "packed256",
  "nibbles256",
];

export interface PictureParts {
  registers: VgaRegisters;
  dac: Dac;
  dispi: Dispi;
  dirty: DirtyPages;
  window: MemoryWindow;
  memory: Uint8Array;
  /** How many frames the beam has drawn. */
  frameNumber: () => number;
  /** Pages that the core saw written: a bit each. */
  takeDirtyVramPages: () => Uint8Array;
}

/** What the registers ask for now. */
export function pictureKind(registers: VgaRegisters, view: LinearView | null): PictureKind {
  const blanked =
    !registers.enabled ||
    !registers.paletteSourceOn ||
    (registers.seq[R.SEQ_CLOCKING_MODE]! & R.CLOCKING_SCREEN_OFF) !== 0;
  return blanked ? "blank" : programmedKind(registers, view);
}

/** The same for the mode that is set, whether or not the screen is blanked: programs blank it for moments only. */
export function programmedKind(registers: VgaRegisters, view: LinearView | null): PictureKind {
  const { crtc, gc, attr } = registers;
  if (view) return view.bpp === 4 ? "planarLinear" : "linear";
  if ((crtc[R.CRTC_MODE_CONTROL]! & R.MODE_CONTROL_RETRACE_ENABLE) === 0) return "blank";
  const attrMode = attr[R.ATTR_MODE_CONTROL]!;
  if ((gc[R.GC_MISCELLANEOUS]! & R.GC_MISC_GRAPHICS) === 0 && (attrMode & R.ATTR_MODE_GRAPHICS) === 0) return "text";
  const shifting = gc[R.GC_MODE]!;
  if ((shifting & R.GC_MODE_SHIFT_256) !== 0)
    return (attrMode & R.ATTR_MODE_8BIT_COLOR) !== 0 ? "packed256" : "nibbles256";
  return (shifting & R.GC_MODE_SHIFT_INTERLEAVED) !== 0 ? "interleaved" : "planar";
}

/** Which of the DAC's 256 colors each of the 16 attribute values shows. [VGA] "Color Select Register" */
export function attributeColors(attr: Uint8Array): Uint8Array {
  const select = attr[R.ATTR_COLOR_SELECT]!;
  const replace54 = (attr[R.ATTR_MODE_CONTROL]! & R.ATTR_MODE_P54_SELECT) !== 0;
  return Uint8Array.from({ length: 16 }, (_, value) => {
    const entry = attr[value & attr[R.ATTR_COLOR_PLANE_ENABLE]! & 0x0f]!;
    const low = replace54 ? (entry & 0x0f) | ((select & 0x03) << 4) : entry;
    return low | ((select & 0x0c) << 4);
  });
}

export class Picture {
  readonly frame = new Frame();
  private readonly text: TextPicture;
  private readonly graphics: GraphicsLines;
  private readonly linear: LinearLines;
  private signature: number[] = [];
  private kind: PictureKind = "blank";
  private geometry: ScanGeometry | null = null;
  private laidOutStart = -1;
  private drawnDacGeneration = -1;
  private drawnPhase = -1;
  private viewChanged = true;
  private readonly colors16 = new Uint32Array(16);

  constructor(private readonly parts: PictureParts) {
    this.text = new TextPicture(parts.memory);
    this.graphics = new GraphicsLines(parts.memory);
    this.linear = new LinearLines(parts.memory);
  }

  /** The linear mode or its place in memory has changed. */
  noteViewChanged(): void {
    this.viewChanged = true;
  }

  /** Draws everything at the next rendering. */
  invalidate(): void {
    this.signature = [];
    this.viewChanged = true;
  }

  render(): RenderResult {
    const { registers, dac, dirty, window } = this.parts;
    if (dirty.merge(this.parts.takeDirtyVramPages())) window.fontMapsWritten = true;
    const registersChanged = registers.pictureChanged || this.viewChanged || dac.generation !== this.drawnDacGeneration;
    const phase = this.kind === "text" || registersChanged ? this.blinkPhase() : this.drawnPhase;
    if (!registersChanged && !dirty.any && phase === this.drawnPhase) return NOTHING_CHANGED;
    registers.pictureChanged = false;
    this.viewChanged = false;
    this.drawnDacGeneration = dac.generation;
    this.drawnPhase = phase;

    let everything = false;
    let modeChanged = false;
    if (registersChanged) {
      this.kind = pictureKind(registers, this.parts.dispi.view);
      everything = this.takeSignature();
      modeChanged = this.applyMode(everything);
    }
    const changed = new ChangedRects();
    switch (this.kind) {
      case "blank":
        if (everything) this.drawBlank(changed);
        break;
      case "text":
        this.drawText(everything, phase, changed);
        break;
      case "linear":
        this.drawLinear(everything, changed);
        break;
      case "planarLinear":
        this.drawPlanarLinear(everything, changed);
        break;
      default:
        this.drawGraphics(this.kind, everything, changed);
    }
    dirty.clear();
    window.fontMapsWritten = false;
    return { modeChanged, changed: changed.list };
  }

  private blinkPhase(): number {
    const frame = this.parts.frameNumber();
    return (Math.floor(frame / CURSOR_PHASE_FRAMES) & 1) | ((Math.floor(frame / BLINK_PHASE_FRAMES) & 1) << 1);
  }

  /** @returns true when anything that shapes the whole picture differs from the last drawing. */
  private takeSignature(): boolean {
    const { seq, crtc, gc, attr } = this.parts.registers;
    const view = this.parts.dispi.view;
    const now = [KINDS.indexOf(this.kind), this.drawnDacGeneration, ...attr];
    if (view) {
      now.push(view.widthPx, view.heightPx, view.bpp, view.pitchBytes, view.xOffsetPx, view.yOffsetPx);
    } else {
      now.push(seq[R.SEQ_CLOCKING_MODE]!, seq[R.SEQ_CHARACTER_MAP_SELECT]!, gc[R.GC_MODE]!, gc[R.GC_MISCELLANEOUS]!);
      for (const index of [1, 7, 8, 9, 0x12, 0x13, 0x14, 0x17, 0x18]) now.push(crtc[index]!);
      // Text cells are compared one by one: moving them draws no more than what differs.
      if (this.kind !== "text") now.push(crtc[R.CRTC_START_ADDRESS_HIGH]!, crtc[R.CRTC_START_ADDRESS_LOW]!);
    }
    const before = this.signature;
    this.signature = now;
    return now.length !== before.length || now.some((value, i) => value !== before[i]);
  }

  /** Brings geometry, colors and the frame's size in line with the registers. */
  private applyMode(everything: boolean): boolean {
    const { registers, dac, dispi } = this.parts;
    const palette = dac.palette();
    attributeColors(registers.attr).forEach((color, value) => (this.colors16[value] = palette[color]!));
    const view = dispi.view;
    const { crtc } = registers;
    const startAddress = (crtc[R.CRTC_START_ADDRESS_HIGH]! << 8) | crtc[R.CRTC_START_ADDRESS_LOW]!;
    // A cursor that moved changes a register but not the layout.
    if (!everything && startAddress === this.laidOutStart) return false;
    this.laidOutStart = startAddress;
    this.geometry = null;
    if (this.kind === "blank")
      return this.frame.setMode(this.frame.widthPx, this.frame.heightPx, this.frame.aspect, this.frame.text);
    if (view) {
      const { widthPx, heightPx } = view;
      // 320×200 and 640×400 fill a 4:3 screen as their VGA namesakes do.
      const aspect = widthPx * 5 === heightPx * 8 && widthPx <= 640 ? VGA_ASPECT : widthPx / heightPx;
      return this.frame.setMode(widthPx, heightPx, aspect, false);
    }
    const text = this.kind === "text";
    this.geometry = new ScanGeometry(registers, text);
    const perCharacter = text ? dotsPerCharacter(registers.seq) : pixelsPerCharacter(this.kind as GraphicsKind);
    return this.frame.setMode(this.geometry.columns * perCharacter, this.geometry.heightPx, VGA_ASPECT, text);
  }

  /** With the display off the monitor shows the overscan color; black in linear modes and where the board is off. */
  private drawBlank(changed: ChangedRects): void {
    const { registers, dac, dispi } = this.parts;
    const border = registers.enabled && !dispi.view && !registers.paletteSourceOn;
    this.frame.pixels.fill(border ? dac.palette()[registers.attr[R.ATTR_OVERSCAN]!]! : BLACK);
    changed.add(0, 0, this.frame.widthPx, this.frame.heightPx);
  }

  private drawText(everything: boolean, phase: number, changed: ChangedRects): void {
    if (everything || this.parts.window.fontMapsWritten) this.text.forget();
    const cursorShown = (phase & 1) === 0;
    const blinkShown = (phase & 2) === 0;
    this.text.draw(this.frame, this.geometry!, this.parts.registers, this.colors16, cursorShown, blinkShown, changed);
  }

  private drawGraphics(kind: GraphicsKind, everything: boolean, changed: ChangedRects): void {
    const { attr } = this.parts.registers;
    const geometry = this.geometry!;
    const palette = kind === "packed256" ? this.parts.dac.palette() : this.colors16;
    const panning = attr[R.ATTR_HORIZONTAL_PANNING]! & 7;
    const topPan = kind === "packed256" ? panning >> 1 : panning;
    const panCompatible = (attr[R.ATTR_MODE_CONTROL]! & R.ATTR_MODE_PANNING_COMPATIBLE) !== 0;
    this.graphics.prepare(geometry.columns + 1);
    for (let y = 0; y < geometry.heightPx; y++) {
      const pan = panCompatible && y >= geometry.splitLine ? 0 : topPan;
      const columns = geometry.columns + (pan === 0 ? 0 : 1);
      if (!everything && !this.lineTouched(geometry.address(y, 0), geometry.address(y, columns - 1))) continue;
      for (let column = 0; column < columns; column++)
        this.graphics.character(kind, column, geometry.address(y, column), palette);
      this.graphics.show(this.frame.pixels, y * this.frame.widthPx, this.frame.widthPx, pan);
      changed.add(0, y, this.frame.widthPx, 1);
    }
  }

  /** A line whose addresses wrap around counts as written. */
  private lineTouched(firstAddress: number, lastAddress: number): boolean {
    return lastAddress < firstAddress || this.parts.dirty.touches(firstAddress << 2, (lastAddress << 2) | 3);
  }

  private drawLinear(everything: boolean, changed: ChangedRects): void {
    const { widthPx, heightPx, bpp, pitchBytes, xOffsetPx, yOffsetPx } = this.parts.dispi.view!;
    if (bpp === 4) return;
    const palette = this.parts.dac.palette();
    const perPixel = (bpp + 7) >> 3;
    for (let y = 0; y < heightPx; y++) {
      const from = (yOffsetPx + y) * pitchBytes + xOffsetPx * perPixel;
      if (!everything && !this.parts.dirty.touches(from, from + widthPx * perPixel - 1)) continue;
      this.linear.draw(bpp, from, widthPx, this.frame.pixels, y * widthPx, palette);
      changed.add(0, y, widthPx, 1);
    }
  }

  private drawPlanarLinear(everything: boolean, changed: ChangedRects): void {
    const { widthPx, heightPx, pitchBytes, xOffsetPx, yOffsetPx } = this.parts.dispi.view!;
    const pan = xOffsetPx & 7;
    const columns = widthPx / 8 + (pan === 0 ? 0 : 1);
    this.graphics.prepare(columns);
    for (let y = 0; y < heightPx; y++) {
      const from = (yOffsetPx + y) * pitchBytes + (xOffsetPx >> 3);
      if (!everything && !this.lineTouched(from, from + columns - 1)) continue;
      for (let column = 0; column < columns; column++)
        this.graphics.character("planar", column, from + column, this.colors16);
      this.graphics.show(this.frame.pixels, y * widthPx, widthPx, pan);
      changed.add(0, y, widthPx, 1);
    }
  }
}
