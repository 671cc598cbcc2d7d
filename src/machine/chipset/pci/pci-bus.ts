/**
 * PCI bus 0: which function sits where, and how INTx pins reach the four PIRQ lines of the south bridge.
 *
 * The bus owns its functions: it resets, saves and restores them. Slots are wired as on the i440FX boards that
 * SeaBIOS, its $PIR table and the usual ACPI _PRT describe: slot 1's INTA# is PIRQA, each further slot is rotated by one.
 * Left out: other buses. References: [PCI 2.3] 2.2.6, 3.2.2; [PIIX3] 2.1.
 */
import { assert } from "../../../shared/assert.ts";
import { hex } from "../../../shared/hex.ts";
import { logger } from "../../../shared/log.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";
import { CONFIG_SPACE_BYTES } from "./config-space.ts";
import type { PciFunction } from "./pci-function.ts";

/** Takes the levels of the lines PIRQA (0) to PIRQD (3). */
export interface PirqRouter {
  setPirq(pirq: number, asserted: boolean): void;
}

export const PIRQ_COUNT = 4;
const SLOTS = 32;
const FUNCTIONS_PER_SLOT = 8;
const log = logger("pci");

/** The PIRQ line (0 = A) that `pin` (1 = INTA#) of `slot` is wired to. ACPI's _PRT must say the same. */
export function pirqOf(slot: number, pin: number): number {
  return (slot + pin + 2) % PIRQ_COUNT;
}

/** "00:01.3" as lspci prints it. */
export function pciAddress(slot: number, fn: number): string {
  return `00:${hex(slot, 2).toLowerCase()}.${fn}`;
}

export class PciBus implements Device {
  private readonly functions: (PciFunction | undefined)[] = new Array<PciFunction | undefined>(
    SLOTS * FUNCTIONS_PER_SLOT,
  ).fill(undefined);
  /** Functions that hold each PIRQ line. */
  private readonly holders: Set<number>[] = Array.from({ length: PIRQ_COUNT }, () => new Set<number>());
  private router: PirqRouter | undefined;

  /** Puts a function into its slot for good. */
  add(slot: number, fn: number, device: PciFunction): void {
    const place = slot * FUNCTIONS_PER_SLOT + fn;
    assert(slot < SLOTS && fn < FUNCTIONS_PER_SLOT && !this.functions[place], `PCI ${pciAddress(slot, fn)} is taken`);
    this.functions[place] = device;
    const inSlot = this.functions.slice(slot * FUNCTIONS_PER_SLOT, (slot + 1) * FUNCTIONS_PER_SLOT);
    if (inSlot.filter(Boolean).length > 1) for (const each of inSlot) each?.markMultifunction();
    device.connectIntx((asserted) => this.setPin(place, device.interruptPin, asserted));
  }

  /** Where the PIRQ lines go; levels that are already held are handed over. */
  connectPirqs(router: PirqRouter): void {
    this.router = router;
    this.holders.forEach((held, pirq) => router.setPirq(pirq, held.size > 0));
  }

  function(slot: number, fn: number): PciFunction | undefined {
    return this.functions[slot * FUNCTIONS_PER_SLOT + fn];
  }

  /** Every function with its place, in bus order. */
  *all(): Generator<{ slot: number; fn: number; device: PciFunction }> {
    for (const [place, device] of this.functions.entries())
      if (device) yield { slot: place >> 3, fn: place & 7, device };
  }

  /** A configuration cycle; nobody there answers with all ones (master abort). [PCI 2.3] 6.1 */
  configRead(slot: number, fn: number, offset: number, sizeBytes: 1 | 2 | 4): number {
    const device = this.function(slot, fn);
    if (!device || offset + sizeBytes > CONFIG_SPACE_BYTES) return 0xffffffff >>> (32 - 8 * sizeBytes);
    return device.configRead(offset, sizeBytes);
  }

  configWrite(slot: number, fn: number, offset: number, sizeBytes: 1 | 2 | 4, value: number): void {
    log.debug(`${pciAddress(slot, fn)} [${hex(offset, 2)}] <- ${hex(value, sizeBytes * 2)}`);
    if (offset + sizeBytes <= CONFIG_SPACE_BYTES) this.function(slot, fn)?.configWrite(offset, sizeBytes, value);
  }

  reset(): void {
    for (const { device } of this.all()) device.reset();
  }

  save(): DeviceState {
    const functions: DeviceState = { version: 1 };
    for (const { slot, fn, device } of this.all()) functions[pciAddress(slot, fn)] = device.save();
    return { version: 1, functions };
  }

  restore(state: DeviceState): void {
    expectVersion("the PCI bus", state, 1);
    const functions = state.functions as Record<string, DeviceState | undefined>;
    for (const { slot, fn, device } of this.all()) {
      const saved = functions[pciAddress(slot, fn)];
      if (saved) device.restore(saved);
      else device.reset();
    }
  }

  private setPin(place: number, pin: number, asserted: boolean): void {
    if (pin === 0) return;
    const pirq = pirqOf(place >> 3, pin);
    const held = this.holders[pirq]!;
    if (asserted) held.add(place);
    else held.delete(place);
    this.router?.setPirq(pirq, held.size > 0);
  }
}
