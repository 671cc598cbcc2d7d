/** The two ends of a PS/2 cable: bytes go to the device at once and come from it when the controller takes them. */
import type { Device } from "../../device.ts";

export interface Ps2Device extends Device {
  /** A byte waits for the controller. */
  readonly hasOutput: boolean;
  /** Only when `hasOutput`. */
  takeOutput(): number;
  /** A command or parameter byte from the controller. */
  receive(byte: number): void;
  /** `onOutput` is called when a byte begins to wait. */
  connect(onOutput: () => void): void;
}

/** Replies and codes that keyboard and mouse share. */
export const PS2_ACK = 0xfa;
export const PS2_RESEND = 0xfe;
export const PS2_ERROR = 0xfc;
export const PS2_SELF_TEST_PASSED = 0xaa;
