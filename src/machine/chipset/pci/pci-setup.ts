/**
 * What firmware does to the PCI bus before it starts a system, for boots that go without firmware: places BARs, routes
 * PIRQ lines, fills Interrupt Line registers, switches decoders on and places the ACPI registers. It works through
 * configuration cycles alone, as a BIOS would, and gives the same layout as SeaBIOS: interrupts 10, 10, 11, 11.
 *
 * References: [PCI 2.3] 6.2.5.1 (sizing), 6.2.4 (Interrupt Line); [PIIX3] 2.2.5, 2.3.1 (IDETIM); [PIIX4] 7.1.
 */
import {
  BAR_IO_SPACE,
  COMMAND_BUS_MASTER,
  COMMAND_IO_SPACE,
  COMMAND_MEMORY_SPACE,
  PCI_BAR0,
  PCI_COMMAND,
  PCI_INTERRUPT_LINE,
} from "./config-space.ts";
import { PM_DEFAULT_BASE } from "./piix4-power-management.ts";
import { PIRQ_COUNT, pirqOf, type PciBus } from "./pci-bus.ts";
import type { PciFunction } from "./pci-function.ts";

/** ISA interrupts of PIRQA–PIRQD. The 8259s must be set to level for them (ELCR). */
export const PIRQ_DEFAULT_IRQS: readonly number[] = [10, 10, 11, 11];

const FIRST_IO_PORT = 0xc000;
const FIRST_MEMORY_ADDRESS = 0xe0000000;
const SCI_IRQ = 9;

const ISA_BRIDGE = 0x70008086;
const IDE_CONTROLLER = 0x70108086;
const POWER_MANAGEMENT = 0x71138086;
const PIRQRCA = 0x60;
const IDETIM = 0x40;
const IDETIM_DECODE_BOTH = 0x80008000;
const PMBA = 0x40;
const PMREGMISC = 0x80;

interface Request {
  device: PciFunction;
  register: number;
  kind: "io" | "memory";
  sizeBytes: number;
}

/** Sets up every function on `bus`; memory BARs go from `firstMemoryAddress` upwards, which must lie above RAM. */
export function setUpPciAsFirmware(bus: PciBus, firstMemoryAddress = FIRST_MEMORY_ADDRESS): void {
  const requests: Request[] = [];
  for (const { slot, device } of bus.all()) {
    setUpKnownFunction(device);
    for (let index = 0; index < 6; index++) {
      const request = sizeBar(device, index);
      if (request) requests.push(request);
      if (device.barSpec(index)?.is64Bit) index++;
    }
    const pin = device.interruptPin;
    if (pin > 0) device.configWrite(PCI_INTERRUPT_LINE, 1, PIRQ_DEFAULT_IRQS[pirqOf(slot, pin)]!);
    if (device.configRead(0, 4) === POWER_MANAGEMENT) device.configWrite(PCI_INTERRUPT_LINE, 1, SCI_IRQ);
  }
  // Largest first: every window is then aligned without gaps.
  requests.sort((a, b) => b.sizeBytes - a.sizeBytes);
  const next = { io: FIRST_IO_PORT, memory: firstMemoryAddress };
  for (const { device, register, kind, sizeBytes } of requests) {
    const base = Math.ceil(next[kind] / sizeBytes) * sizeBytes;
    device.configWrite(register, 4, base);
    next[kind] = base + sizeBytes;
  }
  for (const { device } of bus.all())
    device.configWrite(PCI_COMMAND, 2, COMMAND_IO_SPACE | COMMAND_MEMORY_SPACE | COMMAND_BUS_MASTER);
}

function sizeBar(device: PciFunction, index: number): Request | undefined {
  const register = PCI_BAR0 + 4 * index;
  device.configWrite(register, 4, 0xffffffff);
  const answer = device.configRead(register, 4);
  device.configWrite(register, 4, 0);
  if (answer === 0) return undefined;
  const io = (answer & BAR_IO_SPACE) !== 0;
  const sizeBytes = -(answer & (io ? ~3 : ~15)) >>> 0;
  return { device, register, kind: io ? "io" : "memory", sizeBytes };
}

function setUpKnownFunction(device: PciFunction): void {
  switch (device.configRead(0, 4)) {
    case ISA_BRIDGE:
      for (let i = 0; i < PIRQ_COUNT; i++) device.configWrite(PIRQRCA + i, 1, PIRQ_DEFAULT_IRQS[i]!);
      break;
    case IDE_CONTROLLER:
      device.configWrite(IDETIM, 4, IDETIM_DECODE_BOTH);
      break;
    case POWER_MANAGEMENT:
      device.configWrite(PMBA, 4, PM_DEFAULT_BASE);
      device.configWrite(PMREGMISC, 1, 1);
      break;
  }
}
