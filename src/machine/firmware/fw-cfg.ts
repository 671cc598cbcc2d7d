/**
 * The firmware configuration device of QEMU machines: numbered items and named files that firmware reads at ports
 * 0x510–0x511, or copies to memory through the DMA registers at 0x514–0x51B. What the items say is the board's business.
 *
 * Left out: items that the guest may write (there are none; such a DMA command fails).
 * Reference: [FW-CFG] QEMU docs/specs/fw_cfg.rst. Multi-byte numbers of the interface itself are big-endian.
 */
import { assert } from "../../shared/assert.ts";
import type { AccessSize, PortDevice } from "../bus/port-bus.ts";
import { expectVersion, type Device, type DeviceState } from "../device.ts";
import type { GuestMemory } from "../guest-memory.ts";

export const FW_CFG_PORT = 0x510;
export const FW_CFG_PORTS = 12;

const SELECTOR = 0;
const DATA = 1;
const DMA_ADDRESS_HIGH = 4;
const DMA_ADDRESS_LOW = 8;

/** Item numbers. [FW-CFG] "Firmware Configuration Items" and the traditional PC ones. */
export const FwCfgKey = {
  SIGNATURE: 0x00,
  ID: 0x01,
  UUID: 0x02,
  RAM_SIZE: 0x03,
  NOGRAPHIC: 0x04,
  NB_CPUS: 0x05,
  KERNEL_ADDR: 0x07,
  KERNEL_SIZE: 0x08,
  KERNEL_CMDLINE: 0x09,
  INITRD_ADDR: 0x0a,
  INITRD_SIZE: 0x0b,
  NUMA: 0x0d,
  BOOT_MENU: 0x0e,
  MAX_CPUS: 0x0f,
  KERNEL_ENTRY: 0x10,
  KERNEL_DATA: 0x11,
  INITRD_DATA: 0x12,
  CMDLINE_ADDR: 0x13,
  CMDLINE_SIZE: 0x14,
  CMDLINE_DATA: 0x15,
  SETUP_ADDR: 0x16,
  SETUP_SIZE: 0x17,
  SETUP_DATA: 0x18,
  FILE_DIR: 0x19,
  IRQ0_OVERRIDE: 0x8002,
} as const;

const FIRST_FILE_KEY = 0x20;
const FILE_ENTRY_BYTES = 64;
const FILE_NAME_BYTES = 56;
const ID_TRADITIONAL = 1 << 0;
const ID_DMA = 1 << 1;

const DMA_CONTROL_ERROR = 1 << 0;
const DMA_CONTROL_READ = 1 << 1;
const DMA_CONTROL_SKIP = 1 << 2;
const DMA_CONTROL_SELECT = 1 << 3;
const DMA_CONTROL_WRITE = 1 << 4;
/** "QEMU CFG", which reading the DMA address register gives. */
const DMA_SIGNATURE = new TextEncoder().encode("QEMU CFG");
const DMA_COMMAND_BYTES = 16;
const ZEROS = new Uint8Array(0x10000);
const NO_ITEM = new Uint8Array(0);

interface File {
  name: string;
  key: number;
  bytes: Uint8Array;
}

export class FwCfg implements Device, PortDevice {
  readonly category = "fwcfg";
  private readonly items = new Map<number, Uint8Array>();
  private readonly files: File[] = [];
  private selected = 0;
  private position = 0;
  private dmaAddressHigh = 0;

  constructor(private readonly memory: GuestMemory) {
    this.setItem(FwCfgKey.SIGNATURE, new TextEncoder().encode("QEMU"));
    this.setNumber(FwCfgKey.ID, 4, ID_TRADITIONAL | ID_DMA);
  }

  setItem(key: number, bytes: Uint8Array): void {
    this.items.set(key, bytes);
  }

