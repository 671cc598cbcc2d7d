/**
 * What the machine around the core does to memory: bus masters, ROM images, the chipset's address decoding, and finding
 * out which pages were written. Every change of the map empties the TLBs of all processors.
 */
import { codeWritten } from "../decode/code-index";
import { PAGE_SIZE, RAM_BASE } from "../layout";
import { cpuAt, machine } from "./machine";
import { busMasterPointer, codeMaskOf, markDirty, romPointer, storeA20, storeFlash, storeFlashBusy, storeLowPage, storeVideoMapping } from "./physical";
import { collectDirty, flushAll } from "./tlb";

const OPEN_BUS: u32 = 0xff;

function mapChanged(): void {
  for (let index: u32 = 0; index < machine().cpuCount; index++) flushAll(cpuAt(index));
}

/**
 * From now on the host is asked for every page of RAM that is used for the first time (`bringPage`); false: all are there. What
 * TLBs hold may be pages that are still to come.
 */
export function awaitPages(isAwaited: bool): void {
  machine().ramAwaited = isAwaited;
  if (isAwaited) mapChanged();
}

/** Gate A20: with it off, address bit 20 is always 0. */
export function setA20(enabled: bool): void {
  if (enabled == a20Enabled()) return;
  storeA20(enabled);
  mapChanged();
}

export function a20Enabled(): bool {
  return machine().a20Mask == ~(<u64>0);
}

/** `kind` (LOW_PAGE_…, the order of LowPageKind) of the page at `physAddr`, 0xA0000 to 0xFFFFF; others stay RAM. */
export function setLowPage(physAddr: u32, kind: u32): void {
  storeLowPage(physAddr, kind);
  mapChanged();
}

/** Maps `lengthBytes` of video memory at `physAddr`; 0 bytes take it away. Both are multiples of 4 KiB. */
export function mapVideoMemory(physAddr: u32, lengthBytes: u32): void {
  storeVideoMapping(physAddr, lengthBytes);
  mapChanged();
}

/** Where the host puts the bytes of a ROM image that shows at `physAddr` (see `romPointer`); 0 if there can be none. */
export function prepareRom(physAddr: u32, sizeBytes: u32): usize {
  const hostPtr = romPointer(physAddr, sizeBytes);
  mapChanged();
  return hostPtr;
}

/** Flash chip 0 or 1 takes the writes to `sizeBytes` of the system ROM from `physAddr` on (multiples of 4 KiB). Returns where its cells are, 0 if no ROM is there. */
export function mapFlash(chip: u32, physAddr: u32, sizeBytes: u32): usize {
  const hostPtr = busMasterPointer(physAddr);
  if (!hostPtr || !isRom(hostPtr)) return 0;
  storeFlash(chip, physAddr, sizeBytes);
  mapChanged();
  return hostPtr;
}

/** Whether a flash chip answers reads itself; else its cells are read as memory. */
export function setFlashBusy(chip: u32, isBusy: bool): void {
  storeFlashBusy(chip, isBusy);
  mapChanged();
}

/** A little-endian value of 1, 2 or 4 bytes as a bus master reads it. Where there is no memory all bits are ones. */
export function busMasterRead(physAddr: u32, sizeBytes: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < sizeBytes; i++) {
    const hostPtr = busMasterPointer(physAddr + i);
    value |= (hostPtr ? <u32>load<u8>(hostPtr) : OPEN_BUS) << (i << 3);
  }
  return value;
}

/** Writes to ROM and to where there is no memory are lost. */
export function busMasterWrite(physAddr: u32, sizeBytes: u32, value: u32): void {
  for (let i: u32 = 0; i < sizeBytes; i++) {
    const hostPtr = busMasterPointer(physAddr + i);
    if (!hostPtr || isRom(hostPtr)) continue;
    store<u8>(hostPtr, value >> (i << 3));
    written(hostPtr, 1);
  }
}

/** The bytes from `physAddr` on have been changed in linear memory: code decoded from them goes, their pages are dirty. */
export function notifyWrite(physAddr: u32, lengthBytes: u32): void {
  let address = physAddr;
  let left = lengthBytes;
  while (left) {
    const inPage = min<u32>(left, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
    const hostPtr = busMasterPointer(address);
    if (hostPtr) written(hostPtr, inPage);
    address += inPage;
    left -= inPage;
  }
}

@inline function isRom(hostPtr: usize): bool {
  return hostPtr < RAM_BASE;
}

/** `lengthBytes` inside one page. */
function written(hostPtr: usize, lengthBytes: u32): void {
  markDirty(hostPtr);
  if (codeMaskOf(hostPtr)) codeWritten(cpuAt(0), <u32>hostPtr, lengthBytes);
}

/**
 * Which of `count` pages from host pointer `start` were written since the last call with the same `consumer` (one bit of 8), as a bit map at
 * `outPtr`. @returns how many.
 */
export function takeDirtyPages(start: usize, count: u32, consumer: u32, outPtr: usize): u32 {
  return collectDirty(start, count, consumer, outPtr);
}
