/**
 * The operating systems that Posada knows by name, and what a machine for each should be like: what their own makers ask
 * for, and a little more where the emulated disk is slow. Versions of a family that want the same share an entry.
 */
import type { CpuModel } from "../../protocol/machine-config.ts";

/** What the icon shows. */
export type SystemFamily = "linux" | "windows" | "dos" | "bsd" | "unix" | "hobby" | "tool" | "other";

export interface SystemInfo {
  name: string;
  family: SystemFamily;
  /** A good amount, and the least with which it starts. */
  memoryMiB: number;
  leastMemoryMiB: number;
  /** Of a new disk; 0: it needs none. */
  diskMiB: number;
  /** Absent: everything there is. Older systems go wrong on processors that they do not know. */
  cpuModel?: CpuModel;
}

const GIB = 1024;

const linux = (name: string, memoryMiB: number, diskMiB: number, leastMemoryMiB = memoryMiB / 4): SystemInfo => ({
  name,
  family: "linux",
  memoryMiB,
  leastMemoryMiB,
  diskMiB,
});

export const SYSTEMS = {
  debian: linux("Debian", GIB, 8 * GIB),
  ubuntu: linux("Ubuntu", 2 * GIB, 16 * GIB),
  mint: linux("Linux Mint", 2 * GIB, 20 * GIB),
  fedora: linux("Fedora", 2 * GIB, 16 * GIB),
  redhat: linux("Red Hat and relatives", 2 * GIB, 16 * GIB),
  suse: linux("SUSE", 2 * GIB, 16 * GIB),
  arch: linux("Arch Linux", GIB, 8 * GIB),
  alpine: linux("Alpine Linux", 256, GIB, 96),
  gentoo: linux("Gentoo", GIB, 16 * GIB),
  slackware: linux("Slackware", 512, 8 * GIB),
  nixos: linux("NixOS", 2 * GIB, 16 * GIB),
  tinyCore: linux("Tiny Core Linux", 128, 0, 46),
  linux: linux("Linux", 512, 8 * GIB, 64),
  freebsd: { name: "FreeBSD", family: "bsd", memoryMiB: GIB, leastMemoryMiB: 128, diskMiB: 8 * GIB },
  openbsd: { name: "OpenBSD", family: "bsd", memoryMiB: 512, leastMemoryMiB: 64, diskMiB: 8 * GIB },
  netbsd: { name: "NetBSD", family: "bsd", memoryMiB: 256, leastMemoryMiB: 32, diskMiB: 4 * GIB },
  dragonfly: { name: "DragonFly BSD", family: "bsd", memoryMiB: GIB, leastMemoryMiB: 256, diskMiB: 8 * GIB },
  solaris: { name: "Solaris or illumos", family: "unix", memoryMiB: 2 * GIB, leastMemoryMiB: 512, diskMiB: 16 * GIB },
  minix: { name: "MINIX", family: "unix", memoryMiB: 128, leastMemoryMiB: 16, diskMiB: GIB },
  plan9: { name: "Plan 9", family: "unix", memoryMiB: 512, leastMemoryMiB: 64, diskMiB: 4 * GIB },
  windowsModern: {
    name: "Windows Vista or later",
    family: "windows",
    memoryMiB: 2 * GIB,
    leastMemoryMiB: 512,
    diskMiB: 32 * GIB,
  },
  windowsXp: { name: "Windows XP or 2003", family: "windows", memoryMiB: 512, leastMemoryMiB: 64, diskMiB: 8 * GIB },
  windows2000: {
    name: "Windows 2000",
    family: "windows",
    memoryMiB: 256,
    leastMemoryMiB: 32,
    diskMiB: 4 * GIB,
    cpuModel: "pentium3",
  },
  windowsNt4: {
    name: "Windows NT 4",
    family: "windows",
    memoryMiB: 128,
    leastMemoryMiB: 16,
    diskMiB: 2 * GIB,
    cpuModel: "pentium",
  },
  windowsMe: {
    name: "Windows Me",
    family: "windows",
    memoryMiB: 128,
    leastMemoryMiB: 32,
    diskMiB: 4 * GIB,
    cpuModel: "pentium3",
  },
  windows98: {
    name: "Windows 98",
    family: "windows",
    memoryMiB: 128,
    leastMemoryMiB: 16,
    diskMiB: 2 * GIB,
    cpuModel: "pentium3",
  },
  windows95: {
    name: "Windows 95",
    family: "windows",
    memoryMiB: 64,
    leastMemoryMiB: 8,
    diskMiB: GIB,
    cpuModel: "pentium",
  },
  reactos: { name: "ReactOS", family: "windows", memoryMiB: 512, leastMemoryMiB: 96, diskMiB: 4 * GIB },
  freedos: {
    name: "FreeDOS",
    family: "dos",
    memoryMiB: 64,
    leastMemoryMiB: 2,
    diskMiB: 512,
    cpuModel: "pentium3",
  },
  dos: { name: "DOS", family: "dos", memoryMiB: 32, leastMemoryMiB: 2, diskMiB: 512, cpuModel: "pentium" },
  haiku: { name: "Haiku", family: "hobby", memoryMiB: 512, leastMemoryMiB: 256, diskMiB: 4 * GIB },
  beos: {
    name: "BeOS",
    family: "hobby",
    memoryMiB: 256,
    leastMemoryMiB: 32,
    diskMiB: GIB,
    cpuModel: "pentium3",
  },
  kolibrios: { name: "KolibriOS", family: "hobby", memoryMiB: 128, leastMemoryMiB: 8, diskMiB: 0 },
  menuetos: { name: "MenuetOS", family: "hobby", memoryMiB: 256, leastMemoryMiB: 32, diskMiB: 0 },
  mikeos: { name: "MikeOS", family: "hobby", memoryMiB: 16, leastMemoryMiB: 2, diskMiB: 0 },
  memtest: { name: "Memtest86+", family: "tool", memoryMiB: 256, leastMemoryMiB: 8, diskMiB: 0 },
  grub: { name: "GRUB", family: "tool", memoryMiB: 128, leastMemoryMiB: 16, diskMiB: 0 },
  ipxe: { name: "iPXE", family: "tool", memoryMiB: 64, leastMemoryMiB: 16, diskMiB: 0 },
  xen: { name: "Xen", family: "tool", memoryMiB: GIB, leastMemoryMiB: 128, diskMiB: 8 * GIB },
  other: { name: "Other", family: "other", memoryMiB: 512, leastMemoryMiB: 2, diskMiB: 2 * GIB },
} satisfies Record<string, SystemInfo>;

export type SystemId = keyof typeof SYSTEMS;

export const SYSTEM_IDS = Object.keys(SYSTEMS) as SystemId[];

export function systemInfo(id: SystemId): SystemInfo {
  return SYSTEMS[id];
}

/** Stored by another version, or by hand. */
export function isSystemId(id: unknown): id is SystemId {
  return typeof id === "string" && Object.hasOwn(SYSTEMS, id);
}
