/**
 * Makes the machine that a configuration asks for: its media are loaded and checked, then the board is built around the
 * core. Nothing here knows whether it runs in a browser's Worker or in Node; the entry files hand in what differs.
 */
import type { WasmCore, WasmCoreOptions } from "../core/wasm-core.ts";
import type { MachineEvents } from "../machine/machine-parts.ts";
import type { MachineConfig, MediaSource } from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { orFailure } from "./failures.ts";
import type { FramePace } from "./frame-loop.ts";
import { HostClock } from "./host-clock.ts";
import { InstructionClock } from "./instruction-clock.ts";
import { kernelFiles, LaterKernel } from "./kernel-files.ts";
import type { ClockListener, MachineClock } from "./machine-clock.ts";
import type { BuildMachine, MachinePort } from "./machine-port.ts";
import type { FileKind, MediaLoader, Progress, SourceOpener } from "./media.ts";
import { PatientStore } from "./patient-store.ts";
import type { WaitForRoom } from "./patient-store.ts";
import { PublishedStart } from "./published-start.ts";
import type { TraceSink } from "./tracer.ts";

export interface VmPlatform {
  opener: SourceOpener;
  /** How many threads the host runs at once. */
  processors: number;
  compileCore(): Promise<WebAssembly.Module>;
  /** What unpacks kernels: asked for where there is one. */
  compileUnpacker(): Promise<WebAssembly.Module>;
  /** @throws CoreMemoryError */
  makeCore(module: WebAssembly.Module, options: WasmCoreOptions): WasmCore;
  buildMachine: BuildMachine;
  /** Begins a trace in a file (null: the error output), where the host has such. @throws VmError */
  openTrace?(file: string | null): TraceSink;
  /** Calls `draw` before the next repaint; later where the picture rests, and seldom where nobody watches. */
  nextFrame(pace: FramePace, draw: () => void): void;
}

export interface MadeMachine {
  machine: MachinePort;
  core: WasmCore;
  clock: MachineClock;
  /** What is in the drives: floppy, cdrom, disk0, …, flash0, … */
  drives: Map<string, BlockStore>;
  /** Where it goes on from a published state. */
  published: PublishedStart | null;
  /** Where it goes on from a state: what it starts anew with. */
  laterKernel: LaterKernel | null;
}

/** @throws VmError */
export async function makeMachine(
  config: MachineConfig,
  host: {
    platform: VmPlatform;
    media: MediaLoader;
    progress: Progress;
    clockListener: ClockListener;
    events: MachineEvents;
    waitForRoom: WaitForRoom;
  },
): Promise<MadeMachine> {
  const { platform, media } = host;
  if (!config.firmware && config.flash.length === 0)
    throw new VmError("badConfig", "The machine has no firmware (a BIOS image such as SeaBIOS).");
  const file = (source: MediaSource | undefined, role: string, kind: FileKind) =>
    source === undefined ? null : media.file(source, role, kind);
  const readKernel = () => kernelFiles(config, media, () => platform.compileUnpacker());
  const goesOn = config.savedState !== undefined || config.takesState === true;
  const laterKernel = goesOn && config.kernel !== undefined ? new LaterKernel(readKernel) : null;
  const [module, firmware, vgaFirmware, published, kernel, floppy, cdrom, disks, flash] = await Promise.all([
    platform.compileCore(),
    config.flash.length > 0 ? null : file(config.firmware, "firmware", "firmware"),
    file(config.vgaFirmware, "VGA firmware", "vgaFirmware"),
    PublishedStart.load(config, media, platform.opener, host.progress),
    laterKernel ? null : readKernel(),
    config.floppy === undefined ? null : media.floppy(config.floppy),
    config.cdrom === undefined ? null : media.cd(config.cdrom),
    Promise.all(config.disks.map((disk, i) => media.disk(disk, `disk ${i + 1}`))),
    Promise.all(config.flash.map((chip, i) => media.flash(chip, `flash ${i + 1}`))),
  ]);
  const drives = new Map<string, BlockStore>();
  const found = { floppy, cdrom, ...Object.fromEntries(disks.map((disk, i) => [`disk${i}`, disk])) };
  for (const [drive, store] of Object.entries(found)) if (store) drives.set(drive, store);
  flash.forEach(({ store }, i) => store && drives.set(`flash${i}`, store));

  let core: WasmCore | undefined;
  const clock =
    config.clock === "instructions"
      ? // Parts of the board look at the clock before there is a core.
        new InstructionClock(host.clockListener, () => core?.instructions() ?? 0)
      : new HostClock(host.clockListener);
  const build = () =>
    platform.buildMachine({
      config,
      clock,
      events: host.events,
      firmware: firmware ?? new Uint8Array(0),
      flash,
      vgaFirmware: vgaFirmware ?? new Uint8Array(0),
      kernel: laterKernel ? "later" : (kernel?.kernel ?? null),
      unpacker: kernel?.unpacker ?? null,
      modules: kernel?.modules ?? [],
      initrd: kernel?.initrd ?? null,
      floppy,
      cdrom,
      disks: disks.map((disk) => new PatientStore(disk, host.waitForRoom)),
      makeCore: (coreHost, vramBytes) => {
        const { cpuModel, processors, memoryMiB, jit, jitThreshold, jitMaxBlock } = config;
        const epochMs = () => clock.epochMs;
        const sizes = { vramBytes, ramBytes: memoryMiB * 2 ** 20 };
        // A machine on the instruction clock repeats itself, its random numbers too.
        const random = config.clock === "instructions" ? { randomKey: new BigUint64Array(4) } : {};
        const limits = {
          ...(jitThreshold === undefined ? {} : { jitThreshold }),
          ...(jitMaxBlock === undefined ? {} : { jitMaxBlock }),
        };
        const options = { host: coreHost, epochMs, cpuModel, processors, jit, ...limits, ...sizes, ...random };
        return (core = platform.makeCore(module, options));
      },
    });
  try {
    return { machine: orFailure(build), core: core!, clock, drives, published, laterKernel };
  } catch (error) {
    for (const store of drives.values()) await store.close?.();
    throw error;
  }
}
