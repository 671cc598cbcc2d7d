/**
 * One PCI function: 256 bytes of configuration space with per-bit write masks, base address registers with the sizing
 * protocol, decode enables, a capabilities list and an INTx pin. Devices derive from it and override the hooks.
 *
 * Left out: type 1 headers (there are no bridges to other buses), parity and SERR# signalling, power states.
 * References: [PCI 2.3] 6.2 (header), 6.2.5 (base addresses), 6.2.5.2 (expansion ROM), 6.7 (capabilities).
 */
import { assert } from "../../../shared/assert.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";
import {
  BAR_IO_SPACE,
  BAR_MEMORY_64BIT,
  BAR_MEMORY_PREFETCHABLE,
  COMMAND_BUS_MASTER,
  COMMAND_INTERRUPT_DISABLE,
  COMMAND_IO_SPACE,
  COMMAND_MEMORY_SPACE,
  COMMAND_PARITY_ERROR_RESPONSE,
  COMMAND_SERR_ENABLE,
  CONFIG_SPACE_BYTES,
  HEADER_TYPE_MULTIFUNCTION,
  PCI_BAR0,
  PCI_CAPABILITIES_POINTER,
  PCI_CLASS_CODE,
  PCI_COMMAND,
  PCI_DEVICE_ID,
  PCI_EXPANSION_ROM,
  PCI_HEADER_END,
  PCI_HEADER_TYPE,
  PCI_INTERRUPT_LINE,
  PCI_INTERRUPT_PIN,
  PCI_LATENCY_TIMER,
  PCI_REVISION_ID,
  PCI_STATUS,
  PCI_SUBSYSTEM_ID,
  PCI_SUBSYSTEM_VENDOR_ID,
  PCI_VENDOR_ID,
  ROM_ENABLE,
  STATUS_CAPABILITIES_LIST,
  STATUS_INTERRUPT,
  STATUS_WRITE_ONE_TO_CLEAR,
} from "./config-space.ts";

export interface PciIdentity {
  vendorId: number;
  deviceId: number;
  /** 24 bits: base class, subclass, programming interface. */
  classCode: number;
  revision?: number;
  subsystemVendorId?: number;
  subsystemId?: number;
  /** 0 none, 1 INTA# … 4 INTD#. */
  interruptPin?: number;
}

export interface BarSpec {
  kind: "io" | "memory";
  /** A power of two: at least 4 for I/O, 16 for memory. */
  sizeBytes: number;
  prefetchable?: boolean;
  /** Takes two registers, `index` and `index + 1`. */
  is64Bit?: boolean;
}

/** Index that `onBarMoved` gets for the expansion ROM. */
export const EXPANSION_ROM_BAR = 6;

/** How a function drives its INTx pin; the bus plugs itself in here. */
export type IntxSink = (asserted: boolean) => void;

export class PciFunction implements Device {
  /** Configuration space as the guest reads it. Derived classes may set status bits here; the guest goes by masks. */
  protected readonly config = new Uint8Array(CONFIG_SPACE_BYTES);
  private readonly resetImage = new Uint8Array(CONFIG_SPACE_BYTES);
  private readonly writeMask = new Uint8Array(CONFIG_SPACE_BYTES);
  private readonly writeOneToClear = new Uint8Array(CONFIG_SPACE_BYTES);
  private readonly bars: (BarSpec | undefined)[] = new Array<BarSpec | undefined>(7).fill(undefined);
  private readonly decodedBases: (number | null)[] = new Array<number | null>(7).fill(null);
  private lastCapability = 0;
  private intxRequested = false;
  private intxSink: IntxSink = () => {};

  /** `name` appears in logs and errors. */
  constructor(
    readonly name: string,
    identity: PciIdentity,
  ) {
    this.define(PCI_VENDOR_ID, 2, identity.vendorId);
    this.define(PCI_DEVICE_ID, 2, identity.deviceId);
    this.define(PCI_REVISION_ID, 1, identity.revision ?? 0);
    this.define(PCI_CLASS_CODE, 1, identity.classCode & 0xff);
    this.define(PCI_CLASS_CODE + 1, 2, identity.classCode >>> 8);
    this.define(PCI_SUBSYSTEM_VENDOR_ID, 2, identity.subsystemVendorId ?? 0);
    this.define(PCI_SUBSYSTEM_ID, 2, identity.subsystemId ?? 0);
    this.define(PCI_INTERRUPT_PIN, 1, identity.interruptPin ?? 0);
    this.define(PCI_INTERRUPT_LINE, 1, 0, 0xff);
    this.define(PCI_LATENCY_TIMER, 1, 0, 0xf8);
    this.define(
      PCI_COMMAND,
      2,
      0,
      COMMAND_IO_SPACE |
        COMMAND_MEMORY_SPACE |
        COMMAND_BUS_MASTER |
        COMMAND_PARITY_ERROR_RESPONSE |
        COMMAND_SERR_ENABLE |
        COMMAND_INTERRUPT_DISABLE,
    );
    this.writeOneToClear[PCI_STATUS] = STATUS_WRITE_ONE_TO_CLEAR & 0xff;
    this.writeOneToClear[PCI_STATUS + 1] = STATUS_WRITE_ONE_TO_CLEAR >>> 8;
  }

