/**
 * A guest driven without a browser, in this process: the worker's own machine on the instruction clock. Nothing here
 * depends on how fast the host is: what is waited for is given in the guest's time, and input comes at the same
 * instruction in every run.
 */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decode } from "fast-png";
import { onTestFinished } from "vitest";
import type { TestContext } from "vitest";
import { defaultConfig } from "../../src/protocol/machine-config.ts";
import type { MachineConfig } from "../../src/protocol/machine-config.ts";
import type { VmStats } from "../../src/protocol/vm-api.ts";
import { nodePlatform } from "../../src/worker/platform-node.ts";
import { Vm } from "../../src/worker/vm.ts";
import { Picture } from "./picture.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = [`${root}public/guests`, `${root}../shared/guests`];

/** How often the guest is looked at, in its own time. */
const LOOK_MS = 50;
const DEFAULT_WAIT_SECONDS = 60;

/** A machine of the tests: as for VmApi, but files by their names. */
export interface GuestSpec extends Partial<Omit<MachineConfig, "kernel" | "initrd" | "floppy" | "cdrom">> {
  kernel?: string;
  initrd?: string;
  floppy?: string;
  cdrom?: string;
}

/** The path of a guest's file; the test is skipped by name where it is missing. */
export function guestFile(context: TestContext, name: string): string {
  const path = folders.map((folder) => `${folder}/${name}`).find(existsSync);
  if (path === undefined) context.skip(`${name} is not here (npm run guests -- --tests, ../shared/guests)`);
  return path!;
}

/** The machine that a spec describes, with `file:` URLs. */
export function machineOf(context: TestContext, spec: GuestSpec): MachineConfig {
  const url = (name: string) => pathToFileURL(guestFile(context, name)).href;
  const { kernel, initrd, floppy, cdrom, ...rest } = spec;
  const files = Object.entries({ kernel, initrd, floppy, cdrom }).filter(([, name]) => name !== undefined);
  return {
    ...defaultConfig,
    clock: "instructions",
    firmware: url("bios-256k.bin"),
    vgaFirmware: url("vgabios-stdvga.bin"),
    ...rest,
    ...Object.fromEntries(files.map(([drive, name]) => [drive, url(name!)])),
  };
}

export class Guest {
  /** Everything that came on COM1. */
  serial = "";
  /** What is before this has been waited for already. */
  private serialMark = 0;
  /** Why the machine is off, where it is. */
  offBecause: string | null = null;
  private failure: string | null = null;
  private readonly decoder = new TextDecoder();

  private constructor(readonly vm: Vm) {}

  /** A machine that has not been switched on; it goes when the test ends. */
  static async make(context: TestContext, spec: GuestSpec): Promise<Guest> {
    const config = machineOf(context, spec);
    const guest = new Guest(
      new Vm(nodePlatform(process.env.POSADA_CORE ?? `${root}build/core.wasm`, `${root}build/unpack.wasm`)),
    );
    await guest.vm.subscribe((event) => {
      if (event.type === "serial" && event.port === 0)
        guest.serial += guest.decoder.decode(event.bytes, { stream: true });
      if (event.type === "state" && event.state === "poweredOff") guest.offBecause = event.reason ?? "";
      if (event.type === "error") guest.failure = event.message;
    });
    await guest.vm.create(config);
    onTestFinished(() => guest.vm.dispose());
    return guest;
  }

  /** Lets guest time pass. @throws where the machine fails */
  async run(guestMs: number): Promise<void> {
    await this.vm.runFor(guestMs);
    if (this.failure !== null) throw new Error(`${this.failure}\n${await this.report()}`);
  }

  /** Lets time pass until `what` holds. @throws after so much guest time, or where the machine goes off */
  async until(
    what: string,
    holds: () => Promise<boolean> | boolean,
    seconds = DEFAULT_WAIT_SECONDS,
    lookMs = LOOK_MS,
  ): Promise<void> {
    const endMs = (await this.stats()).guestMs + seconds * 1000;
    while (!(await holds())) {
      if (this.offBecause !== null) throw new Error(`went off before ${what}\n${await this.report()}`);
      if ((await this.stats()).guestMs >= endMs)
        throw new Error(`not within ${seconds} s: ${what}\n${await this.report()}`);
      await this.run(lookMs);
    }
  }

  /** Until a text stands on the text screen. */
  async untilScreen(text: string | RegExp, seconds?: number): Promise<void> {
    await this.until(`${text} on the screen`, async () => matches(await this.screen(), text), seconds);
  }

  /** Until a text has come on the serial line after what was met last. */
  async untilSerial(text: string | RegExp, seconds?: number): Promise<void> {
    await this.until(`${text} on the serial line`, () => matches(this.serial.slice(this.serialMark), text), seconds);
    this.serialMark = this.serial.length;
  }

  async untilOff(seconds?: number): Promise<void> {
    await this.until("switched off", () => this.offBecause !== null, seconds);
  }

  /** Types on the keyboard; the guest takes all of it. */
  type(text: string): Promise<void> {
    return this.whileItRuns(() => this.vm.typeText(text));
  }

  /** Presses keys together, by their KeyboardEvent.code names. */
  press(...codes: string[]): Promise<void> {
    return this.whileItRuns(() => this.vm.pressKeys(codes));
  }

  async send(text: string): Promise<void> {
    await this.vm.serialWrite(0, new TextEncoder().encode(text));
  }

  /** The text screen as one string; "" in graphics modes. */
  async screen(): Promise<string> {
    return ((await this.vm.screenText()) ?? []).join("\n").trimEnd();
  }

  async picture(): Promise<Picture> {
    return new Picture(decode(await this.vm.screenshot()));
  }

  stats(): Promise<VmStats> {
    return this.vm.stats();
  }

  /** Input that takes time: the machine runs meanwhile. */
  private async whileItRuns(action: () => Promise<void>): Promise<void> {
    let done = false;
    for (let doing: Promise<void> | null = null; !done;) {
      const span = this.run(LOOK_MS);
      // The machine runs now, but not an instruction has been done before this.
      doing ??= action().then(() => void (done = true));
      await span;
      if (done) await doing;
    }
  }

  private async report(): Promise<string> {
    const { guestMs, instructions } = await this.stats();
    const times = `after ${(guestMs / 1000).toFixed(1)} s and ${(instructions / 1e6).toFixed(0)} million instructions`;
    return `${times}\nserial line: …${this.serial.slice(-1500)}\nscreen:\n${await this.screen()}`;
  }
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
