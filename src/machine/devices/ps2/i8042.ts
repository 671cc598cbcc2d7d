/**
 * The 8042 keyboard controller of a PC with its auxiliary (mouse) port: data at port 0x60, status and command at 0x64,
 * translation to scan-code set 1, A20 and reset through the output port.
 *
 * It comes up as a BIOS leaves it (translation and both interrupts on), so that a kernel that is booted without
 * firmware finds a usable keyboard. Left out: the password commands (none is installed) and the diagnostic dump.
 *
 * References: [PS2KBD] IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller";
 * [AT] Technical Reference, "Keyboard Controller".
 */
import type { IrqLine } from "../../bus/irq-line.ts";
import type { PortDevice } from "../../bus/port-bus.ts";
import type { Clock, Timer } from "../../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../../device.ts";
import { rearm } from "../../timer-state.ts";
import type { Ps2Device } from "./ps2-device.ts";
import { ScanCodeTranslator } from "./translation.ts";

const STATUS_OBF = 0x01;
const STATUS_SYS = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_AUX_OBF = 0x20;

const CCB_KBD_INT = 0x01;
const CCB_AUX_INT = 0x02;
const CCB_SYS = 0x04;
const CCB_KBD_DISABLE = 0x10;
const CCB_AUX_DISABLE = 0x20;
const CCB_TRANSLATE = 0x40;
const CCB_AFTER_FIRMWARE = CCB_KBD_INT | CCB_AUX_INT | CCB_SYS | CCB_TRANSLATE;

const OUTPUT_NOT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
const OUTPUT_KBD_OBF = 0x10;
const OUTPUT_AUX_OBF = 0x20;
/** Clock and data lines of the keyboard, idle high. */
const OUTPUT_IDLE = 0xc0;
/** P1: no manufacturing jumper, color display, keyboard not locked. */
const INPUT_PORT = 0xf0;

const CMD_READ_CCB = 0x20;
const CMD_WRITE_CCB = 0x60;
const CMD_TEST_PASSWORD = 0xa4;
const CMD_AUX_DISABLE = 0xa7;
const CMD_AUX_ENABLE = 0xa8;
const CMD_AUX_TEST = 0xa9;
const CMD_SELF_TEST = 0xaa;
const CMD_KBD_TEST = 0xab;
const CMD_KBD_DISABLE = 0xad;
const CMD_KBD_ENABLE = 0xae;
const CMD_READ_INPUT = 0xc0;
const CMD_POLL_INPUT_LOW = 0xc1;
const CMD_POLL_INPUT_HIGH = 0xc2;
const CMD_READ_OUTPUT = 0xd0;
const CMD_WRITE_OUTPUT = 0xd1;
const CMD_WRITE_KBD_BUFFER = 0xd2;
const CMD_WRITE_AUX_BUFFER = 0xd3;
const CMD_WRITE_AUX = 0xd4;
const CMD_A20_OFF = 0xdd;
const CMD_A20_ON = 0xdf;
const CMD_READ_TEST = 0xe0;
const CMD_PULSE = 0xf0;
const PULSE_RESET = 0x01;
const SELF_TEST_PASSED = 0x55;
const NO_PASSWORD = 0xf1;

/**
 * A scan code follows the one before no sooner than this. On the wire it takes a millisecond; software relies on
 * reading the same code twice within an interrupt (a hook, then the BIOS behind it).
 */
const KEYBOARD_GAP_NS = 300_000;
const MAX_REPLIES = 8;

/** The A20 gate as this controller drives and reads it. */
export interface A20Control {
  enabled: boolean;
}

type Source = "controller" | "keyboard" | "aux";

export interface I8042Wiring {
  keyboard: Ps2Device;
  mouse: Ps2Device;
  /** IRQ1 and IRQ12. */
  keyboardIrq: IrqLine;
  mouseIrq: IrqLine;
  a20: A20Control;
  /** The reset pin was pulsed: the processor restarts. */
  onReset: () => void;
}

