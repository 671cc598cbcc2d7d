/**
 * ISA DMA of a PC/AT: two 8237As (channels 0–3 byte-wide at ports 0x00–0x0F, 4–7 word-wide at 0xC0–0xDF) and the page
 * registers at 0x80–0x8F. Port 0x80 itself is spare, so the board gives it to the POST display.
 *
 * References: [8237A]; [AT] Technical Reference, "DMA page registers".
 */
import type { DmaChannel } from "../bus/dma-channel.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import type { GuestMemory } from "../guest-memory.ts";
import { Dma8237 } from "./dma-8237.ts";

/** Channel behind each page register, by its offset from port 0x80. */
const PAGE_CHANNELS: Readonly<Record<number, number>> = { 7: 0, 3: 1, 1: 2, 2: 3, 15: 4, 11: 5, 9: 6, 10: 7 };

export class DmaController implements Device {
  /** 16 ports; the board puts them at 0x00. */
  readonly primary: Dma8237;
  /** 32 ports; the board puts them at 0xC0. */
  readonly secondary: Dma8237;
  private readonly sparePages = new Uint8Array(16);

  /** 16 ports; the board puts them at 0x80, with the POST port over the first one. */
  readonly pages: PortDevice = {
    category: "dma",
    portRead: (offset) => {
      const channel = PAGE_CHANNELS[offset];
      return channel === undefined ? (this.sparePages[offset] ?? 0) : this.chipOf(channel).page(channel & 3);
    },
    portWrite: (offset, _sizeBytes, value) => {
      const channel = PAGE_CHANNELS[offset];
      if (channel === undefined) this.sparePages[offset] = value;
      else this.chipOf(channel).setPage(channel & 3, value);
    },
  };

  constructor(memory: GuestMemory) {
    this.primary = new Dma8237(memory, 1, 1);
    this.secondary = new Dma8237(memory, 2, 2);
  }

  /** @param n 0–3 byte-wide, 5–7 word-wide (4 is the cascade). */
  channel(n: number): DmaChannel {
    return this.chipOf(n).channel(n & 3);
  }

  reset(): void {
    this.primary.reset();
    this.secondary.reset();
    this.sparePages.fill(0);
  }

  save(): DeviceState {
    return {
      version: 1,
      primary: this.primary.save(),
      secondary: this.secondary.save(),
      sparePages: this.sparePages.slice(),
    };
  }

  restore(state: DeviceState): void {
    expectVersion("ISA DMA", state, 1);
    this.primary.restore(state.primary as DeviceState);
    this.secondary.restore(state.secondary as DeviceState);
    this.sparePages.set(state.sparePages as Uint8Array);
  }

  private chipOf(channel: number): Dma8237 {
    return channel < 4 ? this.primary : this.secondary;
  }
}
