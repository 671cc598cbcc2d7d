/** What public/guests/ holds, and out of which Debian packages each file is made. */

/** A file of a package as it is. `path` may name its folder part with one "*". */
const copy = (file, title, packageName, path, licence, architecture = "amd64") => ({
  kind: "copy",
  file,
  title,
  packageName,
  architecture,
  path,
  licence,
});

const kernel = (id, meta, architecture, title) => ({
  kind: "kernel",
  id,
  meta,
  architecture,
  title,
  licence: "GPL-2.0",
});

export const basics = [
  copy("bios-256k.bin", "SeaBIOS", "seabios", "usr/share/seabios/bios-256k.bin", "LGPL-3.0"),
  copy("vgabios-stdvga.bin", "SeaBIOS VGA BIOS", "seabios", "usr/share/seabios/vgabios-stdvga.bin", "LGPL-3.0"),
  kernel("cloud-amd64", "linux-image-cloud-amd64", "amd64", "Debian 12, 64-bit cloud kernel"),
  kernel("amd64", "linux-image-amd64", "amd64", "Debian 12, 64-bit kernel"),
  kernel("686", "linux-image-686", "i386", "Debian 12, 32-bit kernel"),
];

const memtest = (word) => [
  copy(
    `memtest86plus-${word}.iso`,
    `Memtest86+ (${word})`,
    "memtest86+",
    `usr/lib/memtest86+/memtest86+${word}.iso`,
    "GPL-2.0",
  ),
];
const installer = (arch) =>
  [
    ["vmlinuz", "linux", "kernel"],
    ["initrd.gz", "initrd.gz", "initrd"],
  ].map(([name, path, title]) =>
    copy(
      `installer-${arch}-${name}`,
      `Debian 12 installer, ${arch}, ${title}`,
      `debian-installer-12-netboot-${arch}`,
      `usr/lib/debian-installer/images/12/${arch}/text/debian-installer/${arch}/${path}`,
      "GPL-2.0 and others",
    ),
  );

const ovmf = (name, title) =>
  copy(name, `OVMF, UEFI firmware (${title})`, "ovmf", `usr/share/OVMF/${name}`, "BSD-2-Clause-Patent");
const uBoot = (word) =>
  copy(`u-boot-${word}.rom`, `U-Boot (${word})`, "u-boot-qemu", `usr/lib/u-boot/qemu-${word}/u-boot.rom`, "GPL-2.0");

/** Guests that only the tests need. */
export const extras = [
  ...memtest("x64"),
  ...memtest("ia32"),
  copy("grub-rescue.iso", "GRUB rescue CD", "grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-cdrom.iso", "GPL-3.0"),
  copy(
    "grub-rescue.img",
    "GRUB rescue floppy",
    "grub-rescue-pc",
    "usr/lib/grub-rescue/grub-rescue-floppy.img",
    "GPL-3.0",
  ),
  copy("ipxe.iso", "iPXE", "ipxe", "usr/lib/ipxe/ipxe.iso", "GPL-2.0"),
  ovmf("OVMF_CODE_4M.fd", "code"),
  ovmf("OVMF_VARS_4M.fd", "variables"),
  uBoot("x86"),
  uBoot("x86_64"),
  copy("xen-4.17-amd64.gz", "Xen 4.17 hypervisor", "xen-hypervisor-4.17-amd64", "boot/xen-4.17-amd64.gz", "GPL-2.0"),
  ...installer("amd64"),
  ...installer("i386"),
  { kind: "grubTests", file: "grub-functional-tests.iso", title: "GRUB functional tests", licence: "GPL-3.0" },
];

// The kernel tests its cryptography while it boots; on a slow processor that is more than half of the boot.
const COMMAND_LINE = "console=ttyS0,115200 console=tty0 mitigations=off cryptomgr.notests";
const machine = (id, title, kernelId, memoryMiB) => ({
  id,
  title,
  kernel: `vmlinuz-${kernelId}`,
  initrd: `initrd-${kernelId}.gz`,
  commandLine: COMMAND_LINE,
  memoryMiB,
});

/** Machines that the page offers ready-made; the first is the default. */
export const machines = [
  machine("debian-cloud-amd64", "Debian 12 kernel (64-bit, cloud) + BusyBox", "cloud-amd64", 256),
  machine("debian-amd64", "Debian 12 kernel (64-bit) + BusyBox", "amd64", 256),
  machine("debian-686", "Debian 12 kernel (32-bit) + BusyBox", "686", 256),
];
