/**
 * The data that packet commands return about the drive and its medium: one data track in one finalized session.
 * References: [MMC-3] 5 (features, mode pages), 6 (commands); [SPC-2] 7.3 (INQUIRY), 7.20 (sense data).
 */
import { CD_BLOCK_BYTES, lbaToMsf } from "./cd-sector.ts";
import type { Sense } from "./mmc.ts";

export interface CdMediumShape {
  blocks: number;
  isDvd: boolean;
}

const LEAD_OUT_TRACK = 0xaa;
/** ADR 1 (position), control 4 (data track). */
const ADR_CONTROL_DATA = 0x14;
const PROFILE_CD_ROM = 0x0008;
const PROFILE_DVD_ROM = 0x0010;

export const be16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const be24 = (value: number): number[] => [(value >>> 16) & 0xff, ...be16(value)];
export const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value)];

function text(value: string, length: number): number[] {
  return [...value.padEnd(length).slice(0, length)].map((char) => char.charCodeAt(0) & 0x7f);
}

function address(lba: number, msf: boolean): number[] {
  if (!msf) return be32(lba);
  const { minute, second, frame } = lbaToMsf(lba);
  return [0, minute, second, frame];
}

/** Fixed format, current error. [SPC-2] 7.20.2 */
export function senseData({ key, asc, ascq, information }: Sense): number[] {
  const valid = information === undefined ? 0 : 0x80;
  return [valid | 0x70, 0, key, ...be32(information ?? 0), 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0];
}

/** A removable CD/DVD device (type 5) of ATAPI version 2. */
export function inquiryData(vendor: string, product: string, revision: string): number[] {
  return [0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0, ...text(vendor, 8), ...text(product, 16), ...text(revision, 4)];
}

export function capacityData({ blocks }: CdMediumShape): number[] {
  return [...be32(blocks - 1), ...be32(CD_BLOCK_BYTES)];
}

/** Format 0: tracks from `startTrack` on, and the lead-out. Undefined where there is no such track. */
export function tocTracks(medium: CdMediumShape, startTrack: number, msf: boolean): number[] | undefined {
  if (startTrack > 1 && startTrack !== LEAD_OUT_TRACK) return undefined;
  const track = startTrack <= 1 ? [0, ADR_CONTROL_DATA, 1, 0, ...address(0, msf)] : [];
  const leadOut = [0, ADR_CONTROL_DATA, LEAD_OUT_TRACK, 0, ...address(medium.blocks, msf)];
  return [...be16(2 + track.length + leadOut.length), 1, 1, ...track, ...leadOut];
}

/** Format 1: the first track of the last session. */
export function tocSessions(msf: boolean): number[] {
  return [...be16(10), 1, 1, 0, ADR_CONTROL_DATA, 1, 0, ...address(0, msf)];
}

/** Format 2: the Q subchannel entries of the lead-in; always in minutes, seconds and frames. */
export function tocFull(medium: CdMediumShape): number[] {
  const entry = (point: number, minute: number, second: number, frame: number): number[] => [
    ...[1, ADR_CONTROL_DATA, 0, point, 0, 0, 0, 0],
    ...[minute, second, frame],
  ];
  const start = lbaToMsf(0);
  const leadOut = lbaToMsf(medium.blocks);
  const entries = [
    ...entry(0xa0, 1, 0, 0),
    ...entry(0xa1, 1, 0, 0),
    ...entry(0xa2, leadOut.minute, leadOut.second, leadOut.frame),
    ...entry(1, start.minute, start.second, start.frame),
  ];
  return [...be16(2 + entries.length), 1, 1, ...entries];
}