export class I8042 implements Device {
  private ccb = CCB_AFTER_FIRMWARE;
  private outputByte = 0;
  private outputSource: Source | null = null;
  private replies: { byte: number; source: Source }[] = [];
  private commandPending: number | null = null;
  private pumping = false;
  private lastWriteWasCommand = false;
  /** Input port bits that a poll command shows in status bits 7–4, until the next write. */
  private polledBits: number | null = null;
  private readonly ram = new Uint8Array(32);
  private readonly translator = new ScanCodeTranslator();
  private keyboardFreeNs = 0;
  private readonly gapTimer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly wiring: I8042Wiring,
  ) {
    this.gapTimer = clock.createTimer("i8042-gap", () => this.pump());
    wiring.keyboard.connect(() => this.pump());
    wiring.mouse.connect(() => this.pump());
  }

  /** Port 0x60. */
  readonly dataPort: PortDevice = {
    category: "ps2",
    portRead: () => this.readData(),
    portWrite: (_offset, _sizeBytes, value) => this.writeData(value),
  };

  /** Port 0x64. */
  readonly commandPort: PortDevice = {
    category: "ps2",
    portRead: () => this.readStatus(),
    portWrite: (_offset, _sizeBytes, value) => this.writeCommand(value),
  };

  reset(): void {
    this.ccb = CCB_AFTER_FIRMWARE;
    this.outputByte = 0;
    this.outputSource = null;
    this.replies = [];
    this.commandPending = null;
    this.lastWriteWasCommand = false;
    this.polledBits = null;
    this.ram.fill(0);
    this.translator.breakPending = false;
    this.keyboardFreeNs = 0;
    this.gapTimer.cancel();
    this.wiring.keyboard.reset();
    this.wiring.mouse.reset();
    this.updateIrqs();
  }

  save(): DeviceState {
    return {
      version: 1,
      ccb: this.ccb,
      outputByte: this.outputByte,
      outputSource: this.outputSource,
      replies: this.replies.map((reply) => ({ ...reply })),
      commandPending: this.commandPending,
      lastWriteWasCommand: this.lastWriteWasCommand,
      polledBits: this.polledBits,
      ram: this.ram.slice(),
      breakPending: this.translator.breakPending,
      keyboardFreeNs: this.keyboardFreeNs,
      gapNs: this.gapTimer.deadlineNs,
      keyboard: this.wiring.keyboard.save(),
      mouse: this.wiring.mouse.save(),
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the keyboard controller", state, 1);
    this.ccb = state.ccb as number;
    this.outputByte = state.outputByte as number;
    this.outputSource = state.outputSource as Source | null;
    this.replies = (state.replies as { byte: number; source: Source }[]).map((reply) => ({ ...reply }));
    this.commandPending = state.commandPending as number | null;
    this.lastWriteWasCommand = state.lastWriteWasCommand as boolean;
    this.polledBits = (state.polledBits as number | null | undefined) ?? null;
    this.ram.set(state.ram as Uint8Array);
    this.translator.breakPending = state.breakPending as boolean;
    this.keyboardFreeNs = state.keyboardFreeNs as number;
    rearm(this.gapTimer, state.gapNs as number);
    this.wiring.keyboard.restore(state.keyboard as DeviceState);
    this.wiring.mouse.restore(state.mouse as DeviceState);
    this.updateIrqs();
  }

  // ── Output buffer ─────────────────────────────────────────────────────────────────────────────────────────────

  private readData(): number {
    if (this.outputSource === null) return this.outputByte;
    if (this.outputSource === "keyboard") this.keyboardFreeNs = this.clock.nowNs() + KEYBOARD_GAP_NS;
    const byte = this.outputByte;
    this.outputSource = null;
    // The line falls before a further byte raises it: an edge-triggered input must see both.
    this.updateIrqs();
    this.pump();
    return byte;
  }

  private readStatus(): number {
    this.pump();
    const low =
      (this.outputSource !== null ? STATUS_OBF : 0) |
      (this.ccb & CCB_SYS ? STATUS_SYS : 0) |
      (this.lastWriteWasCommand ? STATUS_COMMAND : 0);
    if (this.polledBits !== null) return low | this.polledBits;
    return low | STATUS_UNLOCKED | (this.outputSource === "aux" ? STATUS_AUX_OBF : 0);
  }

  /** Fills the output buffer from whoever has a byte and may send it: controller, keyboard, mouse. */
  private pump(): void {
    // Taking a byte makes a device report that the next one is ready; that one waits its turn.
    if (this.pumping || this.outputSource !== null) return;
    this.pumping = true;
    const reply = this.replies.shift();
    if (reply) this.fill(reply.byte, reply.source);
    else if (!this.pumpKeyboard() && !(this.ccb & CCB_AUX_DISABLE) && this.wiring.mouse.hasOutput)
      this.fill(this.wiring.mouse.takeOutput(), "aux");
    this.pumping = false;
  }

  private pumpKeyboard(): boolean {
    const { keyboard } = this.wiring;
    while (!(this.ccb & CCB_KBD_DISABLE) && keyboard.hasOutput) {
      if (this.clock.nowNs() < this.keyboardFreeNs) {
        if (!this.gapTimer.armed) this.gapTimer.armAt(this.keyboardFreeNs);
        return false;
      }
      const raw = keyboard.takeOutput();
      const byte = this.ccb & CCB_TRANSLATE ? this.translator.translate(raw) : raw;
      if (byte !== null) {
        this.fill(byte, "keyboard");
        return true;
      }
    }
    return false;
  }

  private fill(byte: number, source: Source): void {
    this.outputByte = byte;
    this.outputSource = source;
    this.updateIrqs();
  }

  private reply(byte: number, source: Source = "controller"): void {
    if (this.replies.length < MAX_REPLIES) this.replies.push({ byte, source });
    this.pump();
  }

  private updateIrqs(): void {
    const full = this.outputSource !== null;
    const fromAux = this.outputSource === "aux";
    this.wiring.keyboardIrq.set(full && !fromAux && (this.ccb & CCB_KBD_INT) !== 0);
    this.wiring.mouseIrq.set(full && fromAux && (this.ccb & CCB_AUX_INT) !== 0);
  }

  // ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────

  private setCcb(value: number): void {
    this.ccb = value;
    this.updateIrqs();
    this.pump();
  }

  private writeCommand(command: number): void {
    this.lastWriteWasCommand = true;
    this.polledBits = null;
    this.commandPending = null;
    if (command >= CMD_READ_CCB && command < CMD_READ_CCB + 0x20) {
      const index = command & 0x1f;
      this.reply(index === 0 ? this.ccb : (this.ram[index] ?? 0));
      return;
    }
    if (command >= CMD_WRITE_CCB && command < CMD_WRITE_CCB + 0x20) {
      this.commandPending = command;
      return;
    }
    if (command >= CMD_PULSE) {
      if (!(command & PULSE_RESET)) this.wiring.onReset();
      return;
    }
    switch (command) {
      case CMD_TEST_PASSWORD:
        this.reply(NO_PASSWORD);
        break;
      case CMD_AUX_DISABLE:
        this.setCcb(this.ccb | CCB_AUX_DISABLE);
        break;
      case CMD_AUX_ENABLE:
        this.setCcb(this.ccb & ~CCB_AUX_DISABLE);
        break;
      case CMD_AUX_TEST:
      case CMD_KBD_TEST:
        this.reply(0);
        break;
      case CMD_SELF_TEST:
        this.setCcb(this.ccb | CCB_SYS);
        this.reply(SELF_TEST_PASSED);
        break;
      case CMD_KBD_DISABLE:
        this.setCcb(this.ccb | CCB_KBD_DISABLE);
        break;
      case CMD_KBD_ENABLE:
        this.setCcb(this.ccb & ~CCB_KBD_DISABLE);
        break;
      case CMD_READ_INPUT:
        this.reply(INPUT_PORT);
        break;
      case CMD_POLL_INPUT_LOW:
        this.polledBits = (INPUT_PORT & 0x0f) << 4;
        break;
      case CMD_POLL_INPUT_HIGH:
        this.polledBits = INPUT_PORT & 0xf0;
        break;
      case CMD_READ_OUTPUT:
        this.reply(this.outputPort());
        break;
      case CMD_WRITE_OUTPUT:
      case CMD_WRITE_KBD_BUFFER:
      case CMD_WRITE_AUX_BUFFER:
      case CMD_WRITE_AUX:
        this.commandPending = command;
        break;
      case CMD_A20_OFF:
      case CMD_A20_ON:
        this.wiring.a20.enabled = command === CMD_A20_ON;
        break;
      case CMD_READ_TEST:
        this.reply(0);
        break;
      default: // Unknown commands are ignored, as the 8042's program does.
    }
  }

  private writeData(value: number): void {
    this.lastWriteWasCommand = false;
    this.polledBits = null;
    const command = this.commandPending;
    this.commandPending = null;
    if (command === null) {
      // Talking to a device also lets it talk ([AT] "writing to the keyboard enables its interface").
      this.ccb &= ~CCB_KBD_DISABLE;
      this.keyboardFreeNs = 0;
      this.wiring.keyboard.receive(value);
      this.pump();
      return;
    }
    switch (command) {
      case CMD_WRITE_CCB:
        this.setCcb(value);
        break;
      case CMD_WRITE_OUTPUT:
        this.wiring.a20.enabled = (value & OUTPUT_A20) !== 0;
        if (!(value & OUTPUT_NOT_RESET)) this.wiring.onReset();
        break;
      case CMD_WRITE_KBD_BUFFER:
        this.reply(value, "keyboard");
        break;
      case CMD_WRITE_AUX_BUFFER:
        this.reply(value, "aux");
        break;
      case CMD_WRITE_AUX:
        this.ccb &= ~CCB_AUX_DISABLE;
        this.wiring.mouse.receive(value);
        this.pump();
        break;
      default:
        this.ram[command & 0x1f] = value;
    }
  }

  private outputPort(): number {
    return (
      OUTPUT_IDLE |
      OUTPUT_NOT_RESET |
      (this.wiring.a20.enabled ? OUTPUT_A20 : 0) |
      (this.outputSource !== null && this.outputSource !== "aux" ? OUTPUT_KBD_OBF : 0) |
      (this.outputSource === "aux" ? OUTPUT_AUX_OBF : 0)
    );
  }
}
