/**
 * The ACPI tables of the board: FACS, DSDT, FADT, MADT, HPET, RSDT, XSDT and RSDP, with the pointers between them left
 * open: firmware or our own loader fills them in when it knows where the tables go (acpi-loader.ts).
 *
 * SMI_CMD is zero: the machine has no system management mode and is in ACPI mode from the start. [ACPI] 5.2.9
 * References: [ACPI] 5.2; [HPET] 3.2.4 (HPET description table).
 */
import { dsdtTerms } from "./acpi-dsdt.ts";
import {
  GPE0_BYTES,
  GPE0_OFFSET,
  HPET_PHYS_ADDR,
  IOAPIC_PHYS_ADDR,
  LOCAL_APIC_PHYS_ADDR,
  PM1_CONTROL_OFFSET,
  PM1_EVENT_OFFSET,
  PM_BASE,
  PM_TIMER_OFFSET,
  RESET_PORT,
  RESET_VALUE,
  SCI_IRQ,
  type BoardFacts,
} from "./board-facts.ts";

/** A field that holds the address of another table: now its offset in `tables`, later that plus where they are. */
export interface AcpiPointer {
  file: "tables" | "rsdp";
  offset: number;
  sizeBytes: 4 | 8;
}

/** A byte that makes the sum over [start, start + length) zero. */
export interface AcpiChecksum {
  file: "tables" | "rsdp";
  offset: number;
  start: number;
  length: number;
}

export interface AcpiTables {
  tables: Uint8Array;
  rsdp: Uint8Array;
  pointers: AcpiPointer[];
  checksums: AcpiChecksum[];
}

const HEADER_BYTES = 36;
const HEADER_LENGTH = 4;
const HEADER_CHECKSUM = 9;
const FACS_BYTES = 64;
const FADT_BYTES = 244;
const RSDP_BYTES = 36;
const RSDP_V1_BYTES = 20;
const TABLE_ALIGNMENT = 16;
export const TABLES_ALIGNMENT = 64;

const GAS_SYSTEM_MEMORY = 0;
const GAS_SYSTEM_IO = 1;

// FADT. [ACPI] table 5-9
const FADT_FIRMWARE_CTRL = 36;
const FADT_DSDT = 40;
const FADT_X_DSDT = 140;
const FADT_REVISION = 3;
const PROFILE_DESKTOP = 1;
const LATENCY_NO_C2 = 0xfff;
const CENTURY_REGISTER = 0x32;
const IAPC_LEGACY_DEVICES = 1 << 0;
const IAPC_8042 = 1 << 1;
const FADT_WBINVD = 1 << 0;
const FADT_PROC_C1 = 1 << 2;
/** There is no sleep button in the fixed registers; the power button is (bit 4 clear). */
const FADT_SLP_BUTTON = 1 << 5;
const FADT_RESET_REG_SUP = 1 << 10;

// MADT. [ACPI] 5.2.12
const MADT_PCAT_COMPAT = 1;
const MADT_LOCAL_APIC = 0;
const MADT_IOAPIC = 1;
const MADT_INTERRUPT_OVERRIDE = 2;
const MADT_LOCAL_APIC_NMI = 4;
const LOCAL_APIC_ENABLED = 1;
const INTI_ACTIVE_HIGH_LEVEL = 0x0d;
const INTI_CONFORMS_TO_BUS = 0;
const TIMER_IRQ = 0;
const TIMER_GSI = 2;
/** ISA interrupts that PCI links may use, besides the SCI: level-triggered. */
const PCI_IRQS = [5, 10, 11];
const ALL_PROCESSORS = 0xff;

/** Vendor 8086h, legacy replacement, 64-bit counter, three comparators, revision 1. [HPET] 2.3.4 */
const HPET_BLOCK_ID = 0x8086a201;
const HPET_MINIMUM_TICK = 100;

