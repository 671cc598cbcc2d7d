/** What the files of an installed system say: os-release on Linux, the loaders' files on FAT. */
import { linuxNamed } from "./cd-clues.ts";
import type { Files } from "./files.ts";
import type { SystemId } from "./system-catalogue.ts";
import { bitsIn, versionIn, type SystemFinding } from "./system-finding.ts";

const finding = (
  system: SystemId,
  label: string,
  more: Partial<Pick<SystemFinding, "version" | "bits" | "certainty">> = {},
): SystemFinding => ({
  system,
  label,
  version: more.version ?? versionIn(label),
  bits: more.bits ?? null,
  installer: false,
  certainty: more.certainty ?? 2,
});

/** A root file system; anything else that Linux wrote is told as such. os-release(5) */
export async function linuxRootSystem(files: Files): Promise<SystemFinding> {
  const release = (await files.text("etc/os-release")) ?? (await files.text("usr/lib/os-release"));
  // Where 64-bit programs find their loader.
  const bits = (await files.has("lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1", "lib/x86_64-linux-gnu"))
    ? 64
    : null;
  if (release === null) {
    const kernel = (await files.names("boot")).concat(await files.names("")).find((name) => /^vmlinuz-/.test(name));
    return finding("linux", "", { version: "", bits: kernel ? bitsIn(kernel) : bits, certainty: kernel ? 1 : 0 });
  }
  const value = (key: string) => new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(release)?.[1] ?? "";
  const name = value("PRETTY_NAME") || value("NAME");
  const system = linuxNamed(value("ID"));
  return finding(system === "linux" ? linuxNamed(value("ID_LIKE")) : system, name, {
    version: value("VERSION_ID"),
    bits,
  });
}

/** DOS and Windows start from files with names of their own. */
export async function fatSystem(files: Files): Promise<SystemFinding | null> {
  if (await files.has("ntldr")) return bootIniSystem((await files.text("boot.ini")) ?? "");
  if (await files.has("bootmgr")) return finding("windowsModern", "Windows", { certainty: 1 });
  const settings = await files.text("msdos.sys");
  if (settings !== null && /^\[Paths\]/im.test(settings)) {
    const version = /^WinVer=(\d+\.\d+)/im.exec(settings)?.[1];
    if (version === "4.90") return finding("windowsMe", "Windows Me", { version: "", bits: 32 });
    if (version === "4.10") return finding("windows98", "Windows 98", { bits: 32 });
    return finding("windows95", "Windows 95", { bits: 32 });
  }
  if (await files.has("freeldr.sys")) return finding("reactos", "", { bits: 32 });
  if (await files.has("kernel.mnt", "kolibri.img")) return finding("kolibrios", "", { bits: 32 });
  if (await files.has("kernel.sys", "fdos", "fdconfig.sys")) return finding("freedos", "", { bits: 16 });
  if (await files.has("io.sys", "ibmbio.com")) return finding("dos", "", { bits: 16 });
  if (await files.has("ldlinux.sys", "extlinux.conf", "syslinux.cfg")) return finding("linux", "", { certainty: 1 });
  return null;
}

/** `multi(0)disk(0)rdisk(0)partition(1)\WINDOWS="Microsoft Windows XP Professional" /fastdetect` */
function bootIniSystem(text: string): SystemFinding {
  const label = /^[^=\n]*\\[^=\n]*="([^"]+)"/m.exec(text)?.[1] ?? "";
  if (/2000/.test(label)) return finding("windows2000", label, { bits: 32 });
  if (/NT/.test(label)) return finding("windowsNt4", label, { bits: 32 });
  return finding("windowsXp", label, { version: "", bits: bitsIn(label) ?? 32, certainty: label ? 2 : 1 });
}
