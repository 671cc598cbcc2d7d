/**
 * Guest-physical addresses: what lies where, and where that is in linear memory.
 *
 *   0x0000_0000   RAM up to ramBytes (at most 3 GiB); from 0xA0000 to 0xFFFFF each 4 KiB page has a kind of its own
 *                 (video window, ROM, shadow RAM), set by the chipset
 *   BAR           video memory, where the chipset maps it
 *   0xFEE0_0000   local APIC of the accessing processor (IA32_APIC_BASE)
 *   4 GiB − N     system ROM of N bytes; its last 128 KiB also at 0xE0000. Parts of it can be flash chips: writes go to the
 *                 device, and reads too while the chip answers a command
 *   the rest      devices, by the host's mmioRead and mmioWrite; above 4 GiB nothing: reads are all ones
 *
 * Memory types (MTRR, PAT) have no effect: there is no cache to control.
 * [440FX] 3.2.20 (PAM) – [SDM3] 10.4 – [APM2] 5.2.1 (A20)
 */
import { bringPage, mmioRead, mmioWrite } from "../host";
import { MACHINE_BASE, PAGE_DESC_SIZE, PAGE_SIZE, RAM_BASE, ROM_BASE, ROM_SIZE } from "../layout";
import { apicMmioRead, apicMmioWrite } from "../cpu/apic-registers";
import { APIC_BASE_ENABLE, APIC_BASE_EXTENDED } from "../cpu/apic-state";
import { Cpu } from "../cpu/state";
import { machine } from "./machine";

export { cpuAt } from "./machine";

/** Offset of the kinds of the pages from 0xA0000 to 0xFFFFF, one byte each. */
const OFF_LOW_PAGES: u32 = 0x100;
const LOW_PAGES_START: u32 = 0xa_0000;
const LOW_PAGES_END: u32 = 0x10_0000;
const VGA_WINDOW_END: u32 = 0xc_0000;
const OPTION_ROM_START: u32 = 0xc_0000;
const BIOS_START: u32 = 0xe_0000;
const OPTION_ROM_BYTES: u32 = BIOS_START - OPTION_ROM_START;

/** In the order of LowPageKind in src/core/core.ts. */
export const LOW_PAGE_RAM: u32 = 0;
export const LOW_PAGE_ROM: u32 = 1;
export const LOW_PAGE_MMIO: u32 = 2;
export const LOW_PAGE_ROM_READ_RAM_WRITE: u32 = 3;
export const LOW_PAGE_RAM_READ_ONLY: u32 = 4;

/** Top of what RAM may occupy: the PCI hole begins here. */
const RAM_LIMIT: u32 = 0xc000_0000;
const A20_OFF_MASK: u64 = ~(<u64>0x10_0000);
const ALL_ONES: u64 = ~(<u64>0);
/** All consumers of the dirty byte see a page that was written. */
export const DIRTY_ALL: u32 = 0xff;
/** What `writePointer` says of memory that ignores writes. */
export const WRITE_IGNORED: usize = 1;

/**
 * Lays out the memory of a machine that is new, before anything else is done with it. Sizes are multiples of 4 KiB.
 * @returns the end of what it uses, in bytes; the linear memory must reach that far.
 */
export function initMachine(ramBytes: u32, vramBytes: u32, cpuCount: u32): u32 {
  const m = machine();
  m.ramBytes = min(ramBytes, RAM_LIMIT);
  m.vramBytes = vramBytes;
  m.vramBase = RAM_BASE + m.ramBytes;
  m.descBase = m.vramBase + vramBytes;
  m.pageCount = (m.descBase - ROM_BASE) / PAGE_SIZE;
  m.dirtyBase = m.descBase + m.pageCount * PAGE_DESC_SIZE;
  m.cpuCount = cpuCount;
  m.romBytes = 0;
  // Below 1 MiB nothing is there as long as there is no ROM; what nobody reads takes no memory of the host.
  memory.fill(ROM_BASE, 0xff, OPTION_ROM_BYTES);
  memory.fill(ROM_BASE + ROM_SIZE - (LOW_PAGES_END - BIOS_START), 0xff, LOW_PAGES_END - BIOS_START);
  resetMemoryMap();
  return m.dirtyBase + m.pageCount;
}

