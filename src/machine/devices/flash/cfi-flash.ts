/**
 * A NOR flash chip with Intel's command set, one byte wide, in blocks of 4 KiB: what firmware keeps its variables in. While it
 * is in read-array mode the processor reads its cells as memory; writes, and reads in other modes, come here.
 *
 * Commands are done at once (the status says ready). CLEAR STATUS also clears the ready bit until the next command that
 * programs or erases, which a real chip does not: it is how OVMF tells flash from ROM. Left out: lock bits and protection registers (blocks are unlocked),
 * suspending, vendor tables beyond the CFI query.
 * References: [CFI] JESD68.01, Common Flash Interface; [CFI-ID] JEP137 (0001h: Intel extended command set);
 * [28F] Intel 28F640J3 datasheet, "Bus operations and command definitions", "Status register definitions".
 */
import type { AccessSize } from "../../bus/port-bus.ts";
import type { MmioDevice } from "../../bus/mmio-bus.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";

export const FLASH_BLOCK_BYTES = 0x1000;

const COMMAND_PROGRAM_ALTERNATE = 0x10;
const COMMAND_BLOCK_ERASE = 0x20;
const COMMAND_PROGRAM = 0x40;
const COMMAND_CLEAR_STATUS = 0x50;
const COMMAND_READ_STATUS = 0x70;
const COMMAND_READ_ID = 0x90;
const COMMAND_CFI_QUERY = 0x98;
const COMMAND_CONFIRM = 0xd0;
const COMMAND_WRITE_BUFFER = 0xe8;
const COMMAND_READ_ARRAY = 0xff;

const STATUS_READY = 0x80;
const STATUS_ERASE_ERROR = 0x20;
const STATUS_PROGRAM_ERROR = 0x10;
const STATUS_LOCKED = 0x02;
const COMMAND_SEQUENCE_ERROR = STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;

const MANUFACTURER_INTEL = 0x89;
const DEVICE_ID = 0x18;
const ERASED = 0xff;
/** log2 of the write buffer's bytes. */
const BUFFER_SHIFT = 5;
const BUFFER_BYTES = 1 << BUFFER_SHIFT;
/** CFI block lengths count in units of 256 bytes. */
const CFI_UNIT_SHIFT = 8;

type Mode = "array" | "status" | "id" | "query";
/** What the next writes are. */
type Expecting = "command" | "byte" | "eraseConfirm" | "bufferCount" | "bufferData" | "bufferConfirm";

export interface FlashOptions {
  /** The cells. The chip changes them only when it is programmed or erased. */
  cells: Uint8Array;
  readOnly: boolean;
  /** In array mode the processor reads the cells itself. */
  onArrayMode(isArray: boolean): void;
  /** Cells have changed. */
  onChange(offset: number, length: number): void;
}

export class CfiFlash implements MmioDevice, Device {
  readonly category = "flash";
  private mode: Mode = "array";
  private status = STATUS_READY;
  private expecting: Expecting = "command";
  /** Of the erase, or of the buffer: its block. */
  private target = 0;
  private bufferLeft = 0;
  private buffered: { offset: number; value: number }[] = [];
  private readonly query: Uint8Array;

  constructor(private readonly options: FlashOptions) {
    this.query = queryTable(options.cells.length);
  }

  mmioRead(offset: number, sizeBytes: AccessSize): number {
    let value = 0;
    for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | this.readByte(offset + i);
    return value >>> 0;
  }

