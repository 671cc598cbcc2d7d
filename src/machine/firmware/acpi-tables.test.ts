import { describe, expect, it } from "vitest";
import { ACPI_RSDP_FILE, ACPI_TABLES_FILE, placeAcpi, tableLoaderScript } from "./acpi-loader.ts";
import { buildAcpiTables } from "./acpi-tables.ts";

const TABLES = 0x7ff0000;
const RSDP = 0xf5000;
const facts = { ramBytes: 128 << 20, processors: 1, hasFloppyController: true };

/** Memory as an operating system finds it, with a walk from the RSDP. */
function walk(processors = 1) {
  const [tables, rsdp] = placeAcpi(buildAcpiTables({ ...facts, processors }), TABLES, RSDP);
  const at = (addr: number, length?: number): DataView =>
    new DataView(tables!.bytes.buffer, tables!.bytes.byteOffset + addr - TABLES, length);
  const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
  const signature = (addr: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => at(addr).getUint8(i)));
  const table = (addr: number) => {
    const view = at(addr, at(addr).getUint32(4, true));
    return {
      addr,
      view,
      signature: signature(addr),
      sum: sum(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
    };
  };
  const root = new DataView(rsdp!.bytes.buffer);
  const xsdt = table(Number(root.getBigUint64(24, true)));
  const rsdt = table(root.getUint32(16, true));
  const listed = (rootTable: ReturnType<typeof table>, entryBytes: 4 | 8) => {
    const addresses: number[] = [];
    for (let i = 36; i < rootTable.view.byteLength; i += entryBytes) addresses.push(rootTable.view.getUint32(i, true));
    return addresses.map(table);
  };
  return { rsdp: rsdp!.bytes, sum, xsdt, rsdt, listed, table, signature };
}

describe("ACPI tables in memory", () => {
  it("has an RSDP whose two sums are zero [ACPI] 5.2.5.3", () => {
    const { rsdp, sum } = walk();
    expect(new TextDecoder().decode(rsdp.subarray(0, 8))).toBe("RSD PTR ");
    expect([sum(rsdp.subarray(0, 20)), sum(rsdp)]).toEqual([0, 0]);
  });

  it("lists the same tables in RSDT and XSDT, with zero sums", () => {
    const { rsdt, xsdt, listed } = walk();
    expect([rsdt.signature, rsdt.sum, xsdt.signature, xsdt.sum]).toEqual(["RSDT", 0, "XSDT", 0]);
    expect(listed(xsdt, 8).map(({ addr }) => addr)).toEqual(listed(rsdt, 4).map(({ addr }) => addr));
    expect(listed(xsdt, 8).map(({ signature, sum }) => [signature, sum])).toEqual([
      ["FACP", 0],
      ["APIC", 0],
      ["HPET", 0],
    ]);
  });

  it("finds DSDT and an aligned FACS from the FADT [ACPI] 5.2.9, 5.2.10", () => {
    const { listed, xsdt, table, signature } = walk();
    const fadt = listed(xsdt, 8)[0]!.view;
    expect(fadt.byteLength).toBe(244);
    const facs = fadt.getUint32(36, true);
    expect([signature(facs), facs % 64]).toEqual(["FACS", 0]);
    const dsdt = table(fadt.getUint32(40, true));
    expect([dsdt.signature, dsdt.sum]).toEqual(["DSDT", 0]);
    expect(fadt.getBigUint64(140, true)).toBe(BigInt(dsdt.addr));
    expect([fadt.getUint32(56, true), fadt.getUint32(64, true), fadt.getUint32(76, true)]).toEqual([
      0x600, 0x604, 0x608,
    ]);
    expect([fadt.getUint16(46, true), fadt.getUint8(108)]).toEqual([9, 0x32]);
    expect([fadt.getUint8(116), Number(fadt.getBigUint64(120, true)), fadt.getUint8(128)]).toEqual([1, 0xcf9, 6]);
  });

  it("describes processors, I/O APIC and overrides in the MADT [ACPI] 5.2.12", () => {
    const { listed, xsdt } = walk(3);
    const madt = listed(xsdt, 8)[1]!.view;
    const entries: number[][] = [];
    for (let at = 44; at < madt.byteLength; at += madt.getUint8(at + 1))
      entries.push(Array.from({ length: madt.getUint8(at + 1) }, (_, i) => madt.getUint8(at + i)));
    expect(entries.filter(([type]) => type === 0).map((entry) => entry[3])).toEqual([0, 1, 2]);
    expect(entries.find(([type]) => type === 1)).toEqual([1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
    expect(entries.filter(([type]) => type === 2).map((entry) => [entry[3], entry[4], entry[8]])).toEqual([
      [0, 2, 0],
      [5, 5, 13],
      [9, 9, 13],
      [10, 10, 13],
      [11, 11, 13],
    ]);
  });
});

describe("the table-loader script", () => {
  it("allocates both files, then points, then sums, and gives the same tables as our own loader", () => {
    const acpi = buildAcpiTables(facts);
    const script = tableLoaderScript(acpi);
    const view = new DataView(script.buffer);
    const text = (at: number): string => new TextDecoder().decode(script.subarray(at, script.indexOf(0, at)));
    const where: Record<string, number> = {};
    const files: Record<string, Uint8Array> = {
      [ACPI_TABLES_FILE]: acpi.tables.slice(),
      [ACPI_RSDP_FILE]: acpi.rsdp.slice(),
    };
    const kinds: number[] = [];
    for (let at = 0; at < script.length; at += 128) {
      const kind = view.getUint32(at, true);
      const file = text(at + 4);
      kinds.push(kind);
      if (kind === 1) where[file] = view.getUint8(at + 64) === 2 ? RSDP : TABLES;
      else if (kind === 2) {
        const target = new DataView(files[file]!.buffer);
        const offset = view.getUint32(at + 116, true);
        target.setUint32(offset, target.getUint32(offset, true) + where[text(at + 60)]!, true);
        expect([4, 8]).toContain(view.getUint8(at + 120));
      } else {
        const [offset, start, length] = [60, 64, 68].map((field) => view.getUint32(at + field, true)) as [
          number,
          number,
          number,
        ];
        files[file]![offset] = 0;
        files[file]![offset] = -files[file]!.subarray(start, start + length).reduce((a, b) => a + b, 0);
      }
    }
    expect(kinds).toEqual([...kinds].sort((a, b) => a - b));
    const placed = placeAcpi(acpi, TABLES, RSDP);
    expect(files[ACPI_TABLES_FILE]).toEqual(placed[0]!.bytes);
    expect(files[ACPI_RSDP_FILE]).toEqual(placed[1]!.bytes);
  });
});