  /** A little-endian number of `sizeBytes`. */
  setNumber(key: number, sizeBytes: number, value: number): void {
    this.setItem(
      key,
      Uint8Array.from({ length: sizeBytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff),
    );
  }

  /** Adds a named file, or gives a known one new contents. */
  setFile(name: string, bytes: Uint8Array): void {
    assert(name.length < FILE_NAME_BYTES, `fw_cfg file name ${name}`);
    let file = this.files.find((each) => each.name === name);
    if (!file) {
      file = { name, key: FIRST_FILE_KEY + this.files.length, bytes };
      this.files.push(file);
    }
    file.bytes = bytes;
    this.items.set(file.key, bytes);
    this.items.set(FwCfgKey.FILE_DIR, this.directory());
  }

  // ---- ports ----------------------------------------------------------------------------------------------------

  portRead(offset: number, sizeBytes: AccessSize): number {
    if (offset === DATA && sizeBytes === 1) return this.nextByte();
    if (offset >= DMA_ADDRESS_HIGH) {
      let value = 0;
      for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8) | DMA_SIGNATURE[offset - DMA_ADDRESS_HIGH + i]!;
      return value >>> 0;
    }
    return 0;
  }

  portWrite(offset: number, sizeBytes: AccessSize, value: number): void {
    if (offset === SELECTOR && sizeBytes === 2) this.select(value);
    else if (offset === DMA_ADDRESS_HIGH && sizeBytes === 4) this.dmaAddressHigh = swap32(value);
    else if (offset === DMA_ADDRESS_LOW && sizeBytes === 4) this.startDma(swap32(value));
  }

  portReadBlock(offset: number, sizeBytes: AccessSize, target: Uint8Array): number {
    if (offset !== DATA || sizeBytes !== 1) return 0;
    const bytes = this.item.subarray(this.position, this.position + target.length);
    target.fill(0);
    target.set(bytes);
    this.position += target.length;
    return target.length;
  }

  // ---- Device -----------------------------------------------------------------------------------------------------

  reset(): void {
    this.select(0);
    this.dmaAddressHigh = 0;
  }

  /** The items themselves come from the machine's configuration. */
  save(): DeviceState {
    return { version: 1, selected: this.selected, position: this.position, dmaAddressHigh: this.dmaAddressHigh };
  }

  restore(state: DeviceState): void {
    expectVersion("the firmware configuration device", state, 1);
    this.selected = Number(state.selected);
    this.position = Number(state.position);
    this.dmaAddressHigh = Number(state.dmaAddressHigh);
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  private get item(): Uint8Array {
    return this.items.get(this.selected) ?? NO_ITEM;
  }

  private select(key: number): void {
    this.selected = key;
    this.position = 0;
  }

  /** Past the end of an item, and for items that are absent, zeros. */
  private nextByte(): number {
    return this.item[this.position++] ?? 0;
  }

  private directory(): Uint8Array {
    const bytes = new Uint8Array(4 + this.files.length * FILE_ENTRY_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.files.length);
    this.files.forEach((file, index) => {
      const at = 4 + index * FILE_ENTRY_BYTES;
      view.setUint32(at, file.bytes.length);
      view.setUint16(at + 4, file.key);
      bytes.set(new TextEncoder().encode(file.name), at + 8);
    });
    return bytes;
  }

  /** Carries out the command at the address, which then reads as zero when it is done. [FW-CFG] "DMA Interface" */
  private startDma(addressLow: number): void {
    const commandAddr = this.dmaAddressHigh * 2 ** 32 + addressLow;
    this.dmaAddressHigh = 0;
    if (commandAddr + DMA_COMMAND_BYTES > this.memory.ramBytes) return;
    const command = new DataView(this.memory.read(commandAddr, DMA_COMMAND_BYTES).buffer);
    const control = command.getUint32(0);
    const length = command.getUint32(4);
    const address = command.getUint32(8) * 2 ** 32 + command.getUint32(12);
    if ((control & DMA_CONTROL_SELECT) !== 0) this.select(control >>> 16);
    let failed = false;
    if ((control & DMA_CONTROL_READ) !== 0) this.copyTo(address, length);
    else if ((control & DMA_CONTROL_SKIP) !== 0) this.position += length;
    else if ((control & DMA_CONTROL_WRITE) !== 0) failed = true;
    this.memory.writeU32(commandAddr, failed ? swap32(DMA_CONTROL_ERROR) : 0);
  }

  private copyTo(address: number, length: number): void {
    const inRam = Math.min(length, Math.max(0, this.memory.ramBytes - address));
    const bytes = this.item.subarray(this.position, this.position + inRam);
    if (bytes.length > 0) this.memory.write(address, bytes);
    for (let done = bytes.length; done < inRam; done += ZEROS.length)
      this.memory.write(address + done, ZEROS.subarray(0, Math.min(ZEROS.length, inRam - done)));
    this.position += length;
  }
}

function swap32(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