/** Appends little-endian fields. */
class TableWriter {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }
  text(value: string, length: number): this {
    for (let i = 0; i < length; i++) this.bytes.push(i < value.length ? value.charCodeAt(i) : 0x20);
    return this;
  }
  put(sizeBytes: number, ...values: number[]): this {
    for (const value of values)
      for (let i = 0; i < sizeBytes; i++) this.bytes.push(Math.floor(value / 2 ** (8 * i)) & 0xff);
    return this;
  }
  raw(bytes: ArrayLike<number>): this {
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i]!);
    return this;
  }
  /** Generic address structure. [ACPI] 5.2.3.2 */
  address(space: number, widthBits: number, address: number): this {
    return this.put(1, space, widthBits, 0, 0).put(8, address);
  }
  alignTo(alignment: number): this {
    while (this.bytes.length % alignment !== 0) this.bytes.push(0);
    return this;
  }
  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** A table with the common header; its length is set, its checksum left open. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = new TableWriter()
    .text(signature, 4)
    .put(4, HEADER_BYTES + body.length)
    .put(1, revision, 0)
    .text("POSADA", 6)
    .text("POSADAPC", 8)
    .put(4, 1)
    .text("PSDA", 4)
    .put(4, 1)
    .raw(body);
  return bytes.finish();
}

const made = new WeakMap<BoardFacts, AcpiTables>();

/** Made once for a board: a start without firmware asks for them three times, in code that the engine has not met yet. */
export function acpiTablesFor(facts: BoardFacts): Readonly<AcpiTables> {
  const before = made.get(facts);
  if (before) return before;
  const tables = buildAcpiTables(facts);
  made.set(facts, tables);
  return tables;
}

export function buildAcpiTables(facts: BoardFacts): AcpiTables {
  const writer = new TableWriter();
  const pointers: AcpiPointer[] = [];
  const checksums: AcpiChecksum[] = [];
  const append = (bytes: Uint8Array): number => {
    const offset = writer.alignTo(TABLE_ALIGNMENT).length;
    writer.raw(bytes);
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER_LENGTH, true);
    checksums.push({ file: "tables", offset: offset + HEADER_CHECKSUM, start: offset, length });
    return offset;
  };
  const point = (offset: number, sizeBytes: 4 | 8): void => void pointers.push({ file: "tables", offset, sizeBytes });

  // The FACS comes first for its alignment, and has no checksum. [ACPI] 5.2.10
  const facs = 0;
  writer.text("FACS", 4).put(4, FACS_BYTES).put(8, 0, 0, 0).put(1, 1).alignTo(FACS_BYTES);
  const dsdt = append(table("DSDT", 2, dsdtTerms(facts)));
  const fadt = append(fadtTable(facs, dsdt));
  point(fadt + FADT_FIRMWARE_CTRL, 4);
  point(fadt + FADT_DSDT, 4);
  point(fadt + FADT_X_DSDT, 8);
  const described = [fadt, append(madtTable(facts)), append(hpetTable())];
  const rootTable = (signature: string, entryBytes: 4 | 8): number => {
    const body = new TableWriter().put(entryBytes, ...described).finish();
    const offset = append(table(signature, 1, body));
    described.forEach((_, i) => point(offset + HEADER_BYTES + i * entryBytes, entryBytes));
    return offset;
  };
  const rsdt = rootTable("RSDT", 4);
  const xsdt = rootTable("XSDT", 8);

  const rsdp = new TableWriter()
    .text("RSD PTR ", 8)
    .put(1, 0)
    .text("POSADA", 6)
    .put(1, 2)
    .put(4, rsdt, RSDP_BYTES)
    .put(8, xsdt)
    .put(4, 0)
    .finish();
  pointers.push({ file: "rsdp", offset: 16, sizeBytes: 4 }, { file: "rsdp", offset: 24, sizeBytes: 8 });
  checksums.push(
    { file: "rsdp", offset: 8, start: 0, length: RSDP_V1_BYTES },
    { file: "rsdp", offset: 32, start: 0, length: RSDP_BYTES },
  );
  return { tables: writer.finish(), rsdp, pointers, checksums };
}

