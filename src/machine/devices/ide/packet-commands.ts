/**
 * The packet commands of the CD-ROM drive: checks of each command descriptor block and what it answers.
 * References: [MMC-3] 6 and [SPC-2] 7, by command name.
 */
import { msfToLba, sectorFieldBytes, type SectorFields } from "./cd-sector.ts";
import * as mmc from "./mmc.ts";
import {
  type CdMediumShape,
  be16,
  capacityData,
  configurationData,
  discInformation,
  inquiryData,
  mechanismStatus,
  mediaEvent,
  senseData,
  subchannelData,
  tocFull,
  tocSessions,
  tocTracks,
  trackInformation,
} from "./mmc-responses.ts";
import { type ModePages, VALUES_SAVED } from "./mode-pages.ts";

/** What a packet command needs of the drive that runs it. */
export interface PacketDrive {
  readonly identity: { vendor: string; product: string; revision: string };
  /** The medium as the guest can reach it: null while the tray is open. */
  readonly shape: CdMediumShape | null;
  readonly modePages: ModePages;
  readonly trayOpen: boolean;
  readonly locked: boolean;
  /** Block under the pickup. */
  readonly pickup: number;

  /** Ends the command with GOOD status. */
  complete(): void;
  /** Ends the command with CHECK CONDITION. */
  check(sense: mmc.Sense): void;
  /** Returns `data`, at most `allocationLength` bytes of it. */
  respond(data: ArrayLike<number>, allocationLength: number): void;
  /** Reads and returns blocks; `fields` null means their user data. */
  readBlocks(lba: number, blocks: number, fields: SectorFields | null): void;
  /** Takes `length` bytes from the host; `selectModePages` follows. */
  takeParameters(length: number): void;
  seekTo(lba: number): void;

  /** The pending UNIT ATTENTION or the last sense, which is then forgotten. */
  takeSense(): mmc.Sense;
  forgetSense(): void;
  takeUnitAttention(): mmc.Sense | null;
  takeEvent(): number;
  notReady(): mmc.Sense;
  setLocked(locked: boolean): void;
  openTray(): void;
  closeTray(): void;
}

const MODE_HEADER_6_BYTES = 4;
const MODE_HEADER_10_BYTES = 8;

/** Commands that a pending UNIT ATTENTION does not stop. [SPC-2] 5.6.6; [MMC-3] 4.1.6 */
const PASSES_UNIT_ATTENTION = new Set([
  mmc.INQUIRY,
  mmc.REQUEST_SENSE,
  mmc.GET_CONFIGURATION,
  mmc.GET_EVENT_STATUS_NOTIFICATION,
]);

const u16 = (packet: Uint8Array, at: number): number => (packet[at]! << 8) | packet[at + 1]!;
const u24 = (packet: Uint8Array, at: number): number => (packet[at]! << 16) | u16(packet, at + 1);
const u32 = (packet: Uint8Array, at: number): number => ((u16(packet, at) << 16) | u16(packet, at + 2)) >>> 0;

export function executePacket(drive: PacketDrive, packet: Uint8Array): void {
  const operation = packet[0]!;
  // [SPC-2] 7.20.1: sense data lives until it is fetched or another command comes.
  if (operation !== mmc.REQUEST_SENSE) drive.forgetSense();
  if (!PASSES_UNIT_ATTENTION.has(operation)) {
    const attention = drive.takeUnitAttention();
    if (attention) {
      drive.check(attention);
      return;
    }
  }
  switch (operation) {
    case mmc.REQUEST_SENSE:
      return drive.respond(senseData(drive.takeSense()), packet[4]!);
    case mmc.INQUIRY:
      return inquiry(drive, packet);
    case mmc.GET_CONFIGURATION:
      return getConfiguration(drive, packet);
    case mmc.GET_EVENT_STATUS_NOTIFICATION:
      return getEventStatus(drive, packet);
    case mmc.MODE_SENSE_6:
      return modeSense(drive, packet, packet[4]!, false);
    case mmc.MODE_SENSE_10:
      return modeSense(drive, packet, u16(packet, 7), true);
    case mmc.MODE_SELECT_6:
      return modeSelect(drive, packet, packet[4]!);
    case mmc.MODE_SELECT_10:
      return modeSelect(drive, packet, u16(packet, 7));
    case mmc.START_STOP_UNIT:
      return startStop(drive, packet);
    case mmc.PREVENT_ALLOW_MEDIUM_REMOVAL:
      drive.setLocked((packet[4]! & 1) !== 0);
      return drive.complete();
    case mmc.MECHANISM_STATUS:
      return drive.respond(mechanismStatus(drive.trayOpen, drive.pickup), u16(packet, 8));
    case mmc.SET_CD_SPEED:
      // The drive is always as fast as its host: any speed is granted.
      return drive.complete();
    default:
      return executeMediumCommand(drive, packet);
  }
}