  // ---- for derived classes: what the function is --------------------------------------------------------------

  /** Sets a register's value after reset and which of its bits the guest may write. */
  protected define(offset: number, sizeBytes: 1 | 2 | 4, resetValue: number, writeMask = 0): void {
    for (let i = 0; i < sizeBytes; i++) {
      const byte = (resetValue >>> (8 * i)) & 0xff;
      this.resetImage[offset + i] = byte;
      this.config[offset + i] = byte;
      this.writeMask[offset + i] = (writeMask >>> (8 * i)) & 0xff;
    }
  }

  /** Declares base address register `index` (0–5). [PCI 2.3] 6.2.5.1 */
  protected addBar(index: number, spec: BarSpec): void {
    assert(index >= 0 && index <= (spec.is64Bit ? 4 : 5) && !this.bars[index], `${this.name}: BAR ${index}`);
    assert((spec.sizeBytes & (spec.sizeBytes - 1)) === 0, `${this.name}: BAR size ${spec.sizeBytes}`);
    this.bars[index] = spec;
    const offset = PCI_BAR0 + 4 * index;
    const mask = -spec.sizeBytes >>> 0;
    if (spec.kind === "io") {
      this.define(offset, 4, BAR_IO_SPACE, (mask & ~3) >>> 0);
      return;
    }
    const type = (spec.is64Bit ? BAR_MEMORY_64BIT : 0) | (spec.prefetchable ? BAR_MEMORY_PREFETCHABLE : 0);
    this.define(offset, 4, type, (mask & ~15) >>> 0);
    if (spec.is64Bit) this.define(offset + 4, 4, 0, 0xffffffff);
  }

  /** Declares the expansion ROM base address register; `sizeBytes` is a power of two of at least 2 KiB. */
  protected addExpansionRom(sizeBytes: number): void {
    assert(sizeBytes >= 2048 && (sizeBytes & (sizeBytes - 1)) === 0, `${this.name}: ROM size ${sizeBytes}`);
    this.bars[EXPANSION_ROM_BAR] = { kind: "memory", sizeBytes };
    this.define(PCI_EXPANSION_ROM, 4, 0, ((-sizeBytes >>> 0) | ROM_ENABLE) >>> 0);
  }

  /**
   * Appends a capability at `offset` (dword aligned, 0x40 or above): `body` follows the two header bytes, with `mask`
   * telling which of its bits the guest may write.
   */
  protected addCapability(id: number, offset: number, body: Uint8Array, mask?: Uint8Array): void {
    assert(offset >= PCI_HEADER_END && (offset & 3) === 0, `${this.name}: capability at ${offset}`);
    this.define(this.lastCapability ? this.lastCapability + 1 : PCI_CAPABILITIES_POINTER, 1, offset);
    this.define(offset, 1, id);
    this.define(offset + 1, 1, 0);
    body.forEach((byte, i) => this.define(offset + 2 + i, 1, byte, mask?.[i] ?? 0));
    this.lastCapability = offset;
    this.resetImage[PCI_STATUS]! |= STATUS_CAPABILITIES_LIST;
    this.config[PCI_STATUS]! |= STATUS_CAPABILITIES_LIST;
  }

  // ---- hooks --------------------------------------------------------------------------------------------------

  /**
   * BAR `index` (EXPANSION_ROM_BAR for the ROM) now decodes at `base`, a port or a physical address; null when it
   * decodes nothing: not yet placed, switched off in the command register, or in the middle of sizing.
   */
  protected onBarMoved(_index: number, _base: number | null): void {}

  /** The guest wrote `sizeBytes` at `offset`; `config` already holds the masked result. */
  protected onConfigWritten(_offset: number, _sizeBytes: number): void {}

  // ---- state that derived classes ask for -----------------------------------------------------------------------

  protected get command(): number {
    return this.config[PCI_COMMAND]! | (this.config[PCI_COMMAND + 1]! << 8);
  }

  get ioSpaceEnabled(): boolean {
    return (this.command & COMMAND_IO_SPACE) !== 0;
  }

