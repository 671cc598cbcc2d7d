/** What a CD says of itself: in files that its maker puts there for this, by its volume's name, by what it starts. */
import type { Files } from "./files.ts";
import type { SystemId } from "./system-catalogue.ts";
import { bitsIn, versionIn, type SystemFinding } from "./system-finding.ts";

type Clue = (files: Files, volume: string) => Promise<SystemFinding | null>;

const finding = (
  system: SystemId,
  label: string,
  more: Partial<Pick<SystemFinding, "version" | "bits" | "certainty">> = {},
): SystemFinding => ({
  system,
  label,
  version: more.version ?? versionIn(label),
  bits: more.bits ?? bitsIn(label),
  installer: true,
  certainty: more.certainty ?? 2,
});

const namedLinux: [RegExp, SystemId][] = [
  [/mint/i, "mint"],
  [/ubuntu/i, "ubuntu"],
  [/debian|kali|devuan/i, "debian"],
  [/fedora/i, "fedora"],
  [/red ?hat|centos|rocky|alma|oracle linux/i, "redhat"],
  [/suse|sles/i, "suse"],
  [/arch/i, "arch"],
  [/alpine/i, "alpine"],
  [/gentoo/i, "gentoo"],
  [/slackware/i, "slackware"],
  [/nixos/i, "nixos"],
];

export function linuxNamed(text: string): SystemId {
  return namedLinux.find(([pattern]) => pattern.test(text))?.[1] ?? "linux";
}

/** Debian and its relatives: `Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST …`. */
const diskInfo: Clue = async (files) => {
  const text = (await files.text(".disk/info"))?.split("\n")[0]?.trim();
  if (!text) return null;
  const label = text.split(" - ")[0]!.replace(/"([^"]*)"/, "“$1”");
  return finding(linuxNamed(text), label, { bits: bitsIn(text) });
};

/** Fedora, Red Hat and theirs: an ini file. */
const treeInfo: Clue = async (files) => {
  const text = await files.text(".treeinfo");
  if (text === null) return null;
  const value = (key: string) => new RegExp(`^${key}\\s*=\\s*(.+)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const [family, version] = [value("family") || value("name"), value("version")];
  if (family === "") return null;
  const label = family.includes(version) ? family : `${family} ${version}`;
  return finding(linuxNamed(family), label, { version, bits: bitsIn(value("arch")) });
};

const alpine: Clue = async (files) => {
  const text = (await files.text(".alpine-release"))?.trim();
  if (!text) return null;
  const bits = (await files.has("apks/x86_64")) ? 64 : (await files.has("apks/x86")) ? 32 : null;
  return finding("alpine", `Alpine Linux ${versionIn(text)}`, { bits });
};

/** Setup of Windows has marks at the root of its CD. */
const windows: Clue = async (files) => {
  if (await files.has("sources/boot.wim", "sources/install.wim", "sources/install.esd")) {
    const bits = (await files.has("efi/boot/bootx64.efi")) ? 64 : null;
    return finding("windowsModern", "Windows", { bits });
  }
  if (await files.has("win51")) {
    const bits = (await files.has("amd64")) ? 64 : 32;
    return finding("windowsXp", "Windows XP / 2003", { version: "", bits });
  }
  if (await files.has("cdrom_nt.5")) return finding("windows2000", "Windows 2000", { bits: 32 });
  if (await files.has("cdrom_w.40", "cdrom_s.40")) return finding("windowsNt4", "Windows NT 4.0", { bits: 32 });
  if (await files.has("win9x")) return finding("windowsMe", "Windows Me", { bits: 32 });
  if (await files.has("win98")) return finding("windows98", "Windows 98", { bits: 32 });
  if (await files.has("win95")) return finding("windows95", "Windows 95", { bits: 32 });
  return null;
};

const volumes: [RegExp, SystemId, string?][] = [
  [/^mt86plus/i, "memtest"],
  [/openbsd/i, "openbsd"],
  [/netbsd/i, "netbsd"],
  [/freebsd|^\d+_\d+_(release|stable|current)_(amd64|i386)/i, "freebsd"],
  [/dragonfly|^dfly/i, "dragonfly"],
  [/^haiku/i, "haiku"],
  [/^beos/i, "beos"],
  [/reactos/i, "reactos"],
  [/^(fd\d\d|freedos)/i, "freedos"],
  [/kolibri/i, "kolibrios"],
  [/menuet/i, "menuetos"],
  [/9front|plan ?9/i, "plan9"],
  [/^minix/i, "minix"],
  [/solaris|openindiana|omnios|illumos/i, "solaris"],
  [/tinycore|^core/i, "tinyCore"],
  [/ubuntu|debian|kali|mint|fedora|centos|rocky|alma|rhel|suse|^arch_|alpine|gentoo|slack|nixos/i, "linux"],
];

/** `OpenBSD/amd64 7.4 Install CD`, `14_0_RELEASE_AMD64_CD`, `MT86PLUS_64`. */
const volumeName: Clue = async (_, volume) => {
  const [, system] = volumes.find(([pattern]) => pattern.test(volume)) ?? [];
  if (!system) return null;
  const bits = system === "memtest" ? (volume.endsWith("64") ? 64 : 32) : bitsIn(volume);
  const version = system === "memtest" ? "" : versionIn(volume.replace(/amd64|x86_64|i386/gi, "").replace(/_/g, "."));
  const exact = system === "linux" ? linuxNamed(volume.replace(/^rhel/i, "red hat")) : system;
  return finding(exact, "", { bits, version });
};

/** What is on it, where nothing is said. */
const contents: Clue = async (files) => {
  if (await files.has("reactos")) return finding("reactos", "");
  if (await files.has("freedos", "fdsetup", "fdbasecd")) return finding("freedos", "");
  if (await files.has("arch/boot")) return finding("arch", "");
  if (await files.has("boot/core.gz", "boot/corepure64.gz")) return finding("tinyCore", "");
  if (
    await files.has("casper", "live", "isolinux/vmlinuz", "boot/vmlinuz", "boot/bzimage", "kernels", "images/pxeboot")
  )
    return finding("linux", "", { certainty: 1 });
  if (await files.has("ipxe.krn", "ipxe.lkrn", "boot/ipxe.krn")) return finding("ipxe", "");
  if (await files.has("boot/grub")) return finding("grub", "", { certainty: 1 });
  return null;
};

const CLUES: readonly Clue[] = [diskInfo, treeInfo, alpine, windows, volumeName, contents];

export async function cdSystem(files: Files, volume: string): Promise<SystemFinding | null> {
  for (const clue of CLUES) {
    const found = await clue(files, volume);
    if (found) return found;
  }
  return null;
}
