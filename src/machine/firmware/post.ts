/**
 * What firmware leaves behind before it starts a system, for boots without firmware: memory in place of ROM below
 * 1 MiB, interrupt controllers and timer in the BIOS's state, PCI set up, ACPI mode on, and the BIOS data area that
 * kernels still read. All by ordinary register writes.
 *
 * Left out: everything that a kernel sets up for itself before it uses it.
 * References: [AT] "BIOS data area"; [8259A]; [8254]; [i440FX] 3.2.18 (PAM); [PIIX4] 4.2.6 (ELCR), 7.2.3 (PM1_CNT).
 */
import type { PortBus } from "../bus/port-bus.ts";
import type { PciBus } from "../chipset/pci/pci-bus.ts";
import { PIRQ_DEFAULT_IRQS, setUpPciAsFirmware } from "../chipset/pci/pci-setup.ts";
import { PM1_CONTROL_OFFSET, PM_BASE, SCI_IRQ } from "./board-facts.ts";
import type { MemoryWrite } from "./boot-image.ts";
import { EBDA_PHYS_ADDR } from "./e820.ts";

const PIC_MASTER = 0x20;
const PIC_SLAVE = 0xa0;
const ICW1_CASCADE_ICW4 = 0x11;
const ICW4_8086 = 0x01;
const MASTER_VECTOR = 0x08;
const SLAVE_VECTOR = 0x70;
const SLAVE_ON_IR2 = 0x04;
const SLAVE_ID = 0x02;
const ALL_MASKED = 0xff;
const ELCR = 0x4d0;

const PIT_COUNTER0 = 0x40;
const PIT_COUNTER1 = 0x41;
const PIT_CONTROL = 0x43;
/** Counter 0, low then high byte, rate generator; 65,536 counts give 18.2 Hz. */
const PIT_COUNTER0_MODE2 = 0x34;
/** Counter 1, low byte, rate generator: DRAM refresh. */
const PIT_COUNTER1_MODE2 = 0x54;
const REFRESH_COUNT = 18;

const RTC_INDEX = 0x70;
const RTC_DATA = 0x71;
const RTC_REG_A = 0x0a;
const RTC_REG_B = 0x0b;
const RTC_A_32KHZ_1024HZ = 0x26;
const RTC_B_24H = 0x02;

const KBC_DATA = 0x60;
const KBC_COMMAND = 0x64;
const KBC_WRITE_COMMAND_BYTE = 0x60;
/** Keyboard interrupt, system flag, auxiliary device off, translation. */
const KBC_COMMAND_BYTE = 0x65;

const SYSTEM_CONTROL_A = 0x92;
const FAST_A20 = 0x02;
const PAM0 = 0x59;
const PAM_ALL_RAM = 0x33;
const SCI_EN = 1;

const BDA_ADDR = 0x400;
const BDA_BYTES = 0x100;

/** Sets up the board by its ports; RAM must be in place already, the VGA is the caller's. */
export function postWithoutFirmware(ports: PortBus, pci: PciBus): void {
  const out = (port: number, ...values: number[]): void => values.forEach((value) => ports.write(port, 1, value));
  ports.write(SYSTEM_CONTROL_A, 1, FAST_A20);

  pci.configWrite(0, 0, PAM0, 1, PAM_ALL_RAM & 0xf0);
  for (let register = PAM0 + 1; register <= PAM0 + 6; register++) pci.configWrite(0, 0, register, 1, PAM_ALL_RAM);
  setUpPciAsFirmware(pci);
  const level = [...PIRQ_DEFAULT_IRQS, SCI_IRQ].reduce((bits, irq) => bits | (1 << irq), 0);
  out(ELCR, level & 0xff);
  out(ELCR + 1, level >> 8);

  out(PIC_MASTER, ICW1_CASCADE_ICW4);
  out(PIC_MASTER + 1, MASTER_VECTOR, SLAVE_ON_IR2, ICW4_8086, ALL_MASKED);
  out(PIC_SLAVE, ICW1_CASCADE_ICW4);
  out(PIC_SLAVE + 1, SLAVE_VECTOR, SLAVE_ID, ICW4_8086, ALL_MASKED);

  out(PIT_CONTROL, PIT_COUNTER0_MODE2);
  out(PIT_COUNTER0, 0, 0);
  out(PIT_CONTROL, PIT_COUNTER1_MODE2);
  out(PIT_COUNTER1, REFRESH_COUNT);

  out(RTC_INDEX, RTC_REG_A);
  out(RTC_DATA, RTC_A_32KHZ_1024HZ);
  out(RTC_INDEX, RTC_REG_B);
  out(RTC_DATA, RTC_B_24H);

  out(KBC_COMMAND, KBC_WRITE_COMMAND_BYTE);
  out(KBC_DATA, KBC_COMMAND_BYTE);

  ports.write(PM_BASE + PM1_CONTROL_OFFSET, 2, SCI_EN);
}

/** The BIOS data area: serial ports, where the extended area is, equipment, and the text screen. */
export function biosDataArea(hasFloppyController: boolean): MemoryWrite {
  const bytes = new Uint8Array(BDA_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0x00, 0x3f8, true);
  view.setUint16(0x02, 0x2f8, true);
  view.setUint16(0x0e, EBDA_PHYS_ADDR >> 4, true);
  // Two serial ports, pointing device, 80×25 color, coprocessor, floppy.
  view.setUint16(0x10, 0x0426 | (hasFloppyController ? 1 : 0), true);
  view.setUint16(0x13, EBDA_PHYS_ADDR / 1024, true);
  view.setUint8(0x49, 3);
  view.setUint16(0x4a, 80, true);
  view.setUint16(0x4c, 0x1000, true);
  view.setUint16(0x60, 0x0d0e, true);
  view.setUint16(0x63, 0x3d4, true);
  view.setUint8(0x84, 24);
  view.setUint16(0x85, 16, true);
  view.setUint8(0x96, 0x10); // a 101-key keyboard
  return { physAddr: BDA_ADDR, bytes };
}
