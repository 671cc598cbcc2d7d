/**
 * The absolute pointer of VMware's backdoor (port 0x5658): the guest reads positions instead of motion, so the host's
 * pointer needs no capture. Each report wakes the guest through the PS/2 mouse, whose byte stream says only "look here".
 *
 * Of the backdoor's other commands only the version is answered. Left out: relative mode, which is the PS/2 mouse.
 *
 * References: [VMMOUSE] X.Org xf86-input-vmmouse, protocol description; [BACKDOOR] open-vm-tools, backdoor_def.h names.
 */
import type { PortDevice } from "../../bus/port-bus.ts";
import { type Device, type DeviceState, expectVersion } from "../../device.ts";

export type BackdoorRegister = "eax" | "ebx" | "ecx" | "edx" | "esi" | "edi";

/** The processor's general registers while it executes an IN or OUT; 32-bit values. */
export interface RegisterAccess {
  get(name: BackdoorRegister): number;
  set(name: BackdoorRegister, value: number): void;
}

const BACKDOOR_MAGIC = 0x564d5868;
const BACKDOOR_GET_VERSION = 10;
const ABSPOINTER_DATA = 39;
const ABSPOINTER_STATUS = 40;
const ABSPOINTER_COMMAND = 41;
const BACKDOOR_VERSION = 6;
/** Product type in ECX of the version: a server without a desktop. */
const PRODUCT_GSX = 2;

const COMMAND_READ_ID = 0x45414552;
const COMMAND_DISABLE = 0x000000f5;
const COMMAND_RELATIVE = 0x4c455252;
const COMMAND_ABSOLUTE = 0x53424152;
const VERSION_ID = 0x3442554a;
const STATUS_ERROR = 0xffff0000;

const BUTTON_LEFT = 0x20;
const BUTTON_RIGHT = 0x10;
const BUTTON_MIDDLE = 0x08;
const WORDS_PER_REPORT = 4;
/** Reports that may wait; older motion is merged into the newest one beyond this. */
const MAX_REPORTS = 64;
const FULL_SCALE = 0xffff;

export interface PointerButtons {
  left: boolean;
  right: boolean;
  middle: boolean;
}

export class VmMouse implements PortDevice, Device {
  readonly category = "vmmouse";
  private queue: number[] = [];
  private active = false;
  private wantsAbsolute = false;
  private failed = false;

  /**
   * Attach at port 0x5658, length 1, widest 4: the guest reads with IN EAX, DX.
   * @param onReport wakes the guest through the PS/2 mouse (`Ps2Mouse.nudge`).
   * @param onMode the guest switched absolute pointing on or off.
   */
  constructor(
    private readonly registers: RegisterAccess,
    private readonly onReport: () => void,
    private readonly onMode: (absolute: boolean) => void = () => {},
  ) {}

  /** True while the guest takes absolute positions. */
  get absolute(): boolean {
    return this.active && this.wantsAbsolute;
  }

  reset(): void {
    this.queue = [];
    this.failed = false;
    this.setMode(false, false);
  }

  /**
   * The pointer is at (x, y), each 0…1 of the screen. @param wheel detents, positive towards the user (down).
   * @returns false when the guest does not use this pointer.
   */
  pointTo(x: number, y: number, buttons: PointerButtons, wheel = 0): boolean {
    if (!this.absolute) return false;
    const bits =
      (buttons.left ? BUTTON_LEFT : 0) | (buttons.right ? BUTTON_RIGHT : 0) | (buttons.middle ? BUTTON_MIDDLE : 0);
    const report = [bits, scale(x), scale(y), wheel | 0];
    const newest = this.queue.length - WORDS_PER_REPORT;
    const mergeable = newest >= 0 && this.queue[newest] === bits && this.queue[newest + 3] === 0 && wheel === 0;
    if (mergeable && this.queue.length >= 2 * WORDS_PER_REPORT) this.queue.splice(newest, WORDS_PER_REPORT, ...report);
    else if (this.queue.length < MAX_REPORTS * WORDS_PER_REPORT) this.queue.push(...report);
    this.onReport();
    return true;
  }

  portRead(_offset: number, sizeBytes: number): number {
    if (sizeBytes !== 4 || this.registers.get("eax") >>> 0 !== BACKDOOR_MAGIC) return 0xffffffff;
    switch (this.registers.get("ecx") & 0xffff) {
      case BACKDOOR_GET_VERSION:
        this.registers.set("ebx", BACKDOOR_MAGIC);
        this.registers.set("ecx", PRODUCT_GSX);
        return BACKDOOR_VERSION;
      case ABSPOINTER_DATA:
        return this.readData(this.registers.get("ebx") >>> 0);
      case ABSPOINTER_STATUS:
        return this.failed ? STATUS_ERROR : this.queue.length;
      case ABSPOINTER_COMMAND:
        this.command(this.registers.get("ebx") >>> 0);
        return BACKDOOR_MAGIC;
      default:
        return 0xffffffff;
    }
  }

  /** OUT to the port is the same call without a result in EAX. */
  portWrite(offset: number, sizeBytes: number): void {
    this.portRead(offset, sizeBytes);
  }

  save(): DeviceState {
    return {
      version: 1,
      queue: [...this.queue],
      active: this.active,
      wantsAbsolute: this.wantsAbsolute,
      failed: this.failed,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the absolute pointer", state, 1);
    this.queue = [...(state.queue as number[])];
    this.failed = state.failed as boolean;
    this.setMode(state.active as boolean, state.wantsAbsolute as boolean);
  }

  private readData(words: number): number {
    if (words < 1 || words > WORDS_PER_REPORT || words > this.queue.length) {
      this.failed = true;
      this.queue = [];
      return STATUS_ERROR;
    }
    const [first = 0, ...rest] = this.queue.splice(0, words);
    const targets = ["ebx", "ecx", "edx"] as const;
    rest.forEach((word, i) => this.registers.set(targets[i] ?? "edx", word >>> 0));
    return first;
  }

  private command(command: number): void {
    switch (command) {
      case COMMAND_READ_ID:
        this.failed = false;
        this.queue = [VERSION_ID];
        this.setMode(true, this.wantsAbsolute);
        break;
      case COMMAND_DISABLE:
        this.queue = [];
        this.setMode(false, false);
        break;
      case COMMAND_ABSOLUTE:
      case COMMAND_RELATIVE:
        this.setMode(this.active, command === COMMAND_ABSOLUTE);
        break;
      default: // Unknown commands have no effect.
    }
  }

  private setMode(active: boolean, wantsAbsolute: boolean): void {
    const before = this.absolute;
    this.active = active;
    this.wantsAbsolute = wantsAbsolute;
    if (this.absolute !== before) this.onMode(this.absolute);
  }
}

function scale(fraction: number): number {
  return Math.round(Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0)) * FULL_SCALE);
}
