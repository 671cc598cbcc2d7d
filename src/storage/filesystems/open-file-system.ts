/** Opens the file system of a partition, or of a disk without partitions, whichever of those that are read it is. */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { ImageError } from "../formats/image-error.ts";
import { ExtFileSystem } from "./ext.ts";
import { FatFileSystem } from "./fat.ts";
import type { FileSystem } from "./file-system.ts";
import { IsoFileSystem } from "./iso9660.ts";
import { recogniseFileSystem } from "./recognise.ts";

/** @throws ImageError "unsupported" where it is another one, or none */
export async function openFileSystem(store: BlockStore): Promise<FileSystem> {
  const facts = await recogniseFileSystem(store);
  if (!facts) throw new ImageError("unsupported", "No file system is recognised here.");
  switch (facts.kind) {
    case "fat12":
    case "fat16":
    case "fat32":
      return FatFileSystem.open(store);
    case "iso9660":
      return IsoFileSystem.open(store);
    case "ext2":
    case "ext3":
    case "ext4":
      return ExtFileSystem.open(store, facts.kind);
    default:
      throw new ImageError("unsupported", said`Files of a ${facts.kind} file system are not read.`);
  }
}
