/**
 * SMBus host controller of the PIIX4. Nothing sits on the bus of this board (no SPD EEPROMs: firmware learns the memory
 * size elsewhere), so every addressed transaction ends as on an empty bus: no acknowledge, DEV_ERR.
 *
 * Left out: the slave port and interrupts on completion; drivers of this controller poll.
 * References: [PIIX4] 7.3 (SMBus I/O registers).
 */
import type { PortDevice } from "../../bus/port-bus.ts";
import { expectVersion, type Device, type DeviceState } from "../../device.ts";

const SMBHSTSTS = 0;
const SMBSLVSTS = 1;
const SMBHSTCNT = 2;
const SMBBLKDAT = 7;
const SMBSLVCNT = 8;

const STS_DEV_ERR = 1 << 2;
const STS_FAILED = 1 << 4;
/** SMBHST_INT, DEV_ERR, BUS_ERR and FAILED are cleared by writing ones. */
const STS_WRITE_ONE_TO_CLEAR = 0x1e;
const CNT_KILL = 1 << 1;
const CNT_START = 1 << 6;
/** START reads as zero. */
const CNT_READABLE = 0x1f;
const BLOCK_BYTES = 32;

export class SmbusHost implements Device, PortDevice {
  readonly category = "smbus";
  private readonly registers = new Uint8Array(16);
  private readonly block = new Uint8Array(BLOCK_BYTES);
  private blockIndex = 0;

  portRead(offset: number): number {
    if (offset === SMBHSTCNT) {
      this.blockIndex = 0;
      return this.registers[SMBHSTCNT]! & CNT_READABLE;
    }
    if (offset === SMBBLKDAT) return this.block[this.blockIndex++ % BLOCK_BYTES]!;
    return this.registers[offset] ?? 0xff;
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    switch (offset) {
      case SMBHSTSTS:
        this.registers[SMBHSTSTS]! &= ~(value & STS_WRITE_ONE_TO_CLEAR);
        return;
      case SMBSLVSTS:
        return;
      case SMBHSTCNT:
        this.registers[SMBHSTCNT] = value & CNT_READABLE;
        this.blockIndex = 0;
        if ((value & CNT_KILL) !== 0) this.registers[SMBHSTSTS]! |= STS_FAILED;
        else if ((value & CNT_START) !== 0) this.registers[SMBHSTSTS]! |= STS_DEV_ERR;
        return;
      case SMBBLKDAT:
        this.block[this.blockIndex++ % BLOCK_BYTES] = value;
        return;
      default:
        if (offset <= SMBSLVCNT + 3) this.registers[offset] = value;
    }
  }

  reset(): void {
    this.registers.fill(0);
    this.block.fill(0);
    this.blockIndex = 0;
  }

  save(): DeviceState {
    return {
      version: 1,
      registers: this.registers.slice(),
      block: this.block.slice(),
      blockIndex: this.blockIndex % BLOCK_BYTES,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the SMBus controller", state, 1);
    this.registers.set(state.registers as Uint8Array);
    this.block.set(state.block as Uint8Array);
    this.blockIndex = Number(state.blockIndex);
  }
}
