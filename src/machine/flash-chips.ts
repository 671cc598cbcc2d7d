/**
 * Firmware in flash: the chips are images that lie one below the other under 4 GiB, the first at the top. The core reads
 * them as ROM; what is written goes to the chips.
 */
import type { CoreInterface } from "../core/core.ts";
import { logger } from "../shared/log.ts";
import { said } from "../shared/said.ts";
import type { MmioBus } from "./bus/mmio-bus.ts";
import type { Device } from "./device.ts";
import { CfiFlash, FLASH_BLOCK_BYTES } from "./devices/flash/cfi-flash.ts";
import { FlashKeeper } from "./devices/flash/flash-keeper.ts";
import { MachineError } from "./machine-error.ts";
import type { FlashImage } from "./machine-parts.ts";

const ROM_END = 2 ** 32;
export const MAX_FLASH_CHIPS = 2;
/** What decodes to flash on this board. [PIIX3] 2.2.10, extended to what firmware of today takes. */
const MAX_FLASH_BYTES = 4 * 2 ** 20;

const log = logger("flash");

export interface FlashChips {
  devices: (readonly [name: string, device: Device])[];
  /** Resolves when what the guest wrote is where it is kept. */
  settled(): Promise<void>;
}

/** @throws MachineError when the images are no flash of this board */
export function attachFlash(images: readonly FlashImage[], core: CoreInterface, mmio: MmioBus): FlashChips {
  const totalBytes = images.reduce((sum, { bytes }) => sum + bytes.length, 0);
  for (const { bytes } of images)
    if (bytes.length === 0 || bytes.length % FLASH_BLOCK_BYTES !== 0)
      throw new MachineError("media", said`A flash image has ${bytes.length} bytes; flash comes in blocks of 4 KiB.`);
  if (images.length > MAX_FLASH_CHIPS || totalBytes > MAX_FLASH_BYTES)
    throw new MachineError(
      "media",
      said`The flash images have ${Math.ceil(totalBytes / 1024)} KiB in ${images.length} chips; a machine takes ${MAX_FLASH_BYTES / 1024} KiB in ${MAX_FLASH_CHIPS}.`,
    );
  const rom = new Uint8Array(totalBytes);
  let end = totalBytes;
  for (const { bytes } of images) rom.set(bytes, (end -= bytes.length));
  if (totalBytes > 0) core.loadRom(ROM_END - totalBytes, rom);

  const keepers: FlashKeeper[] = [];
  let physEnd = ROM_END;
  const devices = images.map((image, chip): readonly [string, Device] => {
    const physAddr = (physEnd -= image.bytes.length);
    const cells = core.mapFlash(chip, physAddr, image.bytes.length);
    const keeper = image.store
      ? new FlashKeeper(cells, image.store, (error) =>
          log.warn(`flash ${chip + 1} could not be kept: ${error.message}`),
        )
      : null;
    if (keeper) keepers.push(keeper);
    const device = new CfiFlash({
      cells,
      readOnly: image.readOnly,
      onArrayMode: (isArray) => core.setFlashBusy(chip, !isArray),
      onChange: (offset, length) => {
        core.notifyWrite(physAddr + offset, length);
        keeper?.changed(offset, length);
      },
    });
    mmio.attach(physAddr, image.bytes.length, device);
    return [`flash${chip}`, device];
  });
  return { devices, settled: async () => void (await Promise.all(keepers.map((keeper) => keeper.settled()))) };
}
