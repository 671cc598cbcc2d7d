/** KolibriOS up to its desktop. */
import type { Guest, GuestSpec } from "./guest.ts";
import type { Box, Picture } from "./picture.ts";

export const KOLIBRIOS: GuestSpec = { memoryMiB: 128, floppy: "kolibrios-1440k.img", bootOrder: ["floppy"] };

/** More than the pages before it have. */
const DESKTOP_COLORS = 1000;
/** The clock below blinks. */
const TASKBAR_TOP = 570;

/** Where the desktop differs, but for the bar with the clock. */
export function desktopChanges(before: Picture, after: Picture): Box[] {
  return before.changes(after).filter(({ bottom }) => bottom < TASKBAR_TOP);
}

/** Waits for the desktop, and until nothing is drawn any more. @returns its picture */
export async function showDesktop(guest: Guest): Promise<Picture> {
  let before = await guest.picture();
  const rests = async () => {
    const now = await guest.picture();
    const isSame = now.widthPx === before.widthPx && desktopChanges(before, now).length === 0;
    before = now;
    return isSame && now.colors > DESKTOP_COLORS;
  };
  await guest.until("KolibriOS's desktop at rest", rests, 120, 1000);
  return before;
}