/** What a system reset does to the map: A20 on, video memory unmapped, ROM below 1 MiB. */
export function resetMemoryMap(): void {
  const m = machine();
  m.a20Mask = ALL_ONES;
  m.vramPhys = 0;
  m.vramMappedBytes = 0;
  for (let physAddr = LOW_PAGES_START; physAddr < LOW_PAGES_END; physAddr += PAGE_SIZE)
    storeLowPage(physAddr, physAddr < VGA_WINDOW_END ? LOW_PAGE_MMIO : LOW_PAGE_ROM);
}

@inline function lowPageKind(physAddr: u32): u32 {
  return load<u8>(MACHINE_BASE + OFF_LOW_PAGES + ((physAddr - LOW_PAGES_START) >> 12));
}

export function storeLowPage(physAddr: u32, kind: u32): void {
  if (physAddr < LOW_PAGES_START || physAddr >= LOW_PAGES_END) return;
  store<u8>(MACHINE_BASE + OFF_LOW_PAGES + ((physAddr - LOW_PAGES_START) >> 12), kind);
}

export function storeA20(enabled: bool): void {
  machine().a20Mask = enabled ? ALL_ONES : A20_OFF_MASK;
}

/** Maps the first `lengthBytes` of the video memory at `physAddr`. */
export function storeVideoMapping(physAddr: u32, lengthBytes: u32): void {
  const m = machine();
  m.vramPhys = physAddr;
  m.vramMappedBytes = min(lengthBytes, m.vramBytes);
}

/**
 * Makes room for a ROM image at `physAddr`: option ROM (0xC0000–0xDFFFF), or system ROM that ends at 4 GiB.
 * @returns where its bytes go in linear memory, 0 if no ROM can be there.
 */
export function romPointer(physAddr: u32, sizeBytes: u32): usize {
  if (physAddr >= OPTION_ROM_START && physAddr < BIOS_START && sizeBytes <= BIOS_START - physAddr) return ROM_BASE + (physAddr - OPTION_ROM_START);
  // 0 - physAddr is the distance to 4 GiB.
  if (sizeBytes == 0 || sizeBytes != 0 - physAddr || sizeBytes > <u32>ROM_SIZE - OPTION_ROM_BYTES) return 0;
  const romBytes = (sizeBytes + (PAGE_SIZE - 1)) & ~(PAGE_SIZE - 1);
  machine().romBytes = romBytes;
  memory.fill(ROM_BASE + ROM_SIZE - romBytes, 0xff, romBytes - sizeBytes);
  return ROM_BASE + ROM_SIZE - sizeBytes;
}

/** Where the ROM byte at `physAddr` (0xC0000–0xFFFFF) is. */
@inline function lowRom(physAddr: u32): usize {
  return physAddr < BIOS_START ? ROM_BASE + (physAddr - OPTION_ROM_START) : ROM_BASE + ROM_SIZE - LOW_PAGES_END + physAddr;
}

/** Where the byte of RAM at `physAddr` is; its page is there when this returns. Every way to RAM leads through here. */
@inline function ramPointer(physAddr: u32): usize {
  if (machine().ramAwaited) bringPage(physAddr);
  return RAM_BASE + physAddr;
}

@inline function lowRam(physAddr: u32): usize {
  return physAddr < machine().ramBytes ? ramPointer(physAddr) : 0;
}

/** Video memory or system ROM at an address above RAM, or 0. */
function highPointer(physAddr: u32): usize {
  const m = machine();
  if (physAddr - m.vramPhys < m.vramMappedBytes) return m.vramBase + (physAddr - m.vramPhys);
  if (physAddr >= 0 - m.romBytes && m.romBytes) return ROM_BASE + ROM_SIZE + physAddr;
  return 0;
}

