/** Names of the ATA task file: registers, bits and command codes. [ATA-6] clause 7 (registers), clause 8 (commands). */

// Command block registers, as offsets from the channel's base. [ATA-6] 7.1
export const REG_DATA = 0;
export const REG_ERROR = 1;
export const REG_FEATURES = 1;
export const REG_COUNT = 2;
export const REG_LBA_LOW = 3;
export const REG_LBA_MID = 4;
export const REG_LBA_HIGH = 5;
export const REG_DEVICE = 6;
export const REG_STATUS = 7;
export const REG_COMMAND = 7;

// Status. [ATA-6] 7.15
export const STATUS_BSY = 1 << 7;
export const STATUS_DRDY = 1 << 6;
/** Device fault. */
export const STATUS_DF = 1 << 5;
/** "Seek complete" of the older standards, which old drivers wait for; SERV of a packet device. */
export const STATUS_DSC = 1 << 4;
export const STATUS_DRQ = 1 << 3;
export const STATUS_ERR = 1 << 0;

// Error. [ATA-6] 7.9 and the commands' error outputs
export const ERROR_UNC = 1 << 6;
export const ERROR_IDNF = 1 << 4;
export const ERROR_ABRT = 1 << 2;
/** Not an error: what the diagnostics found, "device passed". [ATA-6] table 26 */
export const DIAGNOSTIC_PASSED = 0x01;

// Device control. [ATA-6] 7.8
export const CONTROL_HOB = 1 << 7;
export const CONTROL_SRST = 1 << 2;
export const CONTROL_NIEN = 1 << 1;

// Device register. [ATA-6] 7.7
export const DEVICE_LBA = 1 << 6;
export const DEVICE_DEV = 1 << 4;
/** Obsolete bits that read as ones. */
export const DEVICE_ALWAYS_ONE = 0xa0;
export const DEVICE_HEAD = 0x0f;

// Interrupt reason: the count register of a packet device. [ATA-6] 7.10 (PACKET outputs)
export const REASON_COMMAND = 1 << 0;
export const REASON_TO_HOST = 1 << 1;

// Commands. [ATA-6] table B.3
export const CMD_NOP = 0x00;
export const CMD_DATA_SET_MANAGEMENT = 0x06;
export const CMD_DEVICE_RESET = 0x08;
export const CMD_RECALIBRATE = 0x10;
export const CMD_READ_SECTORS = 0x20;
export const CMD_READ_SECTORS_NO_RETRY = 0x21;
export const CMD_READ_SECTORS_EXT = 0x24;
export const CMD_READ_DMA_EXT = 0x25;
export const CMD_READ_NATIVE_MAX_EXT = 0x27;
export const CMD_READ_MULTIPLE_EXT = 0x29;
export const CMD_WRITE_SECTORS = 0x30;
export const CMD_WRITE_SECTORS_NO_RETRY = 0x31;
export const CMD_WRITE_SECTORS_EXT = 0x34;
export const CMD_WRITE_DMA_EXT = 0x35;
export const CMD_WRITE_MULTIPLE_EXT = 0x39;
export const CMD_WRITE_VERIFY = 0x3c;
export const CMD_WRITE_DMA_FUA_EXT = 0x3d;
export const CMD_READ_VERIFY = 0x40;
export const CMD_READ_VERIFY_NO_RETRY = 0x41;
export const CMD_READ_VERIFY_EXT = 0x42;
export const CMD_SEEK = 0x70;
export const CMD_EXECUTE_DIAGNOSTIC = 0x90;
export const CMD_INITIALIZE_DEVICE_PARAMETERS = 0x91;
export const CMD_STANDBY_IMMEDIATE_OLD = 0x94;
export const CMD_IDLE_IMMEDIATE_OLD = 0x95;
export const CMD_STANDBY_OLD = 0x96;
export const CMD_IDLE_OLD = 0x97;
export const CMD_CHECK_POWER_MODE_OLD = 0x98;
export const CMD_SLEEP_OLD = 0x99;
export const CMD_PACKET = 0xa0;
export const CMD_IDENTIFY_PACKET_DEVICE = 0xa1;
export const CMD_SMART = 0xb0;
export const CMD_READ_MULTIPLE = 0xc4;
export const CMD_WRITE_MULTIPLE = 0xc5;
export const CMD_SET_MULTIPLE_MODE = 0xc6;
export const CMD_READ_DMA = 0xc8;
export const CMD_READ_DMA_NO_RETRY = 0xc9;
export const CMD_WRITE_DMA = 0xca;
export const CMD_WRITE_DMA_NO_RETRY = 0xcb;
export const CMD_WRITE_MULTIPLE_FUA_EXT = 0xce;
export const CMD_STANDBY_IMMEDIATE = 0xe0;
export const CMD_IDLE_IMMEDIATE = 0xe1;
export const CMD_STANDBY = 0xe2;
export const CMD_IDLE = 0xe3;
export const CMD_READ_BUFFER = 0xe4;
export const CMD_CHECK_POWER_MODE = 0xe5;
export const CMD_SLEEP = 0xe6;
export const CMD_FLUSH_CACHE = 0xe7;
export const CMD_WRITE_BUFFER = 0xe8;
export const CMD_FLUSH_CACHE_EXT = 0xea;
export const CMD_IDENTIFY_DEVICE = 0xec;
export const CMD_SET_FEATURES = 0xef;
export const CMD_READ_NATIVE_MAX = 0xf8;
