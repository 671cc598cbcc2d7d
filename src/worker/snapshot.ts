/** Everything that a machine is, into a saved state and out of it. */
import { StateError } from "../machine/device.ts";
import type { DeviceState, StateValue } from "../machine/device.ts";
import type { WasmCore } from "../core/wasm-core.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { inEnglish, said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { OverlayStore } from "../storage/overlay-store.ts";
import type { OverlayState } from "../storage/overlay-store.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { MachinePort } from "./machine-port.ts";
import { checkState, loadRegions, packState, readSummary } from "./saved-state.ts";
import type { Regions, StateSummary } from "./saved-state.ts";

export interface SnapshotParts {
  config: MachineConfig;
  core: WasmCore;
  clock: MachineClock;
  machine: MachinePort;
  /** What is in the drives: floppy, cdrom, disk0, … What a guest wrote to an overlay belongs to the state. */
  drives: ReadonlyMap<string, BlockStore>;
  /** The core's instruction count when the machine was switched on. */
  powerOn: { instructions: number };
}

const STATE_VERSION = 1;

export class Snapshot {
  constructor(private readonly parts: SnapshotParts) {}

  /** The machine must stand still until the promise resolves. */
  save(): Promise<Uint8Array> {
    return packState(this.summary(), this.deviceStates(), this.regions());
  }

  /**
   * Takes a saved state; the machine must stand still.
   * @throws VmError or StateError when it is damaged or of another machine; then nothing has changed
   */
  async restore(saved: Uint8Array): Promise<void> {
    const { summary, bodyOffset } = readSummary(saved);
    this.expectSameMachine(summary);
    const devices = await checkState(saved, bodyOffset, this.regions());
    this.rehearse(devices);
    await loadRegions(saved, bodyOffset, this.regions());
    this.restoreDevices(devices);
  }

  /** What a captured memory belongs to, and all that is not memory as it is now. */
  describe(): { summary: StateSummary; devices: () => DeviceState } {
    return { summary: this.summary(), devices: () => this.deviceStates() };
  }

  /**
   * Takes a captured memory; the machine must stand still. `fill` puts its pages into the regions.
   * @throws VmError or StateError when it is of another machine; then nothing has changed
   */
  async restoreImage(saved: { summary: StateSummary; devices: DeviceState }, fill: () => Promise<void>): Promise<void> {
    this.expectSameMachine(saved.summary);
    this.rehearse(saved.devices);
    await fill();
    this.restoreDevices(saved.devices);
  }

  /** RAM, video memory, ROM. */
  regions(): Regions {
    const { ram, vram, rom } = this.parts.core;
    return [ram, vram, rom];
  }

  private summary(): StateSummary {
    const { memoryMiB, processors, cpuModel } = this.parts.config;
    return { memoryMiB, processors, cpuModel };
  }

  private expectSameMachine(saved: StateSummary): void {
    const mine = this.summary();
    if (inEnglish(inWords(saved)) !== inEnglish(inWords(mine)))
      throw new VmError(
        "badState",
        said`The saved state is of a machine with ${inWords(saved)}; this one has ${inWords(mine)}.`,
      );
  }

  private deviceStates(): DeviceState {
    const { clock, machine, drives, powerOn } = this.parts;
    const media: Record<string, StateValue> = {};
    for (const [drive, store] of drives) if (store instanceof OverlayStore) media[drive] = store.save();
    return {
      version: STATE_VERSION,
      instructionsAtPowerOn: powerOn.instructions,
      clock: clock.save(),
      machine: machine.save(),
      media,
    };
  }

  private restoreDevices(states: DeviceState): void {
    const { clock, machine, drives, powerOn } = this.parts;
    machine.cancelTyping();
    clock.restore(states.clock as DeviceState);
    machine.restore(states.machine as DeviceState);
    powerOn.instructions = Number(states.instructionsAtPowerOn);
    for (const [drive, state] of Object.entries(states.media as Record<string, StateValue>)) {
      const store = drives.get(drive);
      if (!(store instanceof OverlayStore))
        throw new StateError(said`the saved state has changes to ${drive}, which this machine lacks`);
      store.restore(state as unknown as OverlayState);
    }
  }

  /** Devices refuse states that they do not know only when they see them: then everything goes back to what it was. */
  private rehearse(states: DeviceState): void {
    const before = this.deviceStates();
    try {
      this.restoreDevices(states);
    } catch (error) {
      this.restoreDevices(before);
      throw error instanceof StateError
        ? error
        : new StateError(said`the saved state does not fit this machine: ${asVmError(error).said}`);
    }
  }
}

function inWords({ memoryMiB, processors, cpuModel }: StateSummary): Said {
  return processors === 1
    ? said`${memoryMiB} MiB of memory, 1 processor and CPU model ${cpuModel}`
    : said`${memoryMiB} MiB of memory, ${processors} processors and CPU model ${cpuModel}`;
}