/** Whether a flash chip is at `physAddr` that wants to see this access. */
function flashWants(physAddr: u32, isWrite: bool): bool {
  const m = machine();
  if (physAddr - m.flash0Phys < m.flash0Bytes) return isWrite || m.flash0Busy != 0;
  if (physAddr - m.flash1Phys < m.flash1Bytes) return isWrite || m.flash1Busy != 0;
  return false;
}

/** Chip 0 or 1 of `sizeBytes` is at `physAddr`, inside the system ROM. */
export function storeFlash(chip: u32, physAddr: u32, sizeBytes: u32): void {
  const m = machine();
  if (chip == 0) {
    m.flash0Phys = physAddr;
    m.flash0Bytes = sizeBytes;
  } else {
    m.flash1Phys = physAddr;
    m.flash1Bytes = sizeBytes;
  }
}

export function storeFlashBusy(chip: u32, isBusy: bool): void {
  if (chip == 0) machine().flash0Busy = isBusy;
  else machine().flash1Busy = isBusy;
}

@inline function isLowPage(physAddr: u64): bool {
  return physAddr - LOW_PAGES_START < <u64>(LOW_PAGES_END - LOW_PAGES_START);
}

/** Host pointer for reading the byte at `physAddr`, or 0 where there is no memory. */
function memoryForRead(physAddr: u64): usize {
  const m = machine();
  if (isLowPage(physAddr)) {
    const low = <u32>physAddr;
    const kind = lowPageKind(low);
    if (kind == LOW_PAGE_MMIO || (low < OPTION_ROM_START && kind != LOW_PAGE_RAM && kind != LOW_PAGE_RAM_READ_ONLY)) return 0;
    return kind == LOW_PAGE_RAM || kind == LOW_PAGE_RAM_READ_ONLY ? lowRam(low) : lowRom(low);
  }
  if (physAddr < m.ramBytes) return ramPointer(<u32>physAddr);
  if (physAddr >> 32) return 0;
  const hostPtr = highPointer(<u32>physAddr);
  return hostPtr && hostPtr < RAM_BASE && flashWants(<u32>physAddr, false) ? 0 : hostPtr;
}

/** Host pointer for writing; WRITE_IGNORED for ROM, 0 where there is no memory. */
function memoryForWrite(physAddr: u64): usize {
  const m = machine();
  if (isLowPage(physAddr)) {
    const low = <u32>physAddr;
    const kind = lowPageKind(low);
    if (kind == LOW_PAGE_MMIO) return 0;
    return kind == LOW_PAGE_RAM || kind == LOW_PAGE_ROM_READ_RAM_WRITE ? lowRam(low) : WRITE_IGNORED;
  }
  if (physAddr < m.ramBytes) return ramPointer(<u32>physAddr);
  if (physAddr >> 32) return 0;
  const hostPtr = highPointer(<u32>physAddr);
  if (!hostPtr || hostPtr >= RAM_BASE) return hostPtr;
  return flashWants(<u32>physAddr, true) ? 0 : WRITE_IGNORED;
}

/** The page of this processor's local APIC, while it is on and in xAPIC mode. */
@inline function isApicPage(cpu: Cpu, physAddr: u64): bool {
  return (physAddr ^ cpu.msrApicBase) >> 12 == 0 && (<u32>cpu.msrApicBase & (APIC_BASE_ENABLE | APIC_BASE_EXTENDED)) == APIC_BASE_ENABLE;
}

/** Host pointer at which `cpu` reads `physAddr`, or 0: then `deviceRead`. Good for the whole 4 KiB page. */
export function readPointer(cpu: Cpu, physAddr: u64): usize {
  const address = physAddr & machine().a20Mask;
  return isApicPage(cpu, address) ? 0 : memoryForRead(address);
}

