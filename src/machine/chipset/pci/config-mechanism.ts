/**
 * PCI configuration mechanism #1: CONFIG_ADDRESS at port 0xCF8, CONFIG_DATA at 0xCFC; and the PIIX3 reset control
 * register, which sits at 0xCF9 within the same ports and answers byte accesses only. Attach at 0xCF8, 8 ports, widest 4.
 *
 * References: [PCI 2.3] 3.2.2.3.2; [i440FX] 3.1; [PIIX3] 2.5.5 (RC).
 */
import type { AccessSize, PortDevice } from "../../bus/port-bus.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";
import type { PciBus } from "./pci-bus.ts";

export const PCI_CONFIG_PORT = 0xcf8;
export const PCI_CONFIG_PORTS = 8;

const CONFIG_ADDRESS = 0;
const RESET_CONTROL = 1;
const CONFIG_DATA = 4;

const ADDRESS_ENABLE = 0x80000000;
/** Enable, bus, device, function and register; bits 30:24 and 1:0 are reserved and read as zero. */
const ADDRESS_MASK = 0x80fffffc;

const RC_HARD_RESET = 1 << 1;
const RC_RESET_CPU = 1 << 2;

export class PciConfigMechanism implements Device, PortDevice {
  readonly category = "pci";
  private address = 0;
  private resetControl = 0;

  /** `onReset` runs when the guest asks for a reset through 0xCF9; `hard` is false for a CPU-only reset. */
  constructor(
    private readonly bus: PciBus,
    private readonly onReset: (hard: boolean) => void,
  ) {}

  portRead(offset: number, sizeBytes: AccessSize): number {
    if (offset >= CONFIG_DATA) return this.dataRead(offset - CONFIG_DATA, sizeBytes);
    if (offset === CONFIG_ADDRESS && sizeBytes === 4) return this.address;
    if (offset === RESET_CONTROL && sizeBytes === 1) return this.resetControl;
    return 0xffffffff >>> (32 - 8 * sizeBytes);
  }

  portWrite(offset: number, sizeBytes: AccessSize, value: number): void {
    if (offset >= CONFIG_DATA) this.dataWrite(offset - CONFIG_DATA, sizeBytes, value);
    else if (offset === CONFIG_ADDRESS && sizeBytes === 4) this.address = (value & ADDRESS_MASK) >>> 0;
    else if (offset === RESET_CONTROL && sizeBytes === 1) this.writeResetControl(value);
  }

  reset(): void {
    this.address = 0;
    this.resetControl = 0;
  }

  save(): DeviceState {
    return { version: 1, address: this.address, resetControl: this.resetControl };
  }

  restore(state: DeviceState): void {
    expectVersion("the PCI configuration ports", state, 1);
    this.address = Number(state.address);
    this.resetControl = Number(state.resetControl);
  }

  /** Only bus 0 exists, and a data cycle with the enable bit clear is an ordinary, unclaimed port access. */
  private get selects(): boolean {
    return (this.address & ADDRESS_ENABLE) !== 0 && ((this.address >>> 16) & 0xff) === 0;
  }

  private dataRead(lane: number, sizeBytes: AccessSize): number {
    if (!this.selects) return 0xffffffff >>> (32 - 8 * sizeBytes);
    const { slot, fn, register } = this.target();
    return this.bus.configRead(slot, fn, register + lane, sizeBytes);
  }

  private dataWrite(lane: number, sizeBytes: AccessSize, value: number): void {
    if (!this.selects) return;
    const { slot, fn, register } = this.target();
    this.bus.configWrite(slot, fn, register + lane, sizeBytes, value);
  }

  private target(): { slot: number; fn: number; register: number } {
    return { slot: (this.address >>> 11) & 31, fn: (this.address >>> 8) & 7, register: this.address & 0xfc };
  }

  /** The reset happens on the 0 → 1 transition of bit 2. */
  private writeResetControl(value: number): void {
    const rises = (value & RC_RESET_CPU) !== 0 && (this.resetControl & RC_RESET_CPU) === 0;
    this.resetControl = value & (RC_HARD_RESET | RC_RESET_CPU);
    if (rises) this.onReset((value & RC_HARD_RESET) !== 0);
  }
}
