/** Names of the standard (type 0) configuration header. [PCI 2.3] 6.1, 6.2. */

export const CONFIG_SPACE_BYTES = 256;

export const PCI_VENDOR_ID = 0x00;
export const PCI_DEVICE_ID = 0x02;
export const PCI_COMMAND = 0x04;
export const PCI_STATUS = 0x06;
export const PCI_REVISION_ID = 0x08;
export const PCI_CLASS_CODE = 0x09;
export const PCI_LATENCY_TIMER = 0x0d;
export const PCI_HEADER_TYPE = 0x0e;
export const PCI_BAR0 = 0x10;
export const PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
export const PCI_SUBSYSTEM_ID = 0x2e;
export const PCI_EXPANSION_ROM = 0x30;
export const PCI_CAPABILITIES_POINTER = 0x34;
export const PCI_INTERRUPT_LINE = 0x3c;
export const PCI_INTERRUPT_PIN = 0x3d;
/** First byte after the header: device registers and capabilities. */
export const PCI_HEADER_END = 0x40;

export const COMMAND_IO_SPACE = 1 << 0;
export const COMMAND_MEMORY_SPACE = 1 << 1;
export const COMMAND_BUS_MASTER = 1 << 2;
export const COMMAND_PARITY_ERROR_RESPONSE = 1 << 6;
export const COMMAND_SERR_ENABLE = 1 << 8;
export const COMMAND_INTERRUPT_DISABLE = 1 << 10;

export const STATUS_INTERRUPT = 1 << 3;
export const STATUS_CAPABILITIES_LIST = 1 << 4;
/** Error and abort bits that software clears by writing ones. */
export const STATUS_WRITE_ONE_TO_CLEAR = 0xf900;

export const HEADER_TYPE_MULTIFUNCTION = 0x80;

export const BAR_IO_SPACE = 1;
export const BAR_MEMORY_64BIT = 4;
export const BAR_MEMORY_PREFETCHABLE = 8;
export const ROM_ENABLE = 1;
