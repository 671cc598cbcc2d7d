/** The names under which the machine can be traced: the core's own, interrupt lines, and the devices'. */

/** cpu: registers before each instruction; asm: the instruction; int: interrupts and exceptions; mmu: the TLB. */
export const CORE_CATEGORIES = ["cpu", "asm", "int", "mmu"] as const;

export const DEVICE_CATEGORIES = [
  ...[
    "acpi",
    "cdrom",
    "dma",
    "ferr",
    "flash",
    "floppy",
    "fwcfg",
    "hpet",
    "ide",
    "ioapic",
    "irq",
    "pci",
    "pic",
    "pit",
    "ps2",
  ],
  ...["rtc", "smbus", "system", "uart", "unclaimed", "vga", "vmmouse"],
];

export const TRACE_CATEGORIES: readonly string[] = [...CORE_CATEGORIES, ...DEVICE_CATEGORIES];
