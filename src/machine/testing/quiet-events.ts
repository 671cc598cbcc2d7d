/** Events of a machine with nothing behind them, for tests that are about something else. */
import type { MachineEvents } from "../machine-parts.ts";

const ignored = (): void => {};

export const quietEvents: Readonly<MachineEvents> = {
  serial: ignored,
  keyboardLeds: ignored,
  pointerMode: ignored,
  debugText: ignored,
  postCode: ignored,
  debugExit: ignored,
  poweredOff: ignored,
  resetRequested: ignored,
  wake: ignored,
};
