/**
 * The DSDT: what an operating system cannot find out by itself about this board. PCI host bridge with its windows,
 * routing of PCI interrupts over the PIIX3's four links, ISA devices, processors, and how to switch off.
 *
 * Left out: sleep states other than S5, hot plug, thermal zones.
 * References: [ACPI] 5.3 (namespace), 6.2.13 (_PRT), 7.4 (_S5); [PIIX3] 2.2.5 (PIRQRC).
 */
import { pirqOf } from "../chipset/pci/pci-bus.ts";
import {
  FIELD_BYTE_ACCESS,
  REGION_PCI_CONFIG,
  SERIALIZED,
  and,
  argument,
  createDwordField,
  device,
  eisaId,
  field,
  ifThen,
  integer,
  local,
  method,
  name,
  nameString,
  operationRegion,
  or,
  packageOf,
  processor,
  returns,
  scope,
  store,
  string,
  type Aml,
} from "./aml.ts";
import {
  INTERRUPT_NUMBER_OFFSET,
  busNumbers,
  dma,
  interrupts,
  io,
  ioWindow,
  irq,
  memory32Fixed,
  memoryWindow,
  resourceTemplate,
} from "./aml-resources.ts";
import { HPET_PHYS_ADDR, SCI_IRQ, SLEEP_TYPE_S5, type BoardFacts } from "./board-facts.ts";

const LINK_NAMES = ["LNKA", "LNKB", "LNKC", "LNKD"] as const;
/** Interrupts that a link may be given. */
const LINK_CHOICES = [5, 10, 11];
const PIIX3_PIRQRCA = 0x60;
const PIRQ_DISABLED = 0x80;
const STA_PRESENT_DISABLED = 0x09;
const STA_PRESENT_ENABLED = 0x0b;
const HPET_BYTES = 0x400;
const ADDRESS_ANY_FUNCTION = 0xffff;
const SLOTS = 32;
const PINS = 4;
/** The slot of the PIIX: its power management function raises the SCI, not a PIRQ. */
const PIIX_SLOT = 1;

export function dsdtTerms(facts: BoardFacts): Uint8Array {
  return Uint8Array.from([
    ...name("\\_S5", packageOf(integer(SLEEP_TYPE_S5), integer(SLEEP_TYPE_S5), integer(0), integer(0))),
    ...scope("\\_PR", ...Array.from({ length: facts.processors }, (_, id) => processor(`CPU${id}`, id))),
    ...scope(
      "\\_SB",
      device(
        "PCI0",
        name("_HID", eisaId("PNP0A03")),
        name("_ADR", integer(0)),
        name("_UID", integer(0)),
        name("_CRS", hostBridgeResources()),
        name("_PRT", interruptRouting()),
        device("ISA", name("_ADR", integer(0x00010000)), ...linkRegisters(), ...isaDevices(facts)),
      ),
      ...LINK_NAMES.map((link, pirq) => linkDevice(link, pirq)),
      sciLink(),
      device(
        "HPET",
        name("_HID", eisaId("PNP0103")),
        name("_UID", integer(0)),
        name("_CRS", resourceTemplate(memory32Fixed(HPET_PHYS_ADDR, HPET_BYTES, false))),
      ),
    ),
  ]);
}

function hostBridgeResources(): Aml {
  return resourceTemplate(
    busNumbers(0, 0xff),
    io(0xcf8, 8),
    ioWindow(0, 0xcf7),
    ioWindow(0xd00, 0xffff),
    memoryWindow(0xa0000, 0xbffff, true),
    // RAM ends at 3 GiB at the latest; the I/O APIC and what follows it are not the bus's.
    memoryWindow(0xc0000000, 0xfebfffff, false),
  );
}

/** One row for each pin of each slot: the link it is wired to. */
function interruptRouting(): Aml {
  const rows: Aml[] = [];
  for (let slot = 1; slot < SLOTS; slot++)
    for (let pin = 0; pin < PINS; pin++) {
      const link = slot === PIIX_SLOT && pin === 0 ? "LNKS" : LINK_NAMES[pirqOf(slot, pin + 1)]!;
      const address = integer(slot * 0x10000 + ADDRESS_ANY_FUNCTION);
      rows.push(packageOf(address, integer(pin), nameString(`\\_SB.${link}`), integer(0)));
    }
  return packageOf(...rows);
}

