/**
 * What a machine with a kernel of its own is started with. One that goes on from a state needs none of it until it starts
 * anew, perhaps never: then it is read at that time.
 */
import { Unpacker } from "../core/unpacker.ts";
import type { KernelFiles } from "../machine/machine-parts.ts";
import type { MachineConfig } from "../protocol/machine-config.ts";
import { orFailure } from "./failures.ts";
import type { MachinePort } from "./machine-port.ts";
import type { MediaLoader } from "./media.ts";

/** @returns null where the machine has no kernel @throws VmError */
export async function kernelFiles(
  config: MachineConfig,
  media: MediaLoader,
  compileUnpacker: () => Promise<WebAssembly.Module>,
): Promise<KernelFiles | null> {
  const { kernel, initrd } = config;
  if (kernel === undefined) return null;
  const [module, kernelBytes, initrdBytes, modules] = await Promise.all([
    compileUnpacker(),
    media.file(kernel, "kernel", "kernel"),
    initrd === undefined ? null : media.file(initrd, "initrd", "initrd"),
    Promise.all(config.modules.map((each, i) => media.module(each, `module ${i + 1}`))),
  ]);
  return { kernel: kernelBytes, unpacker: new Unpacker(module), initrd: initrdBytes, modules };
}

/** A kernel that the machine is not given before it starts anew. */
export class LaterKernel {
  private supplied = false;
  private supplying: Promise<void> | null = null;

  constructor(private readonly read: () => Promise<KernelFiles | null>) {}

  /** Whether the machine has yet to be given it. */
  get isDue(): boolean {
    return !this.supplied;
  }

  /** @throws VmError; then it is tried again next time */
  async supply(machine: Pick<MachinePort, "supplyKernel">): Promise<void> {
    if (this.supplied) return;
    this.supplying ??= this.readAndSupply(machine).finally(() => (this.supplying = null));
    await this.supplying;
  }

  private async readAndSupply(machine: Pick<MachinePort, "supplyKernel">): Promise<void> {
    const files = await this.read();
    if (files) orFailure(() => machine.supplyKernel(files));
    this.supplied = true;
  }
}
