/**
 * The ACPI register block of the PIIX4: PM1 events and control, PM timer, general-purpose events; power button, soft
 * off, and the system control interrupt. A port device of 64 ports, which PIIX4 function 3 places (usually at 0x600).
 *
 * The machine has no system management mode, so it is in ACPI mode from the start (SCI_EN set); the SMI command port
 * still switches it for operating systems that ask. Left out: throttling and device monitors (storage), sleep states
 * other than soft off.
 *
 * References: [ACPI] 6.4, 4.8.3 (fixed hardware); [PIIX4] 82371AB 7.2.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import type { Clock, Timer } from "../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";

export const ACPI_POWER_PORTS = 64;
export const PM_TIMER_HZ = 3579545;

const PM1_STATUS = 0x00;
const PM1_ENABLE = 0x02;
const PM1_CONTROL = 0x04;
const PM_TIMER = 0x08;
const GPE0_STATUS = 0x0c;
const GPE0_ENABLE = 0x0e;

const TMR_STS = 0x0001;
const PWRBTN_STS = 0x0100;
const WAK_STS = 0x8000;
/** TMR, BM, GBL, PWRBTN, SLPBTN, RTC, WAK. */
const PM1_STATUS_BITS = 0x8731;
const PM1_ENABLE_BITS = 0x0721;
const SCI_EN = 0x0001;
const SLP_TYP_SHIFT = 10;
const SLP_EN = 0x2000;
/** SCI_EN, BM_RLD, SLP_TYP; GBL_RLS and SLP_EN read as zero. */
const PM1_CONTROL_BITS = 0x1c03;

const TIMER_BITS = 24;
/** TMR_STS is set each time the top bit of the timer changes. */
const TIMER_HALF = 2 ** (TIMER_BITS - 1);

export const ACPI_ENABLE_COMMAND = 0xf1;
export const ACPI_DISABLE_COMMAND = 0xf0;

export interface AcpiPowerWiring {
  /** IRQ9, level. */
  sci: IrqLine;
  /** The guest switched the machine off. */
  onPowerOff: () => void;
  /** SLP_TYP of soft off, as the firmware's \_S5 says. */
  sleepTypeS5?: number;
}

export class AcpiPower implements PortDevice, Device {
  readonly category = "acpi";
  private status = 0;
  private enable = 0;
  private control = SCI_EN;
  private gpeStatus = 0;
  private gpeEnable = 0;
  private readonly storage = new Uint8Array(ACPI_POWER_PORTS);
  private apmCommand = 0;
  private apmStatus = 0;
  /** How many half turns of the timer have been turned into TMR_STS. */
  private seenHalves = 0;
  private readonly overflow: Timer;

  /** Two ports; the board puts them at 0xB2: the SMI command and its data. */
  readonly smiCommand: PortDevice = {
    category: "acpi",
    portRead: (offset) => (offset === 0 ? this.apmCommand : this.apmStatus),
    portWrite: (offset, _sizeBytes, value) => {
      if (offset === 0) this.writeSmiCommand(value);
      else this.apmStatus = value;
    },
  };

  constructor(
    private readonly clock: Clock,
    private readonly wiring: AcpiPowerWiring,
  ) {
    this.overflow = clock.createTimer("acpi-pm-timer", () => this.update());
  }

  reset(): void {
    this.status = this.enable = this.gpeStatus = this.gpeEnable = 0;
    this.control = SCI_EN;
    this.storage.fill(0);
    this.apmCommand = this.apmStatus = 0;
    this.seenHalves = this.halves();
    this.update();
  }

  /** The front panel's button: an event for the operating system, which decides. */
  pressPowerButton(): void {
    this.status |= PWRBTN_STS;
    this.update();
  }

  /** A general-purpose event input went active. @param event 0–15. */
  raiseGeneralEvent(event: number): void {
    this.gpeStatus |= 1 << event;
    this.update();
  }

  portRead(offset: number, sizeBytes: number): number {
    if (offset === PM_TIMER && sizeBytes === 4) return this.timerValue();
    let value = 0;
    for (let i = 0; i < sizeBytes; i++) value |= this.readByte(offset + i) << (i * 8);
    return value >>> 0;
  }

  portWrite(offset: number, sizeBytes: number, value: number): void {
    for (let i = 0; i < sizeBytes; i++) this.writeByte(offset + i, (value >>> (i * 8)) & 0xff);
    this.update();
  }

