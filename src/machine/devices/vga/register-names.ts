/**
 * Names of the VGA's ports, registers and bits, as the IBM manual has them.
 *
 * References:
 *   [VGA]  IBM Personal System/2 Hardware Interface Technical Reference, Video Subsystem (Sept. 1991)
 *   [EGA]  IBM Enhanced Graphics Adapter manual (August 1984)
 */

/** First port of the VGA and how many it spans. All port offsets below count from here. */
export const VGA_PORT_BASE = 0x3b0;
export const VGA_PORT_COUNT = 0x30;

/** Ports, as offsets from VGA_PORT_BASE. [VGA] "Video Subsystem Register Overview" */
export const PORT_CRTC_INDEX_MONO = 0x04;
export const PORT_CRTC_DATA_MONO = 0x05;
/** Read: input status 1. Write: feature control. */
export const PORT_STATUS1_MONO = 0x0a;
export const PORT_ATTRIBUTE = 0x10;
export const PORT_ATTRIBUTE_READ = 0x11;
/** Read: input status 0. Write: miscellaneous output. */
export const PORT_MISC_WRITE = 0x12;
export const PORT_SUBSYSTEM_ENABLE = 0x13;
export const PORT_SEQ_INDEX = 0x14;
export const PORT_SEQ_DATA = 0x15;
export const PORT_PEL_MASK = 0x16;
/** Read: DAC state. Write: PEL address for reading. */
export const PORT_DAC_READ_ADDRESS = 0x17;
export const PORT_DAC_WRITE_ADDRESS = 0x18;
export const PORT_DAC_DATA = 0x19;
export const PORT_FEATURE_READ = 0x1a;
export const PORT_MISC_READ = 0x1c;
export const PORT_GC_INDEX = 0x1e;
export const PORT_GC_DATA = 0x1f;
export const PORT_CRTC_INDEX_COLOR = 0x24;
export const PORT_CRTC_DATA_COLOR = 0x25;
export const PORT_STATUS1_COLOR = 0x2a;

/** Miscellaneous output. [VGA] "Miscellaneous Output Register" */
export const MISC_IO_ADDRESS_COLOR = 0x01;
export const MISC_RAM_ENABLE = 0x02;
export const MISC_CLOCK_SELECT = 0x0c;
export const MISC_CLOCK_28MHZ = 0x04;
/** Set: the low 64 KiB page in odd/even modes. Clear: the high one. */
export const MISC_ODD_EVEN_PAGE = 0x20;

/** Input status 0: the monitor draws current, so the comparators see it. */
export const STATUS0_SWITCH_SENSE = 0x10;
/** Input status 1. */
export const STATUS1_DISPLAY_DISABLED = 0x01;
export const STATUS1_VERTICAL_RETRACE = 0x08;

/** Sequencer. [VGA] "Sequencer Registers" */
export const SEQ_RESET = 0x00;
export const SEQ_CLOCKING_MODE = 0x01;
export const SEQ_MAP_MASK = 0x02;
export const SEQ_CHARACTER_MAP_SELECT = 0x03;
export const SEQ_MEMORY_MODE = 0x04;
export const CLOCKING_8_DOTS = 0x01;
export const CLOCKING_DOT_CLOCK_HALVED = 0x08;
export const CLOCKING_SCREEN_OFF = 0x20;
/** Set: sequential addressing. Clear: even addresses reach maps 0 and 2, odd ones maps 1 and 3. */
export const MEMORY_MODE_NOT_ODD_EVEN = 0x04;
export const MEMORY_MODE_CHAIN4 = 0x08;

