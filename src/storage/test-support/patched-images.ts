/**
 * Images that qemu-img cannot make: differencing VHD, VHDX and VDI, and a VHDX with a log that waits for its replay. Made
 * from images of qemu-img by changing what the specifications say.
 */
import { crc32cWithout } from "../formats/crc32.ts";
import { big, little } from "../formats/fields.ts";
import { vhdChecksum } from "../formats/vhd-image.ts";

const SECTOR = 512;
const MIB = 2 ** 20;

export function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  [...text].forEach((char, i) => view.setUint16(i * 2, char.charCodeAt(0), littleEndian));
  return bytes;
}

/** A dynamic VHD becomes the child of `parent`: only `sectors` of it are its own. [VHD] "Differencing Hard Disks" */
export function makeVhdChild(
  image: Uint8Array,
  parent: Uint8Array,
  parentName: string,
  sectors: (sector: number) => boolean,
): void {
  const view = new DataView(image.buffer, image.byteOffset);
  const parentFooter = parent.subarray(parent.length - SECTOR);
  const header = Number(view.getBigUint64(16));
  image.set(parentFooter.subarray(68, 84), header + 40);
  image.set(utf16(parentName, false), header + 64);
  for (const footer of [0, image.length - SECTOR]) {
    view.setUint32(footer + 60, 4);
    view.setUint32(footer + 64, vhdChecksum(image.subarray(footer, footer + SECTOR), 64));
  }
  view.setUint32(header + 36, vhdChecksum(image.subarray(header, header + 1024), 36));
  const fields = big(image);
  const [table, blocks, blockBytes] = [fields.u64(header + 16), fields.u32(header + 28), fields.u32(header + 32)];
  for (let block = 0; block < blocks; block++) {
    const start = fields.u32(table + block * 4);
    if (start === 0xffffffff) continue;
    const bitmap = image.subarray(start * SECTOR, start * SECTOR + blockBytes / SECTOR / 8);
    bitmap.fill(0);
    for (let i = 0; i < blockBytes / SECTOR; i++)
      if (sectors((block * blockBytes) / SECTOR + i)) bitmap[i >> 3]! |= 0x80 >> (i & 7);
  }
}

/** [MS-VHDX] places in images of qemu-img, whose metadata and table are where their region table says. */
export interface VhdxPlaces {
  bat: number;
  batBytes: number;
  metadata: number;
  logOffset: number;
  logBytes: number;
}

export function vhdxPlaces(image: Uint8Array): VhdxPlaces {
  const fields = little(image);
  const region = (guid: string): { at: number; bytes: number } => {
    for (let i = 0; i < fields.u32(192 * 1024 + 8); i++) {
      const at = 192 * 1024 + 16 + 32 * i;
      if (fields.guid(at) === guid) return { at: fields.u64(at + 16), bytes: fields.u32(at + 24) };
    }
    throw new Error("no such region");
  };
  const bat = region("2dc27766-f623-4200-9d64-115e9bfd4a08");
  const metadata = region("8b7ca206-4790-4b9a-b8fe-575f050f886e");
  const head = 64 * 1024;
  return { bat: bat.at, batBytes: bat.bytes, metadata: metadata.at, logOffset: fields.u64(head + 72), logBytes: fields.u32(head + 68) }; // prettier-ignore
}

function sealVhdxHeaders(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset);
  for (const at of [64 * 1024, 128 * 1024])
    view.setUint32(at + 4, crc32cWithout(image.subarray(at, at + 4096), 4), true);
}

/**
 * A dynamic VHDX with one block becomes a child: block 0 is partly its own, by a bitmap behind its end.
 * @returns the longer image
 */
export function makeVhdxChild(
  image: Uint8Array,
  parentGuid: string,
  parentName: string,
  sectors: (sector: number) => boolean,
): Uint8Array {
  const { bat, metadata } = vhdxPlaces(image);
  const blockBytes = parametersOf(image, metadata).blockBytes;
  const chunkBlocks = (2 ** 23 * SECTOR) / blockBytes;
  const longer = new Uint8Array(Math.ceil(image.length / MIB) * MIB + MIB);
  longer.set(image);
  const view = new DataView(longer.buffer);
  const bitmapAt = longer.length - MIB;
  for (let i = 0; i < blockBytes / SECTOR; i++) if (sectors(i)) longer[bitmapAt + (i >> 3)]! |= 1 << (i & 7);
  // Block 0: partially present; the entry of the chunk's bitmap: present.
  view.setBigUint64(bat, (view.getBigUint64(bat, true) & ~7n) | 7n, true);
  view.setBigUint64(bat + chunkBlocks * 8, (BigInt(bitmapAt / MIB) << 20n) | 6n, true);
  const parameters = parametersOf(image, metadata);
  view.setUint32(parameters.at + 4, 2, true);
  addParentLocator(longer, metadata, parentName, parentGuid);
  return longer;
}

