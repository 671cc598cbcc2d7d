/**
 * Standard text mode 3 (80×25, 16 colors, 9×16 characters), set as a VGA BIOS would: by writes to registers and memory.
 * A kernel that is started without firmware expects to find it.
 *
 * References: [VGA] "Mode 3+" register values, "Programming Considerations"; [EGA] colors of the 64-color palette.
 */
import type { MmioDevice } from "../../bus/mmio-bus.ts";
import type { PortDevice } from "../../bus/port-bus.ts";
import * as R from "./register-names.ts";

export const MODE3_COLUMNS = 80;
export const MODE3_ROWS = 25;
export const FONT_HEIGHT = 16;

const BLANK_LIGHT_GREY = 0x0720;
const TEXT_WINDOW = 0x18000;
const FONT_SLOT_BYTES = 32;

const MISC = 0x67;
const SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02];
const GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff];
/** 400 of 449 lines at 31.5 kHz, 80 of 100 characters of nine dots. */
const CRTC: readonly [index: number, value: number][] = [
  [R.CRTC_HORIZONTAL_TOTAL, 0x5f],
  [R.CRTC_HORIZONTAL_DISPLAY_END, MODE3_COLUMNS - 1],
  [R.CRTC_START_HORIZONTAL_BLANK, 0x50],
  [R.CRTC_END_HORIZONTAL_BLANK, 0x82],
  [R.CRTC_START_HORIZONTAL_RETRACE, 0x55],
  [R.CRTC_END_HORIZONTAL_RETRACE, 0x81],
  [R.CRTC_VERTICAL_TOTAL, 0xbf],
  [R.CRTC_OVERFLOW, 0x1f],
  [R.CRTC_PRESET_ROW_SCAN, 0x00],
  [R.CRTC_MAXIMUM_SCAN_LINE, R.MAX_SCAN_LINE_COMPARE_9 | (FONT_HEIGHT - 1)],
  [R.CRTC_CURSOR_START, FONT_HEIGHT - 3],
  [R.CRTC_CURSOR_END, FONT_HEIGHT - 2],
  [R.CRTC_START_ADDRESS_HIGH, 0x00],
  [R.CRTC_START_ADDRESS_LOW, 0x00],
  [R.CRTC_CURSOR_LOCATION_HIGH, 0x00],
  [R.CRTC_CURSOR_LOCATION_LOW, 0x00],
  [R.CRTC_VERTICAL_RETRACE_START, 0x9c],
  [R.CRTC_VERTICAL_DISPLAY_END, 0x8f],
  [R.CRTC_OFFSET, MODE3_COLUMNS / 2],
  [R.CRTC_UNDERLINE_LOCATION, 0x1f],
  [R.CRTC_START_VERTICAL_BLANK, 0x96],
  [R.CRTC_END_VERTICAL_BLANK, 0xb9],
  [R.CRTC_MODE_CONTROL, 0xa3],
  [R.CRTC_LINE_COMPARE, 0xff],
  [R.CRTC_VERTICAL_RETRACE_END, R.RETRACE_END_PROTECT | 0x0e],
];
/** Black to light grey with brown in the place of dark yellow, then the bright eight. */
const EGA_BROWN = 0x14;
const PALETTE = Array.from({ length: 16 }, (_, i) => (i === 6 ? EGA_BROWN : i < 8 ? i : 0x38 | (i & 7)));
const ATTRIBUTE_REST = [R.ATTR_MODE_BLINK | R.ATTR_MODE_LINE_GRAPHICS, 0x00, 0x0f, 0x08, 0x00];

/** One color of the EGA's 64: two bits a component, the primary (low three bits) worth two thirds. [EGA] */
function egaComponents(color: number): [red: number, green: number, blue: number] {
  const component = (primary: number, secondary: number) =>
    ((color >> primary) & 1) * 42 + ((color >> secondary) & 1) * 21;
  return [component(2, 5), component(1, 4), component(0, 3)];
}

/**
 * Sets the mode, loads `font` (256 characters of 16 bytes) and clears the screen. `ports` counts from 3B0, `window`
 * from A0000.
 */
export function setTextMode3(ports: PortDevice, window: MmioDevice, font: Uint8Array): void {
  const out = (port: number, value: number) => ports.portWrite(port, 1, value);
  const indexed = (port: number, index: number, value: number) => {
    out(port, index);
    out(port + 1, value);
  };
  out(R.PORT_SUBSYSTEM_ENABLE, 1);
  out(R.PORT_MISC_WRITE, MISC);
  SEQUENCER.forEach((value, index) => indexed(R.PORT_SEQ_INDEX, index, value));
  // The protect bit may be set from before. [VGA] "Vertical Retrace End Register" bit 7
  indexed(R.PORT_CRTC_INDEX_COLOR, R.CRTC_VERTICAL_RETRACE_END, 0);
  for (const [index, value] of CRTC) indexed(R.PORT_CRTC_INDEX_COLOR, index, value);

  // Fonts lie in map 2, reached plainly at A0000.
  indexed(R.PORT_SEQ_INDEX, R.SEQ_MAP_MASK, 0x04);
  indexed(R.PORT_SEQ_INDEX, R.SEQ_MEMORY_MODE, 0x02 | R.MEMORY_MODE_NOT_ODD_EVEN);
  GRAPHICS.forEach((value, index) => indexed(R.PORT_GC_INDEX, index, value));
  indexed(R.PORT_GC_INDEX, R.GC_MODE, 0x00);
  indexed(R.PORT_GC_INDEX, R.GC_MISCELLANEOUS, 0x04);
  for (let code = 0; code < 256; code++)
    for (let line = 0; line < FONT_SLOT_BYTES; line++)
      window.mmioWrite(code * FONT_SLOT_BYTES + line, 1, line < FONT_HEIGHT ? font[code * FONT_HEIGHT + line]! : 0);
  SEQUENCER.forEach((value, index) => indexed(R.PORT_SEQ_INDEX, index, value));
  GRAPHICS.forEach((value, index) => indexed(R.PORT_GC_INDEX, index, value));
  for (let at = 0; at < 0x8000; at += 2) window.mmioWrite(TEXT_WINDOW + at, 2, BLANK_LIGHT_GREY);

  out(R.PORT_PEL_MASK, 0xff);
  out(R.PORT_DAC_WRITE_ADDRESS, 0);
  for (let color = 0; color < 256; color++)
    for (const component of color < 64 ? egaComponents(color) : [0, 0, 0]) out(R.PORT_DAC_DATA, component);
  // Reading status 1 makes the attribute port expect an index.
  ports.portRead(R.PORT_STATUS1_COLOR, 1);
  [...PALETTE, ...ATTRIBUTE_REST].forEach((value, index) => {
    out(R.PORT_ATTRIBUTE, index);
    out(R.PORT_ATTRIBUTE, value);
  });
  out(R.PORT_ATTRIBUTE, R.ATTR_INDEX_PALETTE_SOURCE);
}
