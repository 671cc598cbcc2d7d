/**
 * The 512 bytes that IDENTIFY DEVICE and IDENTIFY PACKET DEVICE return.
 * References: [ATA-6] 8.15, 8.16 (words); [ACS-2] 7.12 (words 105, 169, 217: data set management).
 */
import type { ChsGeometry } from "./task-file.ts";

export const IDENTIFY_BYTES = 512;

/** What the host chose by SET FEATURES – Set transfer mode. */
export interface TransferMode {
  kind: "pio" | "multiwordDma" | "ultraDma";
  mode: number;
}

export const FASTEST_MULTIWORD_DMA = 2;
export const FASTEST_ULTRA_DMA = 5;

export interface DiskIdentity {
  model: string;
  serial: string;
  firmware: string;
  totalSectors: number;
  /** Default and current CHS translation. */
  geometry: ChsGeometry;
  translation: ChsGeometry;
  maxMultiple: number;
  /** Current SET MULTIPLE MODE count, 0 when off. */
  multiple: number;
  writeCache: boolean;
  lookAhead: boolean;
  /** Most 512-byte blocks of DATA SET MANAGEMENT ranges, 0 where TRIM is not supported. */
  trimBlocks: number;
  transferMode: TransferMode;
}

export interface PacketIdentity {
  model: string;
  serial: string;
  firmware: string;
  transferMode: TransferMode;
}

const LBA28_SECTORS = 0x0fffffff;
const CAPABILITY_DMA = 1 << 8;
const CAPABILITY_LBA = 1 << 9;
const CAPABILITY_IORDY_CAN_BE_DISABLED = 1 << 10;
const CAPABILITY_IORDY = 1 << 11;
const CAPABILITY_STANDARD_STANDBY_TIMERS = 1 << 13;
/** Word 80: ATA-4 to ATA/ATAPI-6. */
const MAJOR_VERSIONS = 0x0070;
/** Words 83, 84, 86, 87 and 93 carry 01 in bits 15:14 to say that they are valid. */
const WORD_VALID = 1 << 14;
/** Word 82: set supported. */
const FEATURE_POWER_MANAGEMENT = 1 << 3;
const FEATURE_PACKET = 1 << 4;
const FEATURE_WRITE_CACHE = 1 << 5;
const FEATURE_LOOK_AHEAD = 1 << 6;
const FEATURE_DEVICE_RESET = 1 << 9;
const FEATURE_WRITE_BUFFER = 1 << 12;
const FEATURE_READ_BUFFER = 1 << 13;
const FEATURE_NOP = 1 << 14;
/** Word 83. */
const FEATURE_48BIT = 1 << 10;
const FEATURE_FLUSH_CACHE = 1 << 12;
const FEATURE_FLUSH_CACHE_EXT = 1 << 13;
/** Word 84. */
const FEATURE_FUA = 1 << 6;
/** Word 93: CBLID# above VIH (80-conductor cable), device 0 passed diagnostics, number by jumper. */
const RESET_RESULT = WORD_VALID | (1 << 13) | 0x000b;
const ROTATION_NON_ROTATING = 1;

class Words {
  readonly bytes = new Uint8Array(IDENTIFY_BYTES);
  private readonly view = new DataView(this.bytes.buffer);

  set(word: number, value: number): void {
    this.view.setUint16(word * 2, value, true);
  }

  /** Two words, low word first. */
  set32(word: number, value: number): void {
    this.view.setUint32(word * 2, value, true);
  }

  /** ASCII, padded with spaces, the first character in the high byte of each word. */
  text(word: number, words: number, text: string): void {
    const padded = text.padEnd(words * 2).slice(0, words * 2);
    for (let i = 0; i < words * 2; i++) {
      const code = padded.charCodeAt(i);
      this.bytes[word * 2 + (i ^ 1)] = code >= 0x20 && code < 0x7f ? code : 0x3f;
    }
  }

  transferModes(current: TransferMode): void {
    const selected = (kind: TransferMode["kind"]): number => (current.kind === kind ? 1 << (8 + current.mode) : 0);
    this.set(53, 0x0007);
    this.set(63, ((2 << FASTEST_MULTIWORD_DMA) - 1) | selected("multiwordDma"));
    // PIO 3 and 4, and cycle times in nanoseconds.
    this.set(64, 0x0003);
    for (let word = 65; word <= 68; word++) this.set(word, 120);
    this.set(88, ((2 << FASTEST_ULTRA_DMA) - 1) | selected("ultraDma"));
    this.set(93, RESET_RESULT);
  }

