/**
 * Resource descriptors: what _CRS, _PRS and _SRS hold. Each function returns one descriptor; `resourceTemplate` closes
 * the list and wraps it in a buffer. Reference: [ACPI] 6.4 (small and large resource data types).
 */
import { buffer, type Aml } from "./aml.ts";

const SMALL_IRQ = 0x22;
const SMALL_DMA = 0x2a;
const SMALL_IO = 0x47;
const SMALL_END = 0x79;
const LARGE_MEMORY32_FIXED = 0x86;
const LARGE_DWORD_ADDRESS = 0x87;
const LARGE_WORD_ADDRESS = 0x88;
const LARGE_EXTENDED_INTERRUPT = 0x89;

const IO_DECODE_16 = 1;
const RESOURCE_MEMORY = 0;
const RESOURCE_IO = 1;
const RESOURCE_BUS_NUMBER = 2;
/** Both ends are fixed, the bridge decodes positively, and passes the range on. */
const ADDRESS_MIN_MAX_FIXED = 0x0c;
const IO_ENTIRE_RANGE = 3;
const MEMORY_READ_WRITE = 1;
const MEMORY_CACHEABLE = 2;
/** Consumer, level, active high, shared. */
const INTERRUPT_LEVEL_HIGH_SHARED = 0x09;

const u16 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

export const resourceTemplate = (...descriptors: Aml[]): Aml => buffer([...descriptors.flat(), SMALL_END, 0]);

export const irq = (number: number): Aml => [SMALL_IRQ, ...u16(1 << number)];
/** An 8-bit channel in compatibility mode that is not a bus master. */
export const dma = (channel: number): Aml => [SMALL_DMA, 1 << channel, 0];
export const io = (base: number, length: number): Aml => [
  SMALL_IO,
  IO_DECODE_16,
  ...u16(base),
  ...u16(base),
  1,
  length,
];
export const memory32Fixed = (base: number, length: number, writable = true): Aml => [
  LARGE_MEMORY32_FIXED,
  ...u16(9),
  writable ? 1 : 0,
  ...u32(base),
  ...u32(length),
];

/** Byte offset of the first interrupt number inside the descriptor. */
export const INTERRUPT_NUMBER_OFFSET = 5;
export const interrupts = (...numbers: number[]): Aml => [
  LARGE_EXTENDED_INTERRUPT,
  ...u16(2 + 4 * numbers.length),
  INTERRUPT_LEVEL_HIGH_SHARED,
  numbers.length,
  ...numbers.flatMap(u32),
];

const wordAddress = (kind: number, typeFlags: number, first: number, last: number): Aml => [
  LARGE_WORD_ADDRESS,
  ...u16(13),
  kind,
  ADDRESS_MIN_MAX_FIXED,
  typeFlags,
  ...u16(0),
  ...u16(first),
  ...u16(last),
  ...u16(0),
  ...u16(last - first + 1),
];
export const busNumbers = (first: number, last: number): Aml => wordAddress(RESOURCE_BUS_NUMBER, 0, first, last);
export const ioWindow = (first: number, last: number): Aml => wordAddress(RESOURCE_IO, IO_ENTIRE_RANGE, first, last);
export const memoryWindow = (first: number, last: number, cacheable: boolean): Aml => [
  LARGE_DWORD_ADDRESS,
  ...u16(23),
  RESOURCE_MEMORY,
  ADDRESS_MIN_MAX_FIXED,
  MEMORY_READ_WRITE | (cacheable ? MEMORY_CACHEABLE : 0),
  ...u32(0),
  ...u32(first),
  ...u32(last),
  ...u32(0),
  ...u32(last - first + 1),
];