/** Host pointer at which `cpu` writes, WRITE_IGNORED, or 0: then `deviceWrite`. Good for the whole 4 KiB page. */
export function writePointer(cpu: Cpu, physAddr: u64): usize {
  const address = physAddr & machine().a20Mask;
  return isApicPage(cpu, address) ? 0 : memoryForWrite(address);
}

/** What a bus master sees at `physAddr`: memory only, and RAM below every window. 0 where there is none. */
export function busMasterPointer(physAddr: u32): usize {
  return physAddr < machine().ramBytes ? ramPointer(physAddr) : highPointer(physAddr);
}

// ---- devices

/** Reads `sizeBytes` (1, 2, 4 or 8, within a page) where `readPointer` found no memory. */
export function deviceRead(cpu: Cpu, physAddr: u64, sizeBytes: u32): u64 {
  const address = physAddr & machine().a20Mask;
  if (address >> 32) return ALL_ONES;
  if (sizeBytes == 8) return <u64>deviceRead32(cpu, <u32>address, 4) | (<u64>deviceRead32(cpu, <u32>address + 4, 4) << 32);
  return deviceRead32(cpu, <u32>address, sizeBytes);
}

function deviceRead32(cpu: Cpu, physAddr: u32, sizeBytes: u32): u32 {
  return isApicPage(cpu, physAddr) ? apicMmioRead(cpu, physAddr & 0xfff, sizeBytes) : mmioRead(physAddr, sizeBytes);
}

export function deviceWrite(cpu: Cpu, physAddr: u64, sizeBytes: u32, value: u64): void {
  const address = physAddr & machine().a20Mask;
  if (address >> 32) return;
  if (sizeBytes == 8) {
    deviceWrite32(cpu, <u32>address, 4, <u32>value);
    deviceWrite32(cpu, <u32>address + 4, 4, <u32>(value >> 32));
  } else deviceWrite32(cpu, <u32>address, sizeBytes, <u32>value);
}

function deviceWrite32(cpu: Cpu, physAddr: u32, sizeBytes: u32, value: u32): void {
  if (isApicPage(cpu, physAddr)) apicMmioWrite(cpu, physAddr & 0xfff, sizeBytes, value);
  else mmioWrite(physAddr, sizeBytes, value);
}

// ---- page descriptors

/** Descriptor of the page that holds `hostPtr`. */
@inline export function descOf(hostPtr: usize): usize {
  return <usize>machine().descBase + ((hostPtr - ROM_BASE) >> 12) * PAGE_DESC_SIZE;
}

/** 64-byte chunks of the page from which code has been decoded. */
@inline export function codeMaskOf(hostPtr: usize): u64 {
  return load<u64>(descOf(hostPtr));
}

/** Processors (bit by index) whose TLB may hold a write entry for the page. */
@inline export function writersOf(hostPtr: usize): u32 {
  return load<u32>(descOf(hostPtr), 12);
}

@inline export function setWriters(hostPtr: usize, cpus: u32): void {
  store<u32>(descOf(hostPtr), cpus, 12);
}

/** Address of the dirty byte of the page that holds `hostPtr`: a bit for each consumer. */
@inline export function dirtyOf(hostPtr: usize): usize {
  return <usize>machine().dirtyBase + ((hostPtr - ROM_BASE) >> 12);
}

@inline export function markDirty(hostPtr: usize): void {
  store<u8>(dirtyOf(hostPtr), DIRTY_ALL);
}

/** Says of every page that no code has been decoded from it. Descriptors that nobody has used take no memory of the host, nor do they now. */
export function clearAllCode(): void {
  const m = machine();
  for (let desc: usize = m.descBase, end = desc + m.pageCount * PAGE_DESC_SIZE; desc < end; desc += PAGE_DESC_SIZE) {
    if (!(load<u64>(desc) | load<u32>(desc, 8))) continue;
    store<u64>(desc, 0);
    store<u32>(desc, 0, 8);
  }
}