function parametersOf(image: Uint8Array, metadata: number): { at: number; blockBytes: number } {
  const fields = little(image);
  for (let i = 0; i < fields.u16(metadata + 10); i++) {
    const entry = metadata + 32 + 32 * i;
    if (fields.guid(entry) !== "caa16737-fa36-4d43-b3b6-33f0aa44e76b") continue;
    const at = metadata + fields.u32(entry + 16);
    return { at, blockBytes: fields.u32(at) };
  }
  throw new Error("no file parameters");
}

/** GUIDs as Microsoft stores them. */
function guidBytes(guid: string): Uint8Array {
  const [a, b, c, d, e] = guid.split("-").map((part) => Buffer.from(part, "hex"));
  return Uint8Array.from([...a!.reverse(), ...b!.reverse(), ...c!.reverse(), ...d!, ...e!]);
}

function addParentLocator(image: Uint8Array, metadata: number, parentName: string, parentGuid: string): void {
  const view = new DataView(image.buffer);
  const count = view.getUint16(metadata + 10, true);
  const itemOffset = 128 * 1024;
  const pairs = [["parent_linkage", `{${parentGuid}}`], ["relative_path", `.\\${parentName}`]] as const; // prettier-ignore
  const item = metadata + itemOffset;
  image.set(guidBytes("b04aefb7-d19e-4a81-b789-25b8e9445913"), item);
  view.setUint16(item + 18, pairs.length, true);
  let text = 20 + 12 * pairs.length;
  pairs.forEach(([key, value], i) => {
    const at = item + 20 + 12 * i;
    for (const [place, lengthAt, words] of [
      [at, at + 8, key],
      [at + 4, at + 10, value],
    ] as const) {
      // prettier-ignore
      view.setUint32(place, text, true);
      view.setUint16(lengthAt, words.length * 2, true);
      image.set(utf16(words, true), item + text);
      text += words.length * 2;
    }
  });
  const entry = metadata + 32 + 32 * count;
  image.set(guidBytes("a8d35f2d-b30b-454d-abf7-d3d84834ab0c"), entry);
  view.setUint32(entry + 16, itemOffset, true);
  view.setUint32(entry + 20, text, true);
  view.setUint32(entry + 24, 4, true);
  view.setUint16(metadata + 10, count + 1, true);
}

/**
 * Takes `sectors` (of 4 KiB, by their place) out of a VHDX and into its log, as one entry that waits for its replay; what
 * is left in their place is nonsense. [MS-VHDX] 2.3
 */
export function moveIntoVhdxLog(image: Uint8Array, places: readonly number[]): void {
  const { logOffset } = vhdxPlaces(image);
  const view = new DataView(image.buffer, image.byteOffset);
  const guid = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  for (const header of [64 * 1024, 128 * 1024]) image.set(guid, header + 48);
  const sequence = 5n;
  const entryBytes = 4096 * (1 + places.length);
  image.fill(0, logOffset, logOffset + entryBytes);
  image.set(Buffer.from("loge"), logOffset);
  view.setUint32(logOffset + 8, entryBytes, true);
  view.setUint32(logOffset + 12, 0, true);
  view.setBigUint64(logOffset + 16, sequence, true);
  view.setUint32(logOffset + 24, places.length, true);
  image.set(guid, logOffset + 32);
  view.setBigUint64(logOffset + 48, BigInt(image.length), true);
  view.setBigUint64(logOffset + 56, BigInt(image.length), true);
  places.forEach((place, i) => {
    const at = logOffset + 64 + 32 * i;
    const data = logOffset + 4096 * (1 + i);
    const sector = image.slice(place, place + 4096);
    image.set(Buffer.from("desc"), at);
    image.set(sector.subarray(4092), at + 4);
    image.set(sector.subarray(0, 8), at + 8);
    view.setBigUint64(at + 16, BigInt(place), true);
    view.setBigUint64(at + 24, sequence, true);
    image.set(Buffer.from("data"), data);
    view.setUint32(data + 4, Number(sequence >> 32n), true);
    image.set(sector.subarray(8, 4092), data + 8);
    view.setUint32(data + 4092, Number(sequence & 0xffffffffn), true);
    image.fill(0x5a, place, place + 4096);
  });
  view.setUint32(logOffset + 4, crc32cWithout(image.subarray(logOffset, logOffset + entryBytes), 4), true);
  sealVhdxHeaders(image);
}