/** Audio status 15h: no status to return. Formats 2 and 3 say that there is no catalogue number or ISRC. */
export function subchannelData(format: number, lba: number, msf: boolean): number[] | undefined {
  const header = (length: number): number[] => [0, 0x15, ...be16(length)];
  switch (format) {
    case 0:
      return header(0);
    case 1:
      return [...header(12), 1, ADR_CONTROL_DATA, 1, 1, ...address(lba, msf), ...address(lba, msf)];
    case 2:
      return [...header(20), 2, ...new Array<number>(19).fill(0)];
    case 3:
      return [...header(20), 3, ADR_CONTROL_DATA, 1, ...new Array<number>(17).fill(0)];
    default:
      return undefined;
  }
}

/** Complete disc, last session complete, unrestricted use, one track. [MMC-3] 6.20 */
export function discInformation(): number[] {
  const data = new Array<number>(34).fill(0);
  data.splice(0, 8, 0, 32, 0x0e, 1, 1, 1, 1, 0x20);
  // No lead-in to continue at, no further lead-out: the disc is complete.
  data.fill(0xff, 16, 24);
  return data;
}

/** Track 1 of session 1, mode 1 data, complete. [MMC-3] 6.25 */
export function trackInformation(medium: CdMediumShape): number[] {
  const data = new Array<number>(36).fill(0);
  data.splice(0, 7, 0, 34, 1, 1, 0, 0x04, 0x01);
  data.splice(24, 4, ...be32(medium.blocks));
  return data;
}

/** Where the pickup stands; no changer slots. [MMC-3] 6.11 */
export function mechanismStatus(doorOpen: boolean, lba: number): number[] {
  return [0, doorOpen ? 0x10 : 0, ...be24(lba), 0, 0, 0];
}

/** [MMC-3] 6.5, media class only. */
export function mediaEvent(requested: number, event: number, trayOpen: boolean, present: boolean): number[] {
  const MEDIA_CLASS = 4;
  if ((requested & (1 << MEDIA_CLASS)) === 0) return [...be16(2), 0x80, 1 << MEDIA_CLASS];
  const status = (trayOpen ? 1 : 0) | (present ? 2 : 0);
  return [...be16(6), MEDIA_CLASS, 1 << MEDIA_CLASS, event, status, 0, 0];
}

const FEATURE_CURRENT = 1;
const FEATURE_PERSISTENT = 2;
const versioned = (version: number): number => version << 2;

/** [MMC-3] 5.3: features from `start` on; `type` 0 all, 1 current ones, 2 that one. */
export function configurationData(medium: CdMediumShape | null, start: number, type: number): number[] {
  const cd = medium !== null && !medium.isDvd ? FEATURE_CURRENT : 0;
  const dvd = medium?.isDvd ? FEATURE_CURRENT : 0;
  const always = FEATURE_CURRENT | FEATURE_PERSISTENT;
  const features: [code: number, flags: number, data: number[]][] = [
    [0x0000, always, [...be16(PROFILE_DVD_ROM), dvd, 0, ...be16(PROFILE_CD_ROM), cd, 0]],
    // Core: physical interface ATAPI; INQ2 clear, DBE clear.
    [0x0001, versioned(1) | always, [...be32(2), 0, 0, 0, 0]],
    // Morphing: polled events only.
    [0x0002, versioned(1) | always, [0x02, 0, 0, 0]],
    // Removable medium: tray, eject, lock.
    [0x0003, always, [0x29, 0, 0, 0]],
    [0x0010, cd | dvd, [...be32(CD_BLOCK_BYTES), ...be16(1), 0, 0]],
    [0x001e, versioned(2) | cd, [0, 0, 0, 0]],
    [0x001f, dvd, []],
    [0x0100, always, []],
    [0x0105, always, []],
  ];
  const chosen = features.filter(([code, flags]) =>
    type === 2 ? code === start : code >= start && (type === 0 || (flags & FEATURE_CURRENT) !== 0),
  );
  const body = chosen.flatMap(([code, flags, data]) => [...be16(code), flags, data.length, ...data]);
  const profile = dvd ? PROFILE_DVD_ROM : cd ? PROFILE_CD_ROM : 0;
  return [...be32(4 + body.length), 0, 0, ...be16(profile), ...body];
}
