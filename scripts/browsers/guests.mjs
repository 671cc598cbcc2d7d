/**
 * The boot table's quick guests as a page starts them: what they are made of, and what is waited for and typed. Patterns
 * are matched against the text screen; `colors` waits for a picture of at least so many.
 */

const debian = (id) => ({
  name: `Debian ${id}`,
  options: {
    memoryMiB: 256,
    kernel: `vmlinuz-${id}`,
    initrd: `initrd-${id}.gz`,
    commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
  },
  steps: [{ until: "^posada:\\S*# *$" }, { type: "uname -m\n", until: "^(x86_64|i686)$" }],
});

const medium = (name, role, file, ...steps) => ({
  name,
  options: { memoryMiB: 64, [role]: file, bootOrder: [role] },
  steps,
});

const grub = [{ until: "command-line" }, { type: "c", until: "^grub>$" }];

export const guests = [
  debian("cloud-amd64"),
  debian("amd64"),
  debian("686"),
  medium("GRUB rescue CD", "cdrom", "grub-rescue.iso", ...grub),
  medium("GRUB rescue floppy", "floppy", "grub-rescue.img", ...grub),
  medium("iPXE", "cdrom", "ipxe.iso", { until: "Press Ctrl-B" }, { press: ["ControlLeft", "KeyB"], until: "^iPXE>$" }),
  medium("FreeDOS", "floppy", "freedos-720k.img", { until: "^A:\\\\>$" }),
  medium("MikeOS", "floppy", "mikeos-1440k.img", { until: "Please select an interface" }),
  medium("KolibriOS", "floppy", "kolibrios-1440k.img", { colors: 1000 }),
];

const MEDIA = ["kernel", "initrd", "cdrom", "floppy"];

/** Files of a guest, by name. */
export const filesOf = ({ options }) => MEDIA.map((role) => options[role]).filter((file) => file !== undefined);
