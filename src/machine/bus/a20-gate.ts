/**
 * The A20 gate: one latch that the keyboard controller's output port and port 0x92 both drive; the last write wins and
 * both read back what the gate is, so that whichever method a memory manager picks works alone.
 */
import { type Device, type DeviceState, expectVersion } from "../device.ts";

export class A20Gate implements Device {
  private open = true;

  /** @param onChange the core opens or closes address line 20. */
  constructor(private readonly onChange: (enabled: boolean) => void) {}

  get enabled(): boolean {
    return this.open;
  }

  set enabled(enabled: boolean) {
    if (enabled === this.open) return;
    this.open = enabled;
    this.onChange(enabled);
  }

  /** Chipsets come up with A20 passed through: the first fetch is at 4 GiB − 16. */
  reset(): void {
    this.enabled = true;
  }

  save(): DeviceState {
    return { version: 1, open: this.open };
  }

  restore(state: DeviceState): void {
    expectVersion("the A20 gate", state, 1);
    this.open = state.open as boolean;
    this.onChange(this.open);
  }
}
