/** All that the device fuzzer drives without a core. */
import { boardOfFakeCore, pciTarget, vgaTarget } from "./board-targets.ts";
import {
  dmaTarget,
  hpetTarget,
  ioapicTarget,
  picTarget,
  pitTarget,
  rtcTarget,
  smallPortsTarget,
} from "./chipset-targets.ts";
import type { FuzzTarget } from "./device-fuzzer.ts";
import { ataDiskTarget, cdromTarget, floppyTarget } from "./drive-targets.ts";
import { flashTarget } from "./flash-target.ts";
import { firmwareConfigurationTarget, keyboardControllerTarget, pointerTarget, uartTarget } from "./input-targets.ts";

export const fuzzTargets: readonly FuzzTarget[] = [
  pitTarget,
  picTarget,
  rtcTarget,
  dmaTarget,
  hpetTarget,
  ioapicTarget,
  smallPortsTarget,
  uartTarget,
  keyboardControllerTarget,
  pointerTarget,
  firmwareConfigurationTarget,
  ataDiskTarget,
  cdromTarget,
  floppyTarget,
  flashTarget,
  vgaTarget,
  pciTarget,
  boardOfFakeCore,
];
