/** SET FEATURES, as far as both kinds of drives share it. [ATA-6] 8.46 */
import type { StateValue } from "../../device.ts";
import { FASTEST_MULTIWORD_DMA, FASTEST_ULTRA_DMA, type TransferMode } from "./ata-identify.ts";

export interface DriveSettings {
  writeCache: boolean;
  lookAhead: boolean;
  transferMode: TransferMode;
  /** Reverting to power-on defaults at a software reset was disabled. */
  keepAtSoftReset: boolean;
}

export function defaultDriveSettings(): DriveSettings {
  return { writeCache: true, lookAhead: true, transferMode: { kind: "pio", mode: 4 }, keepAtSoftReset: false };
}

export function restoreDriveSettings(state: StateValue): DriveSettings {
  const saved = state as unknown as DriveSettings;
  return { ...saved, transferMode: { ...saved.transferMode } };
}

const ENABLE_WRITE_CACHE = 0x02;
const SET_TRANSFER_MODE = 0x03;
const DISABLE_LOOK_AHEAD = 0x55;
const DISABLE_REVERT_TO_DEFAULTS = 0x66;
const DISABLE_WRITE_CACHE = 0x82;
const ENABLE_LOOK_AHEAD = 0xaa;
const ENABLE_REVERT_TO_DEFAULTS = 0xcc;

const FASTEST_PIO = 4;

/** Changes `settings`. @returns false where the drive has to abort the command. */
export function applySetFeatures(settings: DriveSettings, feature: number, count: number): boolean {
  switch (feature) {
    case ENABLE_WRITE_CACHE:
    case DISABLE_WRITE_CACHE:
      settings.writeCache = feature === ENABLE_WRITE_CACHE;
      return true;
    case ENABLE_LOOK_AHEAD:
    case DISABLE_LOOK_AHEAD:
      settings.lookAhead = feature === ENABLE_LOOK_AHEAD;
      return true;
    case DISABLE_REVERT_TO_DEFAULTS:
    case ENABLE_REVERT_TO_DEFAULTS:
      settings.keepAtSoftReset = feature === DISABLE_REVERT_TO_DEFAULTS;
      return true;
    case SET_TRANSFER_MODE: {
      const mode = transferMode(count);
      if (mode) settings.transferMode = mode;
      return mode !== undefined;
    }
    default:
      return false;
  }
}

/** The mode that the count register names; bits 7:3 are the kind. [ATA-6] table 29 */
function transferMode(count: number): TransferMode | undefined {
  const mode = count & 7;
  switch (count >> 3) {
    case 0:
      return mode <= 1 ? { kind: "pio", mode: FASTEST_PIO } : undefined;
    case 1:
      return mode <= FASTEST_PIO ? { kind: "pio", mode } : undefined;
    case 4:
      return mode <= FASTEST_MULTIWORD_DMA ? { kind: "multiwordDma", mode } : undefined;
    case 8:
      return mode <= FASTEST_ULTRA_DMA ? { kind: "ultraDma", mode } : undefined;
    default:
      return undefined;
  }
}