  save(): DeviceState {
    this.collectOverflow();
    return {
      version: 1,
      status: this.status,
      enable: this.enable,
      control: this.control,
      gpeStatus: this.gpeStatus,
      gpeEnable: this.gpeEnable,
      storage: this.storage.slice(),
      apmCommand: this.apmCommand,
      apmStatus: this.apmStatus,
      seenHalves: this.seenHalves,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the ACPI registers", state, 1);
    this.status = state.status as number;
    this.enable = state.enable as number;
    this.control = state.control as number;
    this.gpeStatus = state.gpeStatus as number;
    this.gpeEnable = state.gpeEnable as number;
    this.storage.set(state.storage as Uint8Array);
    this.apmCommand = state.apmCommand as number;
    this.apmStatus = state.apmStatus as number;
    this.seenHalves = state.seenHalves as number;
    this.update();
  }

  private readByte(offset: number): number {
    const high = (offset & 1) * 8;
    switch (offset & ~1) {
      case PM1_STATUS:
        this.collectOverflow();
        return (this.status >> high) & 0xff;
      case PM1_ENABLE:
        return (this.enable >> high) & 0xff;
      case PM1_CONTROL:
        return (this.control >> high) & 0xff;
      case PM_TIMER:
      case PM_TIMER + 2:
        return (this.timerValue() >>> ((offset & 3) * 8)) & 0xff;
      case GPE0_STATUS:
        return (this.gpeStatus >> high) & 0xff;
      case GPE0_ENABLE:
        return (this.gpeEnable >> high) & 0xff;
      default:
        return this.storage[offset] ?? 0;
    }
  }

  private writeByte(offset: number, value: number): void {
    const shift = (offset & 1) * 8;
    const bits = value << shift;
    const others = 0xff00 >> shift;
    switch (offset & ~1) {
      case PM1_STATUS:
        this.collectOverflow();
        this.status &= ~(bits & PM1_STATUS_BITS);
        break;
      case PM1_ENABLE:
        this.collectOverflow();
        this.enable = ((this.enable & others) | bits) & PM1_ENABLE_BITS;
        break;
      case PM1_CONTROL:
        this.control = ((this.control & others) | bits) & PM1_CONTROL_BITS;
        if (bits & SLP_EN) this.sleep((this.control >> SLP_TYP_SHIFT) & 7);
        break;
      case PM_TIMER:
      case PM_TIMER + 2:
        break;
      case GPE0_STATUS:
        this.gpeStatus &= ~bits;
        break;
      case GPE0_ENABLE:
        this.gpeEnable = (this.gpeEnable & others) | bits;
        break;
      default:
        if (offset < ACPI_POWER_PORTS) this.storage[offset] = value;
    }
  }

  private sleep(type: number): void {
    if (type === (this.wiring.sleepTypeS5 ?? 0)) this.wiring.onPowerOff();
    // The tables offer no other state; whoever enters one all the same is awake again at once.
    else this.status |= WAK_STS;
  }

  private writeSmiCommand(value: number): void {
    this.apmCommand = value;
    if (value === ACPI_ENABLE_COMMAND) this.control |= SCI_EN;
    else if (value === ACPI_DISABLE_COMMAND) this.control &= ~SCI_EN;
    this.update();
  }

  // ── Timer and interrupt ───────────────────────────────────────────────────────────────────────────────────────

  private ticks(): number {
    return Math.floor((this.clock.nowNs() * PM_TIMER_HZ) / 1e9);
  }

  private timerValue(): number {
    return this.ticks() % 2 ** TIMER_BITS;
  }

  private halves(): number {
    return Math.floor(this.ticks() / TIMER_HALF);
  }

  private collectOverflow(): void {
    const halves = this.halves();
    if (halves === this.seenHalves) return;
    this.seenHalves = halves;
    this.status |= TMR_STS;
  }

  private update(): void {
    this.collectOverflow();
    const pending = (this.status & this.enable) !== 0 || (this.gpeStatus & this.gpeEnable) !== 0;
    this.wiring.sci.set(pending && (this.control & SCI_EN) !== 0);
    if (this.enable & TMR_STS && !(this.status & TMR_STS)) {
      const nextTick = (this.seenHalves + 1) * TIMER_HALF;
      this.overflow.armAt(Math.max(Math.ceil((nextTick * 1e9) / PM_TIMER_HZ) + 1, this.clock.nowNs() + 1));
    } else this.overflow.cancel();
  }
}
