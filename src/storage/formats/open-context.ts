/** How an image finds the other files that it names, and where a chain of them ends. */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import type { DiskImage, ImageFormat } from "./disk-image.ts";
import { ImageError } from "./image-error.ts";

export interface FoundFile {
  store: BlockStore;
  /** The same for the same file however it was named: what a cycle is known by. */
  id: string;
}

/** Finds a file that an image names: a parent or an extent. */
export interface FileFinder {
  /** @param name as it stands in the image @param from `id` of the file that names it @returns null where it is not */
  find(name: string, from: string): Promise<FoundFile | null>;
}

export interface OpenImageOptions {
  /** Names the file in the finder's words; needed where `finder` is given. */
  id?: string;
  finder?: FileFinder;
  /** Taken as this format, whatever its contents look like. */
  format?: ImageFormat;
  /** The parent of a differencing image, in place of the one that the image names. It is closed with the image. */
  parent?: DiskImage;
}

/** A chain of snapshots is seldom longer than some dozens. */
const MAX_CHAIN = 256;

/** What a reader of a format is given. */
export class OpenContext {
  /**
   * @param chain the files from the first image down to this one
   * @param opened all other files that were opened; whoever began closes them when opening fails
   */
  constructor(
    readonly file: BlockStore,
    readonly options: OpenImageOptions,
    private readonly chain: readonly string[],
    private readonly opened: BlockStore[],
    private readonly openNext: (context: OpenContext) => Promise<DiskImage>,
  ) {}

  /** A file beside this one. @throws ImageError "missing" */
  async findFile(name: string, what: Said): Promise<FoundFile> {
    const found = await this.find(name);
    if (!found) throw new ImageError("missing", said`The ${what} of this image, "${shown(name)}", is not here.`);
    return found;
  }

  /** The parent by the first of `names` that is found. @throws ImageError "missing", "cyclic", or what is wrong with it */
  async openParent(names: readonly string[], format?: ImageFormat): Promise<DiskImage> {
    if (this.options.parent) return this.options.parent;
    if (this.chain.length >= MAX_CHAIN)
      throw new ImageError("cyclic", said`The chain of parents of this image does not end after ${MAX_CHAIN} files.`);
    for (const name of names) {
      const found = await this.find(name);
      if (!found) continue;
      if (this.chain.includes(found.id))
        throw new ImageError("cyclic", said`The chain of parents of this image comes back to "${shown(name)}".`);
      const options: OpenImageOptions = { id: found.id };
      if (this.options.finder) options.finder = this.options.finder;
      if (format) options.format = format;
      const chain = [...this.chain, found.id];
      return this.openNext(new OpenContext(found.store, options, chain, this.opened, this.openNext));
    }
    throw new ImageError(
      "missing",
      names.length > 0
        ? said`This image holds only changes; its parent, "${shown(names[0]!)}", is not here.`
        : said`This image holds only changes; its parent is not here.`,
    );
  }

  private async find(name: string): Promise<FoundFile | null> {
    const found = (await this.options.finder?.find(name, this.options.id ?? "")) ?? null;
    if (found) this.opened.push(found.store);
    return found;
  }
}

/** A name from a file, for a message: control characters and endless names do not belong there. */
export function shown(name: string): string {
  const plain = Array.from(name, (char) => (char < " " || char === "\x7f" ? "?" : char)).join("");
  return plain.length > 80 ? `${plain.slice(0, 77)}…` : plain;
}
