/**
 * One 8237A DMA controller with four channels: registers, and moving bytes between a device and memory when the device
 * asks. A whole block moves at once; the guest sees the counts of its end.
 *
 * Single, block and demand mode differ in who holds the bus between bytes, which nobody can see here; cascade channels
 * move nothing. Left out: memory-to-memory transfers (a PC's channel 0 cannot use them) and priority.
 *
 * References: [8237A] Intel 8237A datasheet (231466), "Register Description".
 */
import type { DmaChannel } from "../bus/dma-channel.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import type { GuestMemory } from "../guest-memory.ts";

const REG_STATUS_COMMAND = 8;
const REG_REQUEST = 9;
const REG_SINGLE_MASK = 10;
const REG_MODE = 11;
const REG_CLEAR_FLIP_FLOP = 12;
const REG_MASTER_CLEAR = 13;
const REG_CLEAR_MASK = 14;
const REG_ALL_MASK = 15;

const COMMAND_DISABLE = 0x04;
const MODE_TRANSFER = 0x0c;
/** Device to memory. */
const MODE_WRITE = 0x04;
/** Memory to device. */
const MODE_READ = 0x08;
const MODE_AUTOINIT = 0x10;
const MODE_DOWN = 0x20;
const MODE_SELECT = 0xc0;
const MODE_CASCADE = 0xc0;
const SET_BIT = 0x04;

class Channel implements DmaChannel {
  baseAddress = 0;
  baseCount = 0;
  address = 0;
  count = 0;
  mode = 0;
  page = 0;
  readyCallback: (() => void) | null = null;

  constructor(
    private readonly chip: Dma8237,
    private readonly index: number,
    /** 1 for the byte-wide controller, 2 for the word-wide one. */
    private readonly unitBytes: number,
    private readonly memory: GuestMemory,
  ) {}

  get ready(): boolean {
    return this.chip.isOpen(this.index) && (this.mode & MODE_SELECT) !== MODE_CASCADE;
  }

  get remainingBytes(): number {
    return (this.count + 1) * this.unitBytes;
  }

  transferToMemory(bytes: Uint8Array): { moved: number; terminalCount: boolean } {
    return this.transfer(bytes.length, (physAddr, offset, length) => {
      if ((this.mode & MODE_TRANSFER) !== MODE_WRITE) return;
      const part = bytes.slice(offset, offset + length);
      this.memory.write(physAddr, this.mode & MODE_DOWN ? this.reversed(part) : part);
    });
  }

  transferFromMemory(maxBytes: number): { bytes: Uint8Array; terminalCount: boolean } {
    const bytes = new Uint8Array(Math.min(maxBytes, 0x20000));
    const { moved, terminalCount } = this.transfer(bytes.length, (physAddr, offset, length) => {
      if ((this.mode & MODE_TRANSFER) !== MODE_READ) return;
      const part = this.memory.read(physAddr, length);
      bytes.set(this.mode & MODE_DOWN ? this.reversed(part) : part, offset);
    });
    return { bytes: bytes.subarray(0, moved), terminalCount };
  }

  setRequest(asserted: boolean): void {
    this.chip.setRequest(this.index, asserted);
  }

  onReady(callback: () => void): void {
    this.readyCallback = callback;
  }

  /** Moves up to `length` bytes in runs that do not wrap; `move` gets the run's lowest address. */
  private transfer(
    length: number,
    move: (physAddr: number, offset: number, length: number) => void,
  ): { moved: number; terminalCount: boolean } {
    if (!this.ready) return { moved: 0, terminalCount: false };
    const units = Math.min(Math.floor(length / this.unitBytes), this.count + 1);
    const down = (this.mode & MODE_DOWN) !== 0;
    let done = 0;
    while (done < units) {
      // The address counter is 16 bits wide and never carries into the page register.
      const untilWrap = down ? this.address + 1 : 0x10000 - this.address;
      const run = Math.min(units - done, untilWrap);
      const lowest = down ? this.address - run + 1 : this.address;
      move(this.physAddr(lowest), done * this.unitBytes, run * this.unitBytes);
      this.address = (this.address + (down ? -run : run)) & 0xffff;
      done += run;
    }
    const terminalCount = units > 0 && units === this.count + 1;
    this.count = (this.count - units) & 0xffff;
    if (terminalCount) this.reachTerminalCount();
    return { moved: units * this.unitBytes, terminalCount };
  }

  private reachTerminalCount(): void {
    this.chip.terminalCount(this.index, (this.mode & MODE_AUTOINIT) !== 0);
    if (!(this.mode & MODE_AUTOINIT)) return;
    this.address = this.baseAddress;
    this.count = this.baseCount;
  }

  /** [AT] page registers: A16–A23 above a byte address; A17–A23 above a word address. */
  private physAddr(address: number): number {
    return this.unitBytes === 1 ? (this.page << 16) | address : ((this.page & 0xfe) << 16) | (address << 1);
  }

  private reversed(bytes: Uint8Array): Uint8Array {
    if (this.unitBytes === 1) return bytes.slice().reverse();
    const result = new Uint8Array(bytes.length);
    for (let i = 0; i + 1 < bytes.length; i += 2) result.set(bytes.subarray(i, i + 2), bytes.length - 2 - i);
    return result;
  }
}

