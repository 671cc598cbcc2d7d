/**
 * Names of the packet commands and sense codes that the CD-ROM drive knows.
 * References: [MMC-3] 6 (commands), [SPC-2] 7 (INQUIRY, MODE SENSE, REQUEST SENSE), annex C (sense codes).
 */

export const TEST_UNIT_READY = 0x00;
export const REQUEST_SENSE = 0x03;
export const INQUIRY = 0x12;
export const MODE_SELECT_6 = 0x15;
export const MODE_SENSE_6 = 0x1a;
export const START_STOP_UNIT = 0x1b;
export const PREVENT_ALLOW_MEDIUM_REMOVAL = 0x1e;
export const READ_CAPACITY = 0x25;
export const READ_10 = 0x28;
export const SEEK_10 = 0x2b;
export const READ_SUBCHANNEL = 0x42;
export const READ_TOC = 0x43;
export const GET_CONFIGURATION = 0x46;
export const GET_EVENT_STATUS_NOTIFICATION = 0x4a;
export const READ_DISC_INFORMATION = 0x51;
export const READ_TRACK_INFORMATION = 0x52;
export const MODE_SELECT_10 = 0x55;
export const MODE_SENSE_10 = 0x5a;
export const READ_12 = 0xa8;
export const READ_CD_MSF = 0xb9;
export const SET_CD_SPEED = 0xbb;
export const MECHANISM_STATUS = 0xbd;
export const READ_CD = 0xbe;

export interface Sense {
  key: number;
  /** Additional sense code and its qualifier. */
  asc: number;
  ascq: number;
  /** The block that a medium error is about. */
  information?: number;
}

const NOT_READY = 0x02;
const MEDIUM_ERROR = 0x03;
const ILLEGAL_REQUEST = 0x05;
const UNIT_ATTENTION = 0x06;

const sense = (key: number, asc: number, ascq = 0): Sense => ({ key, asc, ascq });

export const NO_SENSE = sense(0, 0);
export const MEDIUM_NOT_PRESENT_TRAY_CLOSED = sense(NOT_READY, 0x3a, 0x01);
export const MEDIUM_NOT_PRESENT_TRAY_OPEN = sense(NOT_READY, 0x3a, 0x02);
export const UNRECOVERED_READ_ERROR = sense(MEDIUM_ERROR, 0x11);
export const INVALID_COMMAND = sense(ILLEGAL_REQUEST, 0x20);
export const ADDRESS_OUT_OF_RANGE = sense(ILLEGAL_REQUEST, 0x21);
export const INVALID_FIELD_IN_PACKET = sense(ILLEGAL_REQUEST, 0x24);
export const INVALID_FIELD_IN_PARAMETERS = sense(ILLEGAL_REQUEST, 0x26);
export const PARAMETER_LIST_LENGTH_ERROR = sense(ILLEGAL_REQUEST, 0x1a);
export const SAVING_NOT_SUPPORTED = sense(ILLEGAL_REQUEST, 0x39);
export const REMOVAL_PREVENTED = sense(ILLEGAL_REQUEST, 0x53, 0x02);
export const ILLEGAL_MODE_FOR_TRACK = sense(ILLEGAL_REQUEST, 0x64);
export const MEDIUM_MAY_HAVE_CHANGED = sense(UNIT_ATTENTION, 0x28);

/** Media events of GET EVENT STATUS NOTIFICATION. [MMC-3] table 90 */
export const EVENT_NONE = 0;
export const EVENT_EJECT_REQUEST = 1;
export const EVENT_NEW_MEDIA = 2;
export const EVENT_MEDIA_REMOVAL = 3;
