/** A floppy controller on a bare board, driven through its registers: shared by the tests of this folder. */
import { expect } from "vitest";
import type { BlockStore } from "../../../storage/block-store.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { FloppyController } from "./floppy-controller.ts";
import type { FloppyDriveType } from "./floppy-formats.ts";

/** An image whose sectors all begin with their own number. */
export class ImageStore implements BlockStore {
  readonly bytes: Uint8Array;
  broken = false;
  constructor(
    readonly sizeBytes: number,
    readonly readOnly = false,
  ) {
    this.bytes = new Uint8Array(sizeBytes);
    for (let lba = 0; lba * 512 < sizeBytes; lba++) this.bytes.set([lba & 0xff, lba >> 8], lba * 512);
  }
  read(offset: number, length: number): Promise<Uint8Array> {
    if (this.broken) return Promise.reject(new Error("no such file"));
    return Promise.resolve(this.bytes.slice(offset, offset + length));
  }
  write(offset: number, bytes: Uint8Array): Promise<void> {
    this.bytes.set(bytes, offset);
    return Promise.resolve();
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
}

/** A DMA channel that moves `count` bytes from or to `memory`. */
export class FakeDma {
  memory: number[] = [];
  remainingBytes = 0;
  open = true;
  private callback: () => void = () => {};
  get ready(): boolean {
    return this.open && this.remainingBytes > 0;
  }
  program(count: number, memory: number[] = []): void {
    this.remainingBytes = count;
    this.memory = memory;
    if (this.ready) this.callback();
  }
  transferToMemory(bytes: Uint8Array): { moved: number; terminalCount: boolean } {
    const moved = this.ready ? Math.min(bytes.length, this.remainingBytes) : 0;
    this.memory.push(...bytes.subarray(0, moved));
    this.remainingBytes -= moved;
    return { moved, terminalCount: moved > 0 && this.remainingBytes === 0 };
  }
  transferFromMemory(maxBytes: number): { bytes: Uint8Array; terminalCount: boolean } {
    const moved = this.ready ? Math.min(maxBytes, this.remainingBytes) : 0;
    this.remainingBytes -= moved;
    return { bytes: Uint8Array.from(this.memory.splice(0, moved)), terminalCount: this.remainingBytes === 0 };
  }
  setRequest(): void {}
  onReady(callback: () => void): void {
    this.callback = callback;
  }
}

/** A controller whose reset interrupts are served, with drive 0 spinning. */
export class FloppyBench {
  readonly clock = new ManualClock();
  readonly irq = new RecordingLine();
  readonly dma = new FakeDma();
  readonly fdc: FloppyController;

  constructor(
    drives: readonly (FloppyDriveType | null)[],
    store: BlockStore | null,
    rate = 0,
    readonly dmaMode = true,
  ) {
    this.fdc = new FloppyController(this.clock, { irq: this.irq, dma: this.dma, drives });
    if (store) this.fdc.insert(0, store);
    this.write(2, 0x1c);
    this.clock.advance(1e6);
    for (let n = 0; n < 4; n++) expect(this.now(0x08)).toEqual([0xc0 | n, 0]);
    this.setRate(rate);
    this.now(0x03, 0xaf, dmaMode ? 0x02 : 0x03);
  }

  read(register: number): number {
    return this.fdc.registers.portRead(register, 1);
  }

  write(register: number, value: number): void {
    this.fdc.registers.portWrite(register, 1, value);
  }

  get msr(): number {
    return this.read(4);
  }

  setRate(rate: number): void {
    this.fdc.changeRegister.portWrite(0, 1, rate);
  }

  send(...bytes: number[]): void {
    for (const byte of bytes) {
      expect(this.msr & 0xc0).toBe(0x80);
      this.write(5, byte);
    }
  }

  results(): number[] {
    const bytes: number[] = [];
    while ((this.msr & 0xd0) === 0xd0) bytes.push(this.read(5));
    return bytes;
  }

  /** A command that is over at once. */
  now(...bytes: number[]): number[] {
    this.send(...bytes);
    return this.results();
  }

  /** A command that takes its time. */
  async run(...bytes: number[]): Promise<number[]> {
    this.send(...bytes);
    for (let i = 0; i < 100 && (this.msr & 0xc0) !== 0xc0; i++) {
      await this.clock.settle();
      this.clock.advance(1e6);
    }
    return this.results();
  }

  /** SEEK, RECALIBRATE or RELATIVE SEEK, and what SENSE INTERRUPT STATUS says of it. */
  move(...bytes: number[]): number[] {
    this.send(...bytes);
    this.clock.advance(20e6);
    return this.now(0x08);
  }
}
