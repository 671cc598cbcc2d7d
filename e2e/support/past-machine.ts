/** A machine with a past: two snapshots, between which the files of its disk changed. */
import type { Page } from "@playwright/test";
import type { PosadaApp } from "../../src/ui/app/posada-app.ts";
import type { TestFile } from "./page.ts";

/** A disk with one FAT12 partition, with files of one cluster each. [FAT] "Boot sector", "Directory" */
export function fatDisk(name: string, files: Record<string, string>): TestFile {
  const start = 64;
  const sectors = 4096;
  const buffer = Buffer.alloc((start + 2 * sectors) * 512);
  // Two partitions: the second has no file system. [MBR]
  for (const [i, [type, at]] of ([[0x01, start], [0x83, start + sectors]] as const).entries()) {
    const entry = 446 + 16 * i;
    buffer[entry] = i === 0 ? 0x80 : 0;
    buffer[entry + 4] = type;
    buffer.writeUInt32LE(at, entry + 8);
    buffer.writeUInt32LE(sectors, entry + 12);
  } // prettier-ignore
  buffer.writeUInt16LE(0xaa55, 510);
  const volume = buffer.subarray(start * 512);
  volume.set([0xeb, 0x3c, 0x90], 0);
  for (const [at, value] of [[11, 512], [14, 1], [17, 224], [19, sectors], [22, 12], [24, 18], [26, 2]] as const) volume.writeUInt16LE(value, at); // prettier-ignore
  volume[13] = 1;
  volume[16] = 2;
  volume[21] = 0xf8;
  volume.write("INNKEEPER  FAT12   ", 43, "latin1");
  volume[38] = 0x29;
  volume.writeUInt16LE(0xaa55, 510);
  for (const fat of [512, 13 * 512]) volume.fill(0xff, fat, fat + 64);
  volume[512] = volume[13 * 512] = 0xf8;
  Object.entries(files).forEach(([file, text], i) => {
    const entry = 25 * 512 + 32 * i;
    const [stem, ending] = file.split(".");
    volume.write(stem!.padEnd(8) + ending!.padEnd(3), entry, "latin1");
    volume[entry + 11] = 0x20;
    volume.writeUInt16LE(i + 2, entry + 26);
    volume.writeUInt32LE(text.length, entry + 28);
    volume.write(text, (39 + i) * 512, "latin1");
  });
  return { name, mimeType: "application/octet-stream", buffer };
}

/** A machine with two snapshots, between which its disk became another; made by the library itself. */
export async function machineWithPast(page: Page): Promise<void> {
  const disks = [fatDisk("a", { "LETTER.TXT": "first", "OLD.TXT": "old" }), fatDisk("b", { "LETTER.TXT": "second, longer", "NEW.TXT": "new" })]; // prettier-ignore
  await page.evaluate(
    async (contents) => {
      const { clerk } = document.querySelector("posada-app") as PosadaApp;
      const { library } = clerk!;
      const file = (base64: string) =>
        new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], "disk.img");
      const first = await library.importMedium(file(contents[0]!), { kind: "disk", name: "Before" });
      const second = await library.importMedium(file(contents[1]!), { kind: "disk", name: "After" });
      const machine = await library.create({ name: "past", media: { disk0: first.id } });
      await library.takeSnapshot(machine.id, "Morning", { automatic: true });
      // What a guest would write is put there by copying the other disk's chunks.
      interface Opened { read(at: number, length: number): Promise<Uint8Array>; write(at: number, bytes: Uint8Array): Promise<void>; flush(): Promise<void>; close(): Promise<void>; sizeBytes: number } // prettier-ignore
      const core = (library as unknown as { core: { openLayers(top: string, size: number, write: boolean): Promise<Opened> } }).core; // prettier-ignore
      const open = (id: string, write: boolean) => {
        const { layer, sizeBytes } = library.medium(id)!;
        return core.openLayers(layer!, sizeBytes, write);
      };
      const [from, to] = [await open(second.id, false), await open(first.id, true)];
      await to.write(0, await from.read(0, from.sizeBytes));
      await to.flush();
      await from.close();
      await to.close();
      await library.takeSnapshot(machine.id, "Evening");
    },
    disks.map(({ buffer }) => buffer.toString("base64")),
  );
}
