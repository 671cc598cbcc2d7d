/**
 * CD-ROM addressing, and the raw form of a mode 1 sector: sync, header, user data, EDC and ECC, made from the 2048
 * bytes of user data that image files carry.
 *
 * References: [ECMA-130] 14 (sector layout), 14.3 (EDC), annex A (the Reed-Solomon product code); [MMC-3] 4.2.
 */

export const CD_BLOCK_BYTES = 2048;
export const FRAMES_PER_SECOND = 75;
/** LBA 0 stands at 00:02:00. */
const LEAD_IN_FRAMES = 150;

const SYNC_BYTES = 12;
const HEADER_BYTES = 4;
const USER_DATA_START = SYNC_BYTES + HEADER_BYTES;
const EDC_START = USER_DATA_START + CD_BLOCK_BYTES;
export const RAW_SECTOR_BYTES = 2352;

export interface Msf {
  minute: number;
  second: number;
  frame: number;
}

export function lbaToMsf(lba: number): Msf {
  const frames = lba + LEAD_IN_FRAMES;
  return {
    minute: Math.floor(frames / (60 * FRAMES_PER_SECOND)) % 256,
    second: Math.floor(frames / FRAMES_PER_SECOND) % 60,
    frame: frames % FRAMES_PER_SECOND,
  };
}

export function msfToLba({ minute, second, frame }: Msf): number {
  return (minute * 60 + second) * FRAMES_PER_SECOND + frame - LEAD_IN_FRAMES;
}

function bcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

/** The 2352 bytes of the mode 1 sector at `lba` with this user data. */
export function rawMode1Sector(lba: number, userData: Uint8Array): Uint8Array {
  const sector = new Uint8Array(RAW_SECTOR_BYTES);
  sector.fill(0xff, 1, SYNC_BYTES - 1);
  const { minute, second, frame } = lbaToMsf(lba);
  sector.set([bcd(minute), bcd(second), bcd(frame), 1], SYNC_BYTES);
  sector.set(userData, USER_DATA_START);
  new DataView(sector.buffer).setUint32(EDC_START, edc(sector.subarray(0, EDC_START)), true);
  addParity(sector);
  return sector;
}

/** x³²+x³¹+x¹⁶+x¹⁵+x⁴+x³+x+1, least significant bit first. [ECMA-130] 14.3 */
const EDC_POLYNOMIAL = 0xd8018001;

export function edc(bytes: Uint8Array): number {
  let remainder = 0;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? EDC_POLYNOMIAL : 0);
  }
  return remainder >>> 0;
}

// The code works on 16-bit words from the header on, each byte plane by itself, over GF(2⁸) with x⁸+x⁴+x³+x²+1.
const FIELD_POLYNOMIAL = 0x11d;
const P_COLUMNS = 43;
const P_DATA_ROWS = 24;
const Q_DIAGONALS = 26;
const Q_DATA_WORDS = 43;
const Q_AREA_WORDS = P_COLUMNS * (P_DATA_ROWS + 2);

/** Multiplies by α. */
function timesAlpha(value: number): number {
  const shifted = value << 1;
  return shifted > 0xff ? shifted ^ FIELD_POLYNOMIAL : shifted;
}

/** DIVIDED[(α + 1)·x] = x: the one division that solving for the two parity bytes needs. */
const DIVIDED = new Uint8Array(256);
for (let x = 0; x < 256; x++) DIVIDED[timesAlpha(x) ^ x] = x;

/**
 * The two parity bytes of a code word: with weights 1 for all, and α to the distance from the end, both sums are zero.
 * [ECMA-130] A.5, A.6
 */
function parityOf(length: number, byteAt: (i: number) => number): [number, number] {
  let plain = 0;
  let weighted = 0;
  for (let i = 0; i < length; i++) {
    const byte = byteAt(i);
    plain ^= byte;
    weighted = timesAlpha(weighted) ^ byte;
  }
  weighted = timesAlpha(timesAlpha(weighted));
  const first = DIVIDED[plain ^ weighted]!;
  return [first, plain ^ first];
}

function addParity(sector: Uint8Array): void {
  for (let plane = 0; plane < 2; plane++) {
    const at = (wordIndex: number): number => SYNC_BYTES + 2 * wordIndex + plane;
    for (let column = 0; column < P_COLUMNS; column++) {
      const parity = parityOf(P_DATA_ROWS, (row) => sector[at(P_COLUMNS * row + column)]!);
      sector[at(P_COLUMNS * P_DATA_ROWS + column)] = parity[0];
      sector[at(P_COLUMNS * (P_DATA_ROWS + 1) + column)] = parity[1];
    }
    for (let diagonal = 0; diagonal < Q_DIAGONALS; diagonal++) {
      const parity = parityOf(
        Q_DATA_WORDS,
        (i) => sector[at(((P_COLUMNS + 1) * i + P_COLUMNS * diagonal) % Q_AREA_WORDS)]!,
      );
      sector[at(Q_AREA_WORDS + diagonal)] = parity[0];
      sector[at(Q_AREA_WORDS + Q_DIAGONALS + diagonal)] = parity[1];
    }
  }
}

/** READ CD's choice of fields: main channel selection byte. [MMC-3] 6.16 */
export interface SectorFields {
  sync: boolean;
  header: boolean;
  userData: boolean;
  edcEcc: boolean;
  /** Zeros: no C2 errors. */
  c2Bytes: number;
}

export function sectorFieldBytes(fields: SectorFields): number {
  return (
    (fields.sync ? SYNC_BYTES : 0) +
    (fields.header ? HEADER_BYTES : 0) +
    (fields.userData ? CD_BLOCK_BYTES : 0) +
    (fields.edcEcc ? RAW_SECTOR_BYTES - EDC_START : 0) +
    fields.c2Bytes
  );
}

/** The chosen fields of consecutive sectors from `lba`, whose user data is `data`. */
export function selectSectorFields(lba: number, data: Uint8Array, fields: SectorFields): Uint8Array {
  const sectors = Math.floor(data.length / CD_BLOCK_BYTES);
  const each = sectorFieldBytes(fields);
  const result = new Uint8Array(sectors * each);
  for (let i = 0; i < sectors; i++) {
    const raw = rawMode1Sector(lba + i, data.subarray(i * CD_BLOCK_BYTES, (i + 1) * CD_BLOCK_BYTES));
    let to = i * each;
    const take = (wanted: boolean, from: number, end: number): void => {
      if (!wanted) return;
      result.set(raw.subarray(from, end), to);
      to += end - from;
    };
    take(fields.sync, 0, SYNC_BYTES);
    take(fields.header, SYNC_BYTES, USER_DATA_START);
    take(fields.userData, USER_DATA_START, EDC_START);
    take(fields.edcEcc, EDC_START, RAW_SECTOR_BYTES);
  }
  return result;
}
