/** KolibriOS from a floppy: its desktop, whose pointer moves with the mouse. */
import { expect, test } from "vitest";
import { Guest } from "./support/guest.ts";
import { KOLIBRIOS, desktopChanges, showDesktop } from "./support/kolibrios.ts";

test("KolibriOS: desktop, and the pointer moves", async (context) => {
  const guest = await Guest.make(context, KOLIBRIOS);
  const rest = await showDesktop(guest);
  expect([rest.widthPx, rest.heightPx]).toEqual([800, 600]);

  const after = async (dx: number, dy: number) => {
    await guest.vm.moveMouse(dx, dy);
    await guest.run(500);
    return guest.picture();
  };
  const changes = desktopChanges(rest, await after(60, -40));
  // The pointer is gone from the middle and stands to the right and above.
  expect(changes).toHaveLength(2);
  const [now, before] = changes;
  expect(before).toMatchObject({ left: 400, top: 300 });
  expect(now!.left).toBeGreaterThan(before!.left + 50);
  expect(now!.bottom).toBeLessThan(before!.top - 10);
  for (const { left, top, right, bottom } of changes)
    expect([right - left < 24, bottom - top < 24], "the size of a pointer").toEqual([true, true]);
  expect(desktopChanges(rest, await after(-60, 40))).toEqual([]);
});
