/**
 * How large a guest's picture is shown. fit: as large as there is room for with the monitor's aspect ratio, a little
 * smaller where whole pixels come out that way, since those are sharp. integer: the largest whole multiple, whatever the
 * aspect ratio. original: one pixel for one; what is larger than the room is scrolled.
 */
import type { ScreenScale } from "../../services/preferences.ts";

export interface FitMode {
  widthPx: number;
  heightPx: number;
  /** Width to height on the monitor. */
  aspect: number;
}

export interface Fit {
  /** In CSS pixels. */
  width: number;
  height: number;
  /** Whether pixels are to be shown as they are, without smoothing. */
  crisp: boolean;
}

/** So much of the size is given up for whole pixels. */
const SNAP_LOSS = 0.12;
/** So much the aspect ratio may be off for whole lines. */
const SNAP_ASPECT = 0.03;
/** From so many screen pixels for one of the guest on, uneven ones are not seen. */
const FINE_SCALE = 2.5;

/**
 * @param roomWidth and roomHeight in CSS pixels
 * @param ratio device pixels in a CSS pixel
 */
export function fitScreen(
  mode: FitMode,
  roomWidth: number,
  roomHeight: number,
  ratio: number,
  scale: ScreenScale = "fit",
): Fit {
  if (scale !== "fit") {
    const most = Math.min((roomWidth * ratio) / mode.widthPx, (roomHeight * ratio) / mode.heightPx);
    const times = scale === "original" ? 1 : Math.max(1, Math.floor(most));
    // One pixel for one is meant of the page's pixels: a guest's text would be unreadably small on dense screens.
    const factor = scale === "original" ? times : times / ratio;
    return { width: mode.widthPx * factor, height: mode.heightPx * factor, crisp: true };
  }
  const widest = Math.max(1, Math.min(roomWidth, roomHeight * mode.aspect)) * ratio;
  const scaleX = snapDown(widest / mode.widthPx);
  const wantedY = (scaleX * mode.widthPx) / mode.aspect / mode.heightPx;
  const nearY = Math.round(wantedY);
  const roomY = (roomHeight * ratio) / mode.heightPx;
  const scaleY = nearY >= 1 && nearY <= roomY && Math.abs(nearY / wantedY - 1) <= SNAP_ASPECT ? nearY : wantedY;
  const whole = Number.isInteger(scaleX) && Number.isInteger(scaleY);
  return {
    width: (scaleX * mode.widthPx) / ratio,
    height: (scaleY * mode.heightPx) / ratio,
    crisp: whole || Math.min(scaleX, scaleY) >= FINE_SCALE,
  };
}

function snapDown(scale: number): number {
  const whole = Math.floor(scale);
  return whole >= 1 && 1 - whole / scale <= SNAP_LOSS ? whole : scale;
}