/** CRT controller. [VGA] "CRT Controller Registers" */
export const CRTC_HORIZONTAL_TOTAL = 0x00;
export const CRTC_HORIZONTAL_DISPLAY_END = 0x01;
export const CRTC_START_HORIZONTAL_BLANK = 0x02;
export const CRTC_END_HORIZONTAL_BLANK = 0x03;
export const CRTC_START_HORIZONTAL_RETRACE = 0x04;
export const CRTC_END_HORIZONTAL_RETRACE = 0x05;
export const CRTC_VERTICAL_TOTAL = 0x06;
export const CRTC_OVERFLOW = 0x07;
export const CRTC_PRESET_ROW_SCAN = 0x08;
export const CRTC_MAXIMUM_SCAN_LINE = 0x09;
export const CRTC_CURSOR_START = 0x0a;
export const CRTC_CURSOR_END = 0x0b;
export const CRTC_START_ADDRESS_HIGH = 0x0c;
export const CRTC_START_ADDRESS_LOW = 0x0d;
export const CRTC_CURSOR_LOCATION_HIGH = 0x0e;
export const CRTC_CURSOR_LOCATION_LOW = 0x0f;
export const CRTC_VERTICAL_RETRACE_START = 0x10;
export const CRTC_VERTICAL_RETRACE_END = 0x11;
export const CRTC_VERTICAL_DISPLAY_END = 0x12;
export const CRTC_OFFSET = 0x13;
export const CRTC_UNDERLINE_LOCATION = 0x14;
export const CRTC_START_VERTICAL_BLANK = 0x15;
export const CRTC_END_VERTICAL_BLANK = 0x16;
export const CRTC_MODE_CONTROL = 0x17;
export const CRTC_LINE_COMPARE = 0x18;
/** Not in the manual, but on every VGA: the latch of the map that reads select, and the attribute flip-flop. */
export const CRTC_LATCH_READBACK = 0x22;
export const CRTC_ATTRIBUTE_STATE = 0x24;

export const OVERFLOW_LINE_COMPARE_8 = 0x10;
export const MAX_SCAN_LINE_COMPARE_9 = 0x40;
export const MAX_SCAN_DOUBLE = 0x80;
export const CURSOR_OFF = 0x20;
export const RETRACE_END_PROTECT = 0x80;
export const UNDERLINE_COUNT_BY_4 = 0x20;
export const UNDERLINE_DOUBLEWORD = 0x40;
/** Clear: row scan bit 0 takes the place of address bit 13 (CGA's two banks). */
export const MODE_CONTROL_NOT_CGA_BANKS = 0x01;
/** Clear: row scan bit 1 takes the place of address bit 14 (Hercules' four banks). */
export const MODE_CONTROL_NOT_HERCULES_BANKS = 0x02;
export const MODE_CONTROL_VERTICAL_DOUBLED = 0x04;
export const MODE_CONTROL_COUNT_BY_2 = 0x08;
export const MODE_CONTROL_ADDRESS_WRAP_15 = 0x20;
export const MODE_CONTROL_BYTE_MODE = 0x40;
export const MODE_CONTROL_RETRACE_ENABLE = 0x80;

/** Graphics controller. [VGA] "Graphics Controller Registers" */
export const GC_SET_RESET = 0x00;
export const GC_ENABLE_SET_RESET = 0x01;
export const GC_COLOR_COMPARE = 0x02;
export const GC_DATA_ROTATE = 0x03;
export const GC_READ_MAP_SELECT = 0x04;
export const GC_MODE = 0x05;
export const GC_MISCELLANEOUS = 0x06;
export const GC_COLOR_DONT_CARE = 0x07;
export const GC_BIT_MASK = 0x08;
export const GC_MODE_READ_COMPARE = 0x08;
export const GC_MODE_ODD_EVEN = 0x10;
export const GC_MODE_SHIFT_INTERLEAVED = 0x20;
export const GC_MODE_SHIFT_256 = 0x40;
export const GC_MISC_GRAPHICS = 0x01;
export const GC_MISC_CHAIN_ODD_EVEN = 0x02;

/** Attribute controller. [VGA] "Attribute Controller Registers" */
export const ATTR_MODE_CONTROL = 0x10;
export const ATTR_OVERSCAN = 0x11;
export const ATTR_COLOR_PLANE_ENABLE = 0x12;
export const ATTR_HORIZONTAL_PANNING = 0x13;
export const ATTR_COLOR_SELECT = 0x14;
export const ATTR_INDEX_PALETTE_SOURCE = 0x20;
export const ATTR_MODE_GRAPHICS = 0x01;
export const ATTR_MODE_LINE_GRAPHICS = 0x04;
export const ATTR_MODE_BLINK = 0x08;
export const ATTR_MODE_PANNING_COMPATIBLE = 0x20;
export const ATTR_MODE_8BIT_COLOR = 0x40;
export const ATTR_MODE_P54_SELECT = 0x80;
