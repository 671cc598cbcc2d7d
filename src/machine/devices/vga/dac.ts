/**
 * The video DAC: 256 registers of 3 × 6 bits (8 bits through the dispi interface), the PEL mask, and the address
 * registers that step by themselves. Keeps the colors ready as RGBA words for the renderer.
 *
 * Left out: the snow that accesses cause on the oldest boards.
 * References: [VGA] "Video Digital-to-Analog Converter".
 */
import { expectVersion, type DeviceState } from "../../device.ts";

/** DAC state register: what the last address write was for. */
const DAC_STATE_WRITING = 0x00;
const DAC_STATE_READING = 0x03;

/** R, G and B of 0…255 as one word whose bytes in memory are R, G, B, 0xFF. */
export function rgba(red: number, green: number, blue: number): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

export class Dac {
  /** Colors as the CPU wrote them: 256 × R, G, B. */
  readonly values = new Uint8Array(256 * 3);
  /** Rises whenever a displayed color may have changed. */
  generation = 1;
  private readonly colors = new Uint32Array(256);
  private colorsGeneration = 0;
  private mask = 0xff;
  private eightBit = false;
  private state = DAC_STATE_WRITING;
  private readIndex = 0;
  private writeIndex = 0;
  private component = 0;
  private readonly pending = new Uint8Array(3);

  reset(): void {
    this.values.fill(0);
    this.pending.fill(0);
    this.mask = 0xff;
    this.eightBit = false;
    this.state = DAC_STATE_WRITING;
    this.readIndex = this.writeIndex = this.component = 0;
    this.generation++;
  }

  /** Colors by pixel value, PEL mask applied. */
  palette(): Uint32Array {
    if (this.colorsGeneration !== this.generation) {
      this.colorsGeneration = this.generation;
      for (let pixel = 0; pixel < 256; pixel++) {
        const at = (pixel & this.mask) * 3;
        this.colors[pixel] = rgba(
          this.scale(this.values[at]!),
          this.scale(this.values[at + 1]!),
          this.scale(this.values[at + 2]!),
        );
      }
    }
    return this.colors;
  }

  setEightBit(on: boolean): void {
    if (on === this.eightBit) return;
    this.eightBit = on;
    this.generation++;
  }

  get pelMask(): number {
    return this.mask;
  }

  set pelMask(value: number) {
    if (value === this.mask) return;
    this.mask = value;
    this.generation++;
  }

  readState(): number {
    return this.state;
  }

  readWriteAddress(): number {
    return this.writeIndex;
  }

  setReadAddress(index: number): void {
    this.readIndex = index;
    this.component = 0;
    this.state = DAC_STATE_READING;
  }

  setWriteAddress(index: number): void {
    this.writeIndex = index;
    this.component = 0;
    this.state = DAC_STATE_WRITING;
  }

  readData(): number {
    const value = this.values[this.readIndex * 3 + this.component]!;
    if (++this.component === 3) {
      this.component = 0;
      this.readIndex = (this.readIndex + 1) & 0xff;
    }
    return value;
  }

  /** A color takes effect with its third byte. */
  writeData(value: number): void {
    this.pending[this.component] = this.eightBit ? value : value & 0x3f;
    if (++this.component < 3) return;
    this.component = 0;
    const at = this.writeIndex * 3;
    for (let i = 0; i < 3; i++) {
      if (this.values[at + i] !== this.pending[i]) {
        this.values[at + i] = this.pending[i]!;
        this.generation++;
      }
    }
    this.writeIndex = (this.writeIndex + 1) & 0xff;
  }

  save(): DeviceState {
    return {
      version: 1,
      values: this.values.slice(),
      pending: this.pending.slice(),
      mask: this.mask,
      eightBit: this.eightBit,
      state: this.state,
      readIndex: this.readIndex,
      writeIndex: this.writeIndex,
      component: this.component,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the video DAC", state, 1);
    this.values.set((state.values as Uint8Array).subarray(0, this.values.length));
    this.pending.set((state.pending as Uint8Array).subarray(0, 3));
    this.mask = (state.mask as number) & 0xff;
    this.eightBit = state.eightBit === true;
    this.state = state.state === DAC_STATE_READING ? DAC_STATE_READING : DAC_STATE_WRITING;
    this.readIndex = (state.readIndex as number) & 0xff;
    this.writeIndex = (state.writeIndex as number) & 0xff;
    this.component = (state.component as number) % 3;
    this.generation++;
  }

  private scale(value: number): number {
    return this.eightBit ? value : ((value & 0x3f) << 2) | ((value & 0x3f) >> 4);
  }
}