  get busMasterEnabled(): boolean {
    return (this.command & COMMAND_BUS_MASTER) !== 0;
  }

  /** Where BAR `index` decodes now; null when it does not. */
  barBase(index: number): number | null {
    return this.decodedBases[index] ?? null;
  }

  /** What BAR `index` asks for; undefined where there is none. */
  barSpec(index: number): Readonly<BarSpec> | undefined {
    return this.bars[index];
  }

  /** 0 none, 1 INTA# … 4 INTD#. */
  get interruptPin(): number {
    return this.config[PCI_INTERRUPT_PIN]!;
  }

  /** Drives the INTx pin; the command register may hold it back. [PCI 2.3] 6.2.2 */
  protected setIntx(asserted: boolean): void {
    this.intxRequested = asserted;
    this.driveIntx();
  }

  // ---- for the bus ----------------------------------------------------------------------------------------------

  connectIntx(sink: IntxSink): void {
    this.intxSink = sink;
    this.driveIntx();
  }

  markMultifunction(): void {
    this.resetImage[PCI_HEADER_TYPE]! |= HEADER_TYPE_MULTIFUNCTION;
    this.config[PCI_HEADER_TYPE]! |= HEADER_TYPE_MULTIFUNCTION;
  }

  configRead(offset: number, sizeBytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | (this.config[offset + i] ?? 0xff);
    return value >>> 0;
  }

  configWrite(offset: number, sizeBytes: 1 | 2 | 4, value: number): void {
    const end = Math.min(offset + sizeBytes, CONFIG_SPACE_BYTES);
    for (let at = offset, rest = value; at < end; at++, rest >>>= 8) {
      const mask = this.writeMask[at]!;
      const kept = this.config[at]! & ~mask & ~(rest & this.writeOneToClear[at]!);
      this.config[at] = kept | (rest & mask);
    }
    if (offset < PCI_STATUS || (offset < PCI_EXPANSION_ROM + 4 && end > PCI_BAR0)) this.updateDecoding();
    if (offset < PCI_STATUS) this.driveIntx();
    this.onConfigWritten(offset, end - offset);
  }

  // ---- Device -----------------------------------------------------------------------------------------------------

  reset(): void {
    this.config.set(this.resetImage);
    this.intxRequested = false;
    this.driveIntx();
    this.updateDecoding();
  }

  /** Derived classes keep this under a field of their own state. */
  save(): DeviceState {
    return { version: 1, config: this.config.slice(), intx: this.intxRequested };
  }

  restore(state: DeviceState): void {
    expectVersion(`the PCI function ${this.name}`, state, 1);
    this.config.set((state.config as Uint8Array).subarray(0, CONFIG_SPACE_BYTES));
    this.intxRequested = state.intx === true;
    this.updateDecoding();
    this.driveIntx();
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  private driveIntx(): void {
    if (this.intxRequested) this.config[PCI_STATUS]! |= STATUS_INTERRUPT;
    else this.config[PCI_STATUS]! &= ~STATUS_INTERRUPT;
    this.intxSink(this.intxRequested && (this.command & COMMAND_INTERRUPT_DISABLE) === 0);
  }

  private updateDecoding(): void {
    for (let index = 0; index < this.bars.length; index++) {
      const spec = this.bars[index];
      if (!spec) continue;
      const base = this.placedAt(index, spec);
      if (base === this.decodedBases[index]) continue;
      this.decodedBases[index] = base;
      this.onBarMoved(index, base);
    }
  }

  private placedAt(index: number, spec: BarSpec): number | null {
    const enable = spec.kind === "io" ? COMMAND_IO_SPACE : COMMAND_MEMORY_SPACE;
    if ((this.command & enable) === 0) return null;
    const isRom = index === EXPANSION_ROM_BAR;
    const offset = isRom ? PCI_EXPANSION_ROM : PCI_BAR0 + 4 * index;
    const register = this.configRead(offset, 4);
    if (isRom && (register & ROM_ENABLE) === 0) return null;
    let base = (register & (-spec.sizeBytes >>> 0)) >>> 0;
    if (spec.is64Bit) base += this.configRead(offset + 4, 4) * 2 ** 32;
    // Address 0 means "not placed"; a window that touches the end of its space is the all-ones of BAR sizing.
    if (base === 0) return null;
    if (spec.kind === "io") return base + spec.sizeBytes <= 0xffff ? base : null;
    const end = base + spec.sizeBytes;
    return end < 2 ** 32 || (spec.is64Bit && base >= 2 ** 32 && end < 2 ** 52) ? base : null;
  }
}