  mmioWrite(offset: number, sizeBytes: AccessSize, value: number): void {
    for (let i = 0; i < sizeBytes; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  // ---- Device -----------------------------------------------------------------------------------------------------

  reset(): void {
    this.status = STATUS_READY;
    this.expect("command");
    this.setMode("array");
  }

  /** The cells are the machine's to save. */
  save(): DeviceState {
    const { mode, status, expecting, target, bufferLeft } = this;
    const buffered = this.buffered.flatMap(({ offset, value }) => [offset, value]);
    return { version: 1, mode, status, expecting, target, bufferLeft, buffered };
  }

  restore(state: DeviceState): void {
    expectVersion("the flash chip", state, 1);
    this.status = Number(state.status);
    this.expecting = state.expecting as Expecting;
    this.target = Number(state.target);
    this.bufferLeft = Number(state.bufferLeft);
    const numbers = state.buffered as number[];
    this.buffered = [];
    for (let i = 0; i + 1 < numbers.length; i += 2) this.buffered.push({ offset: numbers[i]!, value: numbers[i + 1]! });
    this.setMode(state.mode as Mode);
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  private readByte(offset: number): number {
    switch (this.mode) {
      case "array":
        return this.options.cells[offset] ?? ERASED;
      case "status":
        return this.status;
      case "query":
        return this.query[offset] ?? 0;
      case "id":
        return offset === 0 ? MANUFACTURER_INTEL : offset === 1 ? DEVICE_ID : 0;
    }
  }

  private writeByte(offset: number, value: number): void {
    switch (this.expecting) {
      case "command":
        return this.command(offset, value);
      case "byte":
        this.expect("command");
        return this.program([{ offset, value }]);
      case "eraseConfirm":
        this.expect("command");
        if (value === COMMAND_CONFIRM) return this.erase(this.target);
        return this.fail(COMMAND_SEQUENCE_ERROR);
      case "bufferCount":
        // One less than the number of bytes. [28F] "Write to Buffer"
        if (value >= BUFFER_BYTES) {
          this.expect("command");
          return this.fail(COMMAND_SEQUENCE_ERROR);
        }
        this.bufferLeft = value + 1;
        this.buffered = [];
        return this.expect("bufferData");
      case "bufferData":
        this.buffered.push({ offset, value });
        if (--this.bufferLeft === 0) this.expect("bufferConfirm");
        return;
      case "bufferConfirm": {
        this.expect("command");
        const inBlock = this.buffered.every((cell) => blockOf(cell.offset) === this.target);
        if (value === COMMAND_CONFIRM && inBlock) return this.program(this.buffered);
        return this.fail(COMMAND_SEQUENCE_ERROR);
      }
    }
  }

  private command(offset: number, value: number): void {
    switch (value) {
      case COMMAND_READ_ARRAY:
        return this.setMode("array");
      case COMMAND_READ_ID:
        return this.setMode("id");
      case COMMAND_CFI_QUERY:
        return this.setMode("query");
      case COMMAND_READ_STATUS:
        return this.setMode("status");
      case COMMAND_CLEAR_STATUS:
        // Does not change what is read. [28F] "Clear Status Register"
        this.status = 0;
        return;
      case COMMAND_PROGRAM:
      case COMMAND_PROGRAM_ALTERNATE:
        this.expect("byte");
        return this.setMode("status");
      case COMMAND_BLOCK_ERASE:
        this.target = blockOf(offset);
        this.expect("eraseConfirm");
        return this.setMode("status");
      case COMMAND_WRITE_BUFFER:
        this.target = blockOf(offset);
        this.expect("bufferCount");
        return this.setMode("status");
      default:
        // What it does not know leaves it in array mode. [CFI] 4.3
        return this.setMode("array");
    }
  }

  /** Cells can only be cleared; erasing sets them. */
  private program(cells: readonly { offset: number; value: number }[]): void {
    if (this.options.readOnly) return this.fail(STATUS_PROGRAM_ERROR | STATUS_LOCKED);
    this.status |= STATUS_READY;
    for (const { offset, value } of cells) {
      this.options.cells[offset]! &= value;
      this.options.onChange(offset, 1);
    }
  }

  private erase(block: number): void {
    if (this.options.readOnly) return this.fail(STATUS_ERASE_ERROR | STATUS_LOCKED);
    this.status |= STATUS_READY;
    this.options.cells.fill(ERASED, block, block + FLASH_BLOCK_BYTES);
    this.options.onChange(block, FLASH_BLOCK_BYTES);
  }

  private fail(bits: number): void {
    this.status |= STATUS_READY | bits;
  }

  private expect(what: Expecting): void {
    this.expecting = what;
  }

  private setMode(mode: Mode): void {
    const before = this.mode;
    this.mode = mode;
    if ((before === "array") !== (mode === "array")) this.options.onArrayMode(mode === "array");
  }
}

function blockOf(offset: number): number {
  return offset - (offset % FLASH_BLOCK_BYTES);
}

/** What the chip says of itself. [CFI] 4.2, tables 1 to 4 */
function queryTable(sizeBytes: number): Uint8Array {
  const table = new Uint8Array(0x31);
  table.set([0x51, 0x52, 0x59], 0x10); // "QRY"
  table.set([0x01, 0x00], 0x13); // primary command set: Intel extended
  table.set([0x31, 0x00], 0x15); // where its table would be
  table.set([0x27, 0x36], 0x1b); // Vcc 2.7 to 3.6 V
  table.set([0x07, 0x07, 0x0a, 0x00], 0x1f); // typical times, log2: 128 µs, 128 µs, 1 s, no chip erase
  table.set([0x04, 0x04, 0x04, 0x00], 0x23); // at most 16 times that
  table[0x27] = Math.ceil(Math.log2(sizeBytes));
  table.set([0x00, 0x00], 0x28); // 8 bits wide
  table.set([BUFFER_SHIFT, 0x00], 0x2a);
  table[0x2c] = 1; // one region of blocks
  const blocks = sizeBytes / FLASH_BLOCK_BYTES - 1;
  const length = FLASH_BLOCK_BYTES >> CFI_UNIT_SHIFT;
  table.set([blocks & 0xff, blocks >> 8, length & 0xff, length >> 8], 0x2d);
  return table;
}