/** Commands that need a medium. */
function executeMediumCommand(drive: PacketDrive, packet: Uint8Array): void {
  const handler = mediumCommands[packet[0]!];
  if (!handler) drive.check(mmc.INVALID_COMMAND);
  else if (!drive.shape) drive.check(drive.notReady());
  else handler(drive, packet);
}

const mediumCommands: Record<number, (drive: PacketDrive, packet: Uint8Array) => void> = {
  [mmc.TEST_UNIT_READY]: (drive) => drive.complete(),
  [mmc.READ_CAPACITY]: (drive) => drive.respond(capacityData(drive.shape!), 8),
  [mmc.READ_10]: (drive, packet) => drive.readBlocks(u32(packet, 2), u16(packet, 7), null),
  [mmc.READ_12]: (drive, packet) => drive.readBlocks(u32(packet, 2), u32(packet, 6), null),
  [mmc.READ_CD]: (drive, packet) => readCd(drive, packet, u32(packet, 2), u24(packet, 6)),
  [mmc.READ_CD_MSF]: readCdMsf,
  [mmc.SEEK_10]: seek,
  [mmc.READ_TOC]: readToc,
  [mmc.READ_SUBCHANNEL]: readSubchannel,
  [mmc.READ_DISC_INFORMATION]: readDiscInformation,
  [mmc.READ_TRACK_INFORMATION]: readTrackInformation,
};

function inquiry(drive: PacketDrive, packet: Uint8Array): void {
  // Vital product data is not offered, and without it the page code must be zero.
  if ((packet[1]! & 1) !== 0 || packet[2] !== 0) {
    drive.check(mmc.INVALID_FIELD_IN_PACKET);
    return;
  }
  const { vendor, product, revision } = drive.identity;
  drive.respond(inquiryData(vendor, product, revision), u16(packet, 3));
}

function getConfiguration(drive: PacketDrive, packet: Uint8Array): void {
  const type = packet[1]! & 3;
  if (type === 3) drive.check(mmc.INVALID_FIELD_IN_PACKET);
  else drive.respond(configurationData(drive.shape, u16(packet, 2), type), u16(packet, 7));
}

/** Only polled operation is supported. The event is taken only where there is room to tell it. */
function getEventStatus(drive: PacketDrive, packet: Uint8Array): void {
  const MEDIA_CLASS_REQUEST = 1 << 4;
  const requested = packet[4]!;
  const room = u16(packet, 7);
  if ((packet[1]! & 1) === 0) {
    drive.check(mmc.INVALID_FIELD_IN_PACKET);
    return;
  }
  const told = (requested & MEDIA_CLASS_REQUEST) !== 0 && room >= 5;
  const event = told ? drive.takeEvent() : mmc.EVENT_NONE;
  drive.respond(mediaEvent(requested, event, drive.trayOpen, drive.shape !== null), room);
}

function modeSense(drive: PacketDrive, packet: Uint8Array, allocation: number, long: boolean): void {
  const values = packet[2]! >> 6;
  if (values === VALUES_SAVED) {
    drive.check(mmc.SAVING_NOT_SUPPORTED);
    return;
  }
  const pages = drive.modePages.sense(packet[2]! & 0x3f, values, drive.locked);
  if (!pages) {
    drive.check(mmc.INVALID_FIELD_IN_PACKET);
    return;
  }
  const header = long
    ? [...be16(MODE_HEADER_10_BYTES - 2 + pages.length), 0, 0, 0, 0, 0, 0]
    : [(MODE_HEADER_6_BYTES - 1 + pages.length) & 0xff, 0, 0, 0];
  drive.respond([...header, ...pages], allocation);
}

/** PF must be set and SP clear: pages in the standard's format, not saved. */
function modeSelect(drive: PacketDrive, packet: Uint8Array, length: number): void {
  const PAGE_FORMAT = 0x10;
  const SAVE_PAGES = 0x01;
  if ((packet[1]! & (PAGE_FORMAT | SAVE_PAGES)) !== PAGE_FORMAT) drive.check(mmc.INVALID_FIELD_IN_PACKET);
  else drive.takeParameters(length);
}

/** The parameters of MODE SELECT have arrived. */
export function selectModePages(drive: PacketDrive, packet: Uint8Array, parameters: Uint8Array): void {
  const long = packet[0] === mmc.MODE_SELECT_10;
  const headerBytes = long ? MODE_HEADER_10_BYTES : MODE_HEADER_6_BYTES;
  if (parameters.length < headerBytes) {
    drive.check(mmc.PARAMETER_LIST_LENGTH_ERROR);
    return;
  }
  const descriptorBytes = long ? u16(parameters, 6) : parameters[3]!;
  if (drive.modePages.select(parameters.subarray(headerBytes + descriptorBytes))) drive.complete();
  else drive.check(mmc.INVALID_FIELD_IN_PARAMETERS);
}

