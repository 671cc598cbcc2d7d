/**
 * The board's memory-mapped registers (BAR 2): the monitor's EDID, the VGA ports from 3C0, and the dispi registers.
 *
 *   000–0FF  EDID      400–41F  ports 3C0–3DF      500–515  dispi registers, 16 bits each      600–607  extension
 *
 * Left out: big-endian frame buffers; the extension register says little-endian and keeps saying so.
 * References: [QEMU-VGA] docs/specs/standard-vga.rst.
 */
import type { MmioDevice } from "../../bus/mmio-bus.ts";
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";
import { DISPI_INDEX_VIDEO_MEMORY_64K, type Dispi } from "./dispi.ts";
import { PORT_ATTRIBUTE } from "./register-names.ts";

export const BOARD_REGISTERS_BYTES = 0x1000;
const VGA_PORTS = 0x400;
const VGA_PORTS_END = 0x420;
const DISPI_REGISTERS = 0x500;
const DISPI_REGISTERS_END = DISPI_REGISTERS + 2 * (DISPI_INDEX_VIDEO_MEMORY_64K + 1);
/** Size of the extension, then its endianness register. */
const EXTENSION = 0x600;
const EXTENSION_WORDS = [8, 0x1e1e1e1e];

export class BoardRegisters implements MmioDevice {
  readonly category = "vga";
  constructor(
    private readonly edid: Uint8Array,
    private readonly ports: PortDevice,
    private readonly dispi: Dispi,
  ) {}

  mmioRead(offset: number, sizeBytes: AccessSize): number {
    if (offset >= DISPI_REGISTERS && offset < DISPI_REGISTERS_END && sizeBytes === 2 && (offset & 1) === 0)
      return this.dispi.readRegister((offset - DISPI_REGISTERS) >> 1);
    let value = 0;
    for (let i = 0; i < sizeBytes; i++) value |= this.readByte(offset + i) << (8 * i);
    return value >>> 0;
  }

  mmioWrite(offset: number, sizeBytes: AccessSize, value: number): void {
    if (offset >= VGA_PORTS && offset < VGA_PORTS_END) {
      for (let i = 0; i < sizeBytes && offset + i < VGA_PORTS_END; i++)
        this.ports.portWrite(offset + i - VGA_PORTS + PORT_ATTRIBUTE, 1, (value >>> (8 * i)) & 0xff);
    } else if (offset >= DISPI_REGISTERS && offset < DISPI_REGISTERS_END && (offset & 1) === 0) {
      const index = (offset - DISPI_REGISTERS) >> 1;
      this.dispi.writeRegister(index, value & 0xffff);
      if (sizeBytes === 4) this.dispi.writeRegister(index + 1, value >>> 16);
    }
  }

  private readByte(offset: number): number {
    if (offset < 0x100) return this.edid[offset] ?? 0;
    if (offset >= VGA_PORTS && offset < VGA_PORTS_END)
      return this.ports.portRead(offset - VGA_PORTS + PORT_ATTRIBUTE, 1);
    if (offset >= DISPI_REGISTERS && offset < DISPI_REGISTERS_END)
      return (this.dispi.readRegister((offset - DISPI_REGISTERS) >> 1) >> (8 * (offset & 1))) & 0xff;
    const word = EXTENSION_WORDS[(offset - EXTENSION) >> 2];
    return word === undefined ? 0 : (word >>> (8 * (offset & 3))) & 0xff;
  }
}
