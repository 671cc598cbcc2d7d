/**
 * Register bits, commands and status bytes of the 82077AA.
 *
 * References: [82077AA] Intel 82077AA datasheet (290166), 2.1 (registers), 5.0 (commands), 5.1 (status registers).
 */

export const REG_SRA = 0;
export const REG_SRB = 1;
export const REG_DOR = 2;
export const REG_TDR = 3;
export const REG_MSR_DSR = 4;
export const REG_FIFO = 5;

export const DOR_NOT_RESET = 0x04;
export const DOR_DMA_GATE = 0x08;
export const DOR_MOTORS = 0xf0;
export const MSR_CB = 0x10;
export const MSR_NON_DMA = 0x20;
export const MSR_DIO = 0x40;
export const MSR_RQM = 0x80;
export const DSR_SW_RESET = 0x80;
export const DIR_CHANGE = 0x80;

export const ST0_ABNORMAL = 0x40;
export const ST0_INVALID = 0x80;
export const ST0_READY_CHANGED = 0xc0;
export const ST0_SEEK_END = 0x20;
export const ST0_EQUIPMENT_CHECK = 0x10;
export const ST1_END_OF_CYLINDER = 0x80;
export const ST1_DATA_ERROR = 0x20;
export const ST1_NO_DATA = 0x04;
export const ST1_NOT_WRITABLE = 0x02;
export const ST1_MISSING_ADDRESS = 0x01;
export const ST2_CONTROL_MARK = 0x40;
export const ST2_DATA_ERROR = 0x20;
export const ST2_WRONG_CYLINDER = 0x10;
export const ST3_WRITE_PROTECT = 0x40;
export const ST3_READY = 0x20;
export const ST3_TRACK0 = 0x10;
export const ST3_TWO_SIDE = 0x08;

export const COMMAND_MULTITRACK = 0x80;
export const COMMAND_MFM = 0x40;
export const COMMAND_SKIP = 0x20;
export const CONFIGURE_IMPLIED_SEEK = 0x40;
export const CONFIGURE_NO_POLL = 0x10;
export const SPECIFY_NON_DMA = 0x01;
/** Reset values of CONFIGURE's middle byte: no implied seek, FIFO off, polling on. */
export const CONFIGURE_DEFAULT = 0x20;
export const VERSION_82077 = 0x90;

export type CommandName =
  | "readTrack"
  | "specify"
  | "senseDriveStatus"
  | "writeData"
  | "readData"
  | "recalibrate"
  | "senseInterrupt"
  | "writeDeleted"
  | "readId"
  | "readDeleted"
  | "format"
  | "dumpRegisters"
  | "seek"
  | "version"
  | "perpendicular"
  | "configure"
  | "lock"
  | "verify"
  | "relativeSeek";

interface CommandRow {
  name: CommandName;
  /** With the command byte itself. */
  bytes: number;
  /** Bits of the command byte that select the command. */
  mask: number;
  code: number;
}

/** [82077AA] table 5-1. */
const COMMANDS: readonly CommandRow[] = [
  { name: "readTrack", bytes: 9, mask: 0x9f, code: 0x02 },
  { name: "specify", bytes: 3, mask: 0xff, code: 0x03 },
  { name: "senseDriveStatus", bytes: 2, mask: 0xff, code: 0x04 },
  { name: "writeData", bytes: 9, mask: 0x3f, code: 0x05 },
  { name: "readData", bytes: 9, mask: 0x1f, code: 0x06 },
  { name: "recalibrate", bytes: 2, mask: 0xff, code: 0x07 },
  { name: "senseInterrupt", bytes: 1, mask: 0xff, code: 0x08 },
  { name: "writeDeleted", bytes: 9, mask: 0x3f, code: 0x09 },
  { name: "readId", bytes: 2, mask: 0xbf, code: 0x0a },
  { name: "readDeleted", bytes: 9, mask: 0x1f, code: 0x0c },
  { name: "format", bytes: 6, mask: 0xbf, code: 0x0d },
  { name: "dumpRegisters", bytes: 1, mask: 0xff, code: 0x0e },
  { name: "seek", bytes: 3, mask: 0xff, code: 0x0f },
  { name: "version", bytes: 1, mask: 0xff, code: 0x10 },
  { name: "perpendicular", bytes: 2, mask: 0xff, code: 0x12 },
  { name: "configure", bytes: 4, mask: 0xff, code: 0x13 },
  { name: "lock", bytes: 1, mask: 0x7f, code: 0x14 },
  { name: "verify", bytes: 9, mask: 0x1f, code: 0x16 },
  { name: "relativeSeek", bytes: 3, mask: 0xbf, code: 0x8f },
];

/** The command that starts with `byte`, or undefined when the chip answers "invalid". */
export function commandFor(byte: number): CommandRow | undefined {
  return COMMANDS.find((row) => (byte & row.mask) === row.code);
}
