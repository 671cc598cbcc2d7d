/**
 * PIIX4 power management function (82371AB function 3), 8086:7113 at 00:01.3. This is the PCI side: where the ACPI
 * register block and the SMBus host controller decode. The blocks themselves are port devices given by the board.
 *
 * Left out: device monitors and SMI# generation (the registers keep what is written). As the processor has no system
 * management mode, APMC_EN reads as set after reset: firmware takes it to mean that SMM needs no more set-up.
 * References: [PIIX4] 7.1 (function 3 configuration registers), 7.2, 7.3 (I/O registers).
 */
import type { PortBus, PortDevice } from "../../bus/port-bus.ts";
import type { DeviceState } from "../../device.ts";
import { portWindow, type BarWindow } from "./bar-windows.ts";
import { PciFunction } from "./pci-function.ts";

const PMBA = 0x40;
const DEVRESB = 0x60;
const DEVACTB = 0x58;
const PMREGMISC = 0x80;
const SMBBA = 0x90;
const SMBHSTCFG = 0xd2;
const SMBREV = 0xd6;

const PMBA_MASK = 0xffc0;
const PM_IO_SPACE = 1;
const PMREGMISC_PMIOSE = 1;
const SMBBA_MASK = 0xfff0;
const SMBHSTCFG_HST_EN = 1;
const DEVACTB_APMC_EN = 1 << 25;

export const PM_DEFAULT_BASE = 0x600;
export const PM_IO_BYTES = 64;
export const SMBUS_IO_BYTES = 16;

export interface Piix4PmOptions {
  ports: PortBus;
  /** The 64 ports of the ACPI block (PM1, GPE0, PM timer at offset 8), accessed up to 4 bytes wide. */
  acpi: PortDevice;
  /** The 16 ports of the SMBus host controller. */
  smbus: PortDevice;
}

export class Piix4PowerManagement extends PciFunction {
  private readonly acpiWindow: BarWindow;
  private readonly smbusWindow: BarWindow;
  private acpiBase: number | null = null;
  private smbusBase: number | null = null;

  constructor(options: Piix4PmOptions) {
    super("PIIX4 power management", {
      vendorId: 0x8086,
      deviceId: 0x7113,
      classCode: 0x068000,
      revision: 3,
      interruptPin: 1,
    });
    this.acpiWindow = portWindow(options.ports, PM_IO_BYTES, options.acpi, 4);
    this.smbusWindow = portWindow(options.ports, SMBUS_IO_BYTES, options.smbus, 1);
    this.define(PMBA, 4, PM_DEFAULT_BASE | PM_IO_SPACE, PMBA_MASK);
    for (let at = PMBA + 4; at < DEVACTB; at++) this.define(at, 1, 0, 0xff);
    this.define(DEVACTB, 4, DEVACTB_APMC_EN, 0xffffffff);
    for (let at = DEVACTB + 4; at < DEVRESB + 0x20; at++) this.define(at, 1, 0, 0xff);
    this.define(PMREGMISC, 1, 0, PMREGMISC_PMIOSE);
    this.define(SMBBA, 4, PM_IO_SPACE, SMBBA_MASK);
    this.define(SMBHSTCFG, 1, 0, 0x0f);
    for (let at = SMBHSTCFG + 1; at < SMBREV; at++) this.define(at, 1, 0, 0xff);
  }

  override reset(): void {
    super.reset();
    this.updateWindows();
  }

  override restore(state: DeviceState): void {
    super.restore(state);
    this.updateWindows();
  }

  protected override onConfigWritten(): void {
    this.updateWindows();
  }

  private updateWindows(): void {
    const acpi = this.config[PMREGMISC]! & PMREGMISC_PMIOSE ? this.windowBase(PMBA, PMBA_MASK) : null;
    if (acpi !== this.acpiBase) this.acpiWindow((this.acpiBase = acpi));
    const smbus = this.config[SMBHSTCFG]! & SMBHSTCFG_HST_EN ? this.windowBase(SMBBA, SMBBA_MASK) : null;
    if (smbus !== this.smbusBase) this.smbusWindow((this.smbusBase = smbus));
  }

  private windowBase(register: number, mask: number): number | null {
    const base = this.configRead(register, 4) & mask;
    return base === 0 ? null : base;
  }
}
