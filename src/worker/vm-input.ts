/**
 * What comes from keyboard and mouse. Keys and mouse of a machine that is off go nowhere, as on a real one; what takes its
 * time (typing, a click) is over early when the machine stops.
 */
import type { Timer } from "../machine/clock.ts";
import type { KeyCode, MouseButton } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { MachinePort } from "./machine-port.ts";

const CLICK_MS = 60;

export interface InputHost {
  machine: MachinePort;
  clock: MachineClock;
  isRunning(): boolean;
  /** It is on: running, or paused. */
  takesInput(): boolean;
  /** @throws VmError */
  expectRunning(): void;
  /** A halted processor may have something to do. */
  wake(): void;
  /** Somebody will want to see what it does. */
  quicken(): void;
}

export class VmInput {
  private readonly clickTimer: Timer;
  private clickDone: () => void = () => {};

  constructor(private readonly host: InputHost) {
    this.clickTimer = host.clock.createTimer("click", () => this.clickDone());
  }

  key(code: KeyCode, down: boolean): void {
    this.deliver(() => this.host.machine.key(code, down));
  }

  moveMouse(dx: number, dy: number, wheel: number): void {
    this.deliver(() => this.host.machine.moveMouse(dx, dy, wheel));
  }

  pointTo(x: number, y: number): void {
    this.deliver(() => this.host.machine.pointTo(x, y));
  }

  mouseButton(button: MouseButton, down: boolean): void {
    this.deliver(() => this.host.machine.mouseButton(button, down));
  }

  async typeText(text: string): Promise<void> {
    this.host.expectRunning();
    await this.typing(this.host.machine.typeText(text));
  }

  async pressKeys(codes: KeyCode[]): Promise<void> {
    this.host.expectRunning();
    await this.typing(this.host.machine.pressKeys(codes));
  }

  async clickMouse(button: MouseButton): Promise<void> {
    const { host } = this;
    host.expectRunning();
    this.mouseButton(button, true);
    // A click that follows at once ends the one before.
    this.clickDone();
    await new Promise<void>((resolve) => {
      this.clickDone = resolve;
      this.clickTimer.armAt(host.clock.nowNs() + CLICK_MS * 1e6);
    });
    this.mouseButton(button, false);
  }

  /** Time stands or is replaced: the button comes up. */
  endClick(): void {
    this.clickDone();
  }

  private deliver(input: () => void): void {
    if (!this.host.takesInput()) return;
    input();
    this.host.quicken();
    this.host.wake();
  }

  /** The keyboard's own errors are about the text. */
  private async typing(done: Promise<void>): Promise<void> {
    this.host.wake();
    try {
      await done;
    } catch (error) {
      throw asVmError(error, this.host.isRunning() ? "badConfig" : "wrongState");
    }
  }
}
