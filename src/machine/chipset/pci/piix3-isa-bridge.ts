/**
 * PIIX3 PCI-to-ISA bridge (82371SB function 0), 8086:7000 at 00:01.0: routes PIRQA#–PIRQD# to ISA interrupts.
 *
 * A routed line drives the ISA interrupt (8259 and the I/O APIC pin of the same number); boards that also wire the PIRQ
 * lines to I/O APIC pins of their own (GSI 16–19) pass those lines as well. ELCR is part of the 8259 model.
 * Left out: X-bus chip selects, SMI# sources and the APIC base register do nothing (their registers keep what is written).
 * References: [PIIX3] 2.2 (function 0 registers), 2.2.5 (PIRQRC).
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { DeviceState } from "../../device.ts";
import { PIRQ_COUNT, type PirqRouter } from "./pci-bus.ts";
import { PciFunction } from "./pci-function.ts";

const IORT = 0x4c;
const XBCS = 0x4e;
const PIRQRCA = 0x60;
const TOM = 0x69;
const MSTAT = 0x6a;
const MBIRQ0 = 0x70;
const MBDMA0 = 0x76;
const PCSC = 0x78;
const APICBASE = 0x80;
const DLC = 0x82;
const SMICNTL = 0xa0;

const PIRQ_ROUTING_DISABLED = 0x80;
/** IRQ 0, 1, 2, 8 and 13 belong to the board itself: the register encodes them as reserved. [PIIX3] 2.2.5 */
const RESERVED_IRQS = new Set([0, 1, 2, 8, 13]);

export interface Piix3Options {
  /** A source input on the wired-OR line of ISA interrupt `irq` (0–15), reaching the 8259 and I/O APIC pin `irq`. */
  isaIrq(irq: number): IrqLine;
  /** I/O APIC pins that the PIRQ lines also reach directly, by PIRQ 0–3. */
  gsi?(pirq: number): IrqLine;
}

export class Piix3IsaBridge extends PciFunction implements PirqRouter {
  private readonly pirqLevels = new Array<boolean>(PIRQ_COUNT).fill(false);
  private readonly isaLines: (IrqLine | undefined)[];
  private readonly gsiLines: (IrqLine | undefined)[];

  constructor(options: Piix3Options) {
    super("PIIX3 ISA bridge", {
      vendorId: 0x8086,
      deviceId: 0x7000,
      classCode: 0x060100,
    });
    this.markMultifunction();
    this.define(IORT, 1, 0x4d, 0xff);
    this.define(XBCS, 2, 0x0003, 0xffff);
    for (let i = 0; i < PIRQ_COUNT; i++) this.define(PIRQRCA + i, 1, PIRQ_ROUTING_DISABLED, 0x8f);
    this.define(TOM, 1, 0x02, 0xff);
    this.define(MSTAT, 2, 0, 0x8075);
    this.define(MBIRQ0, 2, 0x8080, 0xefef);
    this.define(MBDMA0, 2, 0x0c0c, 0x8f8f);
    this.define(PCSC, 2, 0x0002, 0xffff);
    this.define(APICBASE, 1, 0, 0x7f);
    this.define(DLC, 1, 0, 0x0f);
    this.define(SMICNTL, 1, 0x08, 0x1f);
    for (let at = SMICNTL + 2; at < SMICNTL + 8; at++) this.define(at, 1, 0, 0xff);
    this.isaLines = Array.from({ length: 16 }, (_, irq) => (RESERVED_IRQS.has(irq) ? undefined : options.isaIrq(irq)));
    this.gsiLines = Array.from({ length: PIRQ_COUNT }, (_, pirq) => options.gsi?.(pirq));
  }

  /** Which ISA interrupt PIRQ line `pirq` goes to; undefined when it is not routed. */
  isaIrqOf(pirq: number): number | undefined {
    const register = this.config[PIRQRCA + pirq]!;
    const irq = register & 15;
    return (register & PIRQ_ROUTING_DISABLED) !== 0 || RESERVED_IRQS.has(irq) ? undefined : irq;
  }

  setPirq(pirq: number, asserted: boolean): void {
    if (this.pirqLevels[pirq] === asserted) return;
    this.pirqLevels[pirq] = asserted;
    this.driveLines();
  }

  override reset(): void {
    super.reset();
    this.driveLines();
  }

  override restore(state: DeviceState): void {
    super.restore(state);
    this.driveLines();
  }

  protected override onConfigWritten(offset: number, sizeBytes: number): void {
    if (offset < PIRQRCA + PIRQ_COUNT && offset + sizeBytes > PIRQRCA) this.driveLines();
  }

  private driveLines(): void {
    const levels = new Array<boolean>(16).fill(false);
    for (let pirq = 0; pirq < PIRQ_COUNT; pirq++) {
      const asserted = this.pirqLevels[pirq]!;
      const irq = this.isaIrqOf(pirq);
      if (irq !== undefined && asserted) levels[irq] = true;
      this.gsiLines[pirq]?.set(asserted);
    }
    this.isaLines.forEach((line, irq) => line?.set(levels[irq]!));
  }
}
