/**
 * Intel 440FX host bridge (82441FX PMC), 8086:1237 at 00:00.0: the PAM registers that turn the areas between 768 KiB and
 * 1 MiB into ROM, RAM or shadowed ROM, and SMRAM.
 *
 * Left out: DRAM timing (the registers keep what is written, nothing depends on them) and system management mode itself
 * (the processor has none; SMRAM can be opened as plain RAM, as firmware does to fill it).
 * References: [i440FX] 3.2 (configuration registers), 3.2.18 (PAM), 3.2.25 (SMRAM).
 */
import type { LowPageKind } from "../../../core/core.ts";
import { PCI_LATENCY_TIMER } from "./config-space.ts";
import { PciFunction } from "./pci-function.ts";
import type { DeviceState } from "../../device.ts";

/** Maps one 4 KiB page below 1 MiB; `CoreInterface.setLowPage`. */
export type SetLowPage = (physAddr: number, kind: LowPageKind) => void;

const PMCCFG = 0x50;
const DRAMT = 0x58;
const PAM0 = 0x59;
const PAM6 = 0x5f;
const DRB0 = 0x60;
const FDHC = 0x68;
const SMRAM = 0x72;

const PAM_READ_ENABLE = 1;
const PAM_WRITE_ENABLE = 2;
const PAM_WRITABLE_BITS = 0x33;

const SMRAM_D_OPEN = 1 << 6;
const SMRAM_D_LOCKED = 1 << 4;
const SMRAM_ENABLE = 1 << 3;
/** C_BASE_SEG: only 010b (A0000h) is defined, and it is hard-wired. */
const SMRAM_RESET = 0x02;

const PAGE_BYTES = 0x1000;
const SMRAM_START = 0xa0000;
const SMRAM_END = 0xc0000;
/** From here on the PCI bus has the firmware ROM to answer; below, nothing answers but option ROMs that were shadowed. */
const FIRMWARE_ROM_START = 0xe0000;

interface PamArea {
  register: number;
  shift: 0 | 4;
  start: number;
  sizeBytes: number;
}

/** PAM0's low nibble is reserved; PAM1–PAM6 hold two 16 KiB areas each, from C0000h up. */
const PAM_AREAS: PamArea[] = [
  { register: PAM0, shift: 4, start: 0xf0000, sizeBytes: 0x10000 },
  ...Array.from({ length: 12 }, (_, i): PamArea => ({
    register: PAM0 + 1 + (i >> 1),
    shift: (i & 1) === 0 ? 0 : 4,
    start: 0xc0000 + i * 0x4000,
    sizeBytes: 0x4000,
  })),
];

export class I440fxHostBridge extends PciFunction {
  /** Kind that each page was last given, so that a register write maps only what changes. */
  private readonly mapped = new Map<number, LowPageKind>();

  constructor(private readonly setLowPage: SetLowPage) {
    super("i440FX host bridge", {
      vendorId: 0x8086,
      deviceId: 0x1237,
      classCode: 0x060000,
      revision: 2,
      // By these SeaBIOS knows a board that tells it about itself through fw_cfg.
      subsystemVendorId: 0x1af4,
      subsystemId: 0x1100,
    });
    this.define(PCI_LATENCY_TIMER, 1, 0, 0xf8);
    this.define(PMCCFG, 2, 0, 0xffff);
    for (let at = PMCCFG + 2; at <= DRAMT; at++) this.define(at, 1, 0, 0xff);
    this.define(PAM0, 1, 0, 0x30);
    for (let at = PAM0 + 1; at <= PAM6; at++) this.define(at, 1, 0, PAM_WRITABLE_BITS);
    for (let at = DRB0; at < DRB0 + 8; at++) this.define(at, 1, 1, 0xff);
    this.define(FDHC, 1, 0, 0xff);
    this.define(SMRAM, 1, SMRAM_RESET, SMRAM_D_OPEN | (1 << 5) | SMRAM_D_LOCKED | SMRAM_ENABLE);
  }

  override reset(): void {
    super.reset();
    this.mapped.clear();
    this.updateMap();
  }

  override restore(state: DeviceState): void {
    super.restore(state);
    this.mapped.clear();
    this.updateMap();
  }

  override configWrite(offset: number, sizeBytes: 1 | 2 | 4, value: number): void {
    const before = this.config[SMRAM]!;
    super.configWrite(offset, sizeBytes, value);
    if (offset <= SMRAM && offset + sizeBytes > SMRAM) this.applyLock(before);
    if (offset <= SMRAM && offset + sizeBytes > PAM0) this.updateMap();
  }

  /** D_LCK, once set, stays set until reset, holds D_OPEN clear and freezes the register. [i440FX] 3.2.25 */
  private applyLock(before: number): void {
    if ((before & SMRAM_D_LOCKED) !== 0) this.config[SMRAM] = before;
    else if ((this.config[SMRAM]! & SMRAM_D_LOCKED) !== 0) this.config[SMRAM]! &= ~SMRAM_D_OPEN;
  }

  private updateMap(): void {
    for (const { register, shift, start, sizeBytes } of PAM_AREAS) {
      const kind = pamKind((this.config[register]! >> shift) & 3, start);
      for (let at = start; at < start + sizeBytes; at += PAGE_BYTES) this.map(at, kind);
    }
    const open = SMRAM_D_OPEN | SMRAM_ENABLE;
    const low: LowPageKind = (this.config[SMRAM]! & open) === open ? "ram" : "mmio";
    for (let at = SMRAM_START; at < SMRAM_END; at += PAGE_BYTES) this.map(at, low);
  }

  private map(physAddr: number, kind: LowPageKind): void {
    if (this.mapped.get(physAddr) === kind) return;
    this.mapped.set(physAddr, kind);
    this.setLowPage(physAddr, kind);
  }
}

function pamKind(bits: number, start: number): LowPageKind {
  switch (bits) {
    case PAM_READ_ENABLE | PAM_WRITE_ENABLE:
      return "ram";
    case PAM_READ_ENABLE:
      return "ramReadOnly";
    case PAM_WRITE_ENABLE:
      return "romReadRamWrite";
    default:
      return start >= FIRMWARE_ROM_START ? "rom" : "mmio";
  }
}