export class Dma8237 implements PortDevice, Device {
  readonly category = "dma";
  private command = 0;
  private mask = 0x0f;
  private requests = 0;
  private softwareRequests = 0;
  private reachedTc = 0;
  private flipFlop = false;
  private readonly channels: readonly Channel[];

  /**
   * @param unitBytes what one count moves: 1 for channels 0–3, 2 for 4–7.
   * @param portStride ports from one register to the next.
   */
  constructor(
    memory: GuestMemory,
    unitBytes: 1 | 2,
    private readonly portStride: 1 | 2,
  ) {
    this.channels = [0, 1, 2, 3].map((n) => new Channel(this, n, unitBytes, memory));
  }

  channel(n: number): DmaChannel {
    return this.at(n);
  }

  page(n: number): number {
    return this.at(n).page;
  }

  setPage(n: number, value: number): void {
    this.at(n).page = value;
  }

  isOpen(n: number): boolean {
    return !(this.command & COMMAND_DISABLE) && !(this.mask & (1 << n));
  }

  setRequest(n: number, asserted: boolean): void {
    this.requests = asserted ? this.requests | (1 << n) : this.requests & ~(1 << n);
  }

  terminalCount(n: number, autoinit: boolean): void {
    this.reachedTc |= 1 << n;
    this.softwareRequests &= ~(1 << n);
    if (!autoinit) this.mask |= 1 << n;
  }

  /** [8237A] RESET: as Master Clear. */
  reset(): void {
    this.masterClear();
    for (const channel of this.channels) {
      channel.address = channel.baseAddress = channel.count = channel.baseCount = 0;
      channel.mode = channel.page = 0;
    }
    this.requests = 0;
  }

  portRead(offset: number): number {
    const register = Math.floor(offset / this.portStride) & 15;
    if (register < 8) {
      const channel = this.at(register >> 1);
      return this.byteOf(register & 1 ? channel.count : channel.address);
    }
    switch (register) {
      case REG_STATUS_COMMAND: {
        const status = this.reachedTc | ((this.requests | this.softwareRequests) << 4);
        this.reachedTc = 0;
        return status;
      }
      case REG_ALL_MASK:
        return 0xf0 | this.mask;
      default: // The temporary register stays zero without memory-to-memory transfers.
        return 0;
    }
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    const register = Math.floor(offset / this.portStride) & 15;
    if (register < 8) {
      this.writeChannel(this.at(register >> 1), (register & 1) !== 0, value);
      return;
    }
    const readyBefore = this.channels.map((channel) => channel.ready);
    const bit = 1 << (value & 3);
    switch (register) {
      case REG_STATUS_COMMAND:
        this.command = value;
        break;
      case REG_REQUEST:
        this.softwareRequests = value & SET_BIT ? this.softwareRequests | bit : this.softwareRequests & ~bit;
        break;
      case REG_SINGLE_MASK:
        this.mask = value & SET_BIT ? this.mask | bit : this.mask & ~bit;
        break;
      case REG_MODE:
        this.at(value & 3).mode = value & 0xfc;
        break;
      case REG_CLEAR_FLIP_FLOP:
        this.flipFlop = false;
        break;
      case REG_MASTER_CLEAR:
        this.masterClear();
        break;
      case REG_CLEAR_MASK:
        this.mask = 0;
        break;
      case REG_ALL_MASK:
        this.mask = value & 0x0f;
        break;
    }
    for (const [n, channel] of this.channels.entries()) if (channel.ready && !readyBefore[n]) channel.readyCallback?.();
  }

  save(): DeviceState {
    return {
      version: 1,
      command: this.command,
      mask: this.mask,
      requests: this.requests,
      softwareRequests: this.softwareRequests,
      reachedTc: this.reachedTc,
      flipFlop: this.flipFlop,
      channels: this.channels.map(({ baseAddress, baseCount, address, count, mode, page }) => ({
        baseAddress,
        baseCount,
        address,
        count,
        mode,
        page,
      })),
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the DMA controller", state, 1);
    this.command = state.command as number;
    this.mask = state.mask as number;
    this.requests = state.requests as number;
    this.softwareRequests = state.softwareRequests as number;
    this.reachedTc = state.reachedTc as number;
    this.flipFlop = state.flipFlop as boolean;
    (state.channels as Record<string, number>[]).forEach((saved, n) => Object.assign(this.at(n), saved));
  }

  private at(n: number): Channel {
    const channel = this.channels[n & 3];
    if (!channel) throw new RangeError(`a DMA controller has no channel ${n}`);
    return channel;
  }

  private masterClear(): void {
    this.command = this.reachedTc = this.softwareRequests = 0;
    this.flipFlop = false;
    this.mask = 0x0f;
  }

  private byteOf(value: number): number {
    this.flipFlop = !this.flipFlop;
    return this.flipFlop ? value & 0xff : value >> 8;
  }

  private writeChannel(channel: Channel, isCount: boolean, value: number): void {
    this.flipFlop = !this.flipFlop;
    const old = isCount ? channel.baseCount : channel.baseAddress;
    const merged = this.flipFlop ? (old & 0xff00) | value : (old & 0x00ff) | (value << 8);
    if (isCount) channel.baseCount = channel.count = merged;
    else channel.baseAddress = channel.address = merged;
  }
}
