/**
 * A QCOW2 image of version 3: clusters of 64 KiB, uncompressed. What is in use is known before the first byte goes out, so
 * that tables and reference counts stand at the beginning and are right, and the file is written from its beginning to
 * its end: header, reference counts (table, blocks), table of tables, tables, clusters.
 *
 * Reference: [QCOW2] QEMU, docs/interop/qcow2.txt.
 */
import type { BlockStore } from "../block-store.ts";
import { roundUp } from "../formats/fields.ts";
import { QCOW2_MAGIC } from "../formats/qcow2-header.ts";
import { CountingSink, type ByteSink } from "./byte-sink.ts";
import { forEachUsed, scanUsed, type CopyOptions, type UsedMap } from "./copy-loop.ts";
import { FieldWriter } from "./fields-writer.ts";

const CLUSTER_BITS = 16;
const CLUSTER_BYTES = 2 ** CLUSTER_BITS;
const TABLE_ENTRIES = CLUSTER_BYTES / 8;
/** 16-bit counts. */
const REFCOUNT_ORDER = 4;
const COUNTS_IN_BLOCK = CLUSTER_BYTES / 2;
const HEADER_BYTES = 104;
/** "Its reference count is one": the entry may be written to in place. */
const COPIED = 1n << 63n;
const SECTOR_BYTES = 512;

interface Layout {
  refcountTableClusters: number;
  refcountBlocks: number;
  l1Entries: number;
  l1Clusters: number;
  l2Tables: number;
  totalClusters: number;
}

export async function writeQcow2(source: BlockStore, sink: ByteSink, options: CopyOptions): Promise<void> {
  const used = await scanUsed(source, CLUSTER_BYTES, options);
  const layout = layoutOf(used);
  const out = new CountingSink(sink);
  const l1At = (1 + layout.refcountTableClusters + layout.refcountBlocks) * CLUSTER_BYTES;
  await out.write(header(roundUp(source.sizeBytes, SECTOR_BYTES), layout, l1At));
  await out.align(CLUSTER_BYTES);
  await writeRefcounts(out, layout);
  const tableAt = l1At + layout.l1Clusters * CLUSTER_BYTES;
  await writeTables(out, used, layout, tableAt);
  await forEachUsed(source, used, options, (_cluster, bytes) => out.write(bytes));
}

/** The counts must count the clusters that hold the counts. */
function layoutOf(used: UsedMap): Layout {
  const l1Entries = Math.max(1, Math.ceil(used.units / TABLE_ENTRIES));
  const l1Clusters = Math.ceil((l1Entries * 8) / CLUSTER_BYTES);
  let l2Tables = 0;
  for (let table = 0; table < l1Entries; table++) if (tableIsUsed(used, table)) l2Tables++;
  const fixed = 1 + l1Clusters + l2Tables + used.count;
  let [refcountTableClusters, refcountBlocks] = [1, 1];
  for (;;) {
    const totalClusters = fixed + refcountTableClusters + refcountBlocks;
    const blocks = Math.ceil(totalClusters / COUNTS_IN_BLOCK);
    const tables = Math.ceil(blocks / TABLE_ENTRIES);
    if (blocks === refcountBlocks && tables === refcountTableClusters)
      return { refcountTableClusters, refcountBlocks, l1Entries, l1Clusters, l2Tables, totalClusters };
    [refcountTableClusters, refcountBlocks] = [tables, blocks];
  }
}

function header(sizeBytes: number, layout: Layout, l1At: number): Uint8Array {
  return new FieldWriter(HEADER_BYTES + 8, false)
    .u32(0, QCOW2_MAGIC)
    .u32(4, 3)
    .u32(20, CLUSTER_BITS)
    .u64(24, sizeBytes)
    .u32(36, layout.l1Entries)
    .u64(40, l1At)
    .u64(48, CLUSTER_BYTES)
    .u32(56, layout.refcountTableClusters)
    .u32(96, REFCOUNT_ORDER)
    .u32(100, HEADER_BYTES).bytes;
}

async function writeRefcounts(out: CountingSink, layout: Layout): Promise<void> {
  const blocksAt = (1 + layout.refcountTableClusters) * CLUSTER_BYTES;
  const table = new FieldWriter(layout.refcountTableClusters * CLUSTER_BYTES, false);
  for (let block = 0; block < layout.refcountBlocks; block++) table.u64(block * 8, blocksAt + block * CLUSTER_BYTES);
  await out.write(table.bytes);
  for (let block = 0; block < layout.refcountBlocks; block++) {
    const counts = new FieldWriter(CLUSTER_BYTES, false);
    const count = Math.min(COUNTS_IN_BLOCK, layout.totalClusters - block * COUNTS_IN_BLOCK);
    for (let i = 0; i < count; i++) counts.u16(i * 2, 1);
    await out.write(counts.bytes);
  }
}

async function writeTables(out: CountingSink, used: UsedMap, layout: Layout, tableAt: number): Promise<void> {
  const l1 = new FieldWriter(layout.l1Clusters * CLUSTER_BYTES, false);
  let next = 0;
  for (let table = 0; table < layout.l1Entries; table++)
    if (tableIsUsed(used, table)) l1.u64(table * 8, COPIED | BigInt(tableAt + next++ * CLUSTER_BYTES));
  await out.write(l1.bytes);
  let dataAt = tableAt + layout.l2Tables * CLUSTER_BYTES;
  for (let table = 0; table < layout.l1Entries; table++) {
    if (!tableIsUsed(used, table)) continue;
    const l2 = new FieldWriter(CLUSTER_BYTES, false);
    const first = table * TABLE_ENTRIES;
    for (let i = 0; i < TABLE_ENTRIES && first + i < used.units; i++) {
      if (!used.has(first + i)) continue;
      l2.u64(i * 8, COPIED | BigInt(dataAt));
      dataAt += CLUSTER_BYTES;
    }
    await out.write(l2.bytes);
  }
}

function tableIsUsed(used: UsedMap, table: number): boolean {
  const first = table * TABLE_ENTRIES;
  for (let i = 0; i < TABLE_ENTRIES && first + i < used.units; i++) if (used.has(first + i)) return true;
  return false;
}
