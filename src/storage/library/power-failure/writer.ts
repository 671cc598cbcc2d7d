/**
 * The process that power-failure.test.ts kills: writes records of a random place and length to a disk of layers in a folder,
 * flushes, and says of each flush which record it made durable. Between them it takes snapshots (freezes the top layer and
 * tells the catalogue first) and gives chunks back.
 *
 * Arguments: folder, seed. Before any record is written its number stands in `began N`; `durable N` follows the flush.
 */
import { SeededRandom } from "../../test-support/tools.ts";
import { FolderStorage } from "../folder-storage.ts";
import { LayeredDisk } from "../layered-disk.ts";
import { DISK_BYTES, recordOf, SLOT_BYTES, SLOTS, stackIn } from "./records.ts";

const [folder, seed] = process.argv.slice(2) as [string, string];
const random = new SeededRandom(Number(seed));
const storage = new FolderStorage(folder);
const { catalogue } = await storage.catalogue.update((draft) => {
  if (!draft.layers.a0) draft.layers.a0 = { id: "a0", parent: null, sizeBytes: DISK_BYTES, createdAt: 0 };
});
const stack = stackIn(catalogue);
const keepers = await Promise.all(stack.map((id, n) => storage.layers.open(id, n === 0)));
const disk = await LayeredDisk.open(keepers, { sizeBytes: DISK_BYTES, writable: true });
const first = Number(process.argv[4]);
process.stdout.write("ready\n");
for (let number = first; ; number++) {
  const slot = number % SLOTS;
  process.stdout.write(`began ${number}\n`);
  await disk.write(slot * SLOT_BYTES, recordOf(number));
  if (random.oneIn(3)) await disk.discard(DISK_BYTES / 2 + random.below(1000) * 512, 200 * 512);
  if (random.oneIn(25)) {
    const id = `s${number}`;
    await storage.catalogue.update((draft) => {
      const top = stackIn(draft)[0]!;
      draft.layers[id] = { id, parent: top, sizeBytes: DISK_BYTES, createdAt: number };
    });
    await disk.freeze(await storage.layers.open(id, true));
  }
  if (random.oneIn(2)) {
    await disk.flush();
    process.stdout.write(`durable ${number}\n`);
  }
}
