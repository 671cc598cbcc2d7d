/**
 * Which operating system is on a CD or disk: by the names of volumes, and by files that every installation of a system
 * has. Read are FAT, ISO 9660 and ext file systems; an NTFS partition that starts is Windows' all the same.
 */
import type { BlockStore } from "./block-store.ts";
import { SliceStore } from "./composed-store.ts";
import type { FileSystem } from "./filesystems/file-system.ts";
import { openFileSystem } from "./filesystems/open-file-system.ts";
import { recogniseFileSystem } from "./filesystems/recognise.ts";
import { readPartitionTable } from "./partitions/partition-table.ts";

/** Names of volumes on installation media. The first that fits is taken. */
const volumes: [RegExp, string][] = [
  [/debian/i, "debian"],
  [/ubuntu/i, "ubuntu"],
  [/fedora/i, "fedora"],
  [/alpine/i, "alpine"],
  [/arch(_|iso|linux)/i, "arch"],
  [/opensuse|suse/i, "opensuse"],
  [/centos|rocky|almalinux|rhel/i, "redhat"],
  [/gentoo/i, "gentoo"],
  [/nixos/i, "nixos"],
  [/slackware|^slax/i, "slackware"],
  [/tinycore|corepure|^core$/i, "tinycore"],
  [/freedos/i, "freedos"],
  [/freebsd/i, "freebsd"],
  [/netbsd/i, "netbsd"],
  [/openbsd/i, "openbsd"],
  [/reactos/i, "reactos"],
  [/haiku/i, "haiku"],
  [/minix/i, "minix"],
  [/kolibri/i, "kolibrios"],
  [/^win98|win_98|windows ?98/i, "windows98"],
  [/^win95|win_95|windows ?95/i, "windows95"],
  [/winme|millennium/i, "windowsme"],
  [/nt4|winnt/i, "windowsnt4"],
  [/^w2?k?2000|w2p|windows 2000/i, "windows2000"],
  [/^(grtm|wxp|winxp|xp)/i, "windowsxp"],
  [/os2|warp/i, "os2"],
];

/** Files by which a system is known, in any case of letters; the first that is there decides. */
const files: [path: string, osId: string][] = [
  ["/KERNEL.SYS", "freedos"],
  ["/boot/grub/freebsd.cfg", "freebsd"],
  ["/boot/kernel/kernel", "freebsd"],
  ["/bsd", "openbsd"],
  ["/netbsd", "netbsd"],
  ["/reactos/system32/ntoskrnl.exe", "reactos"],
  ["/WINNT/system32/ntoskrnl.exe", "windows2000"],
  ["/WINDOWS/system32/ntoskrnl.exe", "windowsxp"],
  ["/WINDOWS/WIN.COM", "windows98"],
  ["/IO.SYS", "msdos"],
  ["/IBMBIO.COM", "pcdos"],
  ["/live/filesystem.squashfs", "linux"],
  ["/casper/filesystem.squashfs", "ubuntu"],
  ["/isolinux/isolinux.bin", "linux"],
  ["/boot/vmlinuz", "linux"],
  ["/vmlinuz", "linux"],
];

/** IDs in /etc/os-release that are known here by another name. [os-release(5)] */
const releases: Record<string, string> = {
  rhel: "redhat",
  centos: "redhat",
  rocky: "redhat",
  almalinux: "redhat",
  "opensuse-leap": "opensuse",
  "opensuse-tumbleweed": "opensuse",
};
const MAX_RELEASE_BYTES = 16 << 10;

/** null where nothing is recognised. @throws StorageError where the store or a file system in it cannot be read */
export async function recogniseSystem(store: BlockStore): Promise<string | null> {
  const whole = await recogniseFileSystem(store);
  if (whole) return systemIn(store, whole.label, whole.kind);
  const table = await readPartitionTable(store);
  for (const partition of table?.partitions ?? []) {
    if (partition.startBytes + partition.sizeBytes > store.sizeBytes) continue;
    const slice = new SliceStore(store, partition.startBytes, partition.sizeBytes);
    const facts = await recogniseFileSystem(slice);
    const system = facts && (await systemIn(slice, facts.label, facts.kind));
    if (system) return system;
  }
  return null;
}

async function systemIn(store: BlockStore, label: string, kind: string): Promise<string | null> {
  if (kind === "ntfs") return "windows";
  const named = kind === "iso9660" ? volumes.find(([name]) => name.test(label)) : undefined;
  if (named) return named[1];
  if (!/^(fat|iso9660|ext)/.test(kind) || kind === "exfat") return null;
  const system = await openFileSystem(store);
  const release = await releaseOf(system);
  if (release) return release;
  for (const [path, osId] of files) if (await exists(system, path)) return osId;
  return null;
}

async function exists(system: FileSystem, path: string): Promise<boolean> {
  return system.stat(path).then(
    () => true,
    () => false,
  );
}

async function releaseOf(system: FileSystem): Promise<string | null> {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    if (!(await exists(system, path))) continue;
    let text = "";
    for await (const piece of system.read(path)) {
      text += new TextDecoder().decode(piece);
      if (text.length > MAX_RELEASE_BYTES) break;
    }
    const id = /^ID=["']?([a-z0-9._-]+)/m.exec(text)?.[1];
    if (id) return releases[id] ?? id;
  }
  return null;
}