function linkRegisters(): Aml[] {
  const fields = LINK_NAMES.map((_, pirq): [string, number] => [`PRQ${pirq}`, 8]);
  return [
    operationRegion("PIRQ", REGION_PCI_CONFIG, PIIX3_PIRQRCA, LINK_NAMES.length),
    field("PIRQ", FIELD_BYTE_ACCESS, ...fields),
  ];
}

/** An interrupt link: its methods read and write the PIIX3's routing register. [ACPI] 6.2.13.1 */
function linkDevice(link: string, pirq: number): Aml {
  const register = nameString(`\\_SB.PCI0.ISA.PRQ${pirq}`);
  return device(
    link,
    name("_HID", eisaId("PNP0C0F")),
    name("_UID", integer(pirq)),
    name("_PRS", resourceTemplate(interrupts(...LINK_CHOICES))),
    method(
      "_STA",
      0,
      ifThen(and(register, integer(PIRQ_DISABLED)), returns(integer(STA_PRESENT_DISABLED))),
      returns(integer(STA_PRESENT_ENABLED)),
    ),
    method("_DIS", 0, or(register, integer(PIRQ_DISABLED), register)),
    method(
      "_CRS",
      SERIALIZED,
      name("CURR", resourceTemplate(interrupts(0))),
      createDwordField(nameString("CURR"), INTERRUPT_NUMBER_OFFSET, "CIRQ"),
      store(register, local(0)),
      ifThen(and(local(0), integer(PIRQ_DISABLED)), store(integer(0), local(0))),
      store(and(local(0), integer(15)), nameString("CIRQ")),
      returns(nameString("CURR")),
    ),
    method(
      "_SRS",
      1 | SERIALIZED,
      createDwordField(argument(0), INTERRUPT_NUMBER_OFFSET, "NIRQ"),
      store(nameString("NIRQ"), register),
    ),
  );
}

/** A link that is soldered to the SCI. */
function sciLink(): Aml {
  const resources = resourceTemplate(interrupts(SCI_IRQ));
  return device(
    "LNKS",
    name("_HID", eisaId("PNP0C0F")),
    name("_UID", integer(LINK_NAMES.length)),
    name("_PRS", resources),
    name("_STA", integer(STA_PRESENT_ENABLED)),
    method("_DIS", 0),
    name("_CRS", resources),
    method("_SRS", 1),
  );
}

function isaDevices(facts: BoardFacts): Aml[] {
  const at = (path: string, id: string, ...resources: Aml[]): Aml =>
    device(path, name("_HID", eisaId(id)), name("_CRS", resourceTemplate(...resources)));
  const serial = (index: number, base: number, line: number): Aml =>
    device(
      `COM${index}`,
      name("_HID", eisaId("PNP0501")),
      name("_UID", integer(index)),
      name("_CRS", resourceTemplate(io(base, 8), irq(line))),
    );
  return [
    at("PIC", "PNP0000", io(0x20, 2), io(0xa0, 2), io(0x4d0, 2), irq(2)),
    at("DMAC", "PNP0200", io(0x00, 16), io(0x81, 15), io(0xc0, 32), dma(4)),
    at("TMR", "PNP0100", io(0x40, 4), irq(0)),
    at("RTC", "PNP0B00", io(0x70, 2), irq(8)),
    at("SPKR", "PNP0800", io(0x61, 1)),
    at("KBD", "PNP0303", io(0x60, 1), io(0x64, 1), irq(1)),
    at("MOU", "PNP0F13", irq(12)),
    serial(1, 0x3f8, 4),
    serial(2, 0x2f8, 3),
    ...(facts.hasFloppyController ? [at("FDC0", "PNP0700", io(0x3f2, 4), io(0x3f7, 1), irq(6), dma(2))] : []),
    device("FWCF", name("_HID", string("QEMU0002")), name("_CRS", resourceTemplate(io(0x510, 12)))),
  ];
}