  /** Word 255: signature A5h and a checksum that makes all bytes sum to zero. */
  seal(): Uint8Array {
    this.bytes[510] = 0xa5;
    this.bytes[511] = 0;
    this.bytes[511] = -this.bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
    return this.bytes;
  }
}

export function identifyDisk(disk: DiskIdentity): Uint8Array {
  const words = new Words();
  const { geometry, translation, totalSectors } = disk;
  const lba28 = Math.min(totalSectors, LBA28_SECTORS);
  words.set(0, 0x0040); // fixed device
  words.set(1, geometry.cylinders);
  words.set(3, geometry.heads);
  words.set(4, 512 * geometry.sectorsPerTrack);
  words.set(5, 512);
  words.set(6, geometry.sectorsPerTrack);
  words.text(10, 10, disk.serial);
  words.set(20, 3);
  words.set(21, 512);
  words.text(23, 4, disk.firmware);
  words.text(27, 20, disk.model);
  words.set(47, 0x8000 | disk.maxMultiple);
  words.set(48, 1); // 32-bit PIO works
  words.set(49, CAPABILITY_DMA | CAPABILITY_LBA | CAPABILITY_IORDY | CAPABILITY_STANDARD_STANDBY_TIMERS);
  words.set(50, WORD_VALID);
  words.set(51, 0x0200);
  words.set(52, 0x0200);
  words.set(54, translation.cylinders);
  words.set(55, translation.heads);
  words.set(56, translation.sectorsPerTrack);
  words.set32(57, translation.cylinders * translation.heads * translation.sectorsPerTrack);
  if (disk.multiple > 0) words.set(59, 0x0100 | disk.multiple);
  words.set32(60, lba28);
  words.transferModes(disk.transferMode);
  words.set(80, MAJOR_VERSIONS);
  const supported =
    FEATURE_POWER_MANAGEMENT |
    FEATURE_WRITE_CACHE |
    FEATURE_LOOK_AHEAD |
    FEATURE_WRITE_BUFFER |
    FEATURE_READ_BUFFER |
    FEATURE_NOP;
  words.set(82, supported);
  words.set(83, WORD_VALID | FEATURE_48BIT | FEATURE_FLUSH_CACHE | FEATURE_FLUSH_CACHE_EXT);
  words.set(84, WORD_VALID | FEATURE_FUA);
  const off = (disk.writeCache ? 0 : FEATURE_WRITE_CACHE) | (disk.lookAhead ? 0 : FEATURE_LOOK_AHEAD);
  words.set(85, supported & ~off);
  words.set(86, FEATURE_48BIT | FEATURE_FLUSH_CACHE | FEATURE_FLUSH_CACHE_EXT);
  words.set(87, WORD_VALID | FEATURE_FUA);
  words.set32(100, totalSectors % 2 ** 32);
  words.set32(102, Math.floor(totalSectors / 2 ** 32));
  if (disk.trimBlocks > 0) {
    words.set(105, disk.trimBlocks);
    words.set(169, 1);
  }
  words.set(217, ROTATION_NON_ROTATING);
  return words.seal();
}

export function identifyPacketDevice(drive: PacketIdentity): Uint8Array {
  const words = new Words();
  // ATAPI, CD-ROM (type 5), removable, DRQ within 50 µs of PACKET, 12-byte packets.
  words.set(0, (2 << 14) | (5 << 8) | (1 << 7) | (2 << 5));
  words.text(10, 10, drive.serial);
  words.text(23, 4, drive.firmware);
  words.text(27, 20, drive.model);
  words.set(48, 1);
  words.set(49, CAPABILITY_DMA | CAPABILITY_LBA | CAPABILITY_IORDY_CAN_BE_DISABLED | CAPABILITY_IORDY);
  words.set(50, WORD_VALID);
  words.set(51, 0x0200);
  words.transferModes(drive.transferMode);
  words.set(71, 30); // release and service times, in nanoseconds
  words.set(72, 30);
  words.set(80, MAJOR_VERSIONS);
  words.set(82, FEATURE_PACKET | FEATURE_DEVICE_RESET | FEATURE_NOP | FEATURE_POWER_MANAGEMENT);
  words.set(83, WORD_VALID);
  words.set(84, WORD_VALID);
  words.set(85, FEATURE_PACKET | FEATURE_DEVICE_RESET | FEATURE_NOP | FEATURE_POWER_MANAGEMENT);
  words.set(87, WORD_VALID);
  return words.seal();
}
