/** What a machine for a system should be like, and whether this host has room for what is asked. */
import type { BootDevice, CpuModel } from "../../protocol/machine-config.ts";
import { MAX_MEMORY_MIB } from "../config-check.ts";
import { systemInfo, type SystemId } from "./system-catalogue.ts";

export interface MachineDefaults {
  memoryMiB: number;
  leastMemoryMiB: number;
  /** 0: no disk. */
  diskMiB: number;
  cpuModel: CpuModel;
  bootOrder: BootDevice[];
}

export function defaultsFor(system: SystemId, bits: 16 | 32 | 64 | null = null): MachineDefaults {
  const { memoryMiB, leastMemoryMiB, diskMiB, cpuModel = "default" } = systemInfo(system);
  // The 32-bit editions are content with half of it.
  const wanted = bits === 32 && memoryMiB >= 1024 ? memoryMiB / 2 : memoryMiB;
  return {
    memoryMiB: Math.min(wanted, MAX_MEMORY_MIB),
    leastMemoryMiB,
    diskMiB,
    cpuModel,
    // An empty disk is passed over; once the system is on it, it is started and not its installer.
    bootOrder: ["disk", "cdrom", "floppy"],
  };
}

/** What the browser tells of the host; null where it does not. */
export interface HostMeans {
  /** Rounded by browsers, at most 8192 in most. */
  memoryMiB: number | null;
  freeStorageBytes: number | null;
}

export type HostConcern =
  /** The host has `hostMiB`; machines that run take `takenMiB` of it. */
  | { kind: "memory"; hostMiB: number; takenMiB: number }
  /** Less than the system starts with. */
  | { kind: "systemMemory"; leastMiB: number }
  /** The disk can grow beyond what this browser will keep. */
  | { kind: "storage"; freeBytes: number };

/** A machine takes so much beside its own memory. */
const OVERHEAD_MIB = 96;
/** What the host needs for itself. */
const HOST_SHARE = 0.75;

export interface Wish {
  memoryMiB: number;
  /** Of new disks, at their largest. */
  diskMiB: number;
  leastMemoryMiB: number;
  /** What other machines have, that run now. */
  takenMiB: number;
}

/** What should be said before the machine is made. */
export function weigh(wish: Wish, host: HostMeans): HostConcern[] {
  const concerns: HostConcern[] = [];
  if (wish.memoryMiB < wish.leastMemoryMiB) concerns.push({ kind: "systemMemory", leastMiB: wish.leastMemoryMiB });
  const needed = wish.memoryMiB + OVERHEAD_MIB + wish.takenMiB;
  if (host.memoryMiB !== null && needed > host.memoryMiB * HOST_SHARE)
    concerns.push({ kind: "memory", hostMiB: host.memoryMiB, takenMiB: wish.takenMiB });
  if (host.freeStorageBytes !== null && wish.diskMiB * 2 ** 20 > host.freeStorageBytes)
    concerns.push({ kind: "storage", freeBytes: host.freeStorageBytes });
  return concerns;
}

/** Asks the browser. */
export async function hostMeans(host: Navigator = navigator): Promise<HostMeans> {
  const { deviceMemory } = host as { deviceMemory?: number };
  let freeStorageBytes: number | null = null;
  try {
    const { quota, usage } = await host.storage.estimate();
    if (quota !== undefined) freeStorageBytes = Math.max(0, quota - (usage ?? 0));
  } catch {
    // Pages that are not secure have no storage to speak of; making a disk says so.
  }
  return { memoryMiB: deviceMemory === undefined ? null : deviceMemory * 1024, freeStorageBytes };
}