function fadtTable(facs: number, dsdt: number): Uint8Array {
  const [event, control] = [PM_BASE + PM1_EVENT_OFFSET, PM_BASE + PM1_CONTROL_OFFSET];
  const [timer, gpe0] = [PM_BASE + PM_TIMER_OFFSET, PM_BASE + GPE0_OFFSET];
  const body = new TableWriter()
    .put(4, facs, dsdt)
    .put(1, 0, PROFILE_DESKTOP)
    .put(2, SCI_IRQ)
    .put(4, 0) // SMI_CMD
    .put(1, 0, 0, 0, 0)
    .put(4, event, 0, control, 0, 0, timer, gpe0, 0)
    .put(1, 4, 2, 0, 4, GPE0_BYTES, 0, 0, 0)
    .put(2, LATENCY_NO_C2, LATENCY_NO_C2, 0, 0)
    .put(1, 0, 0, 0, 0, CENTURY_REGISTER)
    .put(2, IAPC_LEGACY_DEVICES | IAPC_8042)
    .put(1, 0)
    .put(4, FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON | FADT_RESET_REG_SUP)
    .address(GAS_SYSTEM_IO, 8, RESET_PORT)
    .put(1, RESET_VALUE)
    .put(1, 0, 0, 0)
    .put(8, 0, dsdt) // X_FIRMWARE_CTRL stays zero: one of the two may be given
    .address(GAS_SYSTEM_IO, 32, event)
    .address(GAS_SYSTEM_IO, 0, 0)
    .address(GAS_SYSTEM_IO, 16, control)
    .address(GAS_SYSTEM_IO, 0, 0)
    .address(GAS_SYSTEM_IO, 0, 0)
    .address(GAS_SYSTEM_IO, 32, timer)
    .address(GAS_SYSTEM_IO, GPE0_BYTES * 8, gpe0)
    .address(GAS_SYSTEM_IO, 0, 0);
  if (body.length + HEADER_BYTES !== FADT_BYTES) throw new Error(`internal error: FADT of ${body.length} bytes`);
  return table("FACP", FADT_REVISION, body.finish());
}

function madtTable({ processors }: BoardFacts): Uint8Array {
  const body = new TableWriter().put(4, LOCAL_APIC_PHYS_ADDR, MADT_PCAT_COMPAT);
  for (let id = 0; id < processors; id++) body.put(1, MADT_LOCAL_APIC, 8, id, id).put(4, LOCAL_APIC_ENABLED);
  body.put(1, MADT_IOAPIC, 12, 0, 0).put(4, IOAPIC_PHYS_ADDR, 0);
  const override = (irq: number, gsi: number, flags: number): void =>
    void body.put(1, MADT_INTERRUPT_OVERRIDE, 10, 0, irq).put(4, gsi).put(2, flags);
  override(TIMER_IRQ, TIMER_GSI, INTI_CONFORMS_TO_BUS);
  for (const irq of [...PCI_IRQS, SCI_IRQ].sort((a, b) => a - b)) override(irq, irq, INTI_ACTIVE_HIGH_LEVEL);
  body.put(1, MADT_LOCAL_APIC_NMI, 6, ALL_PROCESSORS).put(2, INTI_CONFORMS_TO_BUS).put(1, 1);
  return table("APIC", 1, body.finish());
}

function hpetTable(): Uint8Array {
  const body = new TableWriter()
    .put(4, HPET_BLOCK_ID)
    .address(GAS_SYSTEM_MEMORY, 0, HPET_PHYS_ADDR)
    .put(1, 0)
    .put(2, HPET_MINIMUM_TICK)
    .put(1, 0);
  return table("HPET", 1, body.finish());
}