function startStop(drive: PacketDrive, packet: Uint8Array): void {
  const START = 1;
  const LOAD_EJECT = 2;
  const request = packet[4]!;
  // A power condition in bits 7:4 makes the drive ignore the rest.
  if (request >> 4 === 0 && (request & LOAD_EJECT) !== 0) {
    if ((request & START) !== 0) drive.closeTray();
    else if (drive.locked) {
      drive.check(mmc.REMOVAL_PREVENTED);
      return;
    } else drive.openTray();
  }
  drive.complete();
}

function seek(drive: PacketDrive, packet: Uint8Array): void {
  const lba = u32(packet, 2);
  if (lba >= drive.shape!.blocks) {
    drive.check(mmc.ADDRESS_OUT_OF_RANGE);
    return;
  }
  drive.seekTo(lba);
  drive.complete();
}

function readToc(drive: PacketDrive, packet: Uint8Array): void {
  const medium = drive.shape!;
  const msf = (packet[1]! & 2) !== 0;
  // The old place of the format is in the last byte. [SFF-8020i] 10.8.20
  const format = packet[2]! & 15 || packet[9]! >> 6;
  const toc =
    format === 0
      ? tocTracks(medium, packet[6]!, msf)
      : format === 1
        ? tocSessions(msf)
        : format === 2
          ? tocFull(medium)
          : undefined;
  if (toc) drive.respond(toc, u16(packet, 7));
  else drive.check(mmc.INVALID_FIELD_IN_PACKET);
}

function readSubchannel(drive: PacketDrive, packet: Uint8Array): void {
  const SUBQ = 0x40;
  const format = (packet[2]! & SUBQ) === 0 ? 0 : packet[3]!;
  const valid = (packet[2]! & SUBQ) === 0 || format !== 0;
  const data = valid ? subchannelData(format, drive.pickup, (packet[1]! & 2) !== 0) : undefined;
  if (data) drive.respond(data, u16(packet, 7));
  else drive.check(mmc.INVALID_FIELD_IN_PACKET);
}

function readDiscInformation(drive: PacketDrive, packet: Uint8Array): void {
  if ((packet[1]! & 7) !== 0) drive.check(mmc.INVALID_FIELD_IN_PACKET);
  else drive.respond(discInformation(), u16(packet, 7));
}

/** By LBA, by track or by session: there is one of each. */
function readTrackInformation(drive: PacketDrive, packet: Uint8Array): void {
  const medium = drive.shape!;
  const address = u32(packet, 2);
  const type = packet[1]! & 3;
  const found = type === 0 ? address < medium.blocks : type <= 2 && address === 1;
  if (found) drive.respond(trackInformation(medium), u16(packet, 7));
  else drive.check(mmc.INVALID_FIELD_IN_PACKET);
}

function readCdMsf(drive: PacketDrive, packet: Uint8Array): void {
  const at = (i: number): number => msfToLba({ minute: packet[i]!, second: packet[i + 1]!, frame: packet[i + 2]! });
  const start = at(3);
  const end = at(6);
  if (end < start) drive.check(mmc.INVALID_FIELD_IN_PACKET);
  else readCd(drive, packet, start, end - start);
}

function readCd(drive: PacketDrive, packet: Uint8Array, lba: number, blocks: number): void {
  const EXPECT_ANY = 0;
  const EXPECT_MODE_1 = 2;
  const C2_BYTES = [0, 294, 296];
  const expected = (packet[1]! >> 2) & 7;
  const selection = packet[9]!;
  const c2Bytes = C2_BYTES[(selection >> 1) & 3];
  if (expected !== EXPECT_ANY && expected !== EXPECT_MODE_1) {
    drive.check(mmc.ILLEGAL_MODE_FOR_TRACK);
    return;
  }
  // Subchannel data is not kept in image files.
  if (c2Bytes === undefined || (packet[10]! & 7) !== 0) {
    drive.check(mmc.INVALID_FIELD_IN_PACKET);
    return;
  }
  const fields: SectorFields = {
    sync: (selection & 0x80) !== 0,
    header: (selection & 0x20) !== 0,
    userData: (selection & 0x10) !== 0,
    edcEcc: (selection & 0x08) !== 0,
    c2Bytes,
  };
  const userDataAlone = fields.userData && !fields.sync && !fields.header && !fields.edcEcc && c2Bytes === 0;
  drive.readBlocks(lba, sectorFieldBytes(fields) === 0 ? 0 : blocks, userDataAlone ? null : fields);
}
