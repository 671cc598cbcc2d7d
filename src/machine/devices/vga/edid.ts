/**
 * The monitor's own description (EDID 1.4, 128 bytes), which drivers read from the board's memory-mapped registers.
 *
 * References: [EDID] VESA Enhanced EDID Standard, release A revision 2: 3.3 (identity), 3.6 (basic parameters), 3.7
 * (color), 3.8 and 3.9 (timings), 3.10 (detailed timing and display descriptors). [CVT] reduced blanking.
 */

export const EDID_BYTES = 128;

const PREFERRED_WIDTH_PX = 1024;
const PREFERRED_HEIGHT_PX = 768;
const DOTS_PER_INCH = 96;
const MANUFACTURER = "PSD";

/** Established timings I and II: 640×480, 800×600 and 1024×768 at 60 Hz. [EDID] 3.8 */
const ESTABLISHED = [0x21, 0x08, 0x00];
/** Aspect ratio codes of a standard timing. [EDID] 3.9 */
const ASPECT_16_10 = 0;
const ASPECT_5_4 = 2;
const ASPECT_16_9 = 3;
const STANDARD_TIMINGS: readonly [widthPx: number, aspect: number][] = [
  [1280, ASPECT_16_10],
  [1280, ASPECT_16_9],
  [1280, ASPECT_5_4],
  [1440, ASPECT_16_10],
  [1680, ASPECT_16_10],
  [1920, ASPECT_16_9],
  [1920, ASPECT_16_10],
];

const DESCRIPTOR_NAME = 0xfc;
const DESCRIPTOR_RANGE_LIMITS = 0xfd;
const DESCRIPTOR_DUMMY = 0x10;

/** Chromaticities of sRGB: red, green, blue, white; x and y as 10-bit fractions. */
const CHROMATICITIES = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329].map((v) => Math.round(v * 1024));

function millimeters(pixels: number): number {
  return Math.round((pixels * 25.4) / DOTS_PER_INCH);
}

/** A timing of 60 Hz with reduced blanking. [EDID] 3.10.2 */
function detailedTiming(widthPx: number, heightPx: number): number[] {
  const hBlank = 160;
  const hSyncOffset = 48;
  const hSyncWidth = 32;
  const vBlank = Math.max(23, Math.round(heightPx * 0.03));
  const vSyncOffset = 3;
  const vSyncWidth = 4;
  const clock10kHz = Math.round(((widthPx + hBlank) * (heightPx + vBlank) * 60) / 10_000);
  const widthMm = millimeters(widthPx);
  const heightMm = millimeters(heightPx);
  const digitalSeparateSync = 0x1a;
  return [
    clock10kHz & 0xff,
    clock10kHz >> 8,
    widthPx & 0xff,
    hBlank & 0xff,
    ((widthPx >> 8) << 4) | (hBlank >> 8),
    heightPx & 0xff,
    vBlank & 0xff,
    ((heightPx >> 8) << 4) | (vBlank >> 8),
    hSyncOffset,
    hSyncWidth,
    (vSyncOffset << 4) | vSyncWidth,
    0,
    widthMm & 0xff,
    heightMm & 0xff,
    ((widthMm >> 8) << 4) | (heightMm >> 8),
    0,
    0,
    digitalSeparateSync,
  ];
}

function displayDescriptor(tag: number, data: number[]): number[] {
  return [0, 0, 0, tag, 0, ...data].concat(new Array<number>(18).fill(0)).slice(0, 18);
}

function nameDescriptor(name: string): number[] {
  // The text ends with a line feed and is filled up with spaces. [EDID] 3.10.3.4
  return displayDescriptor(
    DESCRIPTOR_NAME,
    [...`${name}\n`.padEnd(13)].map((c) => c.charCodeAt(0)),
  );
}

/** The block as the monitor sends it, with its checksum. */
export function monitorEdid(): Uint8Array {
  const letters = [...MANUFACTURER].map((c) => c.charCodeAt(0) - 0x40);
  const manufacturerId = (letters[0]! << 10) | (letters[1]! << 5) | letters[2]!;
  const lowBits = (values: number[]) => values.reduce((byte, value) => (byte << 2) | (value & 3), 0);
  const block = [
    ...[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
    ...[manufacturerId >> 8, manufacturerId & 0xff, 0x01, 0x00, 0, 0, 0, 0],
    // No week; the model's year as years since 1990.
    ...[0xff, 2026 - 1990, 1, 4],
    // Digital input of 8 bits a color; size in cm; gamma 2.2; RGB, sRGB, preferred timing is the native one.
    ...[
      0xa0,
      Math.round(millimeters(PREFERRED_WIDTH_PX) / 10),
      Math.round(millimeters(PREFERRED_HEIGHT_PX) / 10),
      120,
      0x06,
    ],
    lowBits(CHROMATICITIES.slice(0, 4)),
    lowBits(CHROMATICITIES.slice(4)),
    ...CHROMATICITIES.map((value) => value >> 2),
    ...ESTABLISHED,
    ...STANDARD_TIMINGS.flatMap(([widthPx, aspect]) => [widthPx / 8 - 31, aspect << 6]),
    ...[0x01, 0x01],
    ...detailedTiming(PREFERRED_WIDTH_PX, PREFERRED_HEIGHT_PX),
    ...nameDescriptor("Posada"),
    // 50–75 Hz, 30–100 kHz, up to 250 MHz, limits only.
    ...displayDescriptor(
      DESCRIPTOR_RANGE_LIMITS,
      [50, 75, 30, 100, 25, 0x01, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20],
    ),
    ...displayDescriptor(DESCRIPTOR_DUMMY, []),
    0,
  ];
  const sum = block.reduce((total, byte) => total + byte, 0);
  return Uint8Array.from([...block, -sum & 0xff]);
}
